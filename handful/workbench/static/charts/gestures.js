// What a hand does on the map: drag and pinch move it, the wheel zooms, Shift draws a lasso.

/**
 * @param {HTMLElement} element
 * @param {object} told
 * @param {() => boolean} told.isLassoing
 * @param {(dx: number, dy: number) => void} told.pan in CSS pixels
 * @param {(factor: number, x: number, y: number) => void} told.zoom about a place
 * @param {(x: number, y: number) => void} told.hover
 * @param {() => void} told.leave
 * @param {(x: number, y: number) => void} told.click
 * @param {(outline: [number, number][], isDone: boolean) => void} told.lasso
 */
export function followHand(element, told) {
  /** Fingers and buttons that are down. @type {Map<number, [number, number]>} */
  const down = new Map();
  /** @type {[number, number][] | null} */
  let outline = null;
  let moved = 0;

  const place = (/** @type {MouseEvent} */ event) => {
    const box = element.getBoundingClientRect();
    return /** @type {[number, number]} */ ([event.clientX - box.left, event.clientY - box.top]);
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    element.setPointerCapture(event.pointerId);
    const at = place(event);
    down.set(event.pointerId, at);
    moved = 0;
    outline = down.size === 1 && (event.shiftKey || told.isLassoing()) ? [at] : null;
  });

  element.addEventListener("pointermove", (event) => {
    const at = place(event);
    const before = down.get(event.pointerId);
    if (!before) return told.hover(...at);
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    moved += Math.hypot(dx, dy);
    down.set(event.pointerId, at);
    if (outline) {
      outline.push(at);
      return told.lasso(outline, false);
    }
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
      const is = Math.hypot(at[0] - other[0], at[1] - other[1]);
      if (was > 0) told.zoom(is / was, (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
    }
    told.pan(dx / down.size, dy / down.size);
  });

  const up = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId)) return;
    if (outline) told.lasso(outline, true);
    else if (moved < 4 && event.type === "pointerup") told.click(...place(event));
    outline = null;
  };
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("pointerleave", () => told.leave());
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
      told.zoom(Math.exp(-event.deltaY * lines * 0.0022), ...place(event));
    },
    { passive: false },
  );
}
