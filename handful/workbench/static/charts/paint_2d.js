// Paints points into the pixels of a plain canvas: where WebGL is missing, or only software.

import { NUM_CODES } from "./looks.js";

/** Coverage of each pixel of a disc, row by row. @param {number} radius in device pixels */
function stamp(radius) {
  const reach = Math.ceil(radius);
  const side = 2 * reach + 1;
  const alpha = new Float32Array(side * side);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      alpha[(y + reach) * side + x + reach] = Math.max(
        0,
        Math.min(1, radius + 0.5 - Math.hypot(x, y)),
      );
    }
  }
  return { reach, side, alpha };
}

/** @returns {import("./paint_gl.js").Painter} */
export function createPixelPainter() {
  const canvas = document.createElement("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {Float32Array} */
  let positions = new Float32Array(0);
  /** @type {Uint8Array} */
  let codes = new Uint8Array(0);
  /** @type {Uint32Array} */
  let order = new Uint32Array(0);
  /** @type {Float32Array} */
  let looks = new Float32Array(NUM_CODES * 4);
  let image = new ImageData(1, 1);
  let words = new Uint32Array(image.data.buffer);

  return {
    name: "canvas",
    canvas,
    setPositions: (values) => void (positions = values),
    setCodes: (values, painting) => void ([codes, order] = [values, painting]),
    setLooks: (table) => void (looks = table),
    paint({ x, y, scaleX, scaleY, width, height, ratio, growth }) {
      const [columns, rows] = [canvas.width, canvas.height];
      if (image.width !== columns || image.height !== rows) {
        image = new ImageData(columns, rows);
        words = new Uint32Array(image.data.buffer);
      }
      words.fill(0);
      const { data } = image;
      const stamps = Array.from({ length: NUM_CODES }, (_, code) =>
        stamp(looks[code * 4 + 3] * ratio * growth),
      );
      const opaque = Uint32Array.from({ length: NUM_CODES }, (_, code) => {
        const [r, g, b] = looks.subarray(code * 4, code * 4 + 3);
        return (255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r);
      });
      const [left, top] = [(width / 2) * ratio, (height / 2) * ratio];
      const [unitX, unitY] = [scaleX * ratio, scaleY * ratio];
      if (codes.length * 2 !== positions.length) return;
      for (const i of order) {
        const px = Math.round((positions[2 * i] - x) * unitX + left);
        const py = Math.round(top - (positions[2 * i + 1] - y) * unitY);
        const code = codes[i];
        const { reach, side, alpha } = stamps[code];
        // A place that is unknown is NaN, for which this is not true either.
        if (!(px >= reach && py >= reach && px < columns - reach && py < rows - reach)) continue;
        let from = 0;
        for (let dy = -reach; dy <= reach; dy++) {
          let at = (py + dy) * columns + px - reach;
          for (let dx = 0; dx < side; dx++, at++) {
            const a = alpha[from++];
            if (a === 0) continue;
            if (a === 1 || data[4 * at + 3] === 0) {
              words[at] = opaque[code];
              if (a < 1) data[4 * at + 3] = a * 255;
              continue;
            }
            for (let c = 0; c < 3; c++)
              data[4 * at + c] += (looks[4 * code + c] - data[4 * at + c]) * a;
            data[4 * at + 3] = Math.max(data[4 * at + 3], a * 255);
          }
        }
      }
      context.putImageData(image, 0, 0);
    },
  };
}
