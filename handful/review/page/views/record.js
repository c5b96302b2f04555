// What was tried, what the doctor found, what was set aside, and under which conditions it ran.

import { h } from "../dom.js";
import { count, counted, decimal, percent, percentRange, seconds } from "../numbers.js";
import { table } from "../charts/frame.js";
import { nothing } from "./section.js";

/** @typedef {import("../data.js").Report} Report */

/** @param {Report} report */
export function tried(report) {
  const { candidates } = report;
  if (!candidates.length) return nothing("Only one head was tried.");
  return table(
    "Heads that were tried",
    ["Head", "Log-loss, out of sample", "Settings"],
    candidates.map((c, place) => [
      h("span", {}, c.name, place === 0 && h("span", { class: "tag" }, "kept")),
      h("span", { class: "figure" }, c.log_loss === null ? "–" : decimal(c.log_loss)),
      h(
        "span",
        { class: "settings" },
        Object.entries(c.settings).map(([key, value]) =>
          h(
            "span",
            { class: "setting" },
            h("span", { class: "term" }, `${key} `),
            typeof value === "number" ? String(+value.toPrecision(3)) : value,
          ),
        ),
      ),
    ]),
    "tried",
  );
}

/** @param {Report} report */
export function doctor(report) {
  const { total, list } = report.findings;
  /** @type {Map<string, import("../data.js").Finding[]>} */
  const kinds = new Map();
  for (const finding of list)
    kinds.set(finding.kind, [...(kinds.get(finding.kind) ?? []), finding]);
  return [
    total === 0
      ? nothing("The doctor found nothing to say about the data.")
      : h(
          "div",
          { class: "findings" },
          Array.from(kinds, ([kind, found]) => findingGroup(kind, found)),
        ),
    total > list.length &&
      h("p", { class: "note" }, `${count(total - list.length)} more findings are left out.`),
    h("h3", {}, "Set aside"),
    aside(report),
  ];
}

/** @param {string} kind @param {import("../data.js").Finding[]} found */
function findingGroup(kind, found) {
  const { severity } = found[0];
  return h(
    "details",
    { open: found.length <= 3 },
    h(
      "summary",
      {},
      h("span", { class: `tag ${severity}` }, severity),
      h("strong", {}, kind.replaceAll("-", " ")),
      h("span", { class: "figure muted" }, count(found.length)),
    ),
    h(
      "ul",
      {},
      found.map((f) =>
        h(
          "li",
          {},
          f.reason,
          f.suggestion && h("span", { class: "muted" }, ` ${f.suggestion}`),
          f.paths.length > 0 &&
            h(
              "div",
              { class: "path" },
              f.paths.slice(0, 6).join(" · "),
              f.paths.length > 6 && " …",
            ),
        ),
      ),
    ),
  );
}

/** @param {Report} report */
function aside(report) {
  const { quarantined, num_quarantined: number } = report;
  if (!number) return nothing("No file was set aside: all could be read.");
  return [
    table(
      "Files that were set aside",
      ["File", "Why"],
      quarantined.map((q) => [h("span", { class: "path" }, q.path), q.why]),
    ),
    number > quarantined.length &&
      h("p", { class: "note" }, `${count(number - quarantined.length)} more are left out.`),
  ];
}

/** @param {Report} report */
export function conditions(report) {
  const c = report.conditions;
  const steps = Object.entries(c.seconds).map(
    ([name, s]) => `${name} ${seconds(/** @type {number} */ (s))}`,
  );
  const facts = /** @type {[string, import("../dom.js").Child][]} */ ([
    [
      "Made",
      h(
        "time",
        { datetime: report.created },
        report.created.replace("T", " ").replace(/\+00:00$/, " UTC"),
      ),
    ],
    [
      "Data",
      `${report.name}: ${counted(report.total, report.noun)} in ${counted(report.classes.length, "classes")}`,
    ],
    ["Encoder", c.encoder],
    ...report.exams.map(({ model, value, low, high, n }) => [
      "Final exam",
      `model ${model} had a test accuracy of ${percent(value)} (${percentRange(low, high)}, n = ${count(n)}); the figures above are of another model`,
    ]),
    ...(c.novelty
      ? [
          [
            "Unlike what it learned from",
            `“cannot say” above a score of ${c.novelty.limit.toFixed(2)}; of ${count(c.novelty.units)} units left out in runs of neighbours, ${percent(c.novelty.lost)} lay above it`,
          ],
        ]
      : []),
    ["Prediction sets", `promise to hold the true class for ${percent(c.coverage, 0)}`],
    ["Time", steps.join(", ")],
    ["Machine", `${c.processor}, ${counted(c.cores, "cores")}, ${c.memory_gib} GiB, ${c.system}`],
    ["Python", c.python],
    [
      "Versions",
      Object.entries(c.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
    ["Seed", String(c.seed)],
  ]);
  return h(
    "dl",
    { class: "facts" },
    facts.map(([term, fact]) => h("div", {}, h("dt", {}, term), h("dd", {}, fact))),
  );
}
