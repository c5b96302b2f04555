// Which classes are taken for which: a matrix whose cells open the pictures, and the pairs as a list.

import { heatmap } from "../charts/heatmap.js";
import { h, styled } from "../dom.js";
import { count, percent, quoted } from "../numbers.js";
import { oneClass, pairs } from "./pairs.js";

const MAX_TABLE = 32;

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("../data.js").Scope} Scope */

/** @param {Report} report @param {Scope} scope @param {import("./viewer.js").Viewer} viewer */
export function confusion(report, scope, viewer) {
  const k = report.classes.length;
  const longest = Math.max(...report.classes.map((name) => name.length));
  const counts = new Map(scope.confusion.cells.map(([i, j, number]) => [i * k + j, number]));
  const totals = new Float64Array(k);
  for (const [i, , number] of scope.confusion.cells) totals[i] += number;
  const matrix = {
    count: (/** @type {number} */ i, /** @type {number} */ j) => counts.get(i * k + j) ?? 0,
    total: (/** @type {number} */ i) => totals[i],
    share: (/** @type {number} */ i, /** @type {number} */ j) =>
      totals[i] ? (counts.get(i * k + j) ?? 0) / totals[i] : 0,
  };
  const open = (/** @type {number} */ i, /** @type {number} */ j) => {
    const number = matrix.count(i, j);
    if (number) viewer.gallery(words(report, i, j, number), report.inCell(scope, i, j), number);
  };
  return h(
    "div",
    { class: k > 6 || (k > 3 && longest > 12) ? "confusion wide" : "confusion" },
    k > MAX_TABLE ? large(report, scope, matrix, open) : grid(report, scope, matrix, open),
    pairs(report, scope, open),
    k > 12 && oneClass(report, matrix, open),
  );
}

/** @typedef {{ count: (i: number, j: number) => number, total: (i: number) => number, share: (i: number, j: number) => number }} Matrix */
/** @typedef {(i: number, j: number) => void} Open */

/** @param {Report} report @param {number} i @param {number} j @param {number} number */
function words(report, i, j, number) {
  return `${count(number)} ${meaning(report, i, j)}`;
}

/** What a cell counts. @param {Report} report @param {number} i @param {number} j */
function meaning(report, i, j) {
  const { classes, noun } = report;
  return i === j
    ? `${noun} of ${quoted(classes[i])}, rightly called so`
    : `${noun} labelled ${quoted(classes[i])}, called ${quoted(classes[j])}`;
}

/** @param {Report} report @param {Scope} scope @param {Matrix} matrix @param {Open} open */
function grid(report, scope, matrix, open) {
  const { classes } = report;
  const order = classes.length > 12 ? scope.confusion.order : classes.map((_, i) => i);
  const cell = (/** @type {number} */ i, /** @type {number} */ j) => {
    const number = matrix.count(i, j);
    if (!number) return h("td", { class: "empty" }, "·");
    const share = matrix.share(i, j);
    const button = h(
      "button",
      {
        class: i === j ? "right" : "wrong",
        tabindex: "-1",
        onclick: () => open(i, j),
      },
      h("span", { class: "count" }, count(number)),
      h("span", { class: "offscreen" }, ` ${meaning(report, i, j)}, `),
      h("span", { class: "share" }, percent(share)),
      h("span", { class: "offscreen" }, " of the class"),
    );
    return h("td", {}, styled(button, { "--share": Math.sqrt(share) }));
  };
  const table = h(
    "table",
    {
      class: `matrix ${classes.length > 14 ? "dense" : classes.length > 6 ? "medium" : ""}`,
      "aria-label":
        "Confusion matrix: a row for each label, a column for each answer. Arrow keys move, Enter opens the pictures.",
    },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", { class: "corner" }, "label ↓ answer →"),
        order.map((j) => h("th", { scope: "col" }, h("span", { title: classes[j] }, classes[j]))),
      ),
    ),
    h(
      "tbody",
      {},
      order.map((i) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, h("span", { title: classes[i] }, classes[i])),
          order.map((j) => cell(i, j)),
        ),
      ),
    ),
  );
  roving(table);
  return h("div", { class: "scroll matrix-holder" }, table);
}

/** One stop for the Tab key; arrows move between the cells. @param {HTMLTableElement} table */
function roving(table) {
  const rows = Array.from(table.tBodies[0].rows, (row) =>
    Array.from(row.cells)
      .slice(1)
      .map((td) => td.querySelector("button")),
  );
  rows.flat().find(Boolean)?.setAttribute("tabindex", "0");
  table.addEventListener("focusin", (event) => {
    table.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    /** @type {Element} */ (event.target).setAttribute("tabindex", "0");
  });
  table.addEventListener("keydown", (event) => {
    const step = /** @type {Record<string, number[]>} */ ({
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    })[event.key];
    if (!step) return;
    event.preventDefault();
    let row = rows.findIndex((cells) =>
      cells.includes(/** @type {any} */ (document.activeElement)),
    );
    let column = rows[row]?.indexOf(/** @type {any} */ (document.activeElement)) ?? -1;
    do {
      row += step[0];
      column += step[1];
    } while (rows[row] && column in rows[row] && !rows[row][column]);
    rows[row]?.[column]?.focus();
  });
}

/** @param {Report} report @param {Scope} scope @param {Matrix} matrix @param {Open} open */
function large(report, scope, matrix, open) {
  const { classes } = report;
  const readout = h(
    "p",
    { class: "note readout", "aria-live": "polite" },
    "Classes that are mixed up stand together. Point at a square, or move with the arrow keys; Enter opens the pictures.",
  );
  const point = (/** @type {number} */ i, /** @type {number} */ j) => {
    const number = matrix.count(i, j);
    readout.textContent = number
      ? `${words(report, i, j, number)} (${percent(matrix.share(i, j))} of the class)`
      : `${quoted(classes[i])} was never called ${quoted(classes[j])}`;
  };
  const map = heatmap({
    order: scope.confusion.order,
    share: matrix.share,
    label: `Confusion matrix of ${classes.length} classes: rows are labels, columns are answers`,
    point,
    open,
  });
  return h("div", {}, map, readout);
}
