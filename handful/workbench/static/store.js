// What the page knows, and every way in which that changes. Nothing else alters the state.

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Batch} Batch */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Session} Session */
/** @typedef {import("./types.js").Step} Step */

const NUM_RECENT = 12;
const MAX_CLASS = 254; // 255 stands for none

/** @returns {State} */
function initial() {
  return {
    session: null,
    columns: {
      paths: [],
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
    wideMap: false,
    lassoing: false,
    projected: null,
    link: "connecting",
    unsaved: 0,
    everSaved: false,
    fault: null,
    said: "",
    past: [],
    future: [],
    recent: [],
    named: [],
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

/** The session with a class that the server may not know yet. @param {Session} session @param {string} name */
function withClass(session, name) {
  if (session.classes.some((c) => c.name === name)) return session;
  const place = session.classes.length;
  const digit = String((place + 1) % 10);
  const key = place < 10 ? digit : place < 20 ? `!${digit}` : "";
  return { ...session, classes: [...session.classes, { name, count: 0, colour: place, key }] };
}

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

  /** Writes labels into the columns; returns what stood there. @param {number[]} items @param {number} label */
  function write(items, label) {
    const { labels, colours } = state.columns;
    /** @type {[number, number][]} */
    const before = items.map((i) => [i, labels[i] ?? -1]);
    for (const i of items) {
      labels[i] = label;
      if (label >= 0 && label <= MAX_CLASS) colours[i] = label;
    }
    return before;
  }

  /** @param {number[]} items @param {Answer | null} answer */
  function batchWith(items, answer) {
    if (!state.batch) return null;
    const answers = { ...state.batch.answers };
    for (const item of items) {
      if (answer) answers[item] = answer;
      else delete answers[item];
    }
    return { ...state.batch, answers };
  }

  return {
    /** @returns {State} */
    get: () => state,
    /** @param {() => void} listener */
    subscribe: (listener) => void listeners.add(listener),

    /** @param {Session} session */
    sessionArrived(session) {
      // Classes named here that the server had not heard of when it spoke stay in sight.
      const named = state.named.filter((name) => !session.classes.some((c) => c.name === name));
      set({ named, session: renewed(state.session, named.reduce(withClass, session)) });
    },
    /** @param {string[]} paths */
    itemsArrived(paths) {
      columns({
        paths,
        labels: new Int16Array(paths.length).fill(-1),
        colours: new Uint8Array(paths.length).fill(255),
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
    /** @param {{ version: string, values: Uint8Array }} news */
    coloursArrived: (news) => columns({ colours: news.values, colourVersion: news.version }),
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
     * @param {number[]} items @param {Answer} answer @param {any} gesture
     * @param {{ isKept: boolean, again?: boolean }} how `isKept`: the server writes it down
     */
    answered(items, answer, gesture, { isKept, again = false }) {
      const name = answer.verdict === "not" ? null : answer.label;
      const isNew = name !== null && !state.session?.classes.some((c) => c.name === name);
      const named = isNew ? [...state.named, name] : state.named;
      const session = state.session && named.reduce(withClass, state.session);
      const place = session?.classes.findIndex((c) => c.name === answer.label) ?? -1;
      const gives = answer.label !== null && answer.verdict !== "not";
      const before = gives || answer.verdict === "clear" ? write(items, gives ? place : -1) : [];
      /** @type {Step} */
      const step = { gesture, batch: state.batch, cursor: state.cursor, before, answer, isKept };
      const batch = batchWith(items, answer);
      const open = batch ? nextOpen(batch, state.cursor) : -1;
      set({
        session,
        named,
        batch,
        cursor: open >= 0 ? open : state.cursor,
        selection: { items: [], origin: "none" },
        past: [...state.past, step],
        future: again ? state.future : [],
        recent: [
          ...items.slice(0, NUM_RECENT).map((item) => ({ item, answer })),
          ...state.recent,
        ].slice(0, NUM_RECENT),
        said: said(items, answer),
        columns: { ...state.columns, drawn: state.columns.drawn + 1 },
      });
    },
    /** @param {number[]} items @param {boolean} flag @param {any} gesture */
    flagChanged(items, flag, gesture) {
      const flagged = new Set(state.columns.flagged);
      for (const i of items) flag ? flagged.add(i) : flagged.delete(i);
      const answer = { label: null, verdict: null, ids: [] };
      columns({ flagged });
      set({
        past: [
          ...state.past,
          { gesture, batch: state.batch, cursor: state.cursor, before: [], answer, isKept: true },
        ],
        future: [],
        said: flag ? "Flagged." : "No longer flagged.",
      });
    },
    /** The last step made here is taken back. @returns {Step | undefined} */
    stepUndone() {
      const step = state.past[state.past.length - 1];
      if (!step) return undefined;
      for (const [item, label] of step.before) state.columns.labels[item] = label;
      const gone = new Set(step.gesture.items);
      set({
        named: state.named.filter((name) => name !== step.answer.label),
        past: state.past.slice(0, -1),
        future: [step, ...state.future],
        batch: step.batch,
        cursor: step.cursor,
        recent: state.recent.filter(({ item }) => !gone.has(item)),
        said: `Undone: ${count(step.gesture.items.length)}.`,
        columns: { ...state.columns, drawn: state.columns.drawn + 1 },
      });
      return step;
    },
    /** @returns {Step | undefined} */
    stepToRedo() {
      const [step, ...future] = state.future;
      if (step) set({ future });
      return step;
    },
    /** What the server took back or restored without this page having it. @param {number[]} items @param {string} words */
    steppedElsewhere: (items, words) => set({ said: `${words}: ${count(items.length)}.` }),
    /** A gesture was refused: what it said does not count. @param {number[]} items */
    answersDropped: (items) => set({ batch: batchWith(items, null), past: [], future: [] }),

    /** @param {import("./types.js").View} view */
    viewChanged: (view) => set({ view }),
    /** @param {"grid" | "focus"} mode */
    modeChanged: (mode) => set({ mode }),
    mapWidened: () => set({ wideMap: !state.wideMap }),
    /** @param {boolean} lassoing */
    lassoChanged: (lassoing) => set({ lassoing }),
    /** @param {import("./types.js").Link} link */
    linkChanged: (link) => state.link !== link && set({ link }),
    /** @param {number} unsaved */
    unsavedCounted: (unsaved) =>
      unsaved !== state.unsaved && set({ unsaved, everSaved: state.everSaved || !unsaved }),
    /** @param {import("./types.js").Fault | null} fault */
    faultChanged: (fault) => fault !== state.fault && set({ fault }),
  };
}

/** @param {number} number */
const count = (number) =>
  `${number.toLocaleString("en-GB")} ${number === 1 ? "picture" : "pictures"}`;

/** The last thing done, in words. @param {number[]} items @param {Answer} answer */
function said(items, answer) {
  const subject = count(items.length);
  if (answer.verdict === "unsure") return `${subject}: unsure.`;
  if (answer.verdict === "skip") return `${subject} passed over.`;
  if (answer.verdict === "clear") return `${subject}: label taken back.`;
  if (answer.verdict === "not") return `${subject}: not ${answer.label}.`;
  return `${subject}: ${answer.label}.`;
}

/** @typedef {ReturnType<typeof createStore>} Store */
