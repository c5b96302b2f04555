// The table of figures, each with its interval.

import { h } from "../dom.js";
import { counted, decimal, percent, percentRange, quoted } from "../numbers.js";
import { table } from "../charts/frame.js";
import { whisker } from "./section.js";

/** @typedef {import("../data.js").Figure} Figure */
/** @typedef {import("../data.js").Report} Report */

/** Name, meaning, whether it is a share of the whole and more is better. */
const MEANINGS = /** @type {[string, string, string, boolean][]} */ ([
  ["accuracy", "Accuracy", "Share of all answers that are right", true],
  ["balanced_accuracy", "Balanced accuracy", "The same with every class counting alike", true],
  ["auroc", "AUROC", "How often the one of two that is it gets the higher probability", true],
  ["log_loss", "Log-loss", "Surprise at the true label; 0 is best", false],
  [
    "brier",
    "Brier score",
    "Squared distance of the probabilities from the truth; 0 is best",
    false,
  ],
  [
    "calibration_error",
    "Calibration error",
    "How far the probabilities lie from what came true",
    false,
  ],
]);
const SHARES = new Set(["accuracy", "balanced_accuracy", "calibration_error"]);

/** @param {import("../data.js").Report} report @param {import("../data.js").Scope} scope */
export function figures(report, scope) {
  const { estimate } = scope;
  const rows = MEANINGS.filter(([key]) => estimate[key]).map(([key, name, meaning, isBar]) => {
    /** @type {Figure} */
    const figure = estimate[key];
    const share = SHARES.has(key);
    return [
      h(
        "span",
        {},
        name,
        h(
          "span",
          { class: "meaning" },
          key === "auroc" ? `${meaning} (“it” is ${estimate.positive})` : meaning,
          key === "accuracy" && `; ${baseline(report, scope)}`,
        ),
      ),
      h("span", { class: "figure strong" }, share ? percent(figure.value) : decimal(figure.value)),
      h(
        "span",
        { class: "figure" },
        share
          ? percentRange(figure.low, figure.high)
          : `${decimal(figure.low)}–${decimal(figure.high)}`,
      ),
      isBar ? whisker(figure) : "",
    ];
  });
  const { accuracy } = estimate;
  return [
    table(
      "Figures with their intervals",
      ["Figure", "Value", `${percent(accuracy.confidence, 0)} interval`, "0 to 100 %"],
      [...(scope.name === "learning" || report.note ? series(report) : []), ...rows],
      "figures",
    ),
    h(
      "p",
      { class: "note" },
      `From ${counted(estimate.n, report.noun)}, ${estimate.method}. Interval of the accuracy: ${accuracy.method}.`,
    ),
  ];
}

/** The accuracy where whole runs of neighbours are left out; the first row, for it promises least.
 * @param {Report} report */
function series({ blocked, noun }) {
  if (!blocked) return [];
  const { accuracy, auroc, order, length, runs, at_random } = blocked;
  const how = `Runs of ${counted(length, noun)} neighbouring in ${order}, ${counted(runs, "runs")}, left out together; as many chosen at random give ${percent(at_random)}`;
  const verdict = blocked.leads ? "expect this of new series" : "no clear difference: neighbours do not help";
  const area = auroc && ` AUROC ${decimal(auroc.value)} (${decimal(auroc.low)}–${decimal(auroc.high)}).`;
  return [
    [
      h("span", {}, "Accuracy on new series", h("span", { class: "meaning" }, `${how}: ${verdict}.`, area)),
      h("span", { class: "figure strong" }, percent(accuracy.value)),
      h("span", { class: "figure" }, percentRange(accuracy.low, accuracy.high)),
      whisker(accuracy),
    ],
  ];
}

/** What needs no model, beside which an accuracy is read. @param {import("../data.js").Report} report @param {import("../data.js").Scope} scope */
export function baseline(report, scope) {
  const { class: commonest, share } = scope.commonest;
  return `always answering ${quoted(report.classes[commonest])} is right on ${percent(share)}`;
}
