// The worst errors, and the parts of the data where errors gather.

import { h, styled } from "../dom.js";
import { count, percent, percentRange } from "../numbers.js";
import { table } from "../charts/frame.js";
import { card } from "./cards.js";
import { growing, nothing } from "./section.js";
import { copyNames } from "./viewer.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("../data.js").Scope} Scope */

/** @param {Report} report @param {Scope} scope @param {import("./viewer.js").Viewer} viewer */
export function errors(report, scope, viewer) {
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
      beyond > 0 &&
        h(
          "span",
          { class: "note" },
          `${count(beyond)} more errors: copies of these, or less sure. The matrix above opens them.`,
        ),
    ),
  ];
}

/** @param {Scope} scope */
export function slices(scope) {
  const found = scope.slices;
  if (!found.length)
    return nothing(
      "No folder, group or kind of item stands clear of the rest: what differs may be chance.",
    );
  return table(
    "Parts of the data that fail more or less than the rest",
    ["Part", "Items", "Wrong", "interval", "All others", ""],
    found.map((s) => [
      h(
        "span",
        {},
        h("span", { class: "term" }, `${s.attribute} `),
        h("span", { class: "class" }, s.value || "(none)"),
      ),
      count(s.n),
      h("span", { class: s.error > s.rest ? "wrong strong" : "right strong" }, percent(s.error)),
      percentRange(s.low, s.high),
      percent(s.rest),
      styled(h("span", { class: "whisker", "aria-hidden": "true" }), {
        "--value": s.error,
        "--low": s.low,
        "--high": s.high,
        "--rest": s.rest,
      }),
    ]),
    "figures",
  );
}
