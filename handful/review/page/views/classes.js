// How each class fares: what of it is found, and what is right of what was named so.

import { table } from "../charts/frame.js";
import { h } from "../dom.js";
import { count, percent, percentRange } from "../numbers.js";
import { whisker } from "./section.js";

const FEW = 24;

/** @param {import("../data.js").Scope} scope */
export function classes(scope) {
  const entries = Object.entries(scope.estimate.per_class).sort(
    (a, b) => a[1].recall.value - b[1].recall.value,
  );
  const cells = (/** @type {import("../data.js").Figure} */ figure) =>
    figure.n
      ? [
          h(
            "span",
            { class: "figure" },
            h("strong", {}, percent(figure.value)),
            h("span", { class: "meaning" }, percentRange(figure.low, figure.high)),
          ),
          whisker(figure),
        ]
      : [h("span", { class: "muted" }, "–"), ""];
  const rows = entries.map(([name, of]) => [
    h("span", { class: "class", dir: "auto" }, name),
    count(of.n),
    ...cells(of.recall),
    ...cells(of.precision),
  ]);
  const numbers = table(
    "Each class with its intervals, the lowest recall first",
    ["Class", "Items", "Recall (found)", "0 to 100 %", "Precision (right when named)", "0 to 100 %"],
    rows,
    "classes",
  );
  const rest = Array.from(numbers.querySelectorAll("tbody tr")).slice(FEW);
  let all = rest.length === 0;
  const toggle = h("button", {
    class: "more",
    onclick: () => {
      all = !all;
      show();
    },
  });
  const show = () => {
    for (const row of rest) row.hidden = !all;
    toggle.textContent = all
      ? `Show the ${FEW} lowest only`
      : `Show all ${count(entries.length)} classes`;
  };
  show();
  return [numbers, rest.length > 0 && toggle];
}
