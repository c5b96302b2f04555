// The middle: what is asked, as a grid or one by one, and what stands there when nothing is.

import { h } from "../../house/dom.js";
import { count, counted } from "../../house/numbers.js";
import { named, tally } from "../labelled.js";
import { empty, KINDS } from "./empty.js";
import { finder, isSearched } from "./finder.js";
import { focus } from "./focus.js";
import { grid, selectionWords } from "./grid.js";
import { gridSize } from "./size.js";
import { slot } from "./slot.js";

/** How many wait there. @param {number | undefined} number */
const numbered = (number) => (number ? h("span", { class: "figure" }, ` ${count(number)}`) : null);

/** What a class key does to the chosen pictures. @param {import("../types.js").State} state @param {number[]} items */
function whatAKeyDoes(state, items) {
  const counts = tally(state, items);
  const labelled = counts.other.length;
  if (items.length < 2 || !labelled) return " A class key labels all of them.";
  const keep = `${count(labelled)} with a label (${named(counts)})`;
  return counts.open.length
    ? ` A class key labels the ${count(counts.open.length)} without a label, and asks before it changes ${keep}.`
    : ` A class key asks before it changes ${keep}.`;
}

/** How far the exam is. @param {import("../types.js").Exam} exam @param {import("../actions.js").Actions} actions */
function sitting({ model, answered, questions }, actions) {
  return h(
    "p",
    { class: "chosen" },
    h("strong", {}, "Final exam"),
    h("span", { class: "figure" }, ` ${count(answered)} of ${count(questions)} answered`),
    h(
      "span",
      { class: "note" },
      ` Model ${model} is frozen: no hint, and no figure until the end.`,
    ),
    h(
      "button",
      {
        class: "plain",
        title: "It goes on where you left it, today or later",
        onclick: () => void actions.ask(),
      },
      "Leave it for now ",
      h("kbd", {}, "Esc"),
    ),
  );
}

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function work(store, actions) {
  const many = grid(store, actions);
  const one = focus(store, actions);
  const said = slot(
    h("p", { class: "said-last", role: "status" }),
    store,
    (s) => [s.said, s.past.length > 0],
    (words, canUndo) => [
      words && h("span", {}, words),
      words &&
        canUndo &&
        h("button", { class: "plain", "data-focus": "undo-last", onclick: actions.undo }, "Undo"),
    ],
  );
  const kinds = slot(
    h("div", { class: "kinds", role: "group", "aria-label": "What to look at" }),
    store,
    (s) => [
      s.batch?.kind,
      s.session?.disputed,
      s.session?.flagged,
      s.session?.unsure,
      s.session?.exam.is_open,
    ],
    (kind, disputed = 0, flagged = 0, unsure = 0, isExam = false) =>
      [...KINDS, ...(isExam || kind === "exam" ? [["exam", "Exam"]] : [])].map(([key, words]) =>
        h(
          "button",
          {
            "data-focus": key,
            "aria-pressed": String(kind?.split(":")[0] === key),
            onclick: () => void actions.open(key, ""),
          },
          words,
          numbered({ disagreements: disputed, flagged, unsure }[key]),
        ),
      ),
  );
  const head = slot(
    h("div", { class: "work-head" }),
    store,
    (s) => [
      s.batch?.title,
      s.batch?.total,
      s.batch?.kind,
      s.batch?.picks.length,
      s.selection,
      s.batch?.kind === "exam" && s.session?.exam,
      s.columns.unsure,
    ],
    (title, total, kind, shown, selection, exam, _unsure) => [
      selection.items.length
        ? h(
            "p",
            { class: "chosen" },
            h("strong", {}, selectionWords(selection)),
            selection.origin === "lasso" && selection.items.length > (shown ?? 0)
              ? ` · ${count(shown ?? 0)} shown, drawn at random · click one to leave it out`
              : "",
            h("span", { class: "note" }, whatAKeyDoes(store.get(), selection.items)),
            h(
              "button",
              { class: "plain", onclick: () => store.selected([], "none") },
              "Clear selection ",
              h("kbd", {}, "Esc"),
            ),
          )
        : exam && exam.is_open
          ? sitting(exam, actions)
          : title
            ? h(
                "p",
                { class: "chosen" },
                h("strong", {}, title),
                ` · ${counted(total ?? 0, "pictures")}`,
                h(
                  "button",
                  { class: "plain", onclick: () => void actions.ask() },
                  "Back to the questions ",
                  h("kbd", {}, "Esc"),
                ),
              )
            : isSearched(kind) && (total ?? 0) > (shown ?? 0)
              ? h("p", { class: "note" }, `${count(shown ?? 0)} of ${counted(total ?? 0, "pictures")} are shown.`)
              : null,
    ],
  );
  const element = h(
    "main",
    { id: "work", class: "work", tabindex: "-1", "aria-label": "Pictures" },
    h("div", { class: "work-top" }, h("div", { class: "work-line" }, kinds, gridSize()), finder(store, actions), said, head),
    empty(store),
    many.element,
    one.element,
  );
  // After a click the keys go to the pictures again, not to the button.
  element.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.detail > 0 && target.closest("button")) element.focus({ preventScroll: true });
  });
  return { element, vertical: many.vertical, lens: one.deeds };
}
