// Pictures at their full size and depth: fetched when wanted, and of deep ones painted as windowed.

import { h } from "../house/dom.js";
import * as api from "./api.js";
import { windowOf } from "./lens.js";

/** @typedef {import("./api.js").Full} Full */

const KEPT = 3;
const CODES = 65536;

/** The latest ones, oldest first. @type {Map<number, Promise<Full>>} */
const kept = new Map();

/** The whole picture; the same again is not fetched twice. @param {number} item @returns {Promise<Full>} */
export function fetchFull(item) {
  const found = kept.get(item) ?? api.fullPicture(item);
  kept.delete(item);
  kept.set(item, found);
  found.catch(() => kept.delete(item)); // asked for again when it is wanted again
  for (const [oldest] of [...kept].slice(0, -KEPT)) kept.delete(oldest);
  return found;
}

/** What shows it: an image that is decoded, or a canvas not painted yet. @param {Full} full @returns {Promise<HTMLImageElement | HTMLCanvasElement>} */
export async function element({ blob, depth }) {
  if (depth) return h("canvas", { width: depth.width, height: depth.height, class: "whole" });
  const image = h("img", { class: "whole", src: URL.createObjectURL(blob), draggable: "false" });
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(image.src);
  }
  return image;
}

/**
 * Paints a deep picture: from the window's lower end, black, to its upper one, white.
 * @param {HTMLCanvasElement} canvas @param {import("./api.js").Depth} depth @param {import("./lens.js").Lens} lens
 * @returns {[number, number]} the window, in the unit of the file
 */
export function paint(canvas, { width, height, channels, codes, black, white, lowest, step }, lens) {
  const [low, high] = windowOf(lens, black, white);
  const table = new Uint8ClampedArray(CODES);
  for (let code = 0; code < CODES; code++) table[code] = ((code - low) / (high - low)) * 255;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const pixels = context.createImageData(width, height);
  const { data } = pixels;
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < data.length; from += channels, to += 4) {
    data[to] = table[codes[from]];
    data[to + 1] = table[codes[from + green]];
    data[to + 2] = table[codes[from + blue]];
    data[to + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return [lowest + step * low, lowest + step * high];
}
