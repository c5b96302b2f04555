// The pairs of classes that are mixed up, as lists: all of them, and those of one class.

import { h } from "../dom.js";
import { count, percent, quoted } from "../numbers.js";
import { nothing } from "./section.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("../data.js").Scope} Scope */
/** @typedef {import("./confusion.js").Matrix} Matrix */
/** @typedef {import("./confusion.js").Open} Open */

/** @param {Report} report @param {Scope} scope @param {Open} open */
export function pairs(report, scope, open) {
  const { classes } = report;
  const mixUps = scope.confusion.mix_ups.slice(0, 12);
  if (!mixUps.length) return nothing("Nothing was mixed up.");
  return h(
    "div",
    { class: "pairs" },
    h("h3", {}, "Most frequent mistakes"),
    h(
      "ol",
      {},
      mixUps.map((m) =>
        h(
          "li",
          {},
          h(
            "button",
            { class: "pair", onclick: () => open(m.given, m.predicted) },
            h("span", { class: "figure" }, count(m.count)),
            h(
              "span",
              {},
              h("span", { class: "class" }, classes[m.given]),
              h("span", { class: "term" }, " called "),
              h("span", { class: "class" }, classes[m.predicted]),
            ),
            h("span", { class: "figure muted" }, percent(m.share)),
          ),
        ),
      ),
    ),
  );
}

/** One class's row and column, for when there are many. @param {Report} report @param {Matrix} matrix @param {Open} open */
export function oneClass(report, matrix, open) {
  const { classes } = report;
  const out = h("div", { class: "one-class", "aria-live": "polite" });
  const select = h(
    "select",
    { id: "one-class", onchange: () => show(Number(select.value)) },
    classes.map((name, i) => h("option", { value: i }, name)),
  );
  const list = (/** @type {string} */ title, /** @type {[number, number][]} */ cells) => {
    const found = cells
      .filter(([i, j]) => i !== j && matrix.count(i, j))
      .sort((a, b) => matrix.count(b[0], b[1]) - matrix.count(a[0], a[1]))
      .slice(0, 8);
    const of = (/** @type {[number, number]} */ [i, j], /** @type {number} */ self) =>
      classes[i === self ? j : i];
    const self = Number(select.value);
    return h(
      "div",
      {},
      h("h4", {}, title),
      found.length
        ? h(
            "ul",
            {},
            found.map((c) =>
              h(
                "li",
                {},
                h(
                  "button",
                  { class: "pair", onclick: () => open(c[0], c[1]) },
                  h("span", { class: "figure" }, count(matrix.count(c[0], c[1]))),
                  h("span", { class: "class" }, of(c, self)),
                ),
              ),
            ),
          )
        : nothing("None."),
    );
  };
  const show = (/** @type {number} */ self) => {
    const every = classes.map((_, j) => j);
    out.replaceChildren(
      h(
        "p",
        { class: "note" },
        `${count(matrix.total(self))} labelled ${quoted(classes[self])}, ${percent(matrix.share(self, self))} of them found.`,
      ),
      list(
        "It was called",
        every.map((j) => [self, j]),
      ),
      list(
        "Called so, but labelled",
        every.map((i) => [i, self]),
      ),
    );
  };
  show(0);
  return h(
    "div",
    { class: "look-up" },
    h("label", { for: "one-class" }, "Look at one class"),
    select,
    out,
  );
}
