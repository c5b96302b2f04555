// Whether the probabilities can be believed, and what it gains to leave the hardest to a person.

import { abstention as abstentionChart } from "../charts/abstention.js";
import { chart, table } from "../charts/frame.js";
import { reliability as reliabilityChart } from "../charts/reliability.js";
import { operatingAt } from "../data.js";
import { h } from "../dom.js";
import { count, percent, percentRange } from "../numbers.js";
import { nothing } from "./section.js";

/** @param {import("../data.js").Scope} scope */
export function reliability(scope) {
  const bins = scope.reliability;
  // The claim that readers ask about most is "nine in ten".
  const near = bins.reduce((best, b) =>
    Math.abs(b.predicted - 0.9) < Math.abs(best.predicted - 0.9) ? b : best,
  );
  const { calibration_error: error } = scope.estimate;
  const { figure } = chart({
    label:
      "Reliability: the share of right answers against the probability given, with intervals; the numbers follow as a table",
    draw: (width) => reliabilityChart(bins, width),
    maxWidth: 520,
    numbers: table(
      "Reliability",
      ["It said", "It was right", "interval", "Items"],
      bins.map((b) => [
        percent(b.predicted),
        percent(b.right),
        percentRange(b.low, b.high),
        count(b.n),
      ]),
      "numbers",
    ),
  });
  return h(
    "div",
    { class: "split" },
    figure,
    h(
      "div",
      { class: "aside" },
      h(
        "p",
        { class: "sentence" },
        "Where it said about ",
        h("strong", {}, percent(near.predicted, 0)),
        ", it was right on ",
        h("strong", {}, percent(near.right, 0)),
        " ",
        h("span", { class: "figure" }, `(${percentRange(near.low, near.high, 0)})`),
        ".",
      ),
      h(
        "p",
        {},
        `On average the two lie ${percent(error.value)} apart (${percentRange(error.low, error.high)}).`,
      ),
      h(
        "p",
        { class: "note" },
        "Points on the dotted line mean what they say. Above it the model is too modest, below it too sure. Each point stands for equally many items.",
      ),
    ),
  );
}

/**
 * @param {import("../data.js").Report} report
 * @param {import("../data.js").Scope} scope
 * @param {import("../csv.js").Lists} lists
 */
export function abstention(report, scope, lists) {
  const curve = scope.abstention;
  if (curve.length < 4) {
    return nothing(
      `Too few ${report.noun}, or too much alike in confidence, to tell what leaving some to a person would gain.`,
    );
  }
  let chosen = operatingAt(scope, 0.9);
  const sentence = h("output", { class: "sentence", for: "coverage" });
  const slider = h("input", {
    id: "coverage",
    type: "range",
    min: 1,
    max: 100,
    step: 1,
    value: 90,
    oninput: () => {
      chosen = operatingAt(scope, slider.value / 100);
      tell();
      redraw();
    },
  });
  const { figure, redraw } = chart({
    label:
      "Share of wrong answers against the share of items answered, with its interval; the slider reads it off",
    draw: (width) => abstentionChart(curve, chosen, width),
    maxWidth: 620,
  });
  const tell = () => {
    const left = scope.n - Math.round(chosen.coverage * scope.n);
    sentence.replaceChildren(
      "Answer ",
      h("strong", {}, percent(chosen.coverage, 0)),
      ` of the ${report.noun}, be wrong on `,
      h("strong", {}, percent(chosen.error)),
      " of those ",
      h("span", { class: "figure" }, `(${percentRange(chosen.low, chosen.high)})`),
      ". ",
      h(
        "span",
        { class: "muted" },
        left === 0
          ? "Nothing is left to a person."
          : `${count(left)} of ${count(scope.n)} are left to a person: those it gives less than ${percent(chosen.threshold)}.`,
      ),
    );
    slider.setAttribute(
      "aria-valuetext",
      `${percent(chosen.coverage, 0)} answered, ${percent(chosen.error)} of those wrong`,
    );
  };
  tell();
  return h(
    "div",
    { class: "split" },
    figure,
    h(
      "div",
      { class: "aside" },
      h("label", { for: "coverage" }, `Share of ${report.noun} answered`),
      slider,
      sentence,
      h("div", { class: "bar" }, lists.abstained(scope, () => chosen.threshold)),
    ),
  );
}
