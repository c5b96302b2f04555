// The worst errors, and the parts of the data where errors gather.

import { h } from "../dom.js";
import { count, counted, percent, percentRange } from "../numbers.js";
import { table } from "../charts/frame.js";
import { card } from "./cards.js";
import { growing, nothing, whisker } from "./section.js";
import { copyNames } from "./viewer.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("../data.js").Scope} Scope */

/**
 * @param {Report} report
 * @param {Scope} scope
 * @param {import("./viewer.js").Viewer} viewer
 * @param {import("../csv.js").Lists} lists
 */
export function errors(report, scope, viewer, lists) {
  const { errors: worst, num_errors: total } = scope;
  if (!total)
    return nothing(
      `No errors: all ${count(scope.n)} ${report.noun} were called what they are labelled.`,
    );
  const beyond = total - worst.length;
  return [
    growing(
      worst,
      24,
      (i, place) => card(report, i, { open: () => viewer.item("Worst errors", worst, place) }),
      { class: "cards" },
    ),
    h(
      "div",
      { class: "bar" },
      copyNames(report, worst),
      lists.errors(scope),
      beyond > 0 &&
        h(
          "span",
          { class: "note" },
          `${count(beyond)} more errors: copies of these, or less sure. The matrix above opens them.`,
        ),
    ),
  ];
}

/** @param {Scope} scope @param {import("../csv.js").Lists} lists */
export function slices(scope, lists) {
  const { found } = scope.slices;
  return [
    found.length
      ? table(
          "Parts of the data that fail more or less than the rest",
          ["Part", "Items", "Wrong", "interval", "All others", "0 to 100 %"],
          found.map(row),
          "figures",
        )
      : nothing("No part of the data stands clear of the rest: what differs may be chance."),
    looked(scope.slices),
    found.length > 0 && h("div", { class: "bar" }, lists.slices(scope)),
  ];
}

/** @param {import("../data.js").Slice} s */
function row(s) {
  return [
    h(
      "span",
      {},
      h("span", { class: "term" }, `${s.attribute} `),
      h("span", { class: "class", dir: "auto" }, s.value || "(none)"),
    ),
    count(s.n),
    h("span", { class: s.error > s.rest ? "wrong strong" : "right strong" }, percent(s.error)),
    percentRange(s.low, s.high),
    percent(s.rest),
    whisker({ value: s.error, low: s.low, high: s.high }),
  ];
}

/** By what the data were cut, and by what they were not. @param {import("../data.js").Sliced} sliced */
function looked({ looked_at, passed_over }) {
  const by = Object.entries(looked_at).map(([name, parts]) => `${name} (${counted(parts, "parts")})`);
  const not = Object.entries(passed_over).map(([name, why]) => `${name} (${why})`);
  const some = 12; // a table may have hundreds of columns
  const list = (/** @type {string[]} */ of) =>
    of.slice(0, some).join(", ") + (of.length > some ? ` and ${counted(of.length - some, "others")}` : "");
  return h(
    "p",
    { class: "note" },
    by.length ? `Looked at by ${list(by)}. ` : "There was nothing to cut the data by. ",
    not.length > 0 && `Not by ${list(not)}.`,
  );
}
