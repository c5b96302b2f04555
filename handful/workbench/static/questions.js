// What stands in the middle: questions, fetched before they are wanted, or any other set of pictures.

import * as api from "./api.js";
import { fetchAhead, LARGE, MEDIUM } from "./pictures.js";
import { goesOn } from "./store.js";
import { isSearched } from "./views/finder.js";

/** @typedef {import("./types.js").Pick} Pick */
/** @typedef {import("./types.js").Batch} Batch */

const BATCH = 24;
const BATCH_NARROW = 12;
const AHEAD = 8; // this many unanswered, and the next batch is fetched
const LISTED = 200; // of what is looked through, not asked
const NONE = 255;

/** @param {Pick} pick who gave its label, and when */
const withAuthor = (pick) => ({ ...pick, author: pick.reason });

/** @typedef {ReturnType<typeof createQuestions>} Questions */

/**
 * @param {import("./store.js").Store} store
 * @param {{ items: () => number[] }} outbox
 * @param {import("./follow.js").Follower} follower
 */
export function createQuestions(store, outbox, follower) {
  const size = matchMedia("(max-width: 720px)").matches ? BATCH_NARROW : BATCH;
  /** The questions that come after those shown. @type {Promise<Batch | null> | null} */
  let next = null;
  let kindOfNext = "ask";
  let shownAt = performance.now();

  const current = () => store.get().batch?.picks[store.get().cursor] ?? null;

  /**
   * Blind ones first, for who asks anew before the end must not pass over what measures; then by
   * predicted class, surest first. Where nothing is predicted, as they came.
   * @param {Pick[]} picks
   */
  function sorted(picks) {
    if (!picks.some((pick) => pick.suggestion)) return picks;
    const names = store.get().session?.classes.map((c) => c.name) ?? [];
    const rank = (/** @type {Pick} */ pick) => {
      if (pick.blind) return pick.again ? -1 : -2;
      return pick.suggestion ? names.indexOf(pick.suggestion.label) : names.length;
    };
    return [...picks].sort(
      (a, b) =>
        rank(a) - rank(b) || (b.suggestion?.probability ?? 0) - (a.suggestion?.probability ?? 0),
    );
  }

  /**
   * Questions of a kind, but not those in sight, nor what was answered and is still on its way.
   * @param {string} kind @param {string} title @param {number[]} [shown] @returns {Promise<Batch | null>}
   */
  async function fetchBatch(kind, title, shown = []) {
    const among = store.get().session?.embedded ?? 0;
    try {
      const wanted = isSearched(kind) ? LISTED : size;
      const { picks, total } = await api.queue(kind, wanted, [...shown, ...outbox.items()]);
      const batch = {
        kind,
        title,
        picks: sorted(kind.startsWith("labelled") ? picks.map(withAuthor) : picks),
        total,
        among,
        answers: {},
      };
      const side = store.get().mode === "focus" ? LARGE : MEDIUM;
      fetchAhead(
        batch.picks.slice(0, side === LARGE ? 4 : BATCH).map((pick) => pick.item),
        side,
      );
      return batch;
    } catch (error) {
      follower.failed(error);
      return null;
    }
  }

  /** @param {Batch | null} batch */
  function show(batch) {
    shownAt = performance.now();
    if (batch) store.batchArrived(batch);
    else store.loadingEnded();
    lookAhead();
  }

  /** Fetches what is wanted soon: the next pictures, and near the end the next questions. */
  function lookAhead() {
    const { batch, cursor, mode } = store.get();
    if (!batch) return;
    if (mode === "focus") {
      const soon = batch.picks.slice(cursor, cursor + 5).map((pick) => pick.item);
      fetchAhead(soon.slice(1), LARGE);
    }
    const open = batch.picks.filter((pick) => !batch.answers[pick.item]);
    if (!goesOn(batch) || open.length > AHEAD || (next && kindOfNext === batch.kind)) return;
    kindOfNext = batch.kind;
    next = fetchBatch(
      batch.kind,
      "",
      batch.picks.map((pick) => pick.item),
    );
  }

  async function ask(kind = "ask") {
    store.loadingBegan();
    const waiting = kindOfNext === kind ? next : null;
    next = null;
    show((await waiting) ?? (await fetchBatch(kind, "")));
  }

  /** More of what is being asked. */
  const goOn = () => ask(store.get().batch?.kind === "exam" ? "exam" : "ask");

  /** @param {string} kind @param {string} title */
  async function open(kind, title) {
    if (kind === "ask") {
      next = null; // who asks for questions wants them of the latest model
      return ask();
    }
    store.viewChanged("label");
    if (kind === "exam") {
      next = null;
      return ask(kind);
    }
    store.loadingBegan();
    show(await fetchBatch(kind, title));
  }

  /** Items as picks, with what the map knows of them. @param {number[]} items @returns {Pick[]} */
  function asPicks(items) {
    const { columns, session } = store.get();
    const name = (/** @type {number} */ k) => session?.classes[k]?.name ?? null;
    return items.map((item) => {
      const given = columns.labels[item] >= 0 ? name(columns.labels[item]) : null;
      const label =
        given === null && columns.colours[item] !== NONE ? name(columns.colours[item]) : null;
      return {
        item,
        reason: null,
        blind: false,
        probability: null,
        suggestion: label === null ? null : { label, probability: null },
        given,
      };
    });
  }

  async function similar(item = current()?.item) {
    if (item === undefined) return;
    store.loadingBegan();
    try {
      const { items } = await api.similar(item, size);
      const path = store.get().columns.paths[item] ?? `picture ${item}`;
      store.viewChanged("label");
      store.modeChanged("grid");
      show({
        kind: "similar",
        title: `Most like ${path.split("/").pop()}`,
        picks: sorted(asPicks([item, ...items])),
        total: items.length + 1,
        among: 0,
        answers: {},
      });
    } catch (error) {
      store.loadingEnded();
      follower.failed(error);
    }
  }

  /** Any items; of many a random handful. @param {number[]} items @param {string} title @param {string} [kind] */
  function these(items, title, kind = "these") {
    const shown = items.length <= size ? items : sample(items, size);
    show({
      kind,
      title,
      picks: sorted(asPicks(shown)),
      total: items.length,
      among: 0,
      answers: {},
    });
  }

  /** Items inside a lasso. @param {number[]} items */
  function lassoed(items) {
    store.lassoChanged(false);
    if (!items.length) return;
    these(items, "In the lasso", "lasso");
    store.selected(items, "lasso");
    store.modeChanged("grid");
    // The keys mean the pictures now, no longer the map.
    document.getElementById("work")?.focus({ preventScroll: true });
  }

  return {
    ask: () => ask(),
    goOn,
    open,
    similar,
    these,
    lassoed,
    asPicks,
    lookAhead,
    /** What was fetched ahead is not wanted any more. */
    forget: () => void (next = null),
    current,
    /** Questions to come back to before any others. @param {Batch} batch */
    keepForLater: (batch) => void ([next, kindOfNext] = [Promise.resolve(batch), batch.kind]),
    /** How long the picture has been looked at, from now on. */
    lookedAtAnew: () => void (shownAt = performance.now()),
    lookedAtMs: () => Math.round(performance.now() - shownAt),
  };
}

/**
 * Some of the items, drawn at random, the same of the same items.
 * @param {number[]} items
 * @param {number} n
 */
function sample(items, n) {
  const rest = [...items];
  let state = items.length; // of a linear congruential generator, after Numerical Recipes
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = i + Math.floor((state / 2 ** 32) * (rest.length - i));
    [rest[i], rest[j]] = [rest[j], rest[i]];
  }
  return rest.slice(0, n);
}
