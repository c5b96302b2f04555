// Which labels a gesture over several pictures would change. Nothing is said here, only counted.

/**
 * @typedef {object} Tally
 * @property {number[]} open pictures without an answer, and those asked again without a hint
 * @property {number[]} same pictures that have this very label
 * @property {number[]} other pictures whose label, or "unsure", would change
 * @property {[name: string, number: number][]} names how many of `other` have which, most first
 */

/**
 * @param {import("./types.js").State} state
 * @param {number[]} items
 * @param {string | null} [label] class name; null: unsure; none: any that a key may give
 * @returns {Tally}
 */
export function tally({ columns, session, batch }, items, label) {
  // Who is asked without a hint is to answer, whatever was said before.
  const asked = new Set(batch?.picks.filter((p) => p.blind && !batch.answers[p.item]).map((p) => p.item));
  /** @type {{ open: number[], same: number[], other: number[] }} */
  const parts = { open: [], same: [], other: [] };
  /** @type {Map<string, number>} */
  const names = new Map();
  for (const item of items) {
    const place = columns.labels[item] ?? -1;
    const name = place >= 0 ? (session?.classes[place]?.name ?? "another class") : null;
    const hasAnswer = name !== null || columns.unsure.has(item);
    if (!hasAnswer || asked.has(item)) parts.open.push(item);
    else if (name === label) parts.same.push(item);
    else {
      parts.other.push(item);
      const said = name ?? "unsure";
      names.set(said, (names.get(said) ?? 0) + 1);
    }
  }
  return { ...parts, names: [...names].sort((a, b) => b[1] - a[1]) };
}

/** How many have which label, in words: "defect 40, ok 20". @param {Tally} tally */
export const named = ({ names }) => names.map(([name, n]) => `${name} ${n.toLocaleString("en-GB")}`).join(", ");
