// The final exam in the rail: its beginning, how far it is, and what it came to.

import { h, styled } from "../../house/dom.js";
import { count, counted, percent, percentRange } from "../../house/numbers.js";
import { intervalBar } from "../charts/interval.js";

/** @typedef {import("../types.js").Exam} Exam */

const MOST = 100;
const BEGIN = "/api/exam";

/** @param {Exam} exam @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function exam(exam, store, actions) {
  const { batch, taking, session } = store.get();
  const { fresh, is_open: isOpen, test_accuracy: accuracy } = exam;
  const isSitting = batch?.kind === "exam" && batch.picks.length > 0;
  const start = (/** @type {string} */ words, /** @type {boolean} */ isFirst) =>
    h(
      "button",
      {
        class: isFirst ? (session?.meter?.advice?.stop ? "button primary" : "button") : "plain",
        "data-focus": "exam",
        disabled: Boolean(taking),
        title: "Freezes the model as it is now. You can leave the exam and come back.",
        onclick: () => void actions.examine(),
      },
      taking === BEGIN ? "Freezing the model …" : words,
    );
  return h(
    "section",
    { class: "exam" },
    h("h3", {}, accuracy ? "Test accuracy" : "Final exam"),
    accuracy && result(exam, accuracy),
    isOpen && progress(exam),
    isOpen &&
      !isSitting &&
      h(
        "p",
        { class: "exam-deeds" },
        h(
          "button",
          {
            class: "button primary",
            "data-focus": "go on",
            onclick: () => void actions.open("exam", ""),
          },
          "Go on",
        ),
        fresh > 0 && start("Begin anew", false),
      ),
    !isOpen && !accuracy && fresh > 0 && h("p", { class: "note" }, offer(fresh)),
    !isOpen &&
      fresh > 0 &&
      h(
        "p",
        { class: "exam-deeds" },
        start(accuracy ? "Examine the model of now" : "Begin the exam", !accuracy),
      ),
    !isOpen &&
      fresh === 0 &&
      h("p", { class: "note" }, accuracy ? "No fresh pictures are left for another." : NOTHING),
  );
}

const NOTHING = "No pictures are left that nobody was asked about; go by the figure above.";

/** @param {number} fresh */
function offer(fresh) {
  const which =
    fresh < MOST
      ? `the last ${counted(fresh, "pictures")} chosen at random that`
      : `${counted(fresh, "pictures")} chosen at random that`;
  return `When you stop: the model is frozen and examined on ${which} nobody was asked about. That gives its test accuracy.`;
}

/** @param {Exam} exam */
function progress({ answered, questions }) {
  const bar = styled(h("span", { class: "bar-line", "aria-hidden": "true" }), {
    "--share": answered / Math.max(1, questions),
  });
  return h(
    "div",
    { class: "audit" },
    bar,
    h("span", { class: "note" }, `${count(answered)} of ${counted(questions, "answers")}`),
  );
}

/** @param {Exam} exam @param {import("../types.js").Figure} accuracy */
function result({ model, questions, unsure }, accuracy) {
  const { value, low, high, confidence, method } = accuracy;
  const many = unsure ? `${counted(unsure, "pictures")} unsure, counted both ways. ` : "";
  return [
    value !== null && h("p", { class: "exam-value" }, percent(value)),
    value !== null && intervalBar({ value, low, high }),
    h(
      "p",
      { class: "interval", title: method },
      h("b", { class: "figure" }, percentRange(low, high)),
      h(
        "span",
        { class: "note" },
        `, ${percent(confidence, 0)} confidence, ${counted(questions, "answers")}`,
      ),
    ),
    h("p", { class: "note" }, `${many}Of model ${model} as it was frozen, and of no later one.`),
  ];
}
