// Beneath the large picture: how far it is zoomed, and brightness and contrast.

import { h, styled } from "../../house/dom.js";
import { count } from "../../house/numbers.js";
import { BRIGHTNESS, CONTRAST, isPlainLight, windowed } from "../lens.js";
import { follow } from "./slot.js";

/** A window's end, in the unit of the file. @param {number} value */
const inUnit = (value) => (Math.abs(value) < 100 ? value.toPrecision(3) : count(Math.round(value)));

/** @param {import("../store.js").Store} store @param {Record<string, () => unknown>} deeds of the stage */
export function lensBar(store, deeds) {
  const button = (
    /** @type {string} */ name,
    /** @type {string} */ words,
    /** @type {string} */ title,
    /** @type {import("../../house/dom.js").Child} */ child,
  ) => h("button", { class: "lens-button", "aria-label": words, title, onclick: deeds[name] }, child);
  const slider = (
    /** @type {string} */ words,
    /** @type {{ least: number, most: number, step: number }} */ range,
    /** @type {(value: number) => void} */ set,
  ) =>
    h("input", {
      type: "range",
      "aria-label": words,
      min: range.least,
      max: range.most,
      step: range.step,
      oninput: (/** @type {any} */ event) => set(Number(event.target.value)),
    });
  const brightness = slider("Brightness", BRIGHTNESS, (value) =>
    store.lensChanged(windowed(store.get().lens, value, store.get().lens.contrast)),
  );
  const contrast = slider("Contrast", CONTRAST, (value) =>
    store.lensChanged(windowed(store.get().lens, store.get().lens.brightness, value)),
  );
  const toggle = h("button", {
    class: "lens-button lens-zoom",
    title: "Z: the whole picture, or one pixel of it to one of the screen",
    onclick: deeds.zoom,
  });
  const range = h("span", { class: "note figure lens-range" });
  const reset = h("button", { class: "plain", title: "R: the whole picture, as bright as it is", onclick: deeds.reset }, "Reset ", h("kbd", {}, "R"));
  follow(
    store,
    (s) => [s.lens, s.lensMeasure],
    (lens, { share, range: ends }) => {
      brightness.value = String(lens.brightness);
      contrast.value = String(lens.contrast);
      toggle.textContent =
        lens.zoom === 1 ? "Fit" : share ? `${count(Math.round(share * 100))}\u00a0%` : `${lens.zoom.toFixed(1)}\u00a0×`;
      range.textContent = ends ? `${inUnit(ends[0])} to ${inUnit(ends[1])}` : "";
      range.title = ends ? "Values shown as black and as white, in the unit of the file" : "";
      styled(reset, { visibility: lens.zoom === 1 && isPlainLight(lens) ? "hidden" : "visible" });
    },
  );
  return h(
    "div",
    { class: "lens-bar", role: "group", "aria-label": "How the picture is shown" },
    button("zoomOut", "Zoom out", "− : zoom out", "−"),
    toggle,
    button("zoomIn", "Zoom in", "+ : zoom in; or turn the wheel over the picture", "+"),
    h("label", { class: "lens-light" }, h("span", { title: "B, and Shift with B" }, "Brightness"), brightness),
    h("label", { class: "lens-light" }, h("span", { title: "C, and Shift with C" }, "Contrast"), contrast),
    range,
    reset,
  );
}
