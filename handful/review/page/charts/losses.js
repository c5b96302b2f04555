// How the loss fell in each run of training, one run after another along the epochs.

import { decimal } from "../numbers.js";
import { Plot } from "../vendor.js";
import { plot } from "./frame.js";

/** @typedef {{ run: string, round: string, epoch: number, loss: number }} Step */

/**
 * @param {Step[]} steps each run's epochs in their order
 * @param {string[]} rounds in their order
 * @param {number} width
 */
export function losses(steps, rounds, width) {
  const last = rounds.map((round) => steps.filter((one) => one.round === round).at(-1));
  return plot({
    width,
    height: Math.min(width * 0.5, 300),
    marginLeft: 46,
    marginBottom: 42,
    marginRight: 34,
    x: {
      label: "Epochs",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: Math.min(8, Math.max(...steps.map((one) => one.epoch))),
      tickFormat: "d",
    },
    y: { label: "Loss on what it learned from", labelArrow: "none", ticks: 5, nice: true },
    color: {
      domain: rounds,
      range: rounds.map((_, place) => `var(--class-${place + 1})`),
    },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
      Plot.line(steps, { x: "epoch", y: "loss", z: "run", stroke: "round", strokeWidth: 2 }),
      Plot.dot(steps, {
        x: "epoch",
        y: "loss",
        r: 3.5,
        fill: "round",
        stroke: "var(--paper)",
        strokeWidth: 1.5,
        title: (/** @type {Step} */ one) => `${one.run}: ${decimal(one.loss)}`,
      }),
      Plot.text(last, {
        x: "epoch",
        y: "loss",
        text: "round",
        dy: -13,
        fill: "var(--muted)",
        stroke: "var(--paper)",
        strokeWidth: 4,
      }),
    ],
  });
}
