// Numbers as a reader meets them. The same rules as wording.py.

const NO_BREAK = "\u00a0";

/** 0.8804 as "88.0 %". @param {number} share @param {number} [digits] */
export function percent(share, digits = 1) {
  return `${barePercent(share, digits)}${NO_BREAK}%`;
}

/** 0.8804 as "88.0". @param {number} share @param {number} [digits] */
export function barePercent(share, digits = 1) {
  return (share * 100).toFixed(share === 0 || share === 1 ? 0 : digits);
}

/** An interval of shares as "86.5–89.3 %". @param {number} low @param {number} high @param {number} [digits] */
export function percentRange(low, high, digits = 1) {
  return `${barePercent(low, digits)}–${barePercent(high, digits)}${NO_BREAK}%`;
}

/** 1968 as "1,968". @param {number} number */
export function count(number) {
  return number.toLocaleString("en-GB");
}

/** "1 picture", "2 pictures". @param {number} number @param {string} plural */
export function counted(number, plural) {
  const singular = plural.endsWith("classes") ? plural.slice(0, -2) : plural.replace(/s$/, "");
  return `${count(number)} ${number === 1 ? singular : plural}`;
}

/** 0.0431 as "0.043 s". @param {number} value */
export function seconds(value) {
  if (value >= 10) return `${count(Math.round(value))}${NO_BREAK}s`;
  if (value < 0.0005) return `0${NO_BREAK}s`;
  return `${value.toFixed(value >= 1 ? 1 : value >= 0.095 ? 2 : 3)}${NO_BREAK}s`;
}

/** A figure that is no share, such as a log-loss. @param {number} value */
export function decimal(value) {
  return value.toFixed(3);
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]/;

/**
 * A name in quotation marks. One written from right to left is kept from turning what follows it.
 * @param {string} name
 */
export function quoted(name) {
  return RIGHT_TO_LEFT.test(name) ? `“\u2068${name}\u2069”` : `“${name}”`;
}
