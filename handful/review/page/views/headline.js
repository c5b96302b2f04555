// The result in one sentence, and what to look at first.

import { operatingAt } from "../data.js";
import { h } from "../dom.js";
import { count, counted, percent, quoted } from "../numbers.js";
import { baseline } from "./figures.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("../data.js").Scope} Scope */

/** @param {Report} report @param {Scope} scope */
export function headline(report, scope) {
  const series = report.note !== null; // what is expected of new series leads
  const [, words, interval] = /** @type {RegExpMatchArray} */ (
    scope.headline.match(/^(.*) \((.*)\)$/)
  );
  const [before, figure, after] = words
    .match(/^(Right on )(.*?)( of .*| \S+ it had.*)$/)
    ?.slice(1) ?? [words, "", ""];
  const { accuracy } = scope.estimate;
  return h(
    "div",
    { class: "hero" },
    h("h1", {}, before, h("span", { class: "big" }, figure), after, "."),
    h(
      "p",
      { class: "lead" },
      `With ${percent(accuracy.confidence, 0)} confidence the true share lies within `,
      h("strong", {}, interval),
      ". ",
      `Without a model, ${baseline(report, scope)}.`,
    ),
    h(
      "p",
      { class: "lead" },
      series ? `${report.note} All other figures below are of ` : "All figures are of ",
      h("span", { class: "of" }, scope.population),
      series ? ", neighbours from the same series among what was learned." : ".",
    ),
    report.warnings.length > 0 &&
      h(
        "ul",
        { class: "warnings", "aria-label": "What bears on these figures" },
        report.warnings.map((one) => h("li", {}, one)),
      ),
    h(
      "ul",
      { class: "first", "aria-label": "What to look at first" },
      pointers(report, scope).map(pointer),
    ),
  );
}

/** @typedef {{ href: string, figure: string, words: string }} Pointer */

/** @param {Pointer} to */
function pointer(to) {
  return h(
    "li",
    {},
    h("a", { href: to.href }, h("span", { class: "big" }, to.figure), h("span", {}, to.words)),
  );
}

/** @param {Report} report @param {Scope} scope @returns {Pointer[]} */
function pointers(report, scope) {
  const { classes } = report;
  const found = [];
  const [worst] = scope.confusion.mix_ups;
  if (worst) {
    found.push({
      href: "#confusion",
      figure: count(worst.count),
      words: `${worst.count === 1 ? "time" : "times"} ${quoted(classes[worst.given])} was called ${quoted(classes[worst.predicted])}, the most frequent mistake`,
    });
  }
  const at90 = operatingAt(scope, 0.9);
  if (scope.num_errors && at90.coverage < 1) {
    found.push({
      href: "#abstention",
      figure: percent(at90.error),
      words: "of the answers are wrong if it may leave the hardest tenth to a person",
    });
  }
  const suspects = report.suspects.total;
  found.push({
    href: "#suspects",
    figure: count(suspects),
    words: suspects === 1 ? "label looks wrong" : "labels look wrong",
  });
  const { num_quarantined: aside, findings } = report;
  if (aside + findings.total) {
    found.push({
      href: "#doctor",
      figure: count(aside + findings.total),
      words: [
        findings.total && `${aside ? counted(findings.total, "findings") : "findings"} about the data`,
        aside && `${findings.total ? counted(aside, "files") : "files"} set aside`,
      ]
        .filter(Boolean)
        .join(", "),
    });
  }
  return found;
}
