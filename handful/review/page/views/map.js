// Every item on a plane: alike lies near. Colour by label, answer, or right and wrong.

import { scatter } from "../charts/scatter.js";
import { h, styled } from "../dom.js";
import { count, percent } from "../numbers.js";
import { NUM_CLASS_COLOURS } from "../theme.js";
import { describe, picture } from "./cards.js";

/** @typedef {import("../data.js").Report} Report */

const MODES = ["label", "answer", "right or wrong"];

/** @param {Report} report @param {import("./viewer.js").Viewer} viewer */
export function map(report, viewer) {
  const { classes, n } = report;
  const sizes = new Float64Array(classes.length);
  for (let i = 0; i < n; i++) sizes[report.label(i)]++;
  const order = classes.map((_, k) => k).sort((a, b) => sizes[b] - sizes[a] || a - b);
  const named =
    classes.length > NUM_CLASS_COLOURS
      ? order.slice(0, NUM_CLASS_COLOURS)
      : classes.map((_, k) => k);
  const groupOf = new Map(named.map((k, group) => [k, group]));
  const classColours = [...named.map((_, group) => `--class-${group + 1}`), "--class-other"];
  let mode = MODES[0];
  /** @type {number | null} */
  let only = null;
  let errorsOnly = false;
  const classShown = (/** @type {number} */ i) =>
    mode === "answer" ? report.prediction(i) : report.label(i);
  const look = {
    group: (/** @type {number} */ i) =>
      mode === MODES[2] ? Number(!report.isRight(i)) : (groupOf.get(classShown(i)) ?? named.length),
    colours: classColours,
    dimmed: (/** @type {number} */ i) =>
      (only !== null && classShown(i) !== only) || (errorsOnly && report.isRight(i)),
    ringed: (/** @type {number} */ i) => mode !== MODES[2] && !report.isRight(i) && n <= 6000,
  };

  const tip = h("div", { class: "tip", hidden: true });
  const spoken = h("div", { class: "offscreen", "aria-live": "polite" });
  const { canvas, draw, zoomBy, reset } = scatter({
    n,
    positions: report.positions,
    look,
    label: `Map of ${count(n)} ${report.noun}. Arrow keys move from one to the next, Enter opens it, plus and minus zoom, 0 shows all.`,
    open: (i) => viewer.item("Map", [i], 0),
    point: (i, x, y) => {
      tip.hidden = i === null;
      if (i === null) return;
      tip.replaceChildren(
        picture(report, i),
        h(
          "div",
          {},
          h("strong", {}, classes[report.label(i)]),
          h(
            "div",
            { class: report.isRight(i) ? "right" : "wrong" },
            `${classes[report.prediction(i)]} ${percent(report.confidence(i), 0)}`,
          ),
          h("div", { class: "path" }, report.path(i)),
        ),
      );
      spoken.textContent = describe(report, i);
      const box = canvas.getBoundingClientRect();
      tip.classList.toggle("left", x > box.width / 2);
      tip.classList.toggle("up", y > box.height / 2);
      styled(tip, { left: `${x}px`, top: `${y}px` });
    },
  });

  const legend = h("div", { class: "legend", role: "group", "aria-label": "Classes" });
  const choose = (/** @type {number | null} */ k) => {
    only = only === k ? null : k;
    if (picker) picker.value = String(only ?? "");
    drawLegend();
    draw();
  };
  const entry = (
    /** @type {string} */ colour,
    /** @type {string} */ name,
    /** @type {number | null} */ k,
  ) =>
    h(
      k === null ? "span" : "button",
      k === null
        ? { class: "key" }
        : { class: "key", "aria-pressed": String(only === k), onclick: () => choose(k) },
      styled(h("span", { class: "swatch" }), { "--colour": `var(${colour})` }),
      h("span", { class: "class" }, name),
    );
  const drawLegend = () =>
    legend.replaceChildren(
      ...(mode === MODES[2]
        ? [entry("--right", "right", null), entry("--wrong", "wrong", null)]
        : [
            ...named.map((k, group) => entry(`--class-${group + 1}`, classes[k], k)),
            ...(named.length < classes.length
              ? [entry("--class-other", `${classes.length - named.length} others`, null)]
              : []),
          ]),
    );
  /** @type {HTMLSelectElement | null} */
  const picker =
    named.length < classes.length
      ? h(
          "select",
          {
            "aria-label": "Show one class",
            onchange: () => choose(picker?.value ? Number(picker.value) : null),
          },
          h("option", { value: "" }, "All classes"),
          classes.map((name, k) => h("option", { value: k }, name)),
        )
      : null;
  const modes = h(
    "select",
    {
      id: "map-colour",
      onchange: () => {
        mode = modes.value;
        only = mode === MODES[2] ? null : only;
        look.colours = mode === MODES[2] ? ["--right", "--wrong"] : classColours;
        drawLegend();
        draw();
      },
    },
    MODES.map((name) => h("option", {}, name)),
  );
  drawLegend();

  return h(
    "div",
    { class: "map" },
    h(
      "div",
      { class: "bar" },
      h("label", { for: "map-colour" }, "Colour by"),
      modes,
      picker,
      h(
        "label",
        { class: "check" },
        h("input", {
          type: "checkbox",
          onchange: (/** @type {Event} */ event) => {
            errorsOnly = /** @type {HTMLInputElement} */ (event.target).checked;
            draw();
          },
        }),
        "errors only",
      ),
      h(
        "span",
        { class: "buttons" },
        h("button", { "aria-label": "Zoom in", onclick: () => zoomBy(1.6) }, "+"),
        h("button", { "aria-label": "Zoom out", onclick: () => zoomBy(1 / 1.6) }, "−"),
        h("button", { onclick: reset }, "All"),
      ),
    ),
    h("div", { class: "map-holder" }, canvas, tip, spoken),
    legend,
    n < report.total &&
      h(
        "p",
        { class: "note" },
        `${count(n)} of ${count(report.total)} ${report.noun} are on the map: all errors and suspects, the others chosen at random.`,
      ),
    report.numPictures < n &&
      h(
        "p",
        { class: "note" },
        `Pictures of ${count(report.numPictures)} are in this page, errors and suspects first, to keep this file small.`,
      ),
  );
}
