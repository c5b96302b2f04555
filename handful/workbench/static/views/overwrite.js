// Asks before a gesture over several pictures changes labels that are there: what, and how many.

import { h } from "../../house/dom.js";
import { counted } from "../../house/numbers.js";
import { named } from "../labelled.js";

/** @typedef {"open" | "all" | null} Choice only those without a label, all, or nothing */
/** @typedef {(tally: import("../labelled.js").Tally, label: string | null) => Promise<Choice>} AskFirst */

/** @returns {{ element: any, ask: AskFirst }} */
export function overwriteSheet() {
  /** @type {(choice: Choice) => void} */
  let settle = () => undefined;
  const title = h("h2", { id: "overwrite-title" });
  const body = h("div", { class: "sheet-body" });
  const dialog = h(
    "dialog",
    { class: "sheet", "aria-labelledby": "overwrite-title" },
    h("header", {}, title),
    h("form", { method: "dialog" }, body),
  );

  /** @type {AskFirst} */
  function ask(tally, label) {
    const { open, other } = tally;
    const labels = counted(other.length, "labels");
    const change = label === null ? `Change ${labels} to “unsure”` : `Change ${labels} to ${label}`;
    title.textContent = `${change}?`;
    const rest = open.length
      ? `${counted(open.length, "pictures")} without a label ${open.length === 1 ? "gets" : "get"} “${label ?? "unsure"}”.`
      : "All of them are labelled:";
    const choice = (/** @type {string} */ value, /** @type {string} */ words, first = false) =>
      h("button", { class: first ? "button primary" : "button", type: "submit", value }, words);
    body.replaceChildren(
      h("p", {}, rest, open.length ? " These are labelled: " : " ", h("b", {}, named(tally)), "."),
      h(
        "p",
        { class: "choices" },
        open.length
          ? choice("open", `Label the ${counted(open.length, "pictures")} without one`, true)
          : choice("", `Keep ${labels}`, true),
        choice("all", open.length ? `${change} too` : change),
        open.length ? choice("", "Cancel") : null,
      ),
    );
    dialog.showModal();
    body.querySelector("button").focus();
    return new Promise((resolve) => {
      settle = resolve;
    });
  }

  /** Ends the question; afterwards the keys go to the pictures. @param {Choice} choice */
  function answer(choice) {
    document.getElementById("work")?.focus({ preventScroll: true });
    settle(choice);
  }
  dialog.addEventListener("submit", (/** @type {SubmitEvent} */ event) =>
    answer(/** @type {Choice} */ (/** @type {any} */ (event.submitter)?.value || null)),
  );
  dialog.addEventListener("cancel", () => answer(null));
  return { element: dialog, ask };
}
