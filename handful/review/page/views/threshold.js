// Sensitivity and specificity of one class against the rest, at a threshold that the reader slides.

import { chart, table } from "../charts/frame.js";
import { precisionRecall, roc } from "../charts/operating.js";
import { evenStop, stopOfSensitivity, stopOfSpecificity } from "../curve.js";
import { h, styled } from "../dom.js";
import { count, counted, decimal, percent, percentRange, quoted } from "../numbers.js";
import { nothing, whisker } from "./section.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("../data.js").Scope} Scope */
/** @typedef {import("../curve.js").Curve} Curve */
/** @typedef {import("../curve.js").Stop} Stop */

const AT_LEAST = [0.9, 0.95, 0.99];

/** @param {Report} report @param {Scope} scope @param {import("../csv.js").Lists} lists */
export function threshold(report, scope, lists) {
  const { classes, noun } = report;
  if (!scope.curves.length) {
    return nothing(
      `All of these ${noun} are of one class, so that no class can be told from another here.`,
    );
  }
  const first = opened(report, scope);
  let curve = report.curve(scope.curves[first]);
  let at = evenStop(curve);

  const slider = h("input", { id: "threshold", type: "range", min: 0, step: 1, oninput: () => to(Number(slider.value)) });
  const reading = h("output", { class: "reading", for: "threshold" });
  const figures = h("div", { class: "operating" });
  const areas = h("p", { class: "note" });
  const choose = h(
    "select",
    { id: "positive", onchange: () => {
      curve = report.curve(scope.curves[Number(choose.value)]);
      areas.replaceChildren(...areaWords(curve));
      slider.max = String(curve.stops.length - 1);
      to(evenStop(curve));
    } },
    scope.curves.map((c, place) => h("option", { value: place, selected: place === first }, classes[c.class])),
  );
  const charts = [roc, precisionRecall].map((draw, place) =>
    chart({
      label: place
        ? "Precision-recall curve, the chosen threshold marked with its intervals"
        : "ROC curve: sensitivity against the false positive rate, the chosen threshold marked with its intervals",
      draw: (width) => draw(curve, curve.stops[at], width),
      maxWidth: 380,
    }),
  );

  /** @param {number} stop */
  function to(stop) {
    at = Math.max(0, Math.min(stop, curve.stops.length - 1));
    const chosen = curve.stops[at];
    slider.value = String(at);
    const words = `Called ${quoted(classes[curve.class])} from a probability of ${percent(chosen.threshold)} on`;
    reading.textContent = words;
    slider.setAttribute("aria-valuetext", `${words}: sensitivity ${percent(chosen.sensitivity.value)}, specificity ${percent(chosen.specificity.value)}`);
    figures.replaceChildren(shares(report, curve, chosen), matrix(report, curve, chosen));
    for (const one of charts) one.redraw();
  }

  const quick = (/** @type {string} */ name, /** @type {typeof stopOfSensitivity} */ find) =>
    h(
      "span",
      { class: "quick" },
      `${name} at least `,
      AT_LEAST.map((least) =>
        h("button", { onclick: () => to(find(curve, least)) }, percent(least, 0)),
      ),
    );
  slider.max = String(curve.stops.length - 1);
  areas.replaceChildren(...areaWords(curve));
  to(at);
  return [
    h(
      "div",
      { class: "bar" },
      h("label", { for: "positive" }, "Positive class, against the rest"),
      choose,
    ),
    h("div", { class: "slide" }, h("label", { for: "threshold" }, "Threshold"), slider, reading),
    h(
      "div",
      { class: "bar" },
      h("button", { onclick: () => to(evenStop(curve)) }, "50 %"),
      quick("Sensitivity", stopOfSensitivity),
      quick("Specificity", stopOfSpecificity),
      lists.thresholds(scope, () => curve),
    ),
    figures,
    h("div", { class: "beside curves" }, charts.map((one) => one.figure)),
    areas,
    h(
      "p",
      { class: "note" },
      `A threshold chosen here is chosen on these very ${noun}: the figures at it flatter a little. Check it on new ones.`,
    ),
  ];
}

/** The class that is shown first: the rarer of two, else the one that is found least. @param {Report} report @param {Scope} scope */
function opened({ classes }, { curves, estimate }) {
  const recall = curves.map((c) => estimate.per_class[classes[c.class]].recall.value);
  const rarer = curves.findIndex((c) => classes[c.class] === estimate.positive);
  return rarer >= 0 ? rarer : recall.indexOf(Math.min(...recall));
}

/** @param {Curve} curve */
function areaWords(curve) {
  const { auroc, averagePrecision: ap } = curve;
  return [
    `AUROC ${decimal(auroc.value)} (${decimal(auroc.low)}–${decimal(auroc.high)}; 0.5 is guessing). `,
    `Average precision ${decimal(ap.value)} (${decimal(ap.low)}–${decimal(ap.high)}; guessing is ${decimal(curve.prevalence)}). `,
    "Dotted lines are guessing; crosses are the intervals at the threshold.",
  ];
}

/** @param {Report} report @param {Curve} curve @param {Stop} chosen */
function shares(report, curve, chosen) {
  const name = report.classes[curve.class];
  const { truePositives: tp, trueNegatives: tn, called } = chosen;
  const rest = curve.positives + curve.negatives - called;
  const rows = /** @type {[string, string, import("../curve.js").Share][]} */ ([
    ["Sensitivity", `Recall: ${count(tp)} of ${count(curve.positives)} labelled ${quoted(name)} are called so`, chosen.sensitivity],
    ["Specificity", `${count(tn)} of ${count(curve.negatives)} others are not called so`, chosen.specificity],
    ["Positive predictive value", `Precision: ${count(tp)} of ${count(called)} called ${quoted(name)} are`, chosen.ppv],
    ["Negative predictive value", `${count(tn)} of ${count(rest)} not called so are not`, chosen.npv],
  ]);
  const { confidence } = curve.auroc;
  return h(
    "div",
    {},
    table(
      "Figures at the threshold",
      ["At this threshold", "Value", `${percent(confidence, 0)} interval`, "0 to 100 %"],
      rows.map(([term, meaning, share]) => [
        h("span", {}, term, h("span", { class: "meaning" }, meaning)),
        h("span", { class: "figure strong" }, Number.isNaN(share.value) ? "–" : percent(share.value)),
        h("span", { class: "figure" }, Number.isNaN(share.value) ? "nothing to count" : percentRange(share.low, share.high)),
        Number.isNaN(share.value) ? "" : whisker(share),
      ]),
      "figures",
    ),
    h(
      "p",
      { class: "note" },
      `Predictive values hold where ${quoted(name)} is as frequent as here: ${percent(curve.prevalence)} (the prevalence of these data).`,
    ),
  );
}

/** The confusion matrix at the threshold. @param {Report} report @param {Curve} curve @param {Stop} chosen */
function matrix(report, curve, chosen) {
  const name = report.classes[curve.class];
  const cell = (/** @type {number} */ number, /** @type {string} */ what, /** @type {boolean} */ right, /** @type {number} */ of) =>
    styled(
      h(
        "td",
        { class: right ? "right" : "wrong" },
        h("span", { class: "count" }, count(number)),
        h("span", { class: "share" }, what),
      ),
      { "--share": Math.sqrt(of ? number / of : 0) },
    );
  return h(
    "table",
    { class: "two" },
    h("caption", { class: "offscreen" }, `Confusion matrix at the threshold, ${counted(curve.positives + curve.negatives, report.noun)}`),
    h("thead", {}, h("tr", {}, h("td", { class: "corner" }, "label ↓ answer →"), h("th", { scope: "col" }, h("span", { class: "class" }, name)), h("th", { scope: "col" }, "another"))),
    h(
      "tbody",
      {},
      h("tr", {}, h("th", { scope: "row" }, h("span", { class: "class" }, name)), cell(chosen.truePositives, "true positive", true, curve.positives), cell(chosen.falseNegatives, "false negative", false, curve.positives)),
      h("tr", {}, h("th", { scope: "row" }, "another"), cell(chosen.falsePositives, "false positive", false, curve.negatives), cell(chosen.trueNegatives, "true negative", true, curve.negatives)),
    ),
  );
}
