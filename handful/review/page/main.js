// The page: reads the data, lays out the sections, and keeps the table of contents.

import { createLists } from "./csv.js";
import { readReport } from "./data.js";
import { h } from "./dom.js";
import { count, counted } from "./numbers.js";
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
import { threshold } from "./views/threshold.js";
import { training } from "./views/training.js";
import { abstention, reliability } from "./views/trust.js";
import { createViewer } from "./views/viewer.js";

const report = readReport();
const store = createStore({ scope: 0 });
const viewer = createViewer(report);
const lists = createLists(report);
const by = (/** @type {(scope: import("./data.js").Scope) => import("./dom.js").Child} */ view) =>
  scoped(report, store, view);
const labelled = `All ${counted(report.total, `labelled ${report.noun}`)}`;

/** A section whose figures are of the scope chosen.
 * @param {string} id @param {string} title @param {string} lead
 * @param {(scope: import("./data.js").Scope) => import("./dom.js").Child} view */
const ofScope = (id, title, lead, view) =>
  section(id, title, by((scope) => scope.population), lead, by(view));

const sections = /** @type {(HTMLElement | null)[]} */ ([
  ofScope(
    "figures",
    "Figures of merit",
    "How good it is. Every figure comes from items that the model did not learn from, and carries the interval in which the truth may lie.",
    (scope) => figures(report, scope),
  ),
  ofScope(
    "classes",
    "Recall and precision",
    "Class by class: how many of a class it finds, and how often it is right when it names it. Bands are intervals; few items make wide ones.",
    classes,
  ),
  ofScope(
    "confusion",
    "Confusion matrix",
    "What it takes for what. Rows are labels, columns are answers. Open a cell to see its pictures.",
    (scope) => confusion(report, scope, viewer),
  ),
  ofScope(
    "sensitivity",
    "Sensitivity and specificity",
    "How many it finds against how many false alarms it raises. The threshold decides, and it is yours to choose.",
    (scope) => threshold(report, scope, lists),
  ),
  ofScope(
    "reliability",
    "Calibration",
    "Whether to believe its probabilities: when it says 90 %, is it right nine times in ten? Bars are intervals.",
    reliability,
  ),
  ofScope(
    "abstention",
    "Abstention",
    "What to leave to a person. It is allowed to say “I cannot say”: the fewer it answers, the surer the answers.",
    (scope) => abstention(report, scope, lists),
  ),
  ofScope(
    "errors",
    "Errors",
    "Where it was wrong, the surest first. Look for a pattern, or for a label that is wrong.",
    (scope) => errors(report, scope, viewer, lists),
  ),
  ofScope(
    "slices",
    "Slices",
    "Where it fails: parts of the data whose errors stand clear of the rest, with allowance made for the number of parts looked at.",
    (scope) => slices(scope, lists),
  ),
  section(
    "suspects",
    "Suspect labels",
    labelled,
    "A model that never saw the item contradicts the label, and so do the pictures most like it.",
    suspects(report, viewer, lists),
  ),
  section(
    "duplicates",
    "Duplicates",
    labelled,
    "Pictures that are the same, or nearly. Splits that handful makes keep them together, and estimates count them once.",
    duplicates(report, viewer),
  ),
  section(
    "map",
    "Map",
    labelled,
    "What looks alike to the model lies near. Rings mark errors. Point at one to see it; click the map, then turn the wheel to zoom.",
    map(report, viewer),
    h("div", { class: "bar" }, lists.answers()),
  ),
  section(
    "tried",
    "Models tried",
    null,
    "Judged by the log-loss on items they had not learned from. Ridge is kept unless logistic regression is lower by more than chance explains.",
    tried(report),
  ),
  report.deep
    ? section(
        "training",
        "Training of the encoder",
        null,
        "A part of the encoder was trained too, three times, each time without a third of the pictures; each was judged by its third. Then their mean was trained on with all.",
        training(report.deep),
      )
    : null,
  section("doctor", "Data checks", "All files found", null, doctor(report)),
  section("conditions", "Conditions of the run", null, null, conditions(report)),
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

/** What the page weighs, and which pictures are in it. */
function pictureWords() {
  const { n, total, numPictures, numPreviews, weight, noun } = report;
  const left = total - numPictures;
  const kept = `This page weighs ${(weight / 1e6).toFixed(1)} MB. Pictures of ${count(numPictures)} of ${counted(total, noun)} are in it, ${count(numPreviews)} of them large`;
  const why = left ? `; ${count(left)} were left out to keep it small enough to send by mail` : "";
  const beyond = total > n ? ` ${count(total - n)} ${noun} are in no list and not on the map.` : "";
  return `${kept}${why}.${beyond}`;
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
        pictureWords(),
        h("br"),
        "Made by handful. This file holds all that it shows; nothing is fetched and nothing is sent.",
      ),
    ),
  ),
  viewer.element,
);
