// The rate finder's curve: the loss while the rate was raised, and the rate that was taken.

import { Plot } from "../vendor.js";
import { plot } from "./frame.js";

/**
 * @param {import("../data.js").Rates} found
 * @param {number} width
 */
export function rates(found, width) {
  const points = found.rates.map((rate, place) => ({ rate, loss: found.losses[place] }));
  const top = 2 * found.losses[0];
  return plot({
    width,
    height: Math.min(width * 0.5, 300),
    marginLeft: 46,
    marginBottom: 42,
    marginRight: 14,
    x: {
      type: "log",
      label: "Rate",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: 5,
      tickFormat: (/** @type {number} */ rate) => rate.toExponential(0).replace("e-", " e−"),
    },
    y: { label: "Loss", labelArrow: "none", ticks: 5, domain: [0, top] },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
      Plot.line(
        points.filter((one) => one.loss <= top),
        { x: "rate", y: "loss", stroke: "var(--accent)", strokeWidth: 2 },
      ),
      Plot.ruleX([found.taken], { stroke: "var(--ink)", strokeDasharray: "2 3" }),
    ],
  });
}
