// How each class fares: what of it is found, and what is right of what was named so.

import { chart, table } from "../charts/frame.js";
import { intervalBars } from "../charts/interval_bars.js";
import { h } from "../dom.js";
import { count, percent, percentRange } from "../numbers.js";

const FEW = 24;
const FOUND = "Found (recall)";
const RIGHT = "Right when named (precision)";

/** @param {import("../data.js").Scope} scope */
export function classes(scope) {
  const entries = Object.entries(scope.estimate.per_class).sort(
    (a, b) => a[1].recall.value - b[1].recall.value,
  );
  let all = entries.length <= FEW;
  const shown = () => (all ? entries : entries.slice(0, FEW));
  const rows = () =>
    shown().flatMap(([name, of]) => [
      { name, measure: FOUND, ...of.recall },
      { name, measure: RIGHT, ...of.precision },
    ]);
  const numbers = table(
    "Each class with its intervals",
    ["Class", "Items", "Found", "interval", "Right when named", "interval"],
    entries.map(([name, of]) => [
      name,
      count(of.n),
      percent(of.recall.value),
      percentRange(of.recall.low, of.recall.high),
      percent(of.precision.value),
      percentRange(of.precision.low, of.precision.high),
    ]),
    "numbers",
  );
  const { figure, redraw } = chart({
    label: `Recall and precision of ${count(entries.length)} classes with their intervals; the numbers follow as a table`,
    draw: (width) =>
      intervalBars(
        rows(),
        shown().map(([name]) => name),
        [FOUND, RIGHT],
        width,
      ),
    numbers,
  });
  const toggle = h("button", {
    class: "more",
    onclick: () => {
      all = !all;
      toggle.textContent = words();
      redraw();
    },
  });
  const words = () =>
    all ? `Show the ${FEW} worst only` : `Show all ${count(entries.length)} classes`;
  toggle.textContent = words();
  return [figure, entries.length > FEW && toggle];
}
