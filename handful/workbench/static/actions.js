// What a person can do. Each action changes the page at once, and tells the server through the outbox.

import { h } from "../house/dom.js";
import * as api from "./api.js";
import { tally } from "./labelled.js";
import { goesOn, nextOpen } from "./store.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Verdict} Verdict */

/** @typedef {ReturnType<typeof createActions>} Actions */

const KEPT_MS = 60_000; // as long as the browser may need to write a file down

/**
 * @param {import("./store.js").Store} store
 * @param {{ add: (path: string, body: any, by: string | null) => Promise<void> }} outbox
 * @param {import("./follow.js").Follower} follower
 * @param {import("./questions.js").Questions} questions
 * @param {import("./views/overwrite.js").AskFirst} askFirst before labels of several pictures change
 */
export function createActions(store, outbox, follower, questions, askFirst) {
  const { ask, current, lookAhead } = questions;
  /** Undos and redos under way, with the step that the page has shown already, if it knows one. @type {Map<string, import("./types.js").Step | undefined>} */
  const turning = new Map();

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
   * @param {{ label?: string | null, labels?: string[] | null, verdict?: Verdict | null, flag?: boolean | null, source?: string, overwrite?: boolean }} what
   */
  function gesture(
    items,
    { label = null, labels = null, verdict = null, flag = null, source, overwrite = false },
  ) {
    const { session, batch } = store.get();
    const pick = batch?.picks.find((p) => p.item === items[0]);
    const made = {
      id: crypto.randomUUID(),
      items,
      label,
      labels,
      verdict,
      flag,
      overwrite,
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

  /** @param {number[]} items @param {string | null} label @param {Verdict | null} verdict @param {string} [source] @param {boolean} [overwrite] labels that are there may change */
  function say(items, label, verdict, source, overwrite) {
    return said(items, gesture(items, { label, verdict, source, overwrite }), [label]);
  }

  /**
   * The same of any number of pictures. One is looked at when its key is pressed, and takes the
   * answer. Of several, those that have a label keep it, unless the person agrees to change them.
   * @param {number[]} items @param {string | null} label null: unsure
   * @param {Verdict | null} verdict @param {string} [source]
   */
  function sayOfMany(items, label, verdict, source) {
    if (items.length < 2) return say(items, label, verdict, source);
    const counted = tally(store.get(), items, label);
    const { open, same, other } = counted;
    // Who is asked again without a hint may have said something before.
    const asked = open.some((item) => store.get().columns.labels[item] >= 0);
    if (other.length) {
      void askFirst(counted, label).then((choice) => {
        if (choice === "all") say([...open, ...other], label, verdict, source, true);
        else if (choice === "open") say(open, label, verdict, source, asked);
      });
      return true;
    }
    return open.length ? say(open, label, verdict, source, asked) : say(same, label, verdict, "grid", true);
  }

  /** Of each picture a class of its own: one gesture. @param {[number, string][]} found @param {Verdict | null} verdict "not": it is wrong @param {string} [source] @param {boolean} [overwrite] */
  function sayEach(found, verdict, source = "suggestion", overwrite = false) {
    const items = found.map(([item]) => item);
    const labels = found.map(([, name]) => name);
    const isOne = labels.every((name) => name === labels[0]);
    const what = isOne ? { label: labels[0] } : { labels };
    return said(items, gesture(items, { ...what, verdict, source, overwrite }), labels);
  }

  /** @param {number[]} items @param {any} made @param {(string | null)[]} labels one for each item, or one for all */
  function said(items, made, labels) {
    const answers = items.map((_, k) => ({
      label: labels[labels.length > 1 ? k : 0],
      verdict: made.verdict,
      ids: [made.id],
    }));
    store.answered(items, answers, made, { isKept: isKept(made.verdict) });
    questions.lookedAtAnew();
    afterwards();
    return true;
  }

  /** Once all are answered the next questions come by themselves. */
  function afterwards() {
    const { batch } = store.get();
    lookAhead();
    if (batch && goesOn(batch) && nextOpen(batch, 0) < 0) void questions.goOn();
  }

  /** @param {string} name */
  function label(name) {
    const { batch } = store.get();
    const items = target();
    const verdict = batch?.kind === "disagreements" ? "decide" : null;
    return items.length > 0 && sayOfMany(items, name, verdict);
  }

  function unsure() {
    const items = target();
    return items.length > 0 && sayOfMany(items, null, "unsure");
  }

  /**
   * What stands beside the pictures of the selection, or the one under the cursor: the label that a
   * picture has, where it is shown for its label's sake, else what the model says.
   * @returns {{ kept: [number, string][], suggested: [number, string][] }}
   */
  function shown() {
    const picks = new Map(store.get().batch?.picks.map((pick) => [pick.item, pick]));
    const known = new Set(store.get().session?.classes.map((c) => c.name));
    /** @type {{ kept: [number, string][], suggested: [number, string][] }} */
    const found = { kept: [], suggested: [] };
    for (const item of target()) {
      const { given, suggestion } = picks.get(item) ?? questions.asPicks([item])[0];
      if (given && known.has(given)) found.kept.push([item, given]);
      else if (suggestion && known.has(suggestion.label)) found.suggested.push([item, suggestion.label]);
    }
    return found;
  }

  /** Takes what the model says; a label that is there stays, and is confirmed. */
  function accept() {
    const { kept, suggested } = shown();
    if (suggested.length) return sayEach(suggested, null);
    return kept.length > 0 && keep(kept);
  }

  /** The suggestion is wrong: where there is a label, it stays. */
  function refuse() {
    const { kept, suggested } = shown();
    if (suggested.length) return sayEach(suggested, "not");
    return kept.length > 0 && keep(kept);
  }

  /** Says the labels once more that are there. @param {[number, string][]} kept */
  const keep = (kept) => sayEach(kept, null, kept.length > 1 ? "grid" : "key", true);

  /** The pictures of one predicted class without an answer here; their labels change only if agreed. @param {string} [name] */
  function acceptRow(name = current()?.suggestion?.label) {
    const { batch, session } = store.get();
    if (!batch || !session?.classes.some((c) => c.name === name)) return false;
    const row = batch.picks.filter((p) => p.suggestion?.label === name && !batch.answers[p.item]);
    const items = row.map((p) => p.item);
    if (items.length === 1 && row[0].given && row[0].given !== name) return confirmOne(items, name);
    return items.length > 0 && sayOfMany(items, name, null, "suggestion");
  }

  /** A row of one picture with another label: the row's key must not change it unasked. @param {number[]} items @param {string} name */
  function confirmOne(items, name) {
    void askFirst(tally(store.get(), items, name), name).then((choice) => {
      if (choice === "all") say(items, name, null, "suggestion");
    });
    return true;
  }

  function flag() {
    const items = target();
    if (!items.length) return false;
    const on = !items.every((i) => store.get().columns.flagged.has(i));
    store.flagChanged(items, on, gesture(items, { flag: on }));
    return true;
  }

  /** Calls a class otherwise, or makes it part of another. @param {"rename" | "merge"} how @param {string} from @param {string} to */
  function changeClass(how, from, to) {
    const id = crypto.randomUUID();
    store.classChanged(from, to, { id, items: [], change: [from, to] });
    questions.forget(); // what was fetched ahead speaks of the class as it was called before
    void outbox.add("/api/classes", { [how]: [from, to], id }, api.annotator);
  }

  function undo() {
    const { batch } = store.get();
    const step = store.stepUndone();
    if (step?.gesture.change) questions.forget();
    // Going back to earlier questions must not lose those that had come since.
    else if (
      step &&
      batch &&
      goesOn(batch) &&
      step.batch?.picks !== batch.picks &&
      !Object.keys(batch.answers).length
    )
      questions.keepForLater(batch);
    if (step ? step.isKept : store.get().session?.can_undo) turn("/api/undo", step);
    return true;
  }

  function redo() {
    const step = store.stepToRedo();
    if (!step && !store.get().session?.can_redo) return true;
    if (step) {
      const { gesture, answers, isKept } = step;
      if (gesture.change) {
        store.classChanged(gesture.change[0], gesture.change[1], gesture, true);
        questions.forget();
      } else if (answers.length)
        store.answered(gesture.items, answers, gesture, { isKept, again: true });
      else store.flagChanged(gesture.items, gesture.flag, gesture, true);
    }
    if (step?.isKept === false) return true;
    turn("/api/redo", step);
    return true;
  }

  /** Undo or redo at the server. @param {string} path @param {import("./types.js").Step | undefined} step shown already */
  function turn(path, step) {
    const id = crypto.randomUUID();
    turning.set(id, step);
    void outbox.add(path, { id }, api.annotator);
  }

  /** The server took back or restored gestures, perhaps of before this page was opened. @param {string} path @param {string} id @param {number[]} items */
  function turned(path, id, items) {
    if (!turning.has(id)) return;
    const step = turning.get(id);
    turning.delete(id);
    if (step) {
      const meant = new Set(step.gesture.items);
      if (meant.size === items.length && items.every((item) => meant.has(item))) return;
      // The latest gesture was made in another tab: it is that one which the server took back.
      store.stepMistaken(step, path === "/api/undo");
      follower.lookAnew();
    }
    if (!items.length) return;
    const words = path === "/api/undo" ? "Undone" : "Done again";
    store.steppedElsewhere(items, words);
    questions.these(items, words);
  }

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

  // -- taking it away -------------------------------------------------------------------------

  /** Has a file made and hands it to the browser; why it cannot be made is said. @param {string} path */
  async function take(path) {
    if (store.get().taking) return;
    store.takingChanged(path);
    try {
      const { blob, name } = await api.file(path);
      const address = URL.createObjectURL(blob);
      h("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
    } catch (error) {
      follower.failed(error);
    } finally {
      store.takingChanged(null);
    }
  }

  /** Freezes the model as it is now, and asks the questions of its exam. */
  async function examine() {
    if (store.get().taking) return;
    store.takingChanged("/api/exam");
    try {
      follower.sessionArrived(await api.beginExam());
      await questions.open("exam", "");
    } catch (error) {
      follower.failed(error);
    } finally {
      store.takingChanged(null);
    }
  }

  // -- moving about ---------------------------------------------------------------------------

  /** @param {number} to */
  function moveTo(to) {
    const { batch } = store.get();
    if (!batch?.picks.length) return;
    if (to >= batch.picks.length && goesOn(batch) && nextOpen(batch, 0) < 0)
      return void questions.goOn();
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
    else if (batch && batch.kind !== "ask") void questions.open("ask", "");
    return true;
  }

  return {
    ask,
    open: questions.open,
    similar: questions.similar,
    lassoed: questions.lassoed,
    label,
    unsure,
    accept,
    acceptRow,
    refuse,
    flag,
    undo,
    redo,
    turned,
    changeClass,
    project,
    take,
    examine,
    moveTo,
    letGo,
    target,
    current,
  };
}
