// Where items lie: finds the nearest, those within an outline, and the next in a direction.

const PER_CELL = 4;

/** @param {Float32Array} positions x and y of each item; NaN for one that has no place yet */
export function createPlane(positions) {
  const n = positions.length / 2;
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    const [x, y] = [positions[2 * i], positions[2 * i + 1]];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  const cells = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / PER_CELL))));
  const [width, height] = [Math.max(x1 - x0, 1e-9) / cells, Math.max(y1 - y0, 1e-9) / cells];
  const clamp = (/** @type {number} */ cell) => Math.max(0, Math.min(cells - 1, Math.floor(cell)));
  const column = (/** @type {number} */ x) => clamp((x - x0) / width);
  const row = (/** @type {number} */ y) => clamp((y - y0) / height);

  // Items sorted by cell: those of cell c stand in order[starts[c]] to order[starts[c + 1] - 1].
  const starts = new Uint32Array(cells * cells + 1);
  const cellOf = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    const [x, y] = [positions[2 * i], positions[2 * i + 1]];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    cellOf[i] = row(y) * cells + column(x);
    starts[cellOf[i] + 1]++;
  }
  for (let c = 0; c < cells * cells; c++) starts[c + 1] += starts[c];
  const order = new Uint32Array(starts[cells * cells]);
  const filled = starts.slice();
  for (let i = 0; i < n; i++) if (cellOf[i] >= 0) order[filled[cellOf[i]]++] = i;

  /** @param {number} left @param {number} bottom @param {number} right @param {number} top @param {(i: number, x: number, y: number) => void} visit */
  function each(left, bottom, right, top, visit) {
    for (let r = row(bottom); r <= row(top); r++) {
      for (let c = column(left); c <= column(right); c++) {
        const cell = r * cells + c;
        for (let place = starts[cell]; place < starts[cell + 1]; place++) {
          const i = order[place];
          visit(i, positions[2 * i], positions[2 * i + 1]);
        }
      }
    }
  }

  return {
    size: order.length,
    bounds: order.length ? [x0, y0, x1, y1] : [-1, -1, 1, 1],
    /** The item nearest to a place, within reach, or -1. @param {number} x @param {number} y @param {number} reach along x @param {number} flatness how much farther it reaches along y */
    nearest(x, y, reach, flatness) {
      let [best, least] = [-1, reach * reach];
      const reachY = reach * flatness;
      each(x - reach, y - reachY, x + reach, y + reachY, (i, ix, iy) => {
        const distance = (ix - x) ** 2 + ((iy - y) / flatness) ** 2;
        if (distance < least) [best, least] = [i, distance];
      });
      return best;
    },
    /** Items inside an outline. @param {[number, number][]} outline @returns {number[]} */
    within(outline) {
      if (outline.length < 3) return [];
      const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
      /** @type {number[]} */
      const found = [];
      each(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (i, x, y) => {
        if (isInside(outline, x, y)) found.push(i);
      });
      return found;
    },
    /** The nearest item that lies in a direction from another. @param {number} from @param {number} dx @param {number} dy */
    towards(from, dx, dy) {
      const [fromX, fromY] = [positions[2 * from], positions[2 * from + 1]];
      let [best, least] = [from, Infinity];
      for (const i of order) {
        const [x, y] = [positions[2 * i] - fromX, positions[2 * i + 1] - fromY];
        const along = x * dx + y * dy;
        const cost = along + 2.5 * Math.abs(x * dy - y * dx);
        if (i !== from && along > 1e-6 && cost < least) [best, least] = [i, cost];
      }
      return best;
    },
  };
}

/** By counting how often a ray to the right crosses the outline. @param {[number, number][]} outline @param {number} x @param {number} y */
export function isInside(outline, x, y) {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [outline[i], outline[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** @typedef {ReturnType<typeof createPlane>} Plane */
