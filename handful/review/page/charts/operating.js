// The ROC curve and the precision-recall curve of one class, each with the threshold that is chosen.

import { curve, dot, frame, rule } from "./svg.js";

/** @typedef {import("../curve.js").Curve} Curve */
/** @typedef {import("../curve.js").Stop} Stop */

const format = (/** @type {number} */ d) => `${Math.round(d * 100)}`;
const GUESS = { stroke: "var(--muted)", "stroke-dasharray": "2 4", "stroke-width": 1.5 };

/** @param {number} width */
const side = (width) => Math.min(width, 380);

/**
 * Sensitivity against false alarms.
 * @param {Curve} of
 * @param {Stop} chosen
 * @param {number} width
 */
export function roc(of, chosen, width) {
  const on = frame({
    width: side(width),
    height: side(width) * 0.94,
    x: { domain: [0, 1], label: "False positive rate (1 − specificity), %", format },
    y: { domain: [0, 1], label: "Sensitivity (recall), %", format },
  });
  const points = of.stops.map((s) => /** @type {[number, number]} */ ([1 - s.specificity.value, s.sensitivity.value]));
  const at = 1 - chosen.specificity.value;
  on.root.append(
    rule(on, [0, 0], [1, 1], GUESS),
    curve(on, [[0, 0], ...points, [1, 1]], { stroke: "var(--accent)" }),
    rule(on, [1 - chosen.specificity.high, chosen.sensitivity.value], [1 - chosen.specificity.low, chosen.sensitivity.value]),
    rule(on, [at, chosen.sensitivity.low], [at, chosen.sensitivity.high]),
    dot(on, [at, chosen.sensitivity.value], "var(--ink)"),
  );
  return on.root;
}

/**
 * Precision against recall.
 * @param {Curve} of
 * @param {Stop} chosen
 * @param {number} width
 */
export function precisionRecall(of, chosen, width) {
  const on = frame({
    width: side(width),
    height: side(width) * 0.94,
    x: { domain: [0, 1], label: "Sensitivity (recall), %", format },
    y: { domain: [0, 1], label: "Positive predictive value (precision), %", format },
  });
  const named = of.stops.filter((s) => s.called > 0);
  // Steps, as the average precision sums them: between two points no precision is promised.
  const points = named.flatMap((s, k) => /** @type {[number, number][]} */ ([
    [k ? named[k - 1].sensitivity.value : 0, s.ppv.value],
    [s.sensitivity.value, s.ppv.value],
  ]));
  on.root.append(
    rule(on, [0, of.prevalence], [1, of.prevalence], GUESS),
    curve(on, points, { stroke: "var(--accent)" }),
  );
  if (chosen.called > 0) {
    const [x, y] = [chosen.sensitivity.value, chosen.ppv.value];
    on.root.append(
      rule(on, [chosen.sensitivity.low, y], [chosen.sensitivity.high, y]),
      rule(on, [x, chosen.ppv.low], [x, chosen.ppv.high]),
      dot(on, [x, y], "var(--ink)"),
    );
  }
  return on.root;
}
