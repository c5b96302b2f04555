// A picture with what was said of it. A card is a button that opens the viewer.

import { h } from "../dom.js";
import { percent } from "../numbers.js";

/** @typedef {import("../data.js").Report} Report */

/** What a screen reader says of an item. @param {Report} report @param {number} i */
export function describe(report, i) {
  const { classes } = report;
  return `${report.path(i)}: labelled ${classes[report.label(i)]}, answer ${classes[report.prediction(i)]}, ${percent(report.confidence(i), 0)}`;
}

/** The picture alone, or its place. @param {Report} report @param {number} i @param {boolean} [large] */
export function picture(report, i, large = false) {
  const source = large ? report.preview(i) : report.thumbnail(i);
  if (source === undefined) return h("span", { class: "picture missing" }, "not in this page");
  const image = h("img", { alt: "", decoding: "async", draggable: "false" });
  image.src = source;
  return h("span", { class: "picture" }, image);
}

/**
 * @param {Report} report
 * @param {number} i
 * @param {object} options
 * @param {() => void} options.open
 * @param {import("../dom.js").Child} [options.caption] instead of the label and the answer
 */
export function card(report, i, { open, caption }) {
  return h(
    "div",
    { class: "card" },
    h(
      "button",
      { class: "face", "aria-label": describe(report, i), onclick: open },
      picture(report, i),
    ),
    h(
      "div",
      { class: "words" },
      caption ?? verdict(report, i),
      h("div", { class: "path", title: report.path(i) }, report.path(i)),
    ),
  );
}

/** "labelled A, said B 97 %". @param {Report} report @param {number} i */
export function verdict(report, i) {
  const { classes } = report;
  const right = report.isRight(i);
  return [
    h(
      "div",
      { class: "said" },
      h("span", { class: "term" }, "label"),
      h("span", { class: "class" }, classes[report.label(i)]),
    ),
    h(
      "div",
      { class: `said ${right ? "right" : "wrong"}` },
      h("span", { class: "term" }, "answer"),
      h("span", { class: "class" }, classes[report.prediction(i)]),
      h("span", { class: "figure" }, percent(report.confidence(i), 0)),
    ),
  ];
}
