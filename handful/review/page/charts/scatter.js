// Many points on a canvas: zoom, pan, hover, and a cursor for the keyboard. Up to 50,000 points.

import { h } from "../dom.js";
import { colour, onThemeChange } from "../theme.js";
import { d3 } from "../vendor.js";

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
  let tree = d3.quadtree();
  let [width, height] = [0, 0];
  let transform = d3.zoomIdentity;
  /** @type {number | null} */
  let current = null;
  let waiting = false;

  /** @param {number} i */
  const screenX = (i) => transform.applyX(x0[i]);
  /** @param {number} i */
  const screenY = (i) => transform.applyY(y0[i]);

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
    tree = d3.quadtree(
      d3.range(n),
      (/** @type {number} */ i) => x0[i],
      (/** @type {number} */ i) => y0[i],
    );
    zoom
      .translateExtent([
        [0, 0],
        [width, height],
      ])
      .extent([
        [0, 0],
        [width, height],
      ]);
    draw();
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
    const radius = base * Math.min(2.4, Math.sqrt(Math.sqrt(transform.k)));
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

  /** The point within reach of a place on the canvas. @param {number} x @param {number} y */
  function near(x, y) {
    const found = tree.find(...transform.invert([x, y]), 16 / transform.k);
    return found === undefined || look.dimmed(found) ? null : found;
  }

  /** The nearest point that lies in a direction from the current one. @param {number} dx @param {number} dy */
  function towards(dx, dy) {
    if (current === null) return choose(tree.find(...transform.invert([width / 2, height / 2])));
    let [best, least] = [current, Infinity];
    const [fromX, fromY] = [screenX(current), screenY(current)];
    for (let i = 0; i < n; i++) {
      if (i === current || look.dimmed(i)) continue;
      const [x, y] = [screenX(i) - fromX, screenY(i) - fromY];
      const along = x * dx + y * dy;
      const cost = along + 2.5 * Math.abs(x * dy - y * dx);
      if (along > 0.5 && cost < least) [best, least] = [i, cost];
    }
    const selection = d3.select(canvas);
    choose(best);
    const [x, y] = [screenX(best), screenY(best)];
    if (x < 0 || y < 0 || x > width || y > height)
      selection.call(zoom.translateTo, transform.invertX(x), transform.invertY(y));
  }

  const zoom = d3
    .zoom()
    .scaleExtent([1, 60])
    // The wheel scrolls the page until the map was clicked; one finger too, two zoom.
    .filter((/** @type {any} */ event) =>
      event.type === "wheel"
        ? event.ctrlKey || document.activeElement === canvas
        : event.type.startsWith("touch")
          ? event.touches.length > 1
          : !event.button,
    )
    .on("zoom", (/** @type {any} */ event) => {
      transform = event.transform;
      if (current !== null) point(current, screenX(current), screenY(current));
      draw();
    });
  d3.select(canvas).call(zoom).on("dblclick.zoom", null);

  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!event.buttons) choose(near(event.offsetX, event.offsetY));
  });
  canvas.addEventListener("pointerleave", () => choose(null));
  canvas.addEventListener("blur", () => choose(null));
  canvas.addEventListener("click", (/** @type {MouseEvent} */ event) => {
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
      "+": () => zoomBy(1.6),
      "=": () => zoomBy(1.6),
      "-": () => zoomBy(1 / 1.6),
      0: reset,
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  /** @param {number} factor */
  const zoomBy = (factor) => void d3.select(canvas).call(zoom.scaleBy, factor);
  const reset = () => void d3.select(canvas).call(zoom.transform, d3.zoomIdentity);

  onThemeChange(draw);
  new ResizeObserver(layOut).observe(canvas);
  return { canvas, draw, zoomBy, reset };
}
