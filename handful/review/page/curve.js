// One class against the rest at every threshold: the columns of curves.py as stops of a slider.

/** @typedef {{ value: number, low: number, high: number }} Share */
/**
 * @typedef {object} Stop
 * @property {number} threshold an item is called positive where its probability is at least this
 * @property {number} called
 * @property {number} truePositives
 * @property {number} falsePositives
 * @property {number} falseNegatives
 * @property {number} trueNegatives
 * @property {Share} sensitivity
 * @property {Share} specificity
 * @property {Share} ppv its value is not a number where nothing is called positive
 * @property {Share} npv
 */
/** @typedef {import("./data.js").Figure} Figure */
/** @typedef {{ class: number, positives: number, negatives: number, points: string, auroc: Figure, average_precision: Figure }} PackedCurve */
/** @typedef {{ class: number, positives: number, negatives: number, prevalence: number, auroc: Figure, averagePrecision: Figure, stops: Stop[] }} Curve */

const COLUMNS = 11; // of curves.py: threshold, true and false positives, low and high of four shares
const EVEN = 0.5;

/** @param {PackedCurve} packed @param {(text: string) => ArrayBufferLike} bytes @returns {Curve} */
export function unpackCurve(packed, bytes) {
  const columns = new Float32Array(bytes(packed.points));
  const n = columns.length / COLUMNS;
  const { positives, negatives } = packed;
  const stops = Array.from({ length: n }, (_, i) => {
    const [threshold, truePositives, falsePositives, ...limits] = Array.from(
      { length: COLUMNS },
      (_, column) => columns[column * n + i],
    );
    const called = truePositives + falsePositives;
    const falseNegatives = positives - truePositives;
    const trueNegatives = negatives - falsePositives;
    const share = (/** @type {number} */ value, /** @type {number} */ place) => ({
      value,
      low: limits[2 * place],
      high: limits[2 * place + 1],
    });
    return {
      threshold,
      called,
      truePositives,
      falsePositives,
      falseNegatives,
      trueNegatives,
      sensitivity: share(truePositives / positives, 0),
      specificity: share(trueNegatives / negatives, 1),
      ppv: share(truePositives / called, 2),
      npv: share(trueNegatives / (falseNegatives + trueNegatives), 3),
    };
  });
  const { auroc, average_precision: averagePrecision } = packed;
  const prevalence = positives / (positives + negatives);
  return { class: packed.class, positives, negatives, prevalence, auroc, averagePrecision, stops };
}

/** The stop whose threshold is one half. @param {Curve} curve */
export function evenStop(curve) {
  return curve.stops.findIndex((stop) => stop.threshold === EVEN);
}

/** The highest threshold with at least this sensitivity. @param {Curve} curve @param {number} least */
export function stopOfSensitivity(curve, least) {
  return curve.stops.findIndex((stop) => stop.sensitivity.value >= least);
}

/** The lowest threshold with at least this specificity; -1 where there is none. @param {Curve} curve @param {number} least */
export function stopOfSpecificity(curve, least) {
  return curve.stops.findLastIndex((stop) => stop.specificity.value >= least);
}
