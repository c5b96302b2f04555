// What a person can do. Each action changes the page at once, and tells the server through the outbox.

import * as api from "./api.js";
import { nextOpen } from "./store.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Verdict} Verdict */

/** @typedef {ReturnType<typeof createActions>} Actions */

/**
 * @param {import("./store.js").Store} store
 * @param {{ add: (path: string, body: any, by: string | null) => Promise<void> }} outbox
 * @param {import("./follow.js").Follower} follower
 * @param {import("./questions.js").Questions} questions
 */
export function createActions(store, outbox, follower, questions) {
  const { ask, current, lookAhead } = questions;
  /** Undos and redos of which this page does not know what they concern. @type {Set<string>} */
  const unseen = new Set();

  /** What a label would fall on: the selection, or the picture under the cursor. */
  function target() {
    const { selection } = store.get();
    if (selection.items.length) return selection.items;
    const pick = current();
    return pick ? [pick.item] : [];
  }

  /** How a gesture over so many pictures was made. @param {number} number */
  function how(number) {
    if (store.get().selection.origin === "lasso") return "lasso";
    return number > 1 ? "grid" : "key";
  }

  // -- what is said ---------------------------------------------------------------------------

  /**
   * @param {number[]} items
   * @param {{ label?: string | null, verdict?: Verdict | null, flag?: boolean | null, source?: string }} what
   */
  function gesture(items, { label = null, verdict = null, flag = null, source }) {
    const { session, batch } = store.get();
    const pick = batch?.picks.find((p) => p.item === items[0]);
    const made = {
      id: crypto.randomUUID(),
      items,
      label,
      verdict,
      flag,
      source: items.length === 1 && pick?.again ? "reask" : (source ?? how(items.length)),
      milliseconds: questions.lookedAtMs(),
      query: items.length === 1 ? (pick?.probability ?? null) : null,
      model: session?.model.version || null,
    };
    void outbox.add("/api/gestures", made, api.annotator);
    return made;
  }

  /**
   * Whether the server writes it down, so that its undo is the server's too. Passing over leaves
   * no trace, nor does a refusal, but of two classes, where it names the other.
   * @param {Verdict | null} verdict
   */
  const isKept = (verdict) =>
    verdict !== "skip" && (verdict !== "not" || store.get().session?.classes.length === 2);

  /** @param {number[]} items @param {string | null} label @param {Verdict | null} verdict @param {string} [source] */
  function say(items, label, verdict, source) {
    if (!items.length) return false;
    const made = gesture(items, { label, verdict, source });
    store.answered(items, { label, verdict, ids: [made.id] }, made, { isKept: isKept(verdict) });
    questions.lookedAtAnew();
    afterwards();
    return true;
  }

  /** Once all are answered the next questions come by themselves. */
  function afterwards() {
    const { batch } = store.get();
    lookAhead();
    if (batch && batch.kind === "ask" && nextOpen(batch, 0) < 0) void ask();
  }

  /** @param {string} name */
  function label(name) {
    const { batch } = store.get();
    return say(target(), name, batch?.kind === "disagreements" ? "decide" : null);
  }

  function accept() {
    const { selection, batch } = store.get();
    if (selection.origin === "grid") return acceptEach(selection.items);
    const suggestion = current()?.suggestion;
    if (!suggestion || selection.items.length || !batch) return false;
    return say(target(), suggestion.label, null, "suggestion");
  }

  /** Each picture its own suggestion: one gesture for each class. @param {number[]} items */
  function acceptEach(items) {
    const picks =
      store.get().batch?.picks.filter((p) => items.includes(p.item) && p.suggestion) ?? [];
    for (const name of new Set(picks.map((p) => p.suggestion?.label ?? ""))) {
      say(
        picks.filter((p) => p.suggestion?.label === name).map((p) => p.item),
        name,
        null,
        "suggestion",
      );
    }
    return picks.length > 0;
  }

  /** The open pictures of one predicted class. @param {string} [name] */
  function acceptRow(name = current()?.suggestion?.label) {
    const { batch } = store.get();
    if (!batch || !name) return false;
    const row = batch.picks.filter((p) => p.suggestion?.label === name && !batch.answers[p.item]);
    return say(
      row.map((p) => p.item),
      name,
      null,
      "suggestion",
    );
  }

  function refuse() {
    const suggestion = current()?.suggestion;
    return suggestion ? say([current()?.item ?? -1], suggestion.label, "not") : false;
  }

  function flag() {
    const items = target();
    if (!items.length) return false;
    const on = !items.every((i) => store.get().columns.flagged.has(i));
    store.flagChanged(items, on, gesture(items, { flag: on }));
    return true;
  }

  function undo() {
    const { batch } = store.get();
    const step = store.stepUndone();
    // Going back to earlier questions must not lose those that had come since.
    if (step && batch?.kind === "ask" && step.batch !== batch && !Object.keys(batch.answers).length)
      questions.keepForLater(batch);
    if (step ? step.isKept : store.get().session?.can_undo) turn("/api/undo", Boolean(step));
    return true;
  }

  function redo() {
    const step = store.stepToRedo();
    if (!step && !store.get().session?.can_redo) return true;
    if (step?.answer.ids.length) {
      const { gesture, answer, isKept } = step;
      store.answered(gesture.items, answer, gesture, { isKept, again: true });
    }
    if (step?.isKept === false) return true;
    turn("/api/redo", Boolean(step));
    return true;
  }

  /** Undo or redo at the server. @param {string} path @param {boolean} isShown whether the page has shown it already */
  function turn(path, isShown) {
    const id = crypto.randomUUID();
    if (!isShown) unseen.add(id);
    void outbox.add(path, { id }, api.annotator);
  }

  /** The server took back or restored gestures, perhaps of before this page was opened. @param {string} path @param {string} id @param {number[]} items */
  function turned(path, id, items) {
    if (!unseen.delete(id) || !items.length) return;
    const words = path === "/api/undo" ? "Undone" : "Done again";
    store.steppedElsewhere(items, words);
    questions.these(items, words);
  }

  /** @param {Record<string, unknown>} change */
  const classes = (change) =>
    void outbox.add("/api/classes", { ...change, id: crypto.randomUUID() }, api.annotator);

  // -- the map --------------------------------------------------------------------------------

  /** Parts two sets of items on the map, or lays it out as at first. @param {{ a: number[], b: number[], words: string } | null} groups */
  async function project(groups) {
    try {
      const positions = await (groups ? api.positions(groups.a, groups.b) : api.positions());
      store.positionsArrived(positions, groups?.words ?? null);
    } catch (error) {
      follower.failed(error);
    }
  }

  // -- moving about ---------------------------------------------------------------------------

  /** @param {number} to */
  function moveTo(to) {
    const { batch } = store.get();
    if (!batch?.picks.length) return;
    if (to >= batch.picks.length && batch.kind === "ask" && nextOpen(batch, 0) < 0)
      return void ask();
    store.cursorMoved(Math.max(0, Math.min(batch.picks.length - 1, to)));
    questions.lookedAtAnew();
    lookAhead();
  }

  /** Esc: first the selection goes, then back to the questions. */
  function letGo() {
    const { selection, lassoing, batch, view } = store.get();
    if (lassoing) store.lassoChanged(false);
    else if (selection.items.length) store.selected([], "none");
    else if (view !== "label") store.viewChanged("label");
    else if (batch && batch.kind !== "ask") void ask();
    return true;
  }

  return {
    ask,
    open: questions.open,
    similar: questions.similar,
    lassoed: questions.lassoed,
    label,
    say,
    accept,
    acceptRow,
    refuse,
    flag,
    undo,
    redo,
    turned,
    classes,
    project,
    moveTo,
    letGo,
    target,
    current,
  };
}
