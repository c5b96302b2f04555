// Panning and zooming of a canvas: drag, wheel, pinch. The page itself still scrolls.

const MOST = 60;

/** @typedef {{ k: number, x: number, y: number }} Transform places are shown at k · place + (x, y) */
/** @typedef {{ x: number, y: number }} Place */

/**
 * The wheel scrolls the page until the canvas was clicked; one finger scrolls it too, two zoom.
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} changed called after each change
 */
export function panZoom(canvas, changed) {
  /** @type {Transform} */
  let now = { k: 1, x: 0, y: 0 };
  /** @type {Map<number, Place>} */
  const pointers = new Map();
  let travelled = 0; // pixels since the pointer went down

  /** @param {Transform} next */
  function set(next) {
    const k = Math.max(1, Math.min(MOST, next.k));
    const within = (/** @type {number} */ at, /** @type {number} */ size) =>
      Math.max(size * (1 - k), Math.min(0, at)); // no emptiness beyond the edges
    now = { k, x: within(next.x, canvas.clientWidth), y: within(next.y, canvas.clientHeight) };
    changed();
  }

  /** @param {number} factor @param {Place} [about] the place that stays where it is; the middle */
  function zoomBy(factor, about = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 }) {
    const k = Math.max(1, Math.min(MOST, now.k * factor));
    const gain = k / now.k;
    set({ k, x: about.x - (about.x - now.x) * gain, y: about.y - (about.y - now.y) * gain });
  }

  /** @param {MouseEvent} event @returns {Place} */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), place(event));
    },
    { passive: false },
  );
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, place(event));
    travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const after = place(event);
    pointers.set(event.pointerId, after);
    travelled += Math.hypot(after.x - before.x, after.y - before.y);
    const other = Array.from(pointers).find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (/** @type {Place} */ at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
      zoomBy(apart(after) / apart(before), { x: (after.x + other.x) / 2, y: (after.y + other.y) / 2 });
    } else if (event.pointerType !== "touch") {
      set({ k: now.k, x: now.x + after.x - before.x, y: now.y + after.y - before.y });
    }
  });
  // A touch that the page takes for scrolling is cancelled by the browser, and forgotten here.
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "pointerleave"]))
    canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));

  return {
    /** @returns {Transform} */
    get: () => now,
    set,
    zoomBy,
    /** Whether the click that comes now ended a drag. */
    dragged: () => travelled > 4,
    reset: () => set({ k: 1, x: 0, y: 0 }),
  };
}
