// What can be taken away: the labels, the model, the report.

import { h } from "/house/dom.js";
import { count, percent, percentRange } from "/house/numbers.js";
import { slot } from "./slot.js";

/** @param {string} title @param {import("/house/dom.js").Child} words @param {[string, string, string][]} links address, words, what comes */
function card(title, words, links) {
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
            href,
            download: href.includes("report") ? null : true,
            target: href.includes("report") ? "_blank" : null,
            "data-focus": href,
            title: more,
          },
          text,
        ),
      ),
    ),
  );
}

/** @param {import("../store.js").Store} store */
export function exports(store) {
  return slot(
    h("main", { class: "exports", tabindex: "-1", "aria-label": "Export" }),
    store,
    (s) => [s.session?.labelled, s.session?.model.version, s.session?.meter?.accuracy, s.unsaved],
    (labelled, version, accuracy, unsaved) => [
      h("h2", {}, "Take it away"),
      h(
        "p",
        { class: "lead" },
        "Everything stays on this machine until you carry it elsewhere yourself.",
      ),
      unsaved
        ? h(
            "p",
            { class: "nothing" },
            `${count(unsaved)} labels are still on their way and will not be in what you take now.`,
          )
        : null,
      h(
        "div",
        { class: "export-cards" },
        card("Labels", `${count(labelled ?? 0)} labels, with who gave them, when and how.`, [
          ["/api/export/labels?format=csv", "CSV", "for spreadsheets"],
          ["/api/export/labels?format=jsonl", "JSON Lines", "one label a line, all fields"],
          [
            "/api/export/labels?format=label-studio",
            "Label Studio",
            "JSON that Label Studio imports",
          ],
        ]),
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
                        ` ${percentRange(accuracy.low, accuracy.high)}, n = ${count(accuracy.n)}.`,
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
            )
          : h(
              "section",
              { class: "export-card" },
              h("h3", {}, "Model"),
              h("p", { class: "note" }, "There is none yet: label a few pictures of two classes."),
            ),
        version
          ? card(
              "Report",
              "One page that needs no server: where it is wrong, which labels look wrong, and how far to trust it.",
              [["/api/export/report", "Open the report", "opens in a new tab; save it from there"]],
            )
          : null,
      ),
    ],
  );
}
