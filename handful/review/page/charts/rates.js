// The rate finder's curve: the loss while the rate was raised, and the rate that was taken.

import { curve, frame, rule } from "./svg.js";

/**
 * @param {import("../data.js").Rates} found
 * @param {number} width
 */
export function rates(found, width) {
  const top = 2 * found.losses[0];
  const points = found.rates
    .map((rate, place) => /** @type {[number, number]} */ ([rate, found.losses[place]]))
    .filter(([, loss]) => loss <= top);
  const on = frame({
    width,
    height: Math.min(width * 0.5, 300),
    grid: "y",
    x: {
      domain: [found.rates[0], found.rates.at(-1) ?? 1],
      log: true,
      label: "Rate",
      format: (rate) => rate.toExponential(0).replace("e-", " e−"),
    },
    y: { domain: [0, top], format: (d) => `${+d.toPrecision(3)}`, label: "Loss" },
  });
  on.root.append(
    curve(on, points, { stroke: "var(--accent)" }),
    rule(on, [found.taken, 0], [found.taken, top], { "stroke-dasharray": "2 3" }),
  );
  return on.root;
}
