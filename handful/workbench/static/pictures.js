// Pictures: their addresses, those fetched ahead, and what stands where one is gone.

import { h } from "../house/dom.js";
import { pictureFault } from "./api.js";
import { placed } from "./place.js";

export const SMALL = 128;
export const MEDIUM = 480;
export const LARGE = 1600;
const KEPT = 64;

/** @param {number} item @param {number} side */
const address = (item, side) => placed(`/pictures/${item}?side=${side}`);

/** Images asked for ahead, oldest first. @type {Map<string, HTMLImageElement>} */
const ahead = new Map();

/** Fetches and decodes before they are wanted. @param {number[]} items @param {number} side */
export function fetchAhead(items, side) {
  for (const item of items) {
    const source = address(item, side);
    if (ahead.has(source)) continue;
    const image = new Image();
    image.src = source;
    image.decode().catch(() => ahead.delete(source)); // asked for again, and explained, when shown
    ahead.set(source, image);
  }
  for (const [source] of [...ahead].slice(0, Math.max(0, ahead.size - KEPT))) ahead.delete(source);
}

/**
 * A picture in its frame; where it cannot be shown, the reason.
 * @param {number} item
 * @param {number} side
 * @param {string} alt
 * @param {boolean} [lazy]
 * @returns {HTMLElement}
 */
export function picture(item, side, alt, lazy = false) {
  const frame = h("div", { class: "picture" });
  const source = address(item, side);
  const image = ahead.get(source) ?? h("img", { decoding: "async", loading: lazy && "lazy" });
  ahead.delete(source);
  image.alt = alt;
  image.draggable = false;
  image.onerror = async () => {
    frame.classList.add("gone");
    frame.replaceChildren(h("strong", {}, "Picture is gone"), h("span", { class: "why" }, "…"));
    const fault = await pictureFault(item);
    frame.lastElementChild.textContent = fault.found || fault.what;
  };
  if (!image.src) image.src = source;
  else if (image.complete && !image.naturalWidth) void image.onerror(new Event("error"));
  frame.append(image);
  return frame;
}
