// The bar above: whose data, how far, whether all is saved, which model, who labels.

import { h } from "../../house/dom.js";
import { count } from "../../house/numbers.js";
import { isDark, onThemeChange, toggleTheme } from "../../house/theme.js";
import { slot } from "./slot.js";

/** @typedef {import("../types.js").Session} Session */
/** @typedef {import("../types.js").View} View */

/** @type {[View, string][]} */
const VIEWS = [
  ["label", "Label"],
  ["map", "Map"],
  ["meter", "Meter"],
  ["export", "Export"],
];

/** @param {import("../store.js").Store} store */
export function top(store) {
  const theme = h("button", { class: "theme", onclick: toggleTheme });
  const name = () => (theme.textContent = isDark() ? "Light" : "Dark");
  onThemeChange(name);
  name();
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "brand" },
      h("span", { class: "mark", "aria-hidden": "true" }),
      h("span", { class: "brand-name" }, "handful"),
    ),
    slot(
      h("h1", { class: "data" }),
      store,
      (s) => [s.session?.name, s.session?.labelled, s.session?.items],
      (data, labelled, items) => [
        h("span", { class: "data-name", title: data }, data ?? "…"),
        items &&
          h(
            "span",
            { class: "figure far" },
            h("b", {}, count(labelled ?? 0)),
            ` of ${count(items)} labelled`,
          ),
      ],
    ),
    slot(
      h("nav", { "aria-label": "Views" }),
      store,
      (s) => [s.view],
      (view) =>
        VIEWS.map(([key, words]) =>
          h(
            "button",
            {
              class: `tab tab-${key}`,
              "data-focus": key,
              "aria-current": view === key && "page",
              onclick: () => store.viewChanged(key),
            },
            words,
          ),
        ),
    ),
    slot(
      h("div", { class: "states" }),
      store,
      (s) => [s.unsaved, s.everSaved, s.link, s.session?.model, s.session?.annotator],
      (unsaved, everSaved, link, model, annotator) => [
        saved(unsaved, everSaved, link),
        model && chip(model),
        annotator &&
          h(
            "span",
            { class: "who", title: `Labels are written down as ${annotator}'s` },
            annotator,
          ),
      ],
    ),
    theme,
  );
}

/** @param {number} unsaved @param {boolean} everSaved @param {import("../types.js").Link} link */
function saved(unsaved, everSaved, link) {
  if (unsaved) {
    const words = link === "live" ? `Saving ${count(unsaved)}` : `${count(unsaved)} not saved yet`;
    return h("span", { class: "saved waiting" }, words);
  }
  return everSaved && h("span", { class: "saved", title: "Everything is on the disk" }, "Saved");
}

/** "model v37 · 12 ms · 3 labels behind" @param {import("../types.js").ModelInfo} model */
function chip(model) {
  if (model.state === "none") return h("span", { class: "chip" }, "no model yet");
  if (model.state === "failed")
    return h("span", { class: "chip failed" }, `model v${model.version} · fitting failed`);
  const behind = model.labels_behind;
  const lag = behind
    ? `${count(behind)} ${behind === 1 ? "label" : "labels"} behind`
    : "up to date";
  return h(
    "span",
    {
      class: `chip ${model.state}`,
      title:
        "The model's version, how long its last fit took, and how many labels it has not learned from yet",
    },
    h("span", { class: "pulse", "aria-hidden": "true" }),
    model.version
      ? `model v${model.version} · ${count(Math.round(model.milliseconds))} ms · ${lag}`
      : "first fit",
  );
}
