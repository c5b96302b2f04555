// A confusion matrix of many classes on a canvas: one square a pair, a cursor by mouse or arrows.

import { h } from "../dom.js";
import { colour, onThemeChange } from "../theme.js";

/**
 * @param {object} options
 * @param {number[]} options.order classes from top to bottom
 * @param {(row: number, column: number) => number} options.share of the row's class, in [0, 1]
 * @param {string} options.label
 * @param {(row: number, column: number) => void} options.point told of the pair under the cursor
 * @param {(row: number, column: number) => void} options.open told of the pair chosen
 */
export function heatmap({ order, share, label, point, open }) {
  const canvas = h("canvas", {
    class: "heatmap",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "matrix",
    "aria-label": label,
  });
  const k = order.length;
  let cursor = [0, 0];
  let size = 0;

  function draw() {
    const width = canvas.parentElement?.clientWidth ?? 0;
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    size = Math.min(width, 620);
    canvas.width = canvas.height = Math.round(size * ratio);
    canvas.style.width = canvas.style.height = `${size}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale((size * ratio) / k / ratio, (size * ratio) / k / ratio);
    context.scale(ratio, ratio);
    context.fillStyle = colour("--sunken");
    context.fillRect(0, 0, k, k);
    const [right, wrong] = [colour("--right"), colour("--wrong")];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const part = share(order[i], order[j]);
        if (!part) continue;
        context.globalAlpha = 0.4 + 0.6 * Math.sqrt(part);
        context.fillStyle = i === j ? right : wrong;
        context.fillRect(j + 0.04, i + 0.04, 0.92, 0.92);
      }
    }
    context.globalAlpha = 1;
    if (document.activeElement === canvas) {
      context.lineWidth = (2 * k) / size;
      context.strokeStyle = colour("--ink");
      context.strokeRect(cursor[1], cursor[0], 1, 1);
    }
  }

  /** @param {number} row @param {number} column */
  function move(row, column) {
    cursor = [Math.max(0, Math.min(k - 1, row)), Math.max(0, Math.min(k - 1, column))];
    point(order[cursor[0]], order[cursor[1]]);
    draw();
  }

  /** @param {MouseEvent} event */
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      Math.floor(((event.clientY - box.top) / size) * k),
      Math.floor(((event.clientX - box.left) / size) * k),
    ];
  };
  const steps = /** @type {Record<string, number[]>} */ ({
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  });
  canvas.addEventListener("mousemove", (/** @type {MouseEvent} */ event) => {
    const [row, column] = under(event);
    move(row, column);
  });
  canvas.addEventListener("click", () => open(order[cursor[0]], order[cursor[1]]));
  canvas.addEventListener("focus", () => move(cursor[0], cursor[1]));
  canvas.addEventListener("blur", draw);
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" || event.key === " ") open(order[cursor[0]], order[cursor[1]]);
    else if (steps[event.key])
      move(cursor[0] + steps[event.key][0], cursor[1] + steps[event.key][1]);
    else return;
    event.preventDefault();
  });
  onThemeChange(draw);
  const holder = h("div", { class: "heatmap-holder" }, canvas);
  new ResizeObserver(draw).observe(holder);
  return holder;
}
