// Lists as CSV files that spreadsheets open: made in the page, saved by the browser, nothing fetched.

import { h } from "./dom.js";
import { counted } from "./numbers.js";

/** @typedef {string | number | null | undefined} Cell */
/** @typedef {import("./data.js").Report} Report */
/** @typedef {import("./data.js").Scope} Scope */
/** @typedef {ReturnType<typeof createLists>} Lists */

const BYTE_ORDER_MARK = "\ufeff"; // by which a spreadsheet knows UTF-8
// What a spreadsheet would take for a formula: the sign may follow blanks, or be full-width.
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * One cell: a text that a spreadsheet would compute begins with an apostrophe instead.
 * @param {Cell} value
 */
export function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A whole file. @param {string[]} head @param {Cell[][]} rows */
export function csvText(head, rows) {
  return BYTE_ORDER_MARK + [head, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/** Numbers as they are worth reading. @param {number} value */
const rounded = (value) => +value.toFixed(6);

/**
 * A button that saves a list.
 * @param {string} words
 * @param {string} name of the file, without its ending
 * @param {() => { head: string[], rows: Cell[][] }} list
 */
function saving(words, name, list) {
  return h(
    "button",
    {
      class: "save",
      onclick: () => {
        const { head, rows } = list();
        const address = URL.createObjectURL(new Blob([csvText(head, rows)], { type: "text/csv" }));
        const link = h("a", { href: address, download: `${name}.csv` });
        document.body.append(link);
        link.click();
        link.remove();
        setTimeout(() => URL.revokeObjectURL(address), 10_000);
      },
    },
    words,
  );
}

const ITEM = ["file", "population", "label", "answer", "right", "probability", "probability_of_label"];

/** The lists of one report. @param {Report} report */
export function createLists(report) {
  const { classes } = report;
  const populations = report.scopes.map((scope) => scope.population);
  const item = (/** @type {number} */ i) => [
    report.rawPath(i),
    populations[report.scopeOf(i)] ?? "in no figure",
    classes[report.label(i)],
    classes[report.prediction(i)],
    report.isRight(i) ? "yes" : "no",
    rounded(report.confidence(i)),
    rounded(report.given(i)),
  ];
  const every = Array.from({ length: report.n }, (_, i) => i);
  const top = report.answers(0)?.length ?? 0;
  const ofScope = (/** @type {Scope} */ scope) => every.filter((i) => report.scopes[report.scopeOf(i)] === scope);

  return {
    /** Items one by one. @param {string} words @param {string} name @param {() => number[]} items */
    items: (words, name, items) =>
      saving(words, name, () => ({ head: ITEM, rows: items().map(item) })),

    /** All answers of the page, with the most probable classes. */
    answers: () =>
      saving(`${counted(report.n, "answers")} as CSV`, "answers", () => ({
        head: [...ITEM, ...Array.from({ length: top }, (_, j) => [`class_${j + 1}`, `probability_${j + 1}`]).flat()],
        rows: every.map((i) => [
          ...item(i),
          ...report.answers(i).flatMap((a) => [classes[a.class], rounded(a.probability)]),
        ]),
      })),

    /** Every wrong answer of a scope, the surest first. @param {Scope} scope */
    errors: (scope) => {
      const wrong = () =>
        ofScope(scope)
          .filter((i) => !report.isRight(i))
          .sort((a, b) => report.given(a) - report.given(b));
      return saving("Errors as CSV", "errors", () => ({ head: ITEM, rows: wrong().map(item) }));
    },

    /** What is left to a person. @param {Scope} scope @param {() => number} threshold answers below it are left */
    abstained: (scope, threshold) =>
      saving("Left to a person, as CSV", "abstained", () => ({
        head: ITEM,
        rows: ofScope(scope)
          .filter((i) => report.confidence(i) < Math.fround(threshold())) // columns are float32
          .sort((a, b) => report.confidence(a) - report.confidence(b))
          .map(item),
      })),

    /** Labels that look wrong. */
    suspects: () =>
      saving("Suspect labels as CSV", "suspect-labels", () => ({
        head: ["file", "label", "perhaps", "score", "neighbours_against", "neighbours_heard", "reason"],
        rows: report.suspects.list.map((s) => [
          report.rawPath(s.item),
          classes[report.label(s.item)],
          classes[s.suggested],
          rounded(s.score),
          s.num_against,
          s.heard,
          s.reason,
        ]),
      })),

    /** Parts of the data that fail more or less than the rest. @param {Scope} scope */
    slices: (scope) =>
      saving("Slices as CSV", "slices", () => ({
        head: ["attribute", "value", "items", "wrong", "low", "high", "all_others_wrong", "parts_looked_at"],
        rows: scope.slices.found.map((s) => [
          s.attribute, s.value, s.n, rounded(s.error), rounded(s.low), rounded(s.high), rounded(s.rest), s.looked_at,
        ]),
      })),

    /** Every threshold of the curve shown. @param {Scope} scope @param {() => import("./curve.js").Curve} curve */
    thresholds: (scope, curve) =>
      saving("Thresholds as CSV", "thresholds", () => {
        const of = curve();
        const shares = /** @type {const} */ (["sensitivity", "specificity", "ppv", "npv"]);
        return {
          head: [
            "population", "positive_class", "threshold", "true_positives", "false_positives", "false_negatives", "true_negatives",
            ...shares.flatMap((name) => [name, `${name}_low`, `${name}_high`]),
          ],
          rows: of.stops.map((s) => [
            scope.population, classes[of.class], rounded(s.threshold), s.truePositives, s.falsePositives, s.falseNegatives, s.trueNegatives,
            ...shares.flatMap((name) => [rounded(s[name].value), rounded(s[name].low), rounded(s[name].high)]),
          ]),
        };
      }),
  };
}
