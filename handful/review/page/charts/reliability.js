// What the model claimed against what came true, with error bars.

import { percent } from "../numbers.js";
import { dot, frame, rule } from "./svg.js";

/**
 * @param {import("../data.js").Bin[]} bins
 * @param {number} width
 */
export function reliability(bins, width) {
  const least = Math.min(...bins.map((b) => Math.min(b.predicted, b.low)));
  const low = Math.max(0, Math.floor(least * 10) / 10);
  const format = (/** @type {number} */ d) => `${Math.round(d * 100)}`;
  const on = frame({
    width,
    height: Math.min(width * 0.82, 420),
    x: { domain: [low, 1], format, label: "The probability it gave, %" },
    y: { domain: [low, 1], format, label: "It was right, %", count: 6 },
  });
  on.root.append(
    rule(on, [low, low], [1, 1], {
      stroke: "var(--muted)",
      "stroke-dasharray": "2 4",
      "stroke-width": 1.5,
    }),
  );
  for (const b of bins) {
    const words = `said ${percent(b.predicted)}, right ${percent(b.right)} of ${b.n}`;
    on.root.append(
      rule(on, [b.predicted, b.low], [b.predicted, b.high], { stroke: "var(--accent)" }),
      dot(on, [b.predicted, b.right], "var(--accent)", words),
    );
  }
  return on.root;
}
