// How the large picture is looked at: zoom, place, brightness and contrast. Numbers alone.

/**
 * @typedef {object} Lens
 * @property {number} zoom 1: the whole picture fits
 * @property {number} x of the middle of the frame, as a share of the picture's width
 * @property {number} y the same of its height
 * @property {number} brightness in [-1, 1]: by how much of the range the window is moved
 * @property {number} contrast in [-2, 6]: how often the window is halved
 */

/** The whole picture as it is. @type {Lens} */
export const PLAIN = { zoom: 1, x: 0.5, y: 0.5, brightness: 0, contrast: 0 };
export const BRIGHTNESS = { least: -1, most: 1, step: 0.05 };
export const CONTRAST = { least: -2, most: 6, step: 0.25 };
const LARGEST_PIXEL = 16; // screen pixels for one of the picture's
const MOST_WITHOUT_SIZE = 8;

/** Sizes in screen pixels of the frame and of the picture where it fits; natural size in its own, 0 if unknown. @typedef {{ frame: [number, number], fit: [number, number], natural: number }} Sizes */

const within = (/** @type {number} */ value, /** @type {number} */ least, /** @type {number} */ most) =>
  Math.min(most, Math.max(least, value));

/** The zoom at which one pixel of the picture is one of the screen. @param {Sizes} sizes */
export const oneToOne = ({ fit, natural }) =>
  natural && fit[0] ? natural / (devicePixelRatio * fit[0]) : 0;

/** The lens, its zoom within reason and no empty space drawn in. @param {Lens} lens @param {Sizes} sizes @returns {Lens} */
export function settled(lens, sizes) {
  const full = oneToOne(sizes);
  const zoom = within(lens.zoom, Math.min(1, full || 1), full ? Math.max(1, full * LARGEST_PIXEL) : MOST_WITHOUT_SIZE);
  const held = (/** @type {number} */ place, /** @type {0 | 1} */ side) => {
    const half = sizes.frame[side] / (2 * zoom * sizes.fit[side] || 1);
    return half >= 0.5 ? 0.5 : within(place, half, 1 - half);
  };
  return { ...lens, zoom, x: held(lens.x, 0), y: held(lens.y, 1) };
}

/**
 * Zooms while what lies under a point stays there.
 * @param {Lens} lens @param {number} zoom
 * @param {[number, number]} point in screen pixels from the middle of the frame
 * @param {Sizes} sizes
 */
export function zoomed(lens, zoom, point, sizes) {
  const { zoom: now } = settled({ ...lens, zoom }, sizes);
  const kept = (/** @type {number} */ place, /** @type {0 | 1} */ side) =>
    place + (point[side] / (sizes.fit[side] || 1)) * (1 / lens.zoom - 1 / now);
  return settled({ ...lens, zoom: now, x: kept(lens.x, 0), y: kept(lens.y, 1) }, sizes);
}

/** Moves by so many screen pixels. @param {Lens} lens @param {number} dx @param {number} dy @param {Sizes} sizes */
export const panned = (lens, dx, dy, sizes) =>
  settled(
    {
      ...lens,
      x: lens.x - dx / (lens.zoom * sizes.fit[0] || 1),
      y: lens.y - dy / (lens.zoom * sizes.fit[1] || 1),
    },
    sizes,
  );

/** With another brightness and contrast, to the hundredth. @param {Lens} lens @param {number} brightness @param {number} contrast @returns {Lens} */
export const windowed = (lens, brightness, contrast) => ({
  ...lens,
  brightness: Math.round(within(brightness, BRIGHTNESS.least, BRIGHTNESS.most) * 100) / 100,
  contrast: Math.round(within(contrast, CONTRAST.least, CONTRAST.most) * 100) / 100,
});

/** Whether light is as in the picture. @param {Lens} lens */
export const isPlainLight = ({ brightness, contrast }) => !brightness && !contrast;

/** The window: what becomes black and what white, of a picture shown from `black` to `white` at first. @param {Lens} lens @param {number} black @param {number} white @returns {[number, number]} */
export function windowOf({ brightness, contrast }, black, white) {
  const range = white - black;
  const middle = (black + white) / 2 - brightness * range;
  const half = range / 2 / 2 ** contrast;
  return [middle - half, middle + half];
}
