// The confusion matrix, which class is called which: a small table whose cells open their pictures; pairs where it would be large.

import { h, styled } from "../../house/dom.js";
import { count } from "../../house/numbers.js";

const MAX_TABLE = 8;
const MAX_PAIRS = 12;

/** @param {string[]} names @param {number[][]} cells rows true, columns said @param {import("../actions.js").Actions} actions */
export function confusion(names, cells, actions) {
  const open = (/** @type {number} */ i, /** @type {number} */ j) =>
    void actions.open(
      `cell:${encodeURIComponent(names[i])}:${encodeURIComponent(names[j])}`,
      i === j ? `${names[i]}, rightly called so` : `Labelled ${names[i]}, called ${names[j]}`,
    );
  const size = Math.min(names.length, cells.length);
  return h(
    "section",
    {},
    h("h3", {}, "Confusion matrix"),
    size > MAX_TABLE ? pairs(names, cells, open) : table(names.slice(0, size), cells, open),
  );
}

/** @typedef {(i: number, j: number) => void} Open */

/** @param {string[]} names @param {number[][]} cells @param {Open} open */
function table(names, cells, open) {
  const cell = (/** @type {number} */ i, /** @type {number} */ j) => {
    const number = cells[i]?.[j] ?? 0;
    const total = (cells[i] ?? []).reduce((sum, value) => sum + value, 0);
    if (!number) return h("td", { class: "empty" }, "·");
    const button = h(
      "button",
      {
        class: i === j ? "right" : "wrong",
        "data-focus": `cell ${i} ${j}`,
        onclick: () => open(i, j),
        "aria-label": `${count(number)} labelled ${names[i]}, called ${names[j]}`,
      },
      count(number),
    );
    return h("td", {}, styled(button, { "--share": Math.sqrt(number / total) }));
  };
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      { class: "cells" },
      h("caption", { class: "offscreen" }, "A row for each label, a column for each answer"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", { class: "corner" }, "label\u00a0↓ model\u00a0→"),
          names.map((name) => h("th", { scope: "col" }, h("span", { title: name }, name))),
        ),
      ),
      h(
        "tbody",
        {},
        names.map((name, i) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, h("span", { title: name }, name)),
            names.map((_, j) => cell(i, j)),
          ),
        ),
      ),
    ),
  );
}

/** @param {string[]} names @param {number[][]} cells @param {Open} open */
function pairs(names, cells, open) {
  const wrong = cells
    .flatMap((row, i) => row.map((number, j) => ({ i, j, number })))
    .filter(({ i, j, number }) => i !== j && number);
  wrong.sort((a, b) => b.number - a.number);
  if (!wrong.length) return h("p", { class: "note" }, "No class was called another.");
  return h(
    "ol",
    { class: "mix-ups" },
    wrong
      .slice(0, MAX_PAIRS)
      .map(({ i, j, number }) =>
        h(
          "li",
          {},
          h(
            "button",
            { "data-focus": `cell ${i} ${j}`, onclick: () => open(i, j) },
            h("span", { class: "figure" }, count(number)),
            h(
              "span",
              {},
              h("b", { class: "class" }, names[i]),
              " called ",
              h("b", { class: "class" }, names[j]),
            ),
          ),
        ),
      ),
  );
}
