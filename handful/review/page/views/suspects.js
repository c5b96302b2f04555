// Labels that look wrong, with the neighbours that disagree; and pictures that are there twice.

import { h } from "../dom.js";
import { count, counted } from "../numbers.js";
import { card } from "./cards.js";
import { growing, nothing } from "./section.js";
import { copyNames, neighbour } from "./viewer.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {import("./viewer.js").Viewer} Viewer */

/** @param {Report} report @param {Viewer} viewer @param {import("../csv.js").Lists} lists */
export function suspects(report, viewer, lists) {
  const { total, list } = report.suspects;
  if (!total)
    return nothing(
      "No label looks wrong: nowhere do the model and the neighbours contradict one together.",
    );
  const items = list.map((s) => s.item);
  const view = (/** @type {import("../data.js").Suspect} */ s, /** @type {number} */ place) =>
    h(
      "article",
      { class: "suspect" },
      card(report, s.item, {
        open: () => viewer.item("Suspect labels", items, place),
        caption: question(report, s),
      }),
      h(
        "div",
        { class: "evidence" },
        h(
          "div",
          { class: "note" },
          s.heard
            ? `${s.num_against} of ${s.heard} nearest neighbours disagree`
            : "no neighbours were heard",
        ),
        h(
          "div",
          { class: "strip" },
          s.against.map((j, at) =>
            neighbour(report, j, report.label(s.item), () =>
              viewer.item("Neighbours", s.against, at),
            ),
          ),
        ),
      ),
    );
  return [
    growing(list, 12, view, { class: "suspects" }),
    h(
      "div",
      { class: "bar" },
      copyNames(report, items),
      lists.suspects(),
      total > list.length &&
        h(
          "span",
          { class: "note" },
          `${count(total - list.length)} more, less suspect, are left out.`,
        ),
    ),
  ];
}

/** @param {Report} report @param {import("../data.js").Suspect} s */
function question(report, s) {
  const { classes } = report;
  return [
    h(
      "div",
      { class: "said" },
      h("span", { class: "term" }, "label"),
      h("span", { class: "class" }, classes[report.label(s.item)]),
    ),
    h(
      "div",
      { class: "said" },
      h("span", { class: "term" }, "perhaps"),
      h("span", { class: "class" }, classes[s.suggested]),
    ),
    h(
      "div",
      { class: "said" },
      h("span", { class: "term" }, "score"),
      h("span", { class: "class" }, s.score.toFixed(2)),
    ),
  ];
}

/** @param {Report} report @param {Viewer} viewer */
export function duplicates(report, viewer) {
  const { total, clusters } = report.duplicates;
  if (!total) return nothing("No duplicates were found.");
  const view = (/** @type {number[]} */ cluster) => {
    const labels = new Set(cluster.map(report.label));
    const sides = new Set(cluster.map(report.isHeldOut));
    return h(
      "article",
      { class: "cluster" },
      h(
        "div",
        { class: "note" },
        `${count(cluster.length)} alike`,
        labels.size > 1 && h("span", { class: "tag wrong" }, "different labels"),
        sides.size > 1 && h("span", { class: "tag wrong" }, "on both sides of the split"),
      ),
      h(
        "div",
        { class: "strip" },
        cluster
          .slice(0, cluster.length > 8 ? 7 : 8)
          .map((i, place) =>
            neighbour(report, i, labels.size > 1 ? -1 : report.label(i), () =>
              viewer.item("Duplicates", cluster, place),
            ),
          ),
        cluster.length > 8 &&
          h(
            "button",
            {
              class: "neighbour rest",
              onclick: () =>
                viewer.gallery(`${counted(cluster.length, report.noun)} that are alike`, cluster),
            },
            h("span", { class: "picture" }, `${count(cluster.length - 7)} more`),
          ),
      ),
    );
  };
  return [
    growing(clusters, 12, view, { class: "clusters" }),
    total > clusters.length &&
      h("p", { class: "note" }, `${count(total - clusters.length)} more groups are left out.`),
  ];
}
