// Above what is labelled and what is not: find pictures by name, class and confidence.

import { h } from "../../house/dom.js";
import { follow } from "./slot.js";

/** What a suggestion's probability may be. @type {[string, string][]} */
const SHARES = [
  ["0:1", "any confidence"],
  ["0:0.6", "below 60 %"],
  ["0.6:0.9", "60 to 90 %"],
  ["0.9:1", "90 % and above"],
];
const TYPING_MS = 300;

/** Whether a kind can be searched. @param {string | undefined} kind */
export const isSearched = (kind = "") => /^(un)?labelled(:|$)/.test(kind);

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function finder(store, actions) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  const base = () => store.get().batch?.kind.split(":")[0] ?? "";
  const find = () => {
    const parts = [base(), encodeURIComponent(name.value), encodeURIComponent(label.value)];
    if (base() === "unlabelled") parts.push(share.value);
    void actions.open(parts.join(":"), "");
  };
  const name = h("input", {
    type: "search",
    class: "find-name",
    placeholder: "File name",
    "aria-label": "Find by file name",
    maxlength: "150",
    oninput: () => {
      clearTimeout(due);
      due = setTimeout(find, TYPING_MS);
    },
  });
  const label = h("select", { "aria-label": "Class", onchange: find });
  const share = h(
    "select",
    { "aria-label": "Confidence", onchange: find },
    SHARES.map(([value, words]) => h("option", { value }, words)),
  );
  const element = h("div", { class: "finder", role: "search", hidden: true }, name, label, share);
  follow(
    store,
    (s) => [s.session?.classes.map((c) => c.name).join("\n")],
    (names) => {
      const chosen = label.value;
      const options = (names ? names.split("\n") : []).map((one) => h("option", { value: one }, one));
      label.replaceChildren(h("option", { value: "" }, "any class"), ...options);
      label.value = chosen;
    },
  );
  follow(
    store,
    (s) => [s.batch?.kind],
    (kind) => {
      element.hidden = !isSearched(kind);
      share.hidden = base() !== "unlabelled";
      if (kind === base()) [name.value, label.value, share.value] = ["", "", SHARES[0][0]];
    },
  );
  return element;
}
