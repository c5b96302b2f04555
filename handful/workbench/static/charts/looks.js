// How a point looks, by its code: which class, whether a person labelled it, whether it is chosen.

import { colour, NUM_CLASS_COLOURS } from "../../house/theme.js";

export const OTHER = NUM_CLASS_COLOURS;
export const NONE = NUM_CLASS_COLOURS + 1;
export const LABELLED = 16;
export const CHOSEN = 32;
export const NUM_CODES = 64;

/** "#1fb58c" as three numbers in [0, 255]. @param {string} hex */
function parsed(hex) {
  const long = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  return [1, 3, 5].map((at) => parseInt(long.slice(at, at + 2), 16));
}

/**
 * Red, green, blue in [0, 255] and radius in CSS pixels of each code.
 * @param {number} n points in all: the more, the smaller
 * @param {boolean} anyChosen whether the rest stands back
 */
export function looks(n, anyChosen) {
  const ground = parsed(colour("--raised"));
  const names = Array.from({ length: NUM_CLASS_COLOURS }, (_, k) => `--class-${k + 1}`);
  const colours = [...names, "--class-other", "--class-other"].map((name) => parsed(colour(name)));
  const base = n < 300 ? 4.5 : n < 6000 ? 2.8 : n < 20000 ? 2.1 : 1.5;
  const table = new Float32Array(NUM_CODES * 4);
  for (let code = 0; code < NUM_CODES; code++) {
    const kind = Math.min(code & 15, NONE);
    const isChosen = Boolean(code & CHOSEN);
    const strength = anyChosen
      ? isChosen
        ? 1
        : 0.22
      : code & LABELLED
        ? 1
        : kind === NONE
          ? 0.5
          : 0.55;
    const radius = base * (isChosen ? 1.35 : code & LABELLED ? 1.3 : 1);
    const mixed = colours[kind].map((part, c) => ground[c] + (part - ground[c]) * strength);
    table.set([...mixed, radius], code * 4);
  }
  return table;
}

/** Points in the order in which to paint them: labelled over suggested, chosen over all. @param {Uint8Array} codes */
export function paintingOrder(codes) {
  const layer = (/** @type {number} */ code) =>
    code & CHOSEN ? 3 : code & LABELLED ? 2 : (code & 15) === NONE ? 0 : 1;
  const layers = Uint8Array.from({ length: NUM_CODES }, (_, code) => layer(code));
  const starts = new Uint32Array(5);
  for (const code of codes) starts[layers[code] + 1]++;
  for (let l = 0; l < 4; l++) starts[l + 1] += starts[l];
  const order = new Uint32Array(codes.length);
  codes.forEach((code, i) => (order[starts[layers[code]]++] = i));
  return order;
}
