// The share of wrong answers against the share of items answered, with its interval.

import { band, curve, dot, frame, rule } from "./svg.js";

/**
 * @param {import("../data.js").Operating[]} all by rising coverage
 * @param {import("../data.js").Operating} chosen
 * @param {number} width
 */
export function abstention(all, chosen, width) {
  const settled = all.filter((p) => p.coverage >= 0.1);
  const top = Math.min(1, Math.max(0.02, ...settled.map((p) => p.high)) * 1.05);
  const format = (/** @type {number} */ d) => `${+(d * 100).toFixed(1)}`;
  const on = frame({
    width,
    height: Math.min(width * 0.62, 340),
    grid: "y",
    x: { domain: [0, 1], format, label: "Items answered, %" },
    y: { domain: [0, top], format, label: "Of these wrong, %", count: 6 },
  });
  const line = (/** @type {"low" | "error" | "high"} */ of) =>
    settled.map((p) => /** @type {[number, number]} */ ([p.coverage, Math.min(p[of], top)]));
  const [x, up] = [chosen.coverage, (/** @type {number} */ y) => Math.min(y, top)];
  on.root.append(
    band(on, line("low"), line("high"), "var(--accent)"),
    curve(on, line("error"), { stroke: "var(--accent)" }),
    rule(on, [x, 0], [x, top], { "stroke-dasharray": "2 3", "stroke-width": 1 }),
    rule(on, [x, up(chosen.low)], [x, up(chosen.high)], { "stroke-width": 2 }),
    dot(on, [x, up(chosen.error)], "var(--ink)"),
  );
  return on.root;
}
