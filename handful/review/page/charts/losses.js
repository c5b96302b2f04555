// How the loss fell in each run of training, one run after another along the epochs.

import { decimal } from "../numbers.js";
import { curve, dot, frame, svg } from "./svg.js";

/** @typedef {{ run: string, round: string, epoch: number, loss: number }} Step */

/**
 * @param {Step[]} steps each run's epochs in their order
 * @param {string[]} rounds in their order
 * @param {number} width
 */
export function losses(steps, rounds, width) {
  const [least, most] = [Math.min, Math.max].map((of) => of(...steps.map((one) => one.loss)));
  const room = (most - least || most || 1) * 0.12;
  const last = Math.max(2, ...steps.map((one) => one.epoch));
  const on = frame({
    width,
    height: Math.min(width * 0.5, 300),
    grid: "y",
    x: { domain: [1, last], format: (d) => `${Math.round(d)}`, label: "Epochs", count: Math.min(8, last) },
    y: {
      domain: [Math.max(0, least - room), most + room],
      format: (d) => d.toFixed(2),
      label: "Loss on what it learned from",
    },
  });
  for (const run of new Set(steps.map((one) => one.run))) {
    const own = steps.filter((one) => one.run === run);
    const colour = `var(--class-${rounds.indexOf(own[0].round) + 1})`;
    const points = own.map((one) => /** @type {[number, number]} */ ([one.epoch, one.loss]));
    on.root.append(curve(on, points, { stroke: colour }));
    own.forEach((one, k) => on.root.append(dot(on, points[k], colour, `${run}: ${decimal(one.loss)}`)));
  }
  for (const round of rounds) {
    const end = steps.filter((one) => one.round === round).at(-1);
    if (!end) continue;
    const anchor = end.epoch === last ? "end" : "middle"; // a name at the edge stays inside
    const at = { x: on.x(end.epoch), y: on.y(end.loss) - 13, "text-anchor": anchor };
    on.root.append(svg("text", { class: "tick", ...at }, round));
  }
  return on.root;
}
