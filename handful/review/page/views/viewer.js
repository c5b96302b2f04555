// The one dialog of the page: a gallery of items, and one item looked at closely.

import { copyText, h, styled } from "../dom.js";
import { count, counted, percent, quoted } from "../numbers.js";
import { card, describe, picture } from "./cards.js";
import { growing } from "./section.js";
import { zoomable } from "./zoom.js";

/** @typedef {import("../data.js").Report} Report */
/** @typedef {{ gallery: (title: string, items: number[], total?: number) => void, item: (title: string, items: number[], place: number) => void }} Viewer */

/** @param {Report} report @returns {Viewer & { element: HTMLDialogElement }} */
export function createViewer(report) {
  const title = h("h2", { id: "viewer-title", tabindex: "-1", dir: "auto" });
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
  /** What a key does in the view that is shown. @type {(key: string) => boolean} */
  let keyed = () => false;
  element.addEventListener("click", (event) => event.target === element && element.close());
  element.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && keyed(event.key)) event.preventDefault();
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
    keyed = () => false;
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
        (i, place) => card(report, i, { open: () => item(text, items, place, () => gallery(text, items, total)) }),
        { class: "cards" },
      ),
    );
  }

  /** @param {string} text @param {number[]} items @param {number} place @param {() => void} [back] to where it was opened from */
  function item(text, items, place, back) {
    const i = items[place];
    const turn = (/** @type {number} */ step) => {
      const next = place + step;
      if (next >= 0 && next < items.length) item(text, items, next, back);
    };
    const inside = detail(report, i, (j) => item(`Like ${report.path(i)}`, [j], 0, () => item(text, items, place, back)));
    keyed = (key) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (step) turn(step);
      return step !== undefined || inside.key(key);
    };
    show(
      report.path(i),
      h(
        "div",
        { class: "bar" },
        back && h("button", { onclick: back }, "↩ Back"),
        h("button", { disabled: place === 0, onclick: () => turn(-1) }, "← Previous"),
        h("button", { disabled: place === items.length - 1, onclick: () => turn(1) }, "Next →"),
        h(
          "span",
          { class: "note", "aria-live": "polite" },
          `${text}: ${count(place + 1)} of ${count(items.length)}`,
        ),
        copyNames(report, [i], "Copy file name"),
      ),
      inside.element,
    );
  }

  return { element, gallery, item: (text, items, place) => item(text, items, place) };
}

/**
 * One item: its picture to look into, what was said of it and why, and its neighbours to compare.
 * @param {Report} report @param {number} i
 * @param {(item: number) => void} open
 * @returns {{ element: HTMLElement, key: (key: string) => boolean }}
 */
function detail(report, i, open) {
  const { classes } = report;
  const neighbours = report.neighbours(i);
  const pictures = h("div", { class: "pictures" });
  let zoom = zoomable([]);
  const shown = h("div", { class: "zoom-holder" });
  /** @param {number} [other] a neighbour to set beside it */
  function look(other) {
    const items = other === undefined ? [i] : [i, other];
    const frames = items.map((j) => large(report, j));
    zoom = zoomable(frames.map(({ frame }) => frame));
    pictures.replaceChildren(
      ...frames.map(({ frame, words }, place) =>
        h(
          "figure",
          {},
          frame,
          h(
            "figcaption",
            { class: "note" },
            place ? h("span", { class: "class", dir: "auto" }, `${classes[report.label(items[1])]}: `) : null,
            words,
            place ? [" ", h("button", { class: "link", onclick: () => open(items[1]) }, "Open it")] : null,
          ),
        ),
      ),
    );
    pictures.classList.toggle("two-pictures", frames.length > 1);
    shown.replaceChildren(zoom.buttons);
  }
  look();
  const element = h(
    "div",
    { class: "detail" },
    h("div", {}, pictures, shown),
    h(
      "div",
      {},
      h(
        "p",
        { class: "says" },
        "Labelled ",
        h("strong", { dir: "auto" }, classes[report.label(i)]),
        report.isRight(i) ? ", and so it was called." : ", called ",
        !report.isRight(i) && h("strong", { class: "wrong", dir: "auto" }, classes[report.prediction(i)]),
        !report.isRight(i) && ".",
      ),
      h("p", { class: "note" }, origin(report, i)),
      h("h3", {}, "Probabilities"),
      h(
        "ul",
        { class: "answers" },
        report.answers(i).map((answer) => answerBar(report, i, answer)),
      ),
      neighbours.length > 0 && [
        h("h3", {}, "Most alike, and why it may have answered so"),
        h("p", { class: "note" }, reasons(report, i, neighbours)),
        h(
          "div",
          { class: "strip large-strip" },
          neighbours.map((j) =>
            h(
              "div",
              { class: "near" },
              neighbour(report, j, report.label(i), () => look(j)),
              h("span", { class: "figure" }, report.similarity(i, j).toFixed(2)),
            ),
          ),
        ),
      ],
    ),
  );
  return { element, key: (key) => zoom.key(key) };
}

/** Where its answer comes from. @param {Report} report @param {number} i */
function origin(report, i) {
  if (report.isHeldOut(i)) return "From the test split; the model never learned from it.";
  const judged = "Judged by a model that had not seen it, nor its group.";
  return report.scopeOf(i) < 0
    ? `${judged} It was chosen by a query or labelled with others, so no figure is of it.`
    : judged;
}

/** What its neighbours say, in a sentence. @param {Report} report @param {number} i @param {number[]} neighbours */
function reasons(report, i, neighbours) {
  /** @type {Map<number, number>} */
  const votes = new Map();
  for (const j of neighbours) votes.set(report.label(j), (votes.get(report.label(j)) ?? 0) + 1);
  const said = Array.from(votes)
    .sort((a, b) => b[1] - a[1])
    .map(([of, number]) => `${number} labelled ${quoted(report.classes[of])}`)
    .join(", ");
  return `Of the ${counted(neighbours.length, report.noun)} nearest to it: ${said}. Numbers are the similarity (1 is the same); choose one to set it beside.`;
}

/** A picture as large as the page has it, with what there is. @param {Report} report @param {number} i */
function large(report, i) {
  const frame = picture(report, i, true);
  const image = frame.querySelector("img");
  image?.setAttribute("alt", describe(report, i));
  frame.classList.add("large");
  const words = h("span", {});
  const tell = () => {
    const own = image && `${count(image.naturalWidth)} × ${count(image.naturalHeight)}`;
    const size = report.size(i)?.map(count).join(" × ");
    const smaller = size && own !== size ? ` of the original’s ${size}` : "";
    words.textContent = own
      ? `${own}${smaller} pixels${report.hasPreview(i) ? "" : ", the small picture; large ones are kept for errors and suspects"}`
      : "Not in this page, to keep it small; look at the file itself";
  };
  if (image) image.addEventListener("load", tell);
  else tell();
  return { frame, words };
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
    h("span", { class: "class", dir: "auto" }, report.classes[report.label(j)]),
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
