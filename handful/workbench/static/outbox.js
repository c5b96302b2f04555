// Gestures on their way: kept in IndexedDB until the server has acknowledged them, and sent again.
//
// Each carries an id of its own, so that sending it twice stores it once. They leave in the order in
// which they were made; a lock lets one tab send at a time, also what a closed tab left behind.
// IndexedDB answers late: until it has, a gesture lies in local storage, which a reload cannot outrun.

const NAME = "handful-outbox";
const MOST_AT_ONCE = 100;
const MOST_LEFT = 1_000_000;
const RETRY_MS = [300, 1000, 2000, 5000];

/** What is to be sent; its body has an `id`. @typedef {{ seq?: number, made: number, path: string, body: any, by: string | null }} Letter */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Letters in IndexedDB. @returns {Promise<Shelf>} */
async function openShelf() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () =>
    opening.result.createObjectStore("letters", { keyPath: "seq", autoIncrement: true });
  const base = await done(opening);
  const letters = (/** @type {IDBTransactionMode} */ mode) =>
    base.transaction("letters", mode).objectStore("letters");
  return {
    add: async (letter) => void (await done(letters("readwrite").add(letter))),
    first: (n) => done(letters("readonly").getAll(null, n)),
    remove: async (seqs) => {
      const store = letters("readwrite");
      await Promise.all(seqs.map((seq) => done(store.delete(seq))));
    },
  };
}

/** Letters in memory, where the browser forbids IndexedDB. @returns {Shelf} */
function memoryShelf() {
  /** @type {Letter[]} */
  let letters = [];
  let seq = 0;
  return {
    add: async (letter) => void letters.push({ ...letter, seq: ++seq }),
    first: async (n) => letters.slice(0, n),
    remove: async (seqs) => void (letters = letters.filter((l) => !seqs.includes(Number(l.seq)))),
  };
}

/**
 * @typedef {object} Shelf
 * @property {(letter: Letter) => Promise<void>} add
 * @property {(n: number) => Promise<Letter[]>} first
 * @property {(seqs: number[]) => Promise<void>} remove
 */

/**
 * Letters on the way to the shelf, kept at once; where local storage is full or forbidden, not at all.
 * @returns {{ hold: (letter: Letter) => void, release: (id: string) => void, left: () => Letter[] }}
 */
function createTray() {
  /** @template T @param {(storage: Storage) => T} deed @param {T} otherwise @returns {T} */
  const tried = (deed, otherwise) => {
    try {
      return deed(localStorage);
    } catch {
      return otherwise;
    }
  };
  const names = (/** @type {Storage} */ storage) =>
    Object.keys(storage).filter((name) => name.startsWith(`${NAME} `));
  return {
    hold: (letter) =>
      tried((s) => s.setItem(`${NAME} ${letter.body.id}`, JSON.stringify(letter)), undefined),
    release: (id) => tried((s) => s.removeItem(`${NAME} ${id}`), undefined),
    left: () =>
      tried((s) => names(s).map((name) => JSON.parse(s.getItem(name) ?? "null")), [])
        .filter(Boolean)
        .sort((a, b) => a.made - b.made),
  };
}

/** The letters that can go in one request: gestures of one annotator, or a single other one. @param {Letter[]} letters */
function together(letters) {
  const [head] = letters;
  if (head.path !== "/api/gestures") return [head];
  const end = letters.findIndex((l) => l.path !== head.path || l.by !== head.by);
  return end < 0 ? letters : letters.slice(0, end);
}

/**
 * @param {object} options
 * @param {(path: string, body: any, by: string | null) => Promise<any>} options.send
 * @param {(waiting: number) => void} options.counted
 * @param {(answer: any, letters: Letter[]) => void} options.saved
 * @param {(error: any, letter: Letter) => void} options.refused for good; the letter is dropped
 * @param {(error: any) => void} options.delayed the letters stay and are sent again
 */
export async function createOutbox({ send, counted, saved, refused, delayed }) {
  const shelf = await openShelf().catch(memoryShelf);
  const tray = createTray();
  const channel = new BroadcastChannel(NAME);
  let failures = 0;
  let oneByOne = false;
  let busy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let alarm;

  /**
   * The items of what is not acknowledged yet, by its id. Kept beside the shelf, which answers too
   * late to be counted: at no moment may the page call saved what is not.
   * @type {Map<string, number[]>}
   */
  const waiting = new Map();

  /** @param {{ made?: { id: string, items?: number[] }[], settled?: string[] }} news @param {boolean} [isOurs] */
  function take({ made = [], settled = [] }, isOurs = true) {
    for (const { id, items = [] } of made) waiting.set(id, items);
    for (const id of settled) waiting.delete(id);
    counted(waiting.size);
    if (isOurs) channel.postMessage({ made, settled });
  }

  /** One request. @returns {Promise<boolean>} whether there may be more to send */
  async function attempt() {
    const first = await shelf.first(oneByOne ? 1 : MOST_AT_ONCE);
    if (!first.length) return false;
    const letters = together(first);
    const { path, by, body } = letters[0];
    const whole =
      path === "/api/gestures" ? { gestures: letters.map((letter) => letter.body) } : body;
    const seqs = letters.map((letter) => Number(letter.seq));
    const settled = letters.map((letter) => letter.body.id);
    try {
      const answer = await send(path, whole, by);
      await shelf.remove(seqs);
      failures = 0;
      oneByOne = false;
      take({ settled });
      saved(answer, letters);
    } catch (error) {
      if (!(/** @type {any} */ (error).isFinal)) {
        failures += 1;
        delayed(error);
        return false;
      }
      // One bad letter must not take its companions along: find it by sending each alone.
      if (letters.length > 1) oneByOne = true;
      else {
        await shelf.remove(seqs);
        oneByOne = false;
        take({ settled });
        refused(error, letters[0]);
      }
    }
    return true;
  }

  async function drain() {
    if (busy) return;
    busy = true;
    clearTimeout(alarm);
    const turn = () => navigator.locks.request(NAME, attempt);
    try {
      while (await turn());
    } finally {
      busy = false;
    }
    if (!(await shelf.first(1)).length) return;
    alarm = setTimeout(drain, failures ? RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] : 0);
  }

  channel.onmessage = (event) => take(event.data, false);
  /** @param {Letter} letter */
  async function put(letter) {
    await shelf.add(letter);
    tray.release(letter.body.id);
  }

  addEventListener("online", () => void drain());
  for (const letter of tray.left()) await put(letter);
  take({ made: (await shelf.first(MOST_LEFT)).map((letter) => letter.body) }, false);
  void drain();
  return {
    /** Keeps and sends. @param {string} path @param {any} body @param {string | null} by */
    async add(path, body, by) {
      const letter = { made: performance.timeOrigin + performance.now(), path, body, by };
      tray.hold(letter);
      take({ made: [{ id: body.id, items: body.items }] });
      await put(letter);
      void drain();
    },
    /** What the gestures concern that are not acknowledged yet, the latest last. */
    items: () => [...waiting.values()].flat(),
    /** Tries at once, for the server has been heard of. */
    hurry: () => void drain(),
  };
}
