// The map of all items: up to 100,000 points that pan and zoom, are pointed at and drawn around.

import { h } from "../../house/dom.js";
import { colour, onThemeChange } from "../../house/theme.js";
import { followHand } from "./gestures.js";
import { looks, paintingOrder } from "./looks.js";
import { createPixelPainter } from "./paint_2d.js";
import { createGlPainter } from "./paint_gl.js";
import { createPlane } from "./plane.js";

const MARGIN = 0.94;
const REACH_PX = 14;
const STEP_PX = 18;
const RING_POINTS = 40;
const MOVE_MS = 450;
const MAX_ZOOM = 400;
const MOST_STRETCH = 2.2;

/**
 * @param {object} options
 * @param {string} options.label
 * @param {(i: number | null, x: number, y: number) => void} options.point told what is under the pointer
 * @param {(i: number) => void} options.open told what was clicked
 * @param {(items: number[]) => void} options.lassoed
 */
export function scatter({ label, point, open, lassoed }) {
  const over = h("canvas", {
    class: "over",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "map",
    "aria-label": label,
  });
  const holder = h("div", { class: "map-holder" }, over);
  // `?map=webgl` and `?map=canvas` choose by hand, for measuring and for graphics drivers that err.
  const wanted = new URLSearchParams(location.search).get("map");
  let painter =
    (wanted !== "canvas" && createGlPainter(wanted === "webgl")) || createPixelPainter();
  const context = /** @type {CanvasRenderingContext2D} */ (over.getContext("2d"));

  /** @type {Float32Array} */
  let positions = new Float32Array(0);
  /** Where the points are just now, while they move. @type {Float32Array} */
  let shownAs = new Float32Array(0);
  let plane = createPlane(positions);
  let codes = new Uint8Array(0);
  let anyChosen = false;
  let [width, height, ratio] = [0, 0, 1];
  let [x, y, zoom] = [0, 0, 1];
  let [unitX, unitY] = [1, 1]; // CSS pixels per unit of the plane before any zoom
  let current = -1;
  /** @type {number[]} */
  let marked = [];
  /** @type {[number, number][]} */
  let outline = [];
  let isLassoing = false;
  /** The ring that the keyboard moves. @type {{ x: number, y: number, r: number } | null} */
  let ring = null;
  let waiting = false;
  let movedFrom = 0;
  /** @type {Float32Array} */
  let old = positions;

  const scaleX = () => unitX * zoom;
  const scaleY = () => unitY * zoom;
  /** @param {number} i */
  const onScreen = (i) =>
    /** @type {[number, number]} */ ([
      (shownAs[2 * i] - x) * scaleX() + width / 2,
      height / 2 - (shownAs[2 * i + 1] - y) * scaleY(),
    ]);
  /** @param {number} px @param {number} py */
  const onPlane = (px, py) =>
    /** @type {[number, number]} */ ([
      (px - width / 2) / scaleX() + x,
      (height / 2 - py) / scaleY() + y,
    ]);

  /** @param {import("./paint_gl.js").Painter} chosen */
  function paintWith(chosen) {
    if (painter !== chosen) painter.canvas.remove();
    painter = chosen;
    painter.canvas.setAttribute("aria-hidden", "true");
    holder.prepend(painter.canvas);
    holder.dataset.painter = painter.name;
    painter.setPositions(shownAs);
    painter.setCodes(codes, paintingOrder(codes));
    layOut();
    renewLooks();
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (width) frame();
    });
  }

  function frame() {
    const part = movedFrom ? Math.min(1, (performance.now() - movedFrom) / MOVE_MS) : 1;
    if (movedFrom) {
      const eased = part * part * (3 - 2 * part);
      for (let i = 0; i < shownAs.length; i++)
        shownAs[i] = old[i] + (positions[i] - old[i]) * eased;
      if (part === 1) {
        movedFrom = 0;
        shownAs = positions;
      }
      painter.setPositions(shownAs);
    }
    const growth = Math.min(2.6, Math.sqrt(Math.sqrt(zoom)));
    painter.paint({ x, y, scaleX: scaleX(), scaleY: scaleY(), width, height, ratio, growth });
    drawOver(growth);
    if (plane.size && codes.length * 2 === positions.length)
      holder.dataset.painted = String(plane.size);
    if (movedFrom) draw();
  }

  /** @param {number} growth */
  function drawOver(growth) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = colour("--ink");
    context.lineWidth = 1.3;
    for (const i of marked) circle(...onScreen(i), 4.5 * growth);
    if (current >= 0) {
      context.lineWidth = 2.5;
      circle(...onScreen(current), 7 * growth);
    }
    if (ring) circle(ring.x, ring.y, ring.r);
    if (outline.length < 2) return;
    context.beginPath();
    for (const [px, py] of outline) context.lineTo(px, py);
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = colour("--accent");
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.6;
    context.strokeStyle = colour("--accent");
    context.stroke();
  }

  /** @param {number} px @param {number} py @param {number} r */
  function circle(px, py, r) {
    context.beginPath();
    context.arc(px, py, r, 0, 2 * Math.PI);
    context.stroke();
  }

  function fit() {
    const [x0, y0, x1, y1] = plane.bounds;
    // The axes have no unit, so each fills its side of the pane, within reason.
    const [across, up] = [
      (MARGIN * width) / Math.max(x1 - x0, 1e-6),
      (MARGIN * height) / Math.max(y1 - y0, 1e-6),
    ];
    [unitX, unitY] = [Math.min(across, MOST_STRETCH * up), Math.min(up, MOST_STRETCH * across)];
  }

  function whole() {
    const [x0, y0, x1, y1] = plane.bounds;
    [x, y, zoom] = [(x0 + x1) / 2, (y0 + y1) / 2, 1];
    fit();
    draw();
  }

  function layOut() {
    const box = holder.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const isFirst = !width;
    [width, height, ratio] = [box.width, box.height, Math.min(2, devicePixelRatio || 1)];
    for (const canvas of [painter.canvas, over]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (isFirst) whole();
    else fit();
    draw();
  }

  function renewLooks() {
    painter.setLooks(looks(positions.length / 2, anyChosen));
    draw();
  }

  /** @param {number} factor @param {number} [px] @param {number} [py] */
  function zoomBy(factor, px = width / 2, py = height / 2) {
    const [fixedX, fixedY] = onPlane(px, py);
    zoom = Math.max(0.5, Math.min(MAX_ZOOM, zoom * factor));
    const [nowX, nowY] = onPlane(px, py);
    [x, y] = [x + fixedX - nowX, y + fixedY - nowY];
    tell();
    draw();
  }

  function tell() {
    if (current >= 0) point(current, ...onScreen(current));
    else point(null, 0, 0);
  }

  /** @param {number} i */
  function choose(i) {
    if (i === current) return;
    current = i;
    tell();
    draw();
  }

  /** @param {number} px @param {number} py */
  const under = (px, py) =>
    plane.nearest(...onPlane(px, py), REACH_PX / scaleX(), scaleX() / scaleY());

  /** @param {[number, number][]} around */
  function take(around) {
    [outline, ring] = [[], null];
    lassoed(plane.within(around.map(([px, py]) => onPlane(px, py))));
    draw();
  }

  followHand(over, {
    isLassoing: () => isLassoing,
    pan(dx, dy) {
      [x, y] = [x - dx / scaleX(), y + dy / scaleY()];
      tell();
      draw();
    },
    zoom: zoomBy,
    hover: (px, py) => choose(under(px, py)),
    leave: () => choose(-1),
    click(px, py) {
      const i = under(px, py);
      choose(i);
      if (i >= 0) open(i);
    },
    lasso(around, isDone) {
      outline = around;
      if (isDone) take(around);
      else draw();
    },
  });

  /** By keys: from point to point, or with the ring. @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    })[event.key];
    if (ring) {
      if (step) [ring.x, ring.y] = [ring.x + step[0] * STEP_PX, ring.y - step[1] * STEP_PX];
      else if (event.key === "+" || event.key === "=") ring.r *= 1.2;
      else if (event.key === "-") ring.r = Math.max(8, ring.r / 1.2);
      else if (event.key === "Enter") {
        const { x: cx, y: cy, r } = ring;
        take(
          Array.from({ length: RING_POINTS }, (_, k) => [
            cx + r * Math.cos((2 * Math.PI * k) / RING_POINTS),
            cy + r * Math.sin((2 * Math.PI * k) / RING_POINTS),
          ]),
        );
      } else return;
    } else if (step) {
      choose(current < 0 ? plane.nearest(x, y, 4 / zoom, 1) : plane.towards(current, ...step));
      if (current >= 0) {
        const [px, py] = onScreen(current);
        if (px < 0 || py < 0 || px > width || py > height)
          [x, y] = [shownAs[2 * current], shownAs[2 * current + 1]];
      }
      tell();
    } else if (event.key === "Enter" && current >= 0) open(current);
    else if (event.key === "+" || event.key === "=") zoomBy(1.5);
    else if (event.key === "-") zoomBy(1 / 1.5);
    else return;
    draw();
    event.preventDefault();
    event.stopPropagation();
  }
  over.addEventListener("keydown", pressed);

  paintWith(painter);
  // A graphics driver that fails must not leave an empty map.
  painter.canvas.addEventListener("webglcontextlost", () => paintWith(createPixelPainter()));
  onThemeChange(renewLooks);
  new ResizeObserver(layOut).observe(holder);

  return {
    element: holder,
    /** The item under the pointer or the keys' cursor, or -1. */
    current: () => current,
    focus: () => over.focus(),
    whole,
    zoomBy,
    /** @param {Float32Array} values */
    setPositions(values) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const moves = !calm && shownAs.length === values.length && shownAs.length > 0;
      old = moves ? shownAs.slice() : values;
      shownAs = moves ? old.slice() : values;
      positions = values;
      plane = createPlane(values);
      movedFrom = moves ? performance.now() : 0;
      painter.setPositions(shownAs);
      renewLooks();
      if (width && zoom === 1) whole(); // who has zoomed in stays where they are
    },
    /** @param {Uint8Array<ArrayBuffer>} values @param {boolean} chosen whether any item is chosen */
    setCodes(values, chosen) {
      codes = values;
      painter.setCodes(codes, paintingOrder(codes));
      if (chosen !== anyChosen) {
        anyChosen = chosen;
        renewLooks();
      }
      draw();
    },
    /** @param {number[]} items */
    setMarked(items) {
      marked = items;
      draw();
    },
    /** @param {boolean} on */
    setLassoing(on) {
      isLassoing = on;
      holder.classList.toggle("lassoing", on);
      ring = on ? { x: width / 2, y: height / 2, r: Math.min(width, height) / 6 } : null;
      if (on) over.focus();
      draw();
    },
  };
}
