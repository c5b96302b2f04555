// The keys, always in sight below, and as buttons for a hand without a keyboard; and the full table.

import { h } from "../../house/dom.js";
import { KEYS } from "../keys.js";
import { slot } from "./slot.js";

/** @param {import("../store.js").Store} store @param {(name: string) => void} act */
export function hints(store, act) {
  return slot(
    h("footer", { class: "hints", "aria-label": "Keys", role: "toolbar" }),
    store,
    (s) => [
      s.mode,
      s.lassoing,
      Boolean(s.session?.can_undo || s.past.length),
      Boolean(s.session?.can_redo || s.future.length),
    ],
    (mode, lassoing, canUndo, canRedo) => [
      h(
        "span",
        { class: "hint fixed", title: "Shift with a digit: the eleventh to the twentieth class" },
        h("kbd", {}, "1"),
        "–",
        h("kbd", {}, "0"),
        " Label",
      ),
      h("span", { class: "hint fixed" }, h("kbd", {}, "↔"), h("kbd", {}, "↕"), " Move"),
      KEYS.filter(
        (key) =>
          key.hint && !(key.name === "acceptRow" && mode === "focus") && !(key.name === "zoom" && mode === "grid"),
      ).map((key) =>
        h(
          "button",
          {
            class: `hint hint-${key.name}`,
            "data-focus": key.name,
            title: key.more,
            "aria-pressed": key.name === "lasso" ? String(lassoing) : null,
            disabled: (key.name === "undo" && !canUndo) || (key.name === "redo" && !canRedo),
            onclick: () => act(key.name),
          },
          h("kbd", {}, key.shown),
          h("span", {}, key.name === "mode" ? (mode === "grid" ? "Focus" : "Grid") : key.words),
        ),
      ),
    ],
  );
}

/** The table of all keys. */
export function help() {
  const row = (
    /** @type {string} */ shown,
    /** @type {string} */ words,
    /** @type {string} */ more,
  ) =>
    h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        shown.split(" ").map((cap) => h("kbd", {}, cap)),
      ),
      h("td", {}, h("b", {}, words), h("span", { class: "note" }, more)),
    );
  const dialog = h(
    "dialog",
    { class: "sheet help", "aria-labelledby": "help-title" },
    h(
      "header",
      {},
      h("h2", { id: "help-title" }, "Keys"),
      h("button", { class: "close", "aria-label": "Close", onclick: () => dialog.close() }, "✕"),
    ),
    h(
      "div",
      { class: "sheet-body", tabindex: "0", role: "region", "aria-label": "Table of keys" },
      h(
        "table",
        {},
        h(
          "tbody",
          {},
          row(
            "1 … 9 0",
            "Label and go on",
            "The first ten classes; Shift with a digit gives the eleventh to the twentieth",
          ),
          row("← → ↑ ↓", "Move", "From picture to picture; on the map from item to item"),
          KEYS.map((key) => row(key.shown, key.words, key.more)),
        ),
      ),
      h(
        "p",
        { class: "note" },
        "Two people: each opens this page with a name behind its address, ?as=ann and ?as=ben. From another machine or a phone: only through a tunnel that you open and name, handful label DATA --at https://…; whoever has the whole address with its token can see and label everything.",
      ),
      h(
        "p",
        { class: "note" },
        "Ctrl and click chooses several pictures, Shift and click a run of them; a class key then labels all at once. Keys rest while you type in a field.",
      ),
    ),
  );
  return { element: dialog, open: () => (dialog.showModal(), true) };
}
