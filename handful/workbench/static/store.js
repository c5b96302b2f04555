// What the page knows, and every way in which that changes. Nothing else alters the state.

import { PLAIN } from "./lens.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Batch} Batch */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Session} Session */
/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Before} Before */

const NUM_RECENT = 12;
const NO_CLASS = 255;
const MAX_CLASS = 254;

/** @returns {State} */
function initial() {
  return {
    session: null,
    columns: {
      paths: [],
      groups: [],
      labels: new Int16Array(0),
      colours: new Uint8Array(0),
      positions: new Float32Array(0),
      flagged: new Set(),
      unsure: new Set(),
      labelVersion: 0,
      colourVersion: "",
      drawn: 0,
      placed: 0,
    },
    batch: null,
    cursor: 0,
    loading: false,
    selection: { items: [], origin: "none" },
    view: "label",
    mode: matchMedia("(max-width: 720px)").matches ? "focus" : "grid",
    lens: PLAIN,
    lensMeasure: { share: 0, range: null },
    wideMap: false,
    lassoing: false,
    projected: null,
    taking: null,
    link: "connecting",
    unsaved: 0,
    everSaved: false,
    fault: null,
    notesRead: false,
    said: "",
    past: [],
    future: [],
    recent: [],
    named: [],
    renamed: [],
  };
}

/**
 * What is new, but for the parts that say what they said before: those stay the same objects, and
 * what shows them is not drawn again.
 * @template {Record<string, any>} T @param {T | null} before @param {T} now @returns {T}
 */
function renewed(before, now) {
  if (!before) return now;
  const entries = Object.entries(now).map(([key, value]) => [
    key,
    JSON.stringify(value) === JSON.stringify(before[key]) ? before[key] : value,
  ]);
  return Object.fromEntries(entries);
}

/** Which pick comes next without an answer, going round; -1 when all have one. @param {Batch} batch @param {number} from */
export function nextOpen(batch, from) {
  const n = batch.picks.length;
  for (let step = 0; step < n; step++) {
    const place = (from + step) % n;
    if (!batch.answers[batch.picks[place].item]) return place;
  }
  return -1;
}

/** Whether more of its kind comes by itself once all is answered. @param {Batch} batch */
export const goesOn = ({ kind }) => kind === "ask" || kind === "exam";

/**
 * Where the cursor goes after an answer. With nothing left it waits behind the last picture for
 * what comes next: a key meant for that must not fall on a picture that has its answer.
 * @param {Batch} batch @param {number} from
 */
function placeAfter(batch, from) {
  const open = nextOpen(batch, from);
  if (open >= 0) return open;
  return goesOn(batch) ? batch.picks.length : from;
}

/** The session with a class that the server may not know yet. @param {Session} session @param {string} name */
function withClass(session, name) {
  if (session.classes.some((c) => c.name === name)) return session;
  const place = session.classes.length;
  const digit = String((place + 1) % 10);
  const key = place < 10 ? digit : place < 20 ? `!${digit}` : "";
  return { ...session, classes: [...session.classes, { name, count: 0, colour: place, key }] };
}

/** @typedef {(name: string | null | undefined) => string | null | undefined} Renamed */

/** @param {Session} session @param {Renamed} renamed @returns {Session} */
const withNames = (session, renamed) => ({
  ...session,
  classes: session.classes.map((c) => ({ ...c, name: renamed(c.name) ?? c.name })),
});

/** The session of a server that has not heard of a rename yet. @param {Session} session @param {[string, string]} change */
const withRename = (session, [from, to]) =>
  session.classes.some((c) => c.name === to)
    ? session
    : withNames(session, (name) => (name === from ? to : name));

/** @param {import("./types.js").Pick} pick @param {Renamed} renamed */
const withName = (pick, renamed) => ({
  ...pick,
  given: renamed(pick.given),
  suggestion: pick.suggestion && {
    ...pick.suggestion,
    label: renamed(pick.suggestion.label) ?? pick.suggestion.label,
  },
});

export function createStore() {
  let state = initial();
  /** @type {Set<() => void>} */
  const listeners = new Set();

  /** @param {Partial<State>} change */
  function set(change) {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  /** @param {Partial<import("./types.js").Columns>} change */
  const columns = (change) =>
    set({ columns: { ...state.columns, ...change, drawn: state.columns.drawn + 1 } });

  /** Writes a label into the columns; returns what stood there. @param {number} item @param {number} label @returns {Before} */
  function write(item, label) {
    const { labels, colours } = state.columns;
    /** @type {Before} */
    const before = [item, labels[item] ?? -1, colours[item] ?? NO_CLASS];
    labels[item] = label;
    if (label >= 0 && label <= MAX_CLASS) colours[item] = label;
    return before;
  }

  /** @param {number[]} items @param {Answer[]} given one for each item; none takes the answers away */
  function batchWith(items, given) {
    if (!state.batch) return null;
    const answers = { ...state.batch.answers };
    items.forEach((item, place) => {
      if (given.length) answers[item] = given[place];
      else delete answers[item];
    });
    return { ...state.batch, answers };
  }

  /** A step that concerns no answer. @param {any} gesture @returns {Step} */
  const step = (gesture) => ({
    gesture,
    batch: state.batch,
    cursor: state.cursor,
    before: [],
    answers: [],
    isKept: true,
  });

  /** @param {number[]} items @param {boolean} on */
  function flaggedWith(items, on) {
    const flagged = new Set(state.columns.flagged);
    for (const i of items) on ? flagged.add(i) : flagged.delete(i);
    return flagged;
  }

  /** @param {number[]} items @param {Answer[]} answers one for each item */
  function unsureWith(items, answers) {
    const unsure = new Set(state.columns.unsure);
    items.forEach((item, k) => {
      if (answers[k].verdict === "unsure") unsure.add(item);
      else if (answers[k].verdict !== "not") unsure.delete(item);
    });
    return unsure;
  }

  return {
    /** @returns {State} */
    get: () => state,
    /** @param {() => void} listener */
    subscribe: (listener) => void listeners.add(listener),

    /** @param {Session} arrived */
    sessionArrived(arrived) {
      const session = state.renamed.reduce(withRename, arrived);
      // Classes named here that the server had not heard of when it spoke stay in sight.
      const named = state.named.filter((name) => !session.classes.some((c) => c.name === name));
      const { batch } = state;
      const known = new Set([...session.classes.map((c) => c.name), ...named]);
      const before = new Set(state.session?.classes.map((c) => c.name));
      // A class that somebody else renamed must not come to life again by its suggestions. One that
      // was never known is new: the questions were faster than the news of it.
      const isStale = (/** @type {import("./types.js").Pick} */ { suggestion }) =>
        suggestion !== null && before.has(suggestion.label) && !known.has(suggestion.label);
      set({
        named,
        session: renewed(state.session, named.reduce(withClass, session)),
        batch:
          batch && !state.unsaved && batch.picks.some(isStale)
            ? { ...batch, picks: batch.picks.map((p) => (isStale(p) ? { ...p, suggestion: null } : p)) }
            : batch,
      });
    },
    /** @param {string[]} paths @param {(string | null)[]} groups */
    itemsArrived(paths, groups) {
      columns({
        paths,
        groups,
        labels: new Int16Array(paths.length).fill(-1),
        colours: new Uint8Array(paths.length).fill(NO_CLASS),
      });
    },
    /** All labels, or those that changed. @param {{ version: number, items: number[] | null, labels: number[], unsure: number[], flagged: number[] }} news */
    labelsArrived(news) {
      const labels = news.items ? state.columns.labels : Int16Array.from(news.labels);
      news.items?.forEach((i, place) => (labels[i] = news.labels[place]));
      columns({
        labels,
        unsure: new Set(news.unsure),
        flagged: new Set(news.flagged),
        labelVersion: news.version,
      });
    },
    /** @param {import("./api.js").Colours} news */
    coloursArrived({ version, places, values }) {
      const { colours } = state.columns;
      places?.forEach((i, place) => (colours[i] = values[place]));
      columns({ colours: places ? colours : values, colourVersion: version });
    },
    /** @param {Float32Array} positions @param {string | null} [projected] */
    positionsArrived(positions, projected = null) {
      columns({ positions, placed: state.columns.placed + 1 });
      set({ projected });
    },

    /** @param {Batch} batch */
    batchArrived: (batch) =>
      set({
        batch,
        cursor: Math.max(0, nextOpen(batch, 0)),
        loading: false,
        selection:
          state.selection.origin === "grid" ? { items: [], origin: "none" } : state.selection,
      }),
    loadingBegan: () => set({ loading: true }),
    loadingEnded: () => set({ loading: false }),
    /** @param {number} cursor */
    cursorMoved: (cursor) => set({ cursor }),
    /** @param {number[]} items @param {"none" | "grid" | "lasso"} origin */
    selected: (items, origin) =>
      set({ selection: { items, origin: items.length ? origin : "none" } }),

    /**
     * Somebody here said something of some items; it shows at once, acknowledged or not.
     * @param {number[]} items @param {Answer[]} answers one for each item @param {any} gesture
     * @param {{ isKept: boolean, again?: boolean }} how `isKept`: the server writes it down
     */
    answered(items, answers, gesture, { isKept, again = false }) {
      const names = answers.map(({ label, verdict }) => (verdict === "not" ? null : label));
      const known = new Set(state.session?.classes.map((c) => c.name));
      const fresh = [...new Set(names)].filter((name) => name !== null && !known.has(name));
      const named = [...state.named, .../** @type {string[]} */ (fresh)];
      const session = state.session && named.reduce(withClass, state.session);
      const places = new Map(session?.classes.map((c, place) => [c.name, place]));
      /** @type {Before[]} */
      const before = [];
      items.forEach((item, k) => {
        const place = names[k] === null ? -1 : (places.get(names[k]) ?? -1);
        if (names[k] !== null || answers[k].verdict === "clear") before.push(write(item, place));
      });
      const batch = batchWith(items, answers);
      const shown = answers.slice(0, NUM_RECENT).map((answer, k) => ({ item: items[k], answer }));
      set({
        session,
        named,
        batch,
        cursor: batch ? placeAfter(batch, state.cursor) : state.cursor,
        selection: { items: [], origin: "none" },
        past: [...state.past, { ...step(gesture), before, answers, isKept }],
        future: again ? state.future : [],
        recent: [...shown, ...state.recent].slice(0, NUM_RECENT),
        said: said(items, answers),
        columns: { ...state.columns, unsure: unsureWith(items, answers), drawn: state.columns.drawn + 1 },
      });
    },
    /** @param {number[]} items @param {boolean} flag @param {any} gesture @param {boolean} [again] */
    flagChanged(items, flag, gesture, again = false) {
      columns({ flagged: flaggedWith(items, flag) });
      set({
        past: [...state.past, step(gesture)],
        future: again ? state.future : [],
        said: flag ? "Flagged." : "No longer flagged.",
      });
    },
    /**
     * A class is called otherwise from here on, or became part of another: what the model has
     * suggested is called so too.
     * @param {string} from @param {string} to @param {any} gesture @param {boolean} [again]
     */
    classChanged(from, to, gesture, again = false) {
      const { batch, session } = state;
      const renamed = (/** @type {string | null | undefined} */ name) => (name === from ? to : name);
      const isMerge = session?.classes.some((c) => c.name === to);
      set({
        past: [...state.past, step(gesture)],
        future: again ? state.future : [],
        said: isMerge ? `“${from}” is part of “${to}” now.` : `“${from}” is called “${to}” now.`,
        session: session && !isMerge ? withNames(session, renamed) : session,
        named: state.named.map((name) => renamed(name) ?? name),
        renamed: isMerge ? state.renamed : [...state.renamed, [from, to]],
        batch: batch && { ...batch, picks: batch.picks.map((pick) => withName(pick, renamed)) },
      });
    },
    /** The last step made here is taken back. @returns {Step | undefined} */
    stepUndone() {
      const step = state.past[state.past.length - 1];
      if (!step) return undefined;
      const { items, flag } = step.gesture;
      for (const [item, label, colour] of step.before) {
        state.columns.labels[item] = label;
        state.columns.colours[item] = colour;
      }
      const gone = new Set(items);
      const flagged = typeof flag === "boolean" ? flaggedWith(items, !flag) : state.columns.flagged;
      set({
        named: state.named.filter((name) => !step.answers.some((a) => a.label === name)),
        past: state.past.slice(0, -1),
        future: [step, ...state.future],
        batch: step.batch,
        cursor: step.cursor,
        recent: state.recent.filter(({ item }) => !gone.has(item)),
        said: items.length ? `Undone: ${count(items.length)}.` : "Undone.",
        columns: { ...state.columns, flagged, drawn: state.columns.drawn + 1 },
      });
      return step;
    },
    /** @returns {Step | undefined} */
    stepToRedo() {
      const [step, ...future] = state.future;
      if (step) set({ future });
      return step;
    },
    /** The page has shown a step as taken back, or done again, that was not. @param {Step} step @param {boolean} wasUndo */
    stepMistaken({ gesture, answers }, wasUndo) {
      const items = answers.length ? gesture.items : []; // a flag concerns no answer
      set({ batch: batchWith(items, wasUndo ? answers : []), past: [], future: [] });
    },
    /** What the server took back or restored without this page having it. @param {number[]} items @param {string} words */
    steppedElsewhere: (items, words) => set({ said: `${words}: ${count(items.length)}.` }),
    /**
     * The server left labels as they were: a gesture of which nothing was written has no undo there.
     * @param {number[]} left @param {string[]} ids of the gestures sent
     */
    leftAsTheyWere(left, ids) {
      const stayed = new Set(left);
      const isEmpty = (/** @type {Step} */ { gesture }) =>
        ids.includes(gesture.id) && gesture.items.every((/** @type {number} */ i) => stayed.has(i));
      set({
        batch: batchWith(left, []),
        past: state.past.map((step) => (isEmpty(step) ? { ...step, isKept: false } : step)),
        said: `${count(left.length)} had a label and kept it.`,
      });
    },
    /** A gesture was refused: what it said does not count. @param {number[]} items */
    answersDropped: (items) =>
      set({
        batch: batchWith(items, []),
        past: [],
        future: [],
        columns: { ...state.columns, colourVersion: "" }, // what was painted ahead must go
      }),

    /** @param {string | null} taking */
    takingChanged: (taking) => set({ taking }),
    /** @param {import("./types.js").View} view */
    viewChanged: (view) => set({ view }),
    /** @param {"grid" | "focus"} mode */
    modeChanged: (mode) => set({ mode }),
    /** @param {import("./lens.js").Lens} lens */
    lensChanged: (lens) => set({ lens }),
    /** @param {State["lensMeasure"]} lensMeasure */
    lensMeasured: (lensMeasure) =>
      JSON.stringify(lensMeasure) !== JSON.stringify(state.lensMeasure) && set({ lensMeasure }),
    mapWidened: () => set({ wideMap: !state.wideMap }),
    /** @param {boolean} lassoing */
    lassoChanged: (lassoing) => set({ lassoing }),
    /** @param {import("./types.js").Link} link */
    linkChanged: (link) => state.link !== link && set({ link }),
    /** @param {number} unsaved */
    unsavedCounted: (unsaved) =>
      unsaved !== state.unsaved &&
      set({
        unsaved,
        everSaved: state.everSaved || !unsaved,
        renamed: unsaved ? state.renamed : [],
      }),
    notesClosed: () => set({ notesRead: true }),
    /** @param {import("./types.js").Fault | null} fault */
    faultChanged: (fault) => fault !== state.fault && set({ fault }),
  };
}

/** @param {number} number */
const count = (number) =>
  `${number.toLocaleString("en-GB")} ${number === 1 ? "picture" : "pictures"}`;

/** The last thing done, in words. @param {number[]} items @param {Answer[]} answers */
function said(items, answers) {
  const subject = count(items.length);
  const [{ label, verdict }] = answers;
  const isOne = answers.every((answer) => answer.label === label);
  if (verdict === "unsure") return `${subject}: unsure.`;
  if (verdict === "skip") return `${subject} skipped.`;
  if (verdict === "clear") return `${subject}: label taken back.`;
  if (verdict === "not") return `${subject}: not ${isOne ? label : "what was suggested"}.`;
  return `${subject}: ${isOne ? label : "as suggested"}.`;
}

/** @typedef {ReturnType<typeof createStore>} Store */
