// The share of wrong answers against the share of items answered, with its interval.

import { Plot } from "../vendor.js";
import { plot } from "./frame.js";

/**
 * @param {import("../data.js").Operating[]} curve by rising coverage
 * @param {import("../data.js").Operating} chosen
 * @param {number} width
 */
export function abstention(curve, chosen, width) {
  const settled = curve.filter((p) => p.coverage >= 0.1);
  const top = Math.min(1, Math.max(0.02, ...settled.map((p) => p.high)) * 1.05);
  const format = (/** @type {number} */ d) => `${+(d * 100).toFixed(1)}`;
  return plot({
    width,
    height: Math.min(width * 0.62, 340),
    marginLeft: 46,
    marginBottom: 42,
    marginRight: 14,
    clip: true,
    x: {
      domain: [0, 1],
      tickFormat: format,
      label: "Items answered, %",
      labelAnchor: "center",
      labelArrow: "none",
    },
    y: {
      domain: [0, top],
      tickFormat: format,
      label: "Of these wrong, %",
      labelArrow: "none",
      ticks: 6,
    },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 6 }),
      Plot.areaY(settled, {
        x: "coverage",
        y1: "low",
        y2: "high",
        fill: "var(--accent)",
        fillOpacity: 0.16,
        clip: true,
      }),
      Plot.line(settled, {
        x: "coverage",
        y: "error",
        stroke: "var(--accent)",
        strokeWidth: 2,
        clip: true,
      }),
      Plot.ruleX([chosen], { x: "coverage", stroke: "var(--ink)", strokeDasharray: "2 3" }),
      Plot.ruleX([chosen], {
        x: "coverage",
        y1: "low",
        y2: "high",
        stroke: "var(--ink)",
        strokeWidth: 2,
        clip: true,
      }),
      Plot.dot([chosen], {
        x: "coverage",
        y: "error",
        r: 5.5,
        fill: "var(--ink)",
        stroke: "var(--paper)",
        strokeWidth: 1.5,
      }),
    ],
  });
}
