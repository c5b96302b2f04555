// What a reader can change: which items the figures speak of. Only this file changes state.

/** @typedef {{ scope: number }} State */

/**
 * @param {State} initial
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    /** @returns {State} */
    get: () => state,
    /** @param {Partial<State>} change */
    set(change) {
      state = { ...state, ...change };
      for (const listener of listeners) listener();
    },
    /** @param {() => void} listener */
    subscribe: (listener) => void listeners.add(listener),
  };
}
