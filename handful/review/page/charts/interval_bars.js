// Bars with intervals, one row a class, side by side for what is found and what is right.

import { Plot } from "../vendor.js";
import { plot } from "./frame.js";

/** @typedef {{ name: string, measure: string, value: number, low: number, high: number }} Row */

/**
 * @param {Row[]} rows
 * @param {string[]} names the classes from top to bottom
 * @param {string[]} measures the columns from left to right
 * @param {number} width
 */
export function intervalBars(rows, names, measures, width) {
  const narrow = width < 520;
  const longest = Math.max(...names.map((name) => name.length));
  const marginLeft = Math.min(narrow ? 96 : 170, 18 + longest * 7);
  const fits = Math.floor((marginLeft - 16) / 6.6);
  const short = (/** @type {string} */ name) =>
    name.length > fits ? `${name.slice(0, fits - 1)}…` : name;
  const one = (/** @type {string | null} */ measure) =>
    plot({
      width: narrow || measure === null ? width : width / 2 - 12,
      height: names.length * 30 + 56,
      marginLeft,
      marginRight: 18,
      marginTop: 30,
      marginBottom: 26,
      x: {
        domain: [0, 1],
        tickFormat: (/** @type {number} */ d) => `${Math.round(d * 100)}`,
        ticks: 5,
        label: null,
      },
      y: { domain: names, tickFormat: short, label: null, tickSize: 0, padding: 0.42 },
      title: undefined,
      marks: mark(
        rows.filter((row) => row.measure === measure),
        measure ?? "",
      ),
    });
  const holder = document.createElement("div");
  holder.className = narrow ? "stacked" : "beside";
  holder.append(...measures.map(one));
  return holder;
}

/** @param {Row[]} rows @param {string} measure */
function mark(rows, measure) {
  return [
    Plot.gridX({ ticks: 5, stroke: "var(--line)", strokeOpacity: 1 }),
    Plot.barX(rows, { y: "name", x: "value", fill: "var(--bar)", rx: 2 }),
    Plot.ruleY(rows, { y: "name", x1: "low", x2: "high", stroke: "var(--ink)", strokeWidth: 1.6 }),
    Plot.tickX(rows, {
      y: "name",
      x: "low",
      stroke: "var(--ink)",
      strokeWidth: 1.6,
      insetTop: 4,
      insetBottom: 4,
    }),
    Plot.tickX(rows, {
      y: "name",
      x: "high",
      stroke: "var(--ink)",
      strokeWidth: 1.6,
      insetTop: 4,
      insetBottom: 4,
    }),
    Plot.text([measure], {
      frameAnchor: "top-left",
      dy: -24,
      text: (/** @type {string} */ d) => d,
      fontWeight: 600,
      fontSize: 13,
    }),
  ];
}
