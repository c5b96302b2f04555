// Pictures that can be looked into: wheel, drag, pinch, double click, keys. Several move together.

import { h, styled } from "../dom.js";
import { percent } from "../numbers.js";

const MOST = 40;
const STEP = 1.5;
const SHARP_FROM = 3; // times its own size, from which a picture's own pixels are shown as squares

/**
 * @typedef {object} Look
 * @property {number} scale 1 fits the picture into its frame
 * @property {number} x centre of what is seen, as a share of the picture's width
 * @property {number} y
 */

/**
 * Frames that show the same part of their pictures, and the buttons that change it.
 * @param {HTMLElement[]} pictures elements of class "picture", each with its image
 */
export function zoomable(pictures) {
  /** @type {Look} */
  let look = { scale: 1, x: 0.5, y: 0.5 };
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  const reading = h("output", { class: "figure", "aria-label": "Zoom" });

  /** @param {Look} next */
  function to(next) {
    const scale = Math.max(1, Math.min(MOST, next.scale));
    const reach = 0.5 / scale; // the frame never leaves the picture
    const within = (/** @type {number} */ at) => Math.max(reach, Math.min(1 - reach, at));
    look = { scale, x: within(next.x), y: within(next.y) };
    reading.textContent = percent(scale, 0);
    for (const picture of pictures) place(picture);
  }

  /** @param {HTMLElement} picture */
  function place(picture) {
    const image = picture.querySelector("img");
    if (!image) return;
    const [dx, dy] = [(0.5 - look.x) * 100, (0.5 - look.y) * 100];
    styled(image, { transform: `scale(${look.scale}) translate(${dx}%, ${dy}%)` });
    const shown = Math.max(image.clientWidth, image.clientHeight) * look.scale;
    const own = Math.max(image.naturalWidth, image.naturalHeight, 1);
    image.classList.toggle("squares", shown > SHARP_FROM * own);
    picture.classList.toggle("movable", look.scale > 1);
  }

  /** Zoom so that the point under the pointer stays there.
   * @param {HTMLElement} picture @param {number} factor @param {{ clientX: number, clientY: number }} at */
  function about(picture, factor, at) {
    const box = picture.getBoundingClientRect();
    const across = (at.clientX - box.left) / box.width - 0.5;
    const down = (at.clientY - box.top) / box.height - 0.5;
    const scale = Math.max(1, Math.min(MOST, look.scale * factor));
    const gain = 1 / look.scale - 1 / scale;
    to({ scale, x: look.x + across * gain, y: look.y + down * gain });
  }

  /** @param {HTMLElement} picture @param {PointerEvent} event */
  function move(picture, event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const [other] = Array.from(fingers).filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    fingers.set(event.pointerId, now);
    const box = picture.getBoundingClientRect();
    if (other) {
      const apart = (/** @type {{ x: number, y: number }} */ at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
      about(picture, apart(now) / apart(before), { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 });
    } else {
      const { scale, x, y } = look;
      to({ scale, x: x - (now.x - before.x) / box.width / scale, y: y - (now.y - before.y) / box.height / scale });
    }
  }

  for (const picture of pictures) {
    picture.classList.add("zoomable");
    const image = picture.querySelector("img");
    image?.addEventListener("load", () => place(picture));
    picture.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        about(picture, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event);
      },
      { passive: false },
    );
    picture.addEventListener("dblclick", (event) => {
      if (look.scale > 1) to({ scale: 1, x: 0.5, y: 0.5 });
      else about(picture, 3, event);
    });
    picture.addEventListener("pointerdown", (event) => {
      picture.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    picture.addEventListener("pointermove", (event) => move(picture, event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"]))
      picture.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }

  const by = (/** @type {number} */ factor) => to({ ...look, scale: look.scale * factor });
  const fit = () => to({ scale: 1, x: 0.5, y: 0.5 });
  /** @type {Record<string, () => void>} */
  const keys = { "+": () => by(STEP), "=": () => by(STEP), "-": () => by(1 / STEP), 0: fit };
  to(look);
  return {
    /** @param {string} key @returns {boolean} whether it was one of ours */
    key(key) {
      keys[key]?.();
      return key in keys;
    },
    buttons: h(
      "div",
      { class: "bar zoom" },
      h("button", { "aria-label": "Zoom out (key −)", onclick: () => by(1 / STEP) }, "−"),
      reading,
      h("button", { "aria-label": "Zoom in (key +)", onclick: () => by(STEP) }, "+"),
      h("button", { "aria-label": "Fit the picture (key 0)", onclick: fit }, "Fit"),
      h("span", { class: "note" }, "Wheel or pinch to zoom, drag to move."),
    ),
  };
}
