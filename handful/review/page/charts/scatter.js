// Many points on a canvas: zoom, pan, hover, and a cursor for the keyboard. Up to 50,000 points.

import { h } from "../dom.js";
import { colour, onThemeChange } from "../theme.js";
import { panZoom } from "./pan_zoom.js";

/**
 * @typedef {object} Look
 * @property {(i: number) => number} group of a point
 * @property {string[]} colours of each group, as style sheet names
 * @property {(i: number) => boolean} dimmed
 * @property {(i: number) => boolean} ringed
 */

/**
 * @param {object} options
 * @param {number} options.n
 * @param {Float32Array} options.positions x and y of each point in [0, 1], interleaved
 * @param {Look} options.look changed by the caller, who then calls `draw`
 * @param {string} options.label
 * @param {(i: number | null, x: number, y: number) => void} options.point told what is under the pointer
 * @param {(i: number) => void} options.open told what was chosen
 */
export function scatter({ n, positions, look, label, point, open }) {
  const canvas = h("canvas", {
    class: "scatter",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "map",
    "aria-label": label,
  });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const x0 = new Float32Array(n); // places on the canvas before any zoom
  const y0 = new Float32Array(n);
  let [width, height] = [0, 0];
  /** @type {number | null} */
  let current = null;
  let waiting = false;

  /** @param {number} i */
  const screenX = (i) => zoom.get().k * x0[i] + zoom.get().x;
  /** @param {number} i */
  const screenY = (i) => zoom.get().k * y0[i] + zoom.get().y;

  function layOut() {
    const box = canvas.getBoundingClientRect();
    if (!box.width) return;
    const ratio = devicePixelRatio || 1;
    [width, height] = [box.width, box.height];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const margin = 24;
    for (let i = 0; i < n; i++) {
      x0[i] = margin + positions[2 * i] * (width - 2 * margin);
      y0[i] = margin + positions[2 * i + 1] * (height - 2 * margin);
    }
    zoom.set(zoom.get());
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  }

  function paint() {
    const ratio = canvas.width / (width || 1);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const base = n < 300 ? 5 : n < 6000 ? 3.1 : n < 20000 ? 2.2 : 1.6;
    const radius = base * Math.min(2.4, Math.sqrt(Math.sqrt(zoom.get().k)));
    const paths = look.colours.map(() => [new Path2D(), new Path2D()]);
    const rings = new Path2D();
    const square = n > 6000;
    for (let i = 0; i < n; i++) {
      const [x, y] = [screenX(i), screenY(i)];
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      const path = paths[look.group(i)][look.dimmed(i) ? 0 : 1];
      if (square) path.rect(x - radius, y - radius, 2 * radius, 2 * radius);
      else {
        path.moveTo(x + radius, y);
        path.arc(x, y, radius, 0, 2 * Math.PI);
      }
      if (look.ringed(i) && !look.dimmed(i)) {
        rings.moveTo(x + radius + 1, y);
        rings.arc(x, y, radius + 1, 0, 2 * Math.PI);
      }
    }
    for (const layer of [0, 1]) {
      // The last group, which stands for the classes without a colour, lies lowest.
      for (let group = look.colours.length - 1; group >= 0; group--) {
        context.globalAlpha = layer === 0 ? 0.12 : 0.78;
        context.fillStyle = colour(look.colours[group]);
        context.fill(paths[group][layer]);
      }
    }
    context.globalAlpha = 1;
    context.strokeStyle = colour("--ink");
    context.lineWidth = 0.9;
    context.stroke(rings);
    if (current !== null) {
      context.lineWidth = 2.5;
      context.beginPath();
      context.arc(screenX(current), screenY(current), radius + 4, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /** @param {number | null} i */
  function choose(i) {
    if (i === current) return;
    current = i;
    if (i === null) point(null, 0, 0);
    else point(i, screenX(i), screenY(i));
    draw();
  }

  /** The point nearest to a place on the canvas, within reach; looking at 50,000 takes half a
   * millisecond, so there is no tree. @param {number} x @param {number} y @param {number} [reach] */
  function near(x, y, reach = 16) {
    const { k, x: left, y: top } = zoom.get();
    let [best, least] = [/** @type {number | null} */ (null), reach ** 2];
    for (let i = 0; i < n; i++) {
      const away = (k * x0[i] + left - x) ** 2 + (k * y0[i] + top - y) ** 2;
      if (away < least && !look.dimmed(i)) [best, least] = [i, away];
    }
    return best;
  }

  /** The nearest point that lies in a direction from the current one. @param {number} dx @param {number} dy */
  function towards(dx, dy) {
    if (current === null) return choose(near(width / 2, height / 2, Infinity));
    let [best, least] = [current, Infinity];
    const [fromX, fromY] = [screenX(current), screenY(current)];
    for (let i = 0; i < n; i++) {
      if (i === current || look.dimmed(i)) continue;
      const [x, y] = [screenX(i) - fromX, screenY(i) - fromY];
      const along = x * dx + y * dy;
      const cost = along + 2.5 * Math.abs(x * dy - y * dx);
      if (along > 0.5 && cost < least) [best, least] = [i, cost];
    }
    choose(best);
    const [x, y] = [screenX(best), screenY(best)];
    if (x < 0 || y < 0 || x > width || y > height)
      zoom.set({ k: zoom.get().k, x: zoom.get().x + width / 2 - x, y: zoom.get().y + height / 2 - y });
  }

  const zoom = panZoom(canvas, () => {
    if (current !== null) point(current, screenX(current), screenY(current));
    draw();
  });

  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!event.buttons) choose(near(event.offsetX, event.offsetY));
  });
  canvas.addEventListener("pointerleave", () => choose(null));
  canvas.addEventListener("blur", () => choose(null));
  canvas.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (zoom.dragged()) return;
    const found = near(event.offsetX, event.offsetY);
    choose(found);
    if (found !== null) open(found);
  });
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowUp: () => towards(0, -1),
      ArrowDown: () => towards(0, 1),
      ArrowLeft: () => towards(-1, 0),
      ArrowRight: () => towards(1, 0),
      Enter: () => current !== null && open(current),
      "+": () => zoom.zoomBy(1.6),
      "=": () => zoom.zoomBy(1.6),
      "-": () => zoom.zoomBy(1 / 1.6),
      0: zoom.reset,
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  onThemeChange(draw);
  new ResizeObserver(layOut).observe(canvas);
  return { canvas, draw, zoomBy: zoom.zoomBy, reset: zoom.reset };
}
