// The large picture: zoomed, moved and windowed, by wheel, pointer, two fingers and keys.

import { h, styled } from "../../house/dom.js";
import { element as wholeElement, fetchFull, paint } from "../full.js";
import { isPlainLight, oneToOne, panned, PLAIN, settled, windowed, windowOf, zoomed } from "../lens.js";
import { picture } from "../pictures.js";
import { follow } from "./slot.js";

/** @typedef {import("../lens.js").Lens} Lens */

const WHEEL = 0.0016; // share of a doubling for each pixel that a wheel turns
const KEY_ZOOM = 1.25;
const KEY_PAN = 80;
const SAME_SHAPE = 0.02; // as far as previews round
const PIXELS_SHOW_FROM = 3; // screen pixels for one of the picture's: from there on they stay sharp

/** A filter that windows what has 8 bits, exactly; CSS's own cannot say every window. */
function lightFilter() {
  const svg = (/** @type {string} */ name, /** @type {Record<string, string>} */ attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const lines = ["R", "G", "B"].map((letter) => svg(`feFunc${letter}`, { type: "linear" }));
  const transfer = svg("feComponentTransfer", { "color-interpolation-filters": "sRGB" });
  transfer.append(...lines);
  const filter = svg("filter", { id: "light", x: "0", y: "0", width: "1", height: "1" });
  filter.append(transfer);
  const element = svg("svg", { width: "0", height: "0", "aria-hidden": "true" });
  element.append(filter);
  return {
    element,
    /** @param {Lens} lens */
    set(lens) {
      const [low, high] = windowOf(lens, 0, 1);
      for (const line of lines) {
        line.setAttribute("slope", String(1 / (high - low)));
        line.setAttribute("intercept", String(-low / (high - low)));
      }
    },
  };
}

/** @param {import("../store.js").Store} store */
export function stage(store) {
  const light = lightFilter();
  const holder = h("div", { class: "stage-picture" });
  const element = h("div", { class: "stage" }, holder, light.element);
  let item = -1;
  /** @type {any} what is seen: the preview's image, later the whole picture */
  let seen = null;
  /** @type {import("../api.js").Full | null} */
  let full = null;
  let shape = 0; // width by height of what was seen last; 0 before the first
  let fitted = 0; // width of the picture where it fits, when its frame was last measured
  let painted = ""; // the light in which the canvas was painted, and the window that this was
  /** @type {[number, number] | null} */
  let range = null;

  const lens = () => store.get().lens;

  /** @returns {import("../lens.js").Sizes} */
  function sizes() {
    const frame = /** @type {[number, number]} */ ([element.clientWidth, element.clientHeight]);
    const [w, h] = [seen?.naturalWidth || seen?.width || 1, seen?.naturalHeight || seen?.height || 1];
    const scale = Math.min(frame[0] / w, frame[1] / h);
    const natural = full ? w * (full.depth?.shrunk ?? 1) : 0;
    return { frame, fit: [w * scale, h * scale], natural };
  }

  /** @param {Lens} now */
  const look = (now) => store.lensChanged(now);

  /** Puts on the screen what the lens says. */
  function renew() {
    const now = lens();
    const { fit } = sizes();
    if (!seen) return;
    const [dx, dy] = [(0.5 - now.x) * now.zoom * fit[0], (0.5 - now.y) * now.zoom * fit[1]];
    const pixel = oneToOne(sizes()) ? now.zoom / oneToOne(sizes()) : 0;
    styled(seen, { transform: `translate(${dx}px, ${dy}px) scale(${now.zoom})` });
    seen.classList.toggle("pixels", pixel >= PIXELS_SHOW_FROM);
    element.classList.toggle("movable", now.zoom > 1);
    const isPainted = seen instanceof HTMLCanvasElement;
    if (isPainted && full?.depth) {
      const light = `${now.brightness} ${now.contrast}`;
      if (painted !== light) range = paint(seen, full.depth, now);
      painted = light;
      store.lensMeasured({ share: pixel, range });
    } else {
      light.set(now);
      styled(seen, { filter: isPlainLight(now) ? "none" : "url(#light)" });
      // Until the whole picture is there, what was measured of the one before it stays in sight.
      if (full || isPlainLight(now)) store.lensMeasured({ share: pixel, range: null });
    }
  }
  let isDue = false;
  const renewSoon = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      renew();
    });
  };

  /** The whole picture takes the place of the preview. */
  async function loadFull() {
    const wanted = item;
    if (full || wanted < 0) return;
    try {
      const found = await fetchFull(wanted);
      const whole = await wholeElement(found);
      if (wanted !== item || full) return;
      whole.setAttribute("aria-label", seen?.alt ?? "");
      if (whole instanceof HTMLImageElement) whole.alt = seen?.alt ?? "";
      else whole.setAttribute("role", "img");
      full = found;
      painted = "";
      seen?.replaceWith(whole);
      seen = whole;
      shape = sizes().fit[0] / sizes().fit[1];
      fitted = sizes().fit[0];
      renew();
    } catch (error) {
      if (wanted === item && store.get().link === "live") holder.dataset.full = String(error);
    }
  }

  /** @param {number} of @param {number} side @param {string} alt */
  function show(of, side, alt) {
    item = of;
    full = null;
    delete holder.dataset.full;
    const frame = picture(of, side, alt);
    holder.replaceChildren(frame);
    const image = (seen = frame.querySelector("img"));
    const known = () => {
      if (item !== of || seen !== image || !image.naturalWidth) return;
      // What was looked at stays in sight in the next picture, where that has the same shape.
      const now = image.naturalWidth / image.naturalHeight;
      const isOther = shape > 0 && Math.abs(now / shape - 1) > SAME_SHAPE;
      if (isOther && lens().zoom !== 1) look({ ...lens(), zoom: 1, x: 0.5, y: 0.5 });
      shape = now;
      fitted = sizes().fit[0];
      renew();
    };
    if (image?.complete) known();
    else image?.addEventListener("load", known);
    renew();
    if (lens().zoom !== 1 || !isPlainLight(lens())) void loadFull();
  }

  function clear() {
    item = -1;
    seen = full = null;
    holder.replaceChildren();
  }

  follow(
    store,
    (s) => [s.lens],
    (now) => {
      if (now.zoom !== 1 || !isPlainLight(now)) void loadFull();
      renewSoon();
    },
  );
  // Where the frame grows or shrinks, what is seen keeps its size.
  new ResizeObserver(() => {
    const { fit } = sizes();
    const { zoom } = lens();
    if (zoom !== 1 && fitted && fit[0] && fit[0] !== fitted)
      look(settled({ ...lens(), zoom: (zoom * fitted) / fit[0] }, sizes()));
    fitted = fit[0];
    renewSoon();
  }).observe(element);
  listen(element, lens, sizes, look, (point) => void toggle(point));

  /** Between the whole picture and one to one. @param {[number, number]} [point] that stays where it is */
  async function toggle(point = [0, 0]) {
    if (lens().zoom !== 1) return look({ ...lens(), zoom: 1, x: 0.5, y: 0.5 });
    const of = item;
    await loadFull();
    if (of !== item || !full) return;
    const wanted = oneToOne(sizes());
    look(zoomed(lens(), Math.abs(wanted - 1) < 0.01 ? 2 : wanted, point, sizes()));
  }

  return {
    element,
    show,
    clear,
    /** What a key or a button asks for. @type {Record<string, () => unknown>} */
    deeds: {
      zoom: () => void toggle(),
      zoomIn: () => look(zoomed(lens(), lens().zoom * KEY_ZOOM, [0, 0], sizes())),
      zoomOut: () => look(zoomed(lens(), lens().zoom / KEY_ZOOM, [0, 0], sizes())),
      panLeft: () => look(panned(lens(), KEY_PAN, 0, sizes())),
      panRight: () => look(panned(lens(), -KEY_PAN, 0, sizes())),
      panUp: () => look(panned(lens(), 0, KEY_PAN, sizes())),
      panDown: () => look(panned(lens(), 0, -KEY_PAN, sizes())),
      brighter: () => look(windowed(lens(), lens().brightness + 0.05, lens().contrast)),
      darker: () => look(windowed(lens(), lens().brightness - 0.05, lens().contrast)),
      sharper: () => look(windowed(lens(), lens().brightness, lens().contrast + 0.25)),
      softer: () => look(windowed(lens(), lens().brightness, lens().contrast - 0.25)),
      reset: () => look(PLAIN),
    },
  };
}

/**
 * Wheel and drag, two fingers, double click; the right button or Alt drags the window instead.
 * @param {HTMLElement} element @param {() => Lens} lens @param {() => import("../lens.js").Sizes} sizes
 * @param {(lens: Lens) => void} look @param {(point: [number, number]) => void} toggle
 */
function listen(element, lens, sizes, look, toggle) {
  /** Pointers that are down. @type {Map<number, [number, number]>} */
  const down = new Map();
  const fromMiddle = (/** @type {number} */ x, /** @type {number} */ y) => {
    const box = element.getBoundingClientRect();
    return /** @type {[number, number]} */ ([x - box.left - box.width / 2, y - box.top - box.height / 2]);
  };
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const turn = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1);
      const factor = 2 ** (-turn * (event.ctrlKey ? 6 : 1) * WHEEL);
      look(zoomed(lens(), lens().zoom * factor, fromMiddle(event.clientX, event.clientY), sizes()));
    },
    { passive: false },
  );
  element.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, [event.clientX, event.clientY]);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const from = down.get(event.pointerId);
    if (!from) return;
    const to = /** @type {[number, number]} */ ([event.clientX, event.clientY]);
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, to);
    if (other) {
      const apart = (/** @type {[number, number]} */ p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      const middle = fromMiddle((to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
      const grown = zoomed(lens(), (lens().zoom * apart(to)) / (apart(from) || 1), middle, sizes());
      return look(panned(grown, dx / 2, dy / 2, sizes()));
    }
    if (event.buttons & 2 || event.altKey)
      return look(windowed(lens(), lens().brightness - dy / 300, lens().contrast + dx / 100));
    if (lens().zoom > 1) look(panned(lens(), dx, dy, sizes()));
  });
  for (const end of ["pointerup", "pointercancel"])
    element.addEventListener(end, (event) => void down.delete(/** @type {PointerEvent} */ (event).pointerId));
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  element.addEventListener("dblclick", (event) => toggle(fromMiddle(event.clientX, event.clientY)));
}
