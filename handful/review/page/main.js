// The page: reads the data, lays out the sections, and keeps the table of contents.

import { readReport } from "./data.js";
import { h } from "./dom.js";
import { count } from "./numbers.js";
import { createStore } from "./store.js";
import { isDark, onThemeChange, toggleTheme } from "./theme.js";
import { classes } from "./views/classes.js";
import { confusion } from "./views/confusion.js";
import { errors, slices } from "./views/errors.js";
import { figures } from "./views/figures.js";
import { headline } from "./views/headline.js";
import { map } from "./views/map.js";
import { conditions, doctor, tried } from "./views/record.js";
import { scoped, scopeName, section } from "./views/section.js";
import { duplicates, suspects } from "./views/suspects.js";
import { training } from "./views/training.js";
import { abstention, reliability } from "./views/trust.js";
import { createViewer } from "./views/viewer.js";

const report = readReport();
const store = createStore({ scope: 0 });
const viewer = createViewer(report);
const by = (/** @type {(scope: import("./data.js").Scope) => import("./dom.js").Child} */ view) =>
  scoped(report, store, view);

const sections = /** @type {(HTMLElement | null)[]} */ ([
  section(
    "figures",
    "How good it is",
    "Every figure comes from items that the model did not learn from, and carries the interval in which the truth may lie.",
    by(figures),
  ),
  section(
    "classes",
    "Class by class",
    "Bars are what was measured, whiskers the interval. Few items make wide whiskers.",
    by(classes),
  ),
  section(
    "confusion",
    "What it takes for what",
    "Rows are labels, columns are answers. Open a cell to see its pictures.",
    by((scope) => confusion(report, scope, viewer)),
  ),
  section(
    "reliability",
    "Whether to believe its probabilities",
    "When it says 90 %, is it right nine times in ten? Bars are intervals.",
    by(reliability),
  ),
  section(
    "abstention",
    "What to leave to a person",
    "It is allowed to say “I cannot say”. The fewer it answers, the surer the answers.",
    by((scope) => abstention(report, scope)),
  ),
  section(
    "errors",
    "The worst errors",
    "Where it was surest and wrong. Look for a pattern, or for a label that is wrong.",
    by((scope) => errors(report, scope, viewer)),
  ),
  section(
    "slices",
    "Where it fails",
    "Parts of the data whose errors stand clear of the rest, with allowance made for the number of parts looked at.",
    by(slices),
  ),
  section(
    "suspects",
    "Labels to look at again",
    "A model that never saw the item contradicts the label, and so do the pictures most like it.",
    suspects(report, viewer),
  ),
  section(
    "duplicates",
    "Duplicates",
    "Pictures that are the same, or nearly. Splits that handful makes keep them together, and estimates count them once.",
    duplicates(report, viewer),
  ),
  section(
    "map",
    "All on one map",
    "What looks alike to the model lies near. Rings mark errors. Point at one to see it; click the map, then turn the wheel to zoom.",
    map(report, viewer),
  ),
  section(
    "tried",
    "What was tried",
    "Judged by the log-loss on items they had not learned from. Ridge is kept unless logistic regression is lower by more than chance explains.",
    tried(report),
  ),
  report.deep
    ? section(
        "training",
        "How the encoder was trained",
        "A part of the encoder was trained too, three times, each time without a third of the pictures; each was judged by its third. Then their mean was trained on with all.",
        training(report.deep),
      )
    : null,
  section("doctor", "What the doctor found", null, doctor(report)),
  section("conditions", "Conditions of the run", null, conditions(report)),
]).filter((one) => one !== null);

/** How many there are to look at, beside the name in the contents. @type {Record<string, number>} */
const numbers = {
  suspects: report.suspects.total,
  duplicates: report.duplicates.total,
  doctor: report.findings.total + report.num_quarantined,
};

function contents() {
  const link = (/** @type {HTMLElement} */ of) =>
    h(
      "li",
      {},
      h(
        "a",
        { href: `#${of.id}` },
        of.querySelector("h2")?.textContent,
        numbers[of.id] ? h("span", { class: "figure" }, count(numbers[of.id])) : null,
      ),
    );
  const nav = h("nav", { "aria-label": "Contents" }, h("ol", {}, sections.map(link)));
  const spy = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const a of nav.querySelectorAll("a")) {
          if (a.getAttribute("href") === `#${entry.target.id}`)
            a.setAttribute("aria-current", "true");
          else a.removeAttribute("aria-current");
        }
      }
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  for (const one of sections) spy.observe(one);
  return nav;
}

function topBar() {
  const theme = h("button", { class: "theme", onclick: toggleTheme });
  const name = () => (theme.textContent = isDark() ? "Light" : "Dark");
  onThemeChange(name);
  name();
  const choice =
    report.scopes.length > 1 &&
    h(
      "fieldset",
      { class: "scopes" },
      h("legend", { class: "offscreen" }, "Figures of"),
      report.scopes.map((scope, place) =>
        h(
          "label",
          {},
          h("input", {
            type: "radio",
            name: "scope",
            checked: place === 0,
            onchange: () => store.set({ scope: place }),
          }),
          h("span", {}, `${scopeName(scope)} `, h("span", { class: "figure" }, count(scope.n))),
        ),
      ),
    );
  return h(
    "header",
    { class: "top" },
    h("div", { class: "brand" }, h("span", { class: "mark", "aria-hidden": "true" }), "handful"),
    h("div", { class: "name", title: report.name }, report.name),
    choice,
    theme,
  );
}

document.body.append(
  h("a", { class: "skip", href: "#main" }, "To the content"),
  topBar(),
  h(
    "div",
    { class: "columns" },
    contents(),
    h(
      "main",
      { id: "main", tabindex: "-1" },
      by((scope) => headline(report, scope)),
      sections,
      h(
        "footer",
        {},
        "Made by handful. This file holds all that it shows; nothing is fetched and nothing is sent.",
      ),
    ),
  ),
  viewer.element,
);
