// What can stand in the middle, and what is said where nothing does.

import { h } from "../../house/dom.js";
import { goesOn } from "../store.js";
import { slot } from "./slot.js";

/** Each kind of batch: its key, its name, and what is said where there is none of it. @type {[string, string, string][]} */
export const KINDS = [
  ["ask", "Questions", "Nothing is left to ask. Look at the errors, or export what you have."],
  ["errors", "Errors", "No label is contradicted by a model that did not learn from it."],
  ["suspects", "Suspects", "No label looks wrong."],
  ["disagreements", "Disputed", "No two annotators disagree."],
  ["flagged", "Flagged", "No picture is flagged. F flags one."],
  ["unsure", "Unsure", "No picture was called unsure."],
  ["labelled", "Labelled", "No labelled picture is like that."],
  ["unlabelled", "Unlabelled", "No picture without a label is like that. Where there is a model, its suggestions stand here; pictures that measure it are left out."],
];

const ON_THE_WAY = "The last answers of the exam are on their way.";
const OVER =
  "The exam is over. Its test accuracy stands in the meter, and the model that it examined under Export.";

/** @param {import("../types.js").State} state @returns {string | null} */
function words({ batch, loading, link, session }) {
  const isAway = link === "offline";
  if (!batch) {
    if (isAway)
      return "No pictures have been loaded yet. This page goes on when the workbench answers.";
    return loading || link === "connecting" ? "Choosing what to ask …" : null;
  }
  if (!batch.picks.length) {
    if (batch.kind === "exam") return session?.exam.is_open ? ON_THE_WAY : OVER;
    if (batch.kind === "ask" && session && session.embedded < session.items)
      return "The first pictures are being looked at. Questions come in a moment.";
    return KINDS.find(([kind]) => kind === batch.kind.split(":")[0])?.[2] ?? "There is nothing here.";
  }
  const isDone = batch.picks.every((pick) => batch.answers[pick.item]);
  if (!goesOn(batch) || !isDone) return null;
  return isAway
    ? "All pictures at hand are answered. More come when the workbench answers."
    : "Choosing what to ask next …";
}

/** @param {import("../store.js").Store} store */
export function empty(store) {
  return slot(
    h("div", { class: "empties" }),
    store,
    (s) => [words(s), s.session?.classes.length === 0],
    (said, isFirst) => [
      said && h("div", { class: "nothing" }, said),
      isFirst &&
        h(
          "div",
          { class: "nothing first-class" },
          h("strong", {}, "What is it that you want to tell apart?"),
          " Press ",
          h("kbd", {}, "/"),
          ", type the name of a class, such as “cracked”, and Enter: it becomes the label of the picture in the frame, and key ",
          h("kbd", {}, "1"),
          " from then on. New classes can come at any time.",
        ),
    ],
  );
}
