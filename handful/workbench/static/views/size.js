// How large the pictures of the grid are, and whether their names stand beneath; kept in the browser.

import { h } from "../../house/dom.js";

const KEPT = "handful-grid";
const SIZE = { least: 80, most: 420, usual: 132 };

/** What was chosen last, here. @returns {{ size: number, names: boolean }} */
function kept() {
  try {
    const { size, names } = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return {
      size: Math.min(SIZE.most, Math.max(SIZE.least, Number(size) || SIZE.usual)),
      names: names === true,
    };
  } catch {
    return { size: SIZE.usual, names: false }; // the browser forbids it: the usual, each time
  }
}

export function gridSize() {
  const chosen = kept();
  const apply = () => {
    document.documentElement.style.setProperty("--tile", `${chosen.size}px`);
    document.body.dataset.names = String(chosen.names);
    try {
      localStorage.setItem(KEPT, JSON.stringify(chosen));
    } catch {
      return; // shown as chosen, but not kept
    }
  };
  apply();
  const slider = h("input", {
    type: "range",
    min: SIZE.least,
    max: SIZE.most,
    step: 4,
    value: chosen.size,
    "aria-label": "Size of the pictures",
    oninput: () => {
      chosen.size = Number(slider.value);
      apply();
    },
  });
  const names = h("input", {
    type: "checkbox",
    checked: chosen.names,
    onchange: () => {
      chosen.names = names.checked;
      apply();
    },
  });
  return h(
    "div",
    { class: "grid-size" },
    h("label", {}, h("span", {}, "Size"), slider),
    h("label", { title: "File name and group beneath each picture" }, names, h("span", {}, "Names")),
  );
}
