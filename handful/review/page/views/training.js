// What `--deep` did: what was decided and why, how the losses fell, which rate was taken.

import { chart, table } from "../charts/frame.js";
import { losses } from "../charts/losses.js";
import { rates } from "../charts/rates.js";
import { h } from "../dom.js";
import { count, decimal } from "../numbers.js";
import { nothing } from "./section.js";

/** @typedef {import("../data.js").Deep} Deep */

/** @param {Deep} deep */
export function training(deep) {
  return [verdict(deep), deep.rounds.length ? drawn(deep) : null, notes(deep)];
}

/** @param {Deep} deep */
function verdict(deep) {
  const { difference: d } = deep;
  if (!d) return nothing(`The frozen model is shipped: ${deep.why}`);
  const [lost, won] = [d.value > 0 ? "more" : "less", deep.shipped === "deep"];
  return h(
    "p",
    { class: "lead" },
    h("strong", {}, won ? "The deep model is shipped. " : "The frozen model is shipped. "),
    "On pictures that neither had learned from, the deep model’s log-loss was ",
    h("span", { class: "figure" }, decimal(Math.abs(d.value))),
    ` ${lost} than the frozen one’s (the difference lies between `,
    h("span", { class: "figure" }, `${decimal(d.low)} and ${decimal(d.high)}`.replaceAll("-", "−")),
    won ? ")." : "): not enough to be sure.",
  );
}

/** @param {Deep} deep */
function drawn(deep) {
  const steps = stepsOf(deep);
  const rounds = [...new Set(steps.map((one) => one.round))];
  const curve = chart({
    label: "The loss after each epoch of each run; the numbers follow as a table",
    draw: (width) => losses(steps, rounds, width),
    maxWidth: 620,
    numbers: table(
      "Losses",
      ["Run", "Epoch", "Loss"],
      steps.map((one) => [one.run, count(one.epoch), decimal(one.loss)]),
      "numbers",
    ),
  }).figure;
  return [h("h3", {}, "How the losses fell"), curve, reached(deep), found(deep)];
}

/** One run after another: a deeper round begins where the one before it ended. @param {Deep} deep */
function stepsOf(deep) {
  /** @type {import("../charts/losses.js").Step[]} */
  const steps = [];
  /** @type {Map<string, number>} */
  const ends = new Map();
  for (const { run, round, losses } of deep.runs) {
    const start = Math.max(0, ...Array.from(ends, ([other, end]) => (other === round ? 0 : end)));
    losses.forEach((loss, place) => steps.push({ run, round, epoch: start + place + 1, loss }));
    ends.set(round, start + losses.length);
  }
  return steps;
}

/** @param {Deep} deep */
function reached(deep) {
  return table(
    "Log-loss out of sample after each round",
    ["Trained behind", "Log-loss, out of sample"],
    deep.rounds.map(({ cut, log_loss }) => [cut, decimal(log_loss)]),
    "rounds",
  );
}

/** @param {Deep} deep */
function found(deep) {
  const { rates: curve } = deep;
  if (!curve) return null;
  return [
    h("h3", {}, "Which rate it took"),
    h(
      "p",
      { class: "lead" },
      "Before training, the rate was raised step by step until the loss climbed. The rate taken is marked.",
    ),
    chart({
      label: "The loss while the rate was raised, and the rate that was taken",
      draw: (width) => rates(curve, width),
      maxWidth: 620,
    }).figure,
  ];
}

/** @param {Deep} deep */
function notes(deep) {
  if (!deep.notes.length) return null;
  return h(
    "ul",
    { class: "note" },
    deep.notes.map((one) => h("li", {}, one)),
  );
}
