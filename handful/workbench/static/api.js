// Speaks to the server. The only file that fetches.

import { placed } from "./place.js";

/** @typedef {import("./types.js").Fault} Fault */
/** @typedef {import("./types.js").Session} Session */
/** @typedef {import("./types.js").Pick} Pick */

const UNREACHABLE = 0;

/** What the server would not or could not do, in four lines. */
export class ApiError extends Error {
  /** @param {number} status @param {Fault} fault */
  constructor(status, fault) {
    super(fault.what);
    this.status = status;
    this.fault = fault;
  }
  /** The server did not answer at all. */
  get isUnreachable() {
    return this.status === UNREACHABLE;
  }
  /** This page may not speak to the server, or not any more. */
  get isDenied() {
    return this.status === 401 || this.status === 403;
  }
  /** The same request would fail again. */
  get isFinal() {
    return this.status >= 400 && this.status < 500 && !this.isDenied && this.status !== 429;
  }
}

/** Who labels here, from `?as=name`, or null for the server's own idea. */
export const annotator = new URLSearchParams(location.search).get("as") || null;

/**
 * One request, its answer read to the end: a server that dies may break off in the middle of one.
 * @template T
 * @param {string} path
 * @param {(response: Response) => Promise<T> | T} read
 * @param {RequestInit} [options]
 * @param {string | null} [by]
 * @returns {Promise<T>}
 */
async function request(path, read, options = {}, by = annotator) {
  const headers = new Headers(options.headers);
  if (by) headers.set("X-Annotator", encodeURIComponent(by));
  let response;
  try {
    response = await fetch(placed(path), { ...options, headers });
    if (response.ok) return await read(response);
  } catch {
    throw new ApiError(UNREACHABLE, {
      what: "The workbench does not answer.",
      expected: "`handful label` running on this machine",
      attempt: "start it again; this page goes on by itself",
    });
  }
  const body = await response.json().catch(() => null);
  throw new ApiError(
    response.status,
    body?.error ?? { what: `The workbench answered ${response.status} to ${path}.` },
  );
}

/** @param {Response} response */
const asJson = (response) => response.json();

/** @param {string} path */
const json = (path) => request(path, asJson);

/** @returns {Promise<Session>} */
export const session = () => json("/api/session");

/** @returns {Promise<{ paths: string[], groups: (string | null)[] }>} */
export const items = () => json("/api/items");

/** @param {number} since 0 for all */
export const labels = (since) => json(`/api/labels${since ? `?since=${since}` : ""}`);

/**
 * What to look at next.
 * @param {string} kind
 * @param {number} n
 * @param {number[]} held questions that the page still holds; others may be asked again
 * @returns {Promise<{ kind: string, picks: Pick[], total: number }>}
 */
export const queue = (kind, n, held) =>
  json(`/api/queue?kind=${encodeURIComponent(kind)}&n=${n}&except=${held.join(",")}`);

/** @param {number} item @param {number} n @returns {Promise<{ items: number[] }>} */
export const similar = (item, n) => json(`/api/similar?item=${item}&n=${n}`);

/** @typedef {{ version: string, places: Uint32Array | null, values: Uint8Array }} Colours those at `places`, or where there are none, of all items */

/** Class of each item, or of those that changed; null when nothing is new. @param {string} since @returns {Promise<Colours | null>} */
export const colours = (since) =>
  request(`/api/colours${since ? `?since=${encodeURIComponent(since)}` : ""}`, async (response) => {
    if (response.status === 204) return null;
    const [version, changed] = [
      response.headers.get("X-Version") ?? "",
      response.headers.get("X-Changed"),
    ];
    const body = await response.arrayBuffer();
    if (changed === null) return { version, places: null, values: new Uint8Array(body) };
    const k = Number(changed);
    return { version, places: new Uint32Array(body, 0, k), values: new Uint8Array(body, 4 * k, k) };
  });

/** Where each item lies; parted by two sets of items where they are given. @param {number[]} [a] @param {number[]} [b] */
export const positions = (a, b) =>
  request(
    "/api/positions",
    async (response) => new Float32Array(await response.arrayBuffer()),
    a && b ? posting({ a, b }) : {},
  );

/** @param {unknown} body @returns {RequestInit} */
function posting(body) {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}

/** @param {string} path @param {unknown} body @param {string | null} [by] @returns {Promise<any>} */
export const post = (path, body, by = annotator) => request(path, asJson, posting(body), by);

/** Freezes the model and begins its exam. @returns {Promise<Session>} */
export const beginExam = () => post("/api/exam", {});

/** A file to be taken away, with the name that it is given. @param {string} path @returns {Promise<{ blob: Blob, name: string }>} */
export const file = (path) =>
  request(path, async (response) => ({
    blob: await response.blob(),
    name: /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "",
  }));

/** @typedef {{ width: number, height: number, channels: number, codes: Uint16Array, black: number, white: number, lowest: number, step: number, shrunk: number }} Depth */
/** A file that the browser shows, or where `depth` is given, all values. @typedef {{ blob: Blob, depth: Depth | null }} Full */

/** A picture at its full size. @param {number} item @returns {Promise<Full>} */
export const fullPicture = (item) =>
  request(`/pictures/${item}/full`, async (response) => {
    const blob = await response.blob();
    if (!response.headers.has("X-Width")) return { blob, depth: null };
    const fact = (/** @type {string} */ name) => Number(response.headers.get(`X-${name}`));
    const names = ["width", "height", "channels", "black", "white", "lowest", "step", "shrunk"];
    const facts = Object.fromEntries(names.map((name) => [name, fact(name)]));
    const codes = new Uint16Array(await blob.arrayBuffer());
    return { blob, depth: /** @type {Depth} */ ({ ...facts, codes }) };
  });

/** Why a picture does not show. @param {number} item @returns {Promise<Fault>} */
export async function pictureFault(item) {
  try {
    await request(`/pictures/${item}?side=128`, (response) => response.blob());
    return { what: "The picture did not load." };
  } catch (error) {
    return error instanceof ApiError ? error.fault : { what: String(error) };
  }
}

/**
 * Listens to the server; the browser connects again by itself.
 * @param {Record<string, (data: any) => void>} handlers by the event's name
 * @param {(isOpen: boolean) => void} linked
 */
export function listen(handlers, linked) {
  const by = annotator ? `?as=${encodeURIComponent(annotator)}` : "";
  let source = new EventSource(placed(`/api/events${by}`));
  const wire = () => {
    source.onopen = () => linked(true);
    source.onerror = () => {
      linked(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // An answer that was no stream ends the browser's own trying.
      setTimeout(() => {
        source = new EventSource(placed(`/api/events${by}`));
        wire();
      }, 2000);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) =>
        handle(JSON.parse(/** @type {MessageEvent} */ (event).data)),
      );
    }
  };
  wire();
}
