// What the model claimed against what came true, with error bars, over a count of the claims.

import { percent } from "../numbers.js";
import { Plot } from "../vendor.js";
import { plot } from "./frame.js";

/**
 * @param {import("../data.js").Bin[]} bins
 * @param {number} width
 */
export function reliability(bins, width) {
  const low = Math.max(
    0,
    Math.floor(Math.min(...bins.map((b) => Math.min(b.predicted, b.low))) * 10) / 10,
  );
  const height = Math.min(width * 0.82, 420);
  const format = (/** @type {number} */ d) => `${Math.round(d * 100)}`;
  return plot({
    width,
    height,
    marginLeft: 46,
    marginBottom: 42,
    marginRight: 14,
    x: {
      domain: [low, 1],
      tickFormat: format,
      label: "The probability it gave, %",
      labelAnchor: "center",
      labelArrow: "none",
    },
    y: {
      domain: [low, 1],
      tickFormat: format,
      label: "It was right, %",
      labelArrow: "none",
      ticks: 6,
    },
    marks: [
      Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.line(
        [
          [low, low],
          [1, 1],
        ],
        { stroke: "var(--muted)", strokeDasharray: "2 4", strokeWidth: 1.5 },
      ),
      Plot.ruleX(bins, {
        x: "predicted",
        y1: "low",
        y2: "high",
        stroke: "var(--accent)",
        strokeWidth: 1.6,
      }),
      Plot.dot(bins, {
        x: "predicted",
        y: "right",
        r: 5,
        fill: "var(--accent)",
        stroke: "var(--paper)",
        strokeWidth: 1.5,
        title: (/** @type {any} */ b) =>
          `said ${percent(b.predicted)}, right ${percent(b.right)} of ${b.n}`,
      }),
    ],
  });
}
