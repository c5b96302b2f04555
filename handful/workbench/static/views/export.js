// What can be taken away: the labels, the model, the report.

import { h } from "../../house/dom.js";
import { count, counted, percent, percentRange } from "../../house/numbers.js";
import { isElsewhere, placed } from "../place.js";
import { slot } from "./slot.js";

/** @typedef {[href: string, words: string, more: string]} Link */

/** @param {string} title @param {import("../../house/dom.js").Child} words @param {Link[]} links @param {string | null} taking @param {import("../actions.js").Actions} actions */
function card(title, words, links, taking, actions) {
  return h(
    "section",
    { class: "export-card" },
    h("h3", {}, title),
    h("p", {}, words),
    h(
      "p",
      { class: "export-links" },
      links.map(([href, text, more], place) =>
        h(
          "a",
          {
            class: place ? "button" : "button primary",
            href: placed(href),
            download: true,
            "aria-disabled": taking ? "true" : null,
            "data-focus": href,
            title: more,
            // Fetched here and not by the browser: that would not say why a file cannot be made.
            onclick: (/** @type {Event} */ event) => {
              event.preventDefault();
              void actions.take(href);
            },
          },
          taking === href ? "Making it …" : text,
        ),
      ),
    ),
  );
}

/** What several people's answers to the same pictures add. @param {{ shared: number, lacking: string | null }} crowd @param {boolean} isModel */
function people({ shared, lacking }, isModel) {
  if (lacking) return h("span", { class: "export-more" }, lacking);
  const which = `${counted(shared, "pictures")} that several people answered`;
  const words = isModel
    ? `With the consensus on ${which}, its quality and each person's.`
    : `Once there is a model, with the consensus on ${which}.`;
  return h("span", { class: "export-more" }, words);
}

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function exports(store, actions) {
  return slot(
    h("main", { class: "exports", tabindex: "-1", "aria-label": "Export" }),
    store,
    (s) => [
      s.session?.labelled,
      s.session?.model.version,
      s.session?.meter?.accuracy,
      s.unsaved,
      s.taking,
      s.session?.exam,
      s.session?.crowd,
    ],
    (labelled, version, accuracy, unsaved, taking, exam, crowd) => [
      h("h2", {}, "Take it away"),
      h(
        "p",
        { class: "lead" },
        isElsewhere
          ? `Pictures and labels lie on the machine that runs the workbench; what you see came over ${location.host}.`
          : "Everything stays on this machine until you carry it elsewhere yourself.",
      ),
      unsaved
        ? h(
            "p",
            { class: "nothing" },
            `Still on the way, and not in what you take now: ${counted(unsaved, "gestures")}.`,
          )
        : null,
      h(
        "div",
        { class: "export-cards" },
        card(
          "Labels",
          [
            `${counted(labelled ?? 0, "labels")}, with who gave them, when and how.`,
            crowd?.shared ? people(crowd, Boolean(version)) : null,
          ],
          [
            ["/api/export/labels?format=csv", "CSV", "for spreadsheets"],
            ["/api/export/labels?format=jsonl", "JSON Lines", "one label a line, all fields"],
            [
              "/api/export/labels?format=label-studio",
              "Label Studio",
              "JSON that Label Studio imports",
            ],
          ],
          taking,
          actions,
        ),
        version
          ? card(
              "Model",
              [
                "One file, ",
                h("code", {}, ".handful"),
                ": no code and none of your pictures in it. ",
                accuracy
                  ? h(
                      "span",
                      {},
                      "Accuracy ",
                      h("b", { class: "figure" }, percent(accuracy.value)),
                      h(
                        "span",
                        { class: "note figure" },
                        ` ${percentRange(accuracy.low, accuracy.high)} measured once, n = ${count(accuracy.n)}.`,
                      ),
                    )
                  : null,
              ],
              [
                [
                  "/api/export/model",
                  `Model v${version}`,
                  "refitted from all labels, at full width",
                ],
              ],
              taking,
              actions,
            )
          : h(
              "section",
              { class: "export-card" },
              h("h3", {}, "Model"),
              h("p", { class: "note" }, "There is none yet: label a few pictures of two classes."),
            ),
        exam?.model
          ? card(
              "Model of the exam",
              [
                `Model ${exam.model} as it was frozen. `,
                exam.test_accuracy && exam.test_accuracy.value !== null
                  ? h(
                      "span",
                      {},
                      "Test accuracy ",
                      h("b", { class: "figure" }, percent(exam.test_accuracy.value)),
                      h(
                        "span",
                        { class: "note figure" },
                        ` ${percentRange(exam.test_accuracy.low, exam.test_accuracy.high)}, n = ${count(exam.test_accuracy.n)}.`,
                      ),
                    )
                  : "It has no test accuracy yet.",
              ],
              [["/api/export/exam-model", "Examined model", "with its test accuracy among its facts"]],
              taking,
              actions,
            )
          : null,
        version
          ? card(
              "Report",
              "One page that needs no server: where it is wrong, which labels look wrong, and how far to trust it.",
              [["/api/export/report", "Report", "a page that every browser opens, without handful"]],
              taking,
              actions,
            )
          : null,
      ),
    ],
  );
}
