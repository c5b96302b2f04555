// The one dialog of the page: a gallery of items, and one item looked at closely.

import { copyText, h, styled } from "../dom.js";
import { count, counted, percent } from "../numbers.js";
import { card, describe, picture } from "./cards.js";
import { growing } from "./section.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {{ gallery: (title: string, items: number[], total?: number) => void, item: (title: string, items: number[], place: number) => void }} Viewer */

/** @param {Report} report @returns {Viewer & { element: HTMLDialogElement }} */
export function createViewer(report) {
  const title = h("h2", { id: "viewer-title", tabindex: "-1" });
  const body = h("div", { class: "viewer-body" });
  const close = h(
    "button",
    { class: "close", "aria-label": "Close", onclick: () => element.close() },
    "✕",
  );
  /** @type {HTMLDialogElement} */
  const element = h(
    "dialog",
    { class: "viewer", "aria-labelledby": "viewer-title" },
    h("header", {}, title, close),
    body,
  );
  /** @type {((step: number) => void) | null} */
  let turn = null;
  element.addEventListener("click", (event) => event.target === element && element.close());
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!turn || !step) return;
    event.preventDefault();
    turn(step);
  });

  /** @param {string} text @param {...Node} content */
  function show(text, ...content) {
    title.textContent = text;
    body.replaceChildren(...content);
    body.scrollTop = 0;
    if (!element.open) element.showModal();
    title.focus({ preventScroll: true });
  }

  /** @param {string} text @param {number[]} items @param {number} [total] */
  function gallery(text, items, total = items.length) {
    turn = null;
    const missing = total - items.length;
    show(
      text,
      h(
        "div",
        { class: "bar" },
        copyNames(report, items),
        missing > 0 && h("span", { class: "note" }, `${count(missing)} more are not in this page.`),
      ),
      growing(
        items,
        60,
        (i, place) => card(report, i, { open: () => item(text, items, place, true) }),
        { class: "cards" },
      ),
    );
  }

  /** @param {string} text @param {number[]} items @param {number} place @param {boolean} [fromGallery] */
  function item(text, items, place, fromGallery = false) {
    const i = items[place];
    turn = (step) => {
      const next = place + step;
      if (next >= 0 && next < items.length) item(text, items, next, fromGallery);
    };
    const step = turn;
    show(
      report.path(i),
      h(
        "div",
        { class: "bar" },
        fromGallery && h("button", { onclick: () => gallery(text, items) }, "All pictures"),
        h("button", { disabled: place === 0, onclick: () => step(-1) }, "← Previous"),
        h("button", { disabled: place === items.length - 1, onclick: () => step(1) }, "Next →"),
        h(
          "span",
          { class: "note", "aria-live": "polite" },
          `${count(place + 1)} of ${count(items.length)}`,
        ),
        copyNames(report, [i], "Copy file name"),
      ),
      detail(report, i, (list, at) => item(text, list, at, false)),
    );
  }

  return {
    element,
    gallery: (text, items, total) => gallery(text, items, total),
    item: (text, items, place) => item(text, items, place),
  };
}

/**
 * @param {Report} report @param {number} i
 * @param {(items: number[], place: number) => void} open
 */
function detail(report, i, open) {
  const { classes } = report;
  const neighbours = report.neighbours(i);
  const large = picture(report, i, true);
  large.firstElementChild?.setAttribute("alt", describe(report, i));
  large.classList.add("large");
  return h(
    "div",
    { class: "detail" },
    large,
    h(
      "div",
      {},
      h(
        "p",
        { class: "says" },
        "Labelled ",
        h("strong", {}, classes[report.label(i)]),
        report.isRight(i) ? ", and so it was called." : ", called ",
        !report.isRight(i) && h("strong", { class: "wrong" }, classes[report.prediction(i)]),
        !report.isRight(i) && ".",
      ),
      h(
        "p",
        { class: "note" },
        report.isHeldOut(i)
          ? "From the test split; the model never learned from it."
          : "Judged by a model that had not seen it, nor its group.",
      ),
      h("h3", {}, "Probabilities"),
      h(
        "ul",
        { class: "answers" },
        report.answers(i).map((answer) => answerBar(report, i, answer)),
      ),
      neighbours.length > 0 && h("h3", {}, "Most alike"),
      h(
        "div",
        { class: "strip" },
        neighbours.map((j, place) =>
          neighbour(report, j, report.label(i), () => open(neighbours, place)),
        ),
      ),
    ),
  );
}

/** @param {Report} report @param {number} i @param {import("../data.js").Answer} answer */
function answerBar(report, i, answer) {
  const bar = styled(
    h("span", { class: `meter ${answer.class === report.label(i) ? "is-label" : ""}` }),
    { "--share": answer.probability },
  );
  return h(
    "li",
    {},
    h("span", { class: "class" }, report.classes[answer.class]),
    bar,
    h("span", { class: "figure" }, percent(answer.probability)),
  );
}

/** A small picture with its label, marked where it disagrees.
 * @param {Report} report @param {number} j @param {number} label @param {() => void} open */
export function neighbour(report, j, label, open) {
  const differs = report.label(j) !== label;
  return h(
    "button",
    {
      class: `neighbour ${differs ? "differs" : ""}`,
      "aria-label": describe(report, j),
      onclick: open,
    },
    picture(report, j),
    h("span", { class: "class" }, report.classes[report.label(j)]),
  );
}

/** @param {Report} report @param {number[]} items @param {string} [words] */
export function copyNames(report, items, words = `Copy ${counted(items.length, "file names")}`) {
  const button = h(
    "button",
    {
      onclick: async () => {
        const copied = await copyText(items.map(report.rawPath).join("\n"));
        button.textContent = copied ? "Copied" : "The browser refused";
        setTimeout(() => (button.textContent = words), 1600);
      },
    },
    words,
  );
  return button;
}
