// Axes and marks in SVG. Colours are names of the style sheet, so that dark and paper need no redraw.

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * @typedef {object} Axis
 * @property {[number, number]} domain
 * @property {string} label
 * @property {(value: number) => string} format of a tick
 * @property {number} [count] about how many ticks
 * @property {boolean} [log]
 */
/** @typedef {[number, number]} Point */
/** @typedef {ReturnType<typeof frame>} Frame */

/**
 * An SVG element.
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {...(SVGElement | string)} children
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(NAMESPACE, name));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/**
 * Round numbers from `low` to `high`, about `count` of them: steps of 1, 2 or 5 times a power of ten.
 * @param {number} low @param {number} high @param {number} [count]
 */
export function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.75) ?? rough;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

/** Powers of ten from `low` to `high`. @param {number} low @param {number} high */
function powers(low, high) {
  const found = [];
  for (let k = Math.ceil(Math.log10(low) - 1e-9); 10 ** k <= high * 1.000001; k++) found.push(10 ** k);
  return found;
}

/**
 * A chart's ground: two axes with their grid and words.
 * @param {{ width: number, height: number, x: Axis, y: Axis, grid?: "both" | "y", left?: number }} options
 */
export function frame({ width, height, x, y, grid = "both", left = 46 }) {
  const [top, right, bottom] = [26, 14, 44];
  const scale = (/** @type {Axis} */ { domain: [from, to], log }, /** @type {number} */ start, /** @type {number} */ end) => {
    const place = log ? Math.log : (/** @type {number} */ value) => value;
    const span = place(to) - place(from) || 1;
    return (/** @type {number} */ value) => start + ((place(value) - place(from)) / span) * (end - start);
  };
  const across = scale(x, left, width - right);
  const up = scale(y, height - bottom, top);
  const marks = (/** @type {Axis} */ axis) =>
    axis.log ? powers(...axis.domain) : ticks(...axis.domain, axis.count);
  const root = svg("svg", { class: "plot", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const line = (/** @type {number[]} */ [x1, y1, x2, y2]) =>
    svg("line", { x1, y1, x2, y2, stroke: "var(--line)" });
  for (const at of marks(y)) {
    root.append(
      line([left, up(at), width - right, up(at)]),
      svg("text", { class: "tick", x: left - 8, y: up(at), dy: "0.32em", "text-anchor": "end" }, y.format(at)),
    );
  }
  for (const at of marks(x)) {
    if (grid === "both") root.append(line([across(at), top, across(at), height - bottom]));
    root.append(
      svg("text", { class: "tick", x: across(at), y: height - bottom + 17, "text-anchor": "middle" }, x.format(at)),
    );
  }
  root.append(
    svg("text", { class: "axis", x: left, y: 12, "text-anchor": "start" }, y.label),
    svg("text", { class: "axis", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, x.label),
  );
  return { root, x: across, y: up };
}

/** A line through points. @param {Frame} on @param {Point[]} points @param {Record<string, string | number>} look */
export function curve(on, points, look) {
  const d = points.map(([x, y], k) => `${k ? "L" : "M"}${on.x(x).toFixed(1)},${on.y(y).toFixed(1)}`);
  return svg("path", { d: d.join(""), fill: "none", "stroke-linejoin": "round", "stroke-width": 2, ...look });
}

/** The band between two lines. @param {Frame} on @param {Point[]} low @param {Point[]} high @param {string} colour */
export function band(on, low, high, colour) {
  const around = [...low, ...high.toReversed()];
  const d = around.map(([x, y], k) => `${k ? "L" : "M"}${on.x(x).toFixed(1)},${on.y(y).toFixed(1)}`);
  return svg("path", { d: `${d.join("")}Z`, fill: colour, "fill-opacity": 0.16 });
}

/** A straight line from one point to another. @param {Frame} on @param {Point} from @param {Point} to @param {Record<string, string | number>} [look] */
export function rule(on, from, to, look = {}) {
  const [[x1, y1], [x2, y2]] = [from, to].map(([x, y]) => [on.x(x), on.y(y)]);
  return svg("line", { x1, y1, x2, y2, stroke: "var(--ink)", "stroke-width": 1.6, ...look });
}

/** A dot, with words that a pointer brings up. @param {Frame} on @param {Point} at @param {string} colour @param {string} [words] */
export function dot(on, [x, y], colour, words) {
  const mark = svg("circle", { cx: on.x(x), cy: on.y(y), r: 5, fill: colour, stroke: "var(--paper)", "stroke-width": 1.5 });
  if (words) mark.append(svg("title", {}, words));
  return mark;
}
