// Reads the page's data. The columns are base64 of little-endian arrays: see payload.py.

import { unpackCurve } from "./curve.js";

/** @typedef {{ value: number, low: number, high: number, confidence: number, n: number, method: string }} Figure */
/** @typedef {{ given: number, predicted: number, count: number, share: number }} MixUp */
/** @typedef {{ predicted: number, right: number, low: number, high: number, n: number }} Bin */
/** @typedef {{ coverage: number, error: number, low: number, high: number, threshold: number }} Operating */
/** @typedef {{ attribute: string, value: string, n: number, error: number, low: number, high: number, rest: number, looked_at: number }} Slice */
/** @typedef {{ found: Slice[], looked_at: Record<string, number>, passed_over: Record<string, string> }} Sliced */
/**
 * @typedef {object} Scope
 * @property {"test" | "learning"} name
 * @property {number} n
 * @property {string} headline
 * @property {string} population which items its figures are of, in words
 * @property {any} estimate
 * @property {{ class: number, share: number }} commonest
 * @property {{ cells: number[][], order: number[], mix_ups: MixUp[] }} confusion
 * @property {Bin[]} reliability
 * @property {Operating[]} abstention
 * @property {number[]} errors
 * @property {number} num_errors
 * @property {import("./curve.js").PackedCurve[]} curves of each class that has items here, and others beside it
 * @property {Sliced} slices
 */
/** @typedef {{ item: number, suggested: number, score: number, against: number[], num_against: number, heard: number, reason: string }} Suspect */
/** @typedef {{ class: number, probability: number }} Answer */
/** @typedef {{ name: string, log_loss: number | null, settings: Record<string, number | string> }} Candidate */
/** @typedef {{ kind: string, severity: "fault" | "warning" | "note", reason: string, suggestion: string, paths: string[] }} Finding */
/** @typedef {{ rates: number[], losses: number[], taken: number }} Rates */
/**
 * @typedef {object} Deep
 * @property {"deep" | "frozen"} shipped
 * @property {string} why
 * @property {{ value: number, low: number, high: number } | null} difference
 * @property {Rates | null} rates
 * @property {string[]} notes
 * @property {{ cut: string, log_loss: number }[]} rounds
 * @property {{ run: string, round: string, losses: number[] }[]} runs
 */
/** How it does on new series: runs of neighbours were left out together.
 * @typedef {{ order: string, length: number, runs: number, at_random: number, p_value: number, leads: boolean, n: number, accuracy: Figure, auroc: Figure | null, positive: string | null }} Blocked */
/**
 * @typedef {object} PageData
 * @property {string} name of the data
 * @property {string} noun what an item is called, in the plural
 * @property {string} created
 * @property {string | null} note why the figure on new series leads; null where it does not
 * @property {string[]} warnings what makes the figures untrue, or was left out of them
 * @property {Blocked | null} blocked
 * @property {string[]} classes
 * @property {number} total items, of which the page may know fewer
 * @property {Scope[]} scopes
 * @property {{ total: number, list: Suspect[] }} suspects
 * @property {{ total: number, clusters: number[][] }} duplicates
 * @property {Candidate[]} candidates
 * @property {Deep | null} deep
 * @property {{ total: number, list: Finding[] }} findings
 * @property {{ path: string, why: string }[]} quarantined
 * @property {number} num_quarantined
 * @property {string | null} note why the figure on new series comes first, where it does
 * @property {string[]} warnings what makes the figures untrue, or was left out of them
 * @property {{ model: string, value: number, low: number, high: number, n: number }[]} exams of the models named, not of the page's
 * @property {any} conditions
 */

/** @param {string} id */
function embedded(id) {
  const element = document.getElementById(id);
  return JSON.parse(element?.textContent ?? "null");
}

/** @param {string} text */
function bytes(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
}

/** The point of the abstention curve that answers this share of the items. @param {Scope} scope @param {number} share */
export function operatingAt(scope, share) {
  return scope.abstention.reduce((best, p) =>
    Math.abs(p.coverage - share) < Math.abs(best.coverage - share) ? p : best,
  );
}

/**
 * A text as it may be shown: characters that move the cursor or turn the direction of what
 * follows are replaced. Names come from files; they are text, and must not pass for anything else.
 * @param {string} text
 */
function legible(text) {
  return text.replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** The same for every text within a value. @param {any} value @returns {any} */
function legibly(value) {
  if (typeof value === "string") return legible(value);
  if (Array.isArray(value)) return value.map(legibly);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [legible(key), legibly(part)]),
  );
}

/** The page's data with its columns unpacked. */
export function readReport() {
  const { items, ...rest } = embedded("report-data");
  const pictures = embedded("report-pictures");
  /** @type {PageData} */
  const data = legibly(rest);
  const labels = new Uint16Array(bytes(items.labels));
  const scopes = new Int8Array(bytes(items.scopes));
  const positions = new Float32Array(bytes(items.positions));
  const given = new Float32Array(bytes(items.given));
  const topClasses = new Uint16Array(bytes(items.top_classes));
  const topProbabilities = new Float32Array(bytes(items.top_probabilities));
  const neighbours = new Int32Array(bytes(items.neighbours));
  const similarities = new Int8Array(bytes(items.similarities));
  const sizes = items.sizes === null ? null : new Uint32Array(bytes(items.sizes));
  const { top, n, num_neighbours: width } = items;

  return {
    ...data,
    /** @type {number} */ n,
    labels,
    positions,
    numPictures: new Set([...Object.keys(pictures.thumbnails), ...Object.keys(pictures.previews)]).size,
    numPreviews: Object.keys(pictures.previews).length,
    /** @type {number} */ weight: pictures.weight,
    /** @param {import("./curve.js").PackedCurve} packed */
    curve: (packed) => unpackCurve(packed, bytes),
    /** @param {number} i @returns {string} */
    path: (i) => legible(items.paths[i]),
    /** As it is, for the clipboard. @param {number} i @returns {string} */
    rawPath: (i) => items.paths[i],
    /** @param {number} i */
    label: (i) => labels[i],
    /** @param {number} i */
    prediction: (i) => topClasses[i * top],
    /** @param {number} i */
    confidence: (i) => topProbabilities[i * top],
    /** The probability of the label given. @param {number} i */
    given: (i) => given[i],
    /** @param {number} i */
    isRight: (i) => topClasses[i * top] === labels[i],
    /** Its scope's place; -1 where no figure is of the item. @param {number} i */
    scopeOf: (i) => scopes[i],
    /** @param {number} i */
    isHeldOut: (i) => data.scopes[scopes[i]]?.name === "test",
    /** The most probable classes. @param {number} i @returns {Answer[]} */
    answers: (i) =>
      Array.from({ length: top }, (_, j) => ({
        class: topClasses[i * top + j],
        probability: topProbabilities[i * top + j],
      })),
    /** @param {number} i @returns {number[]} */
    neighbours: (i) =>
      Array.from(neighbours.slice(i * width, (i + 1) * width)).filter((j) => j >= 0),
    /** Cosine similarity of an item to one of its neighbours. @param {number} i @param {number} j */
    similarity: (i, j) => similarities[i * width + neighbours.indexOf(j, i * width) - i * width] / 100,
    /** Width and height of the original in pixels. @param {number} i @returns {[number, number] | null} */
    size: (i) => (sizes ? [sizes[2 * i], sizes[2 * i + 1]] : null),
    /** @param {number} i */
    hasPreview: (i) => i in pictures.previews,
    /** A small picture's address, or undefined. @param {number} i @returns {string | undefined} */
    thumbnail: (i) => pictures.thumbnails[i] ?? pictures.previews[i],
    /** The largest picture there is. @param {number} i @returns {string | undefined} */
    preview: (i) => pictures.previews[i] ?? pictures.thumbnails[i],
    /** Items of a scope with this label and answer that the page knows, surest first.
     * @param {Scope} scope @param {number} label @param {number} answer */
    inCell(scope, label, answer) {
      const wanted = data.scopes.indexOf(scope);
      const found = [];
      for (let i = 0; i < n; i++) {
        if (labels[i] === label && topClasses[i * top] === answer && scopes[i] === wanted)
          found.push(i);
      }
      return found.sort((a, b) => topProbabilities[b * top] - topProbabilities[a * top]);
    },
  };
}

/** @typedef {ReturnType<typeof readReport>} Report */
