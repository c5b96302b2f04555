// Places that follow the state: drawn again when, and only when, what they show has changed.

/** @typedef {import("../types.js").State} State */

/** @param {unknown[]} a @param {unknown[]} b */
const same = (a, b) => a.every((value, place) => Object.is(value, b[place]));

/**
 * Calls `draw` now and whenever one of the things that `choose` returns is another.
 * @template {unknown[]} T
 * @param {import("../store.js").Store} store
 * @param {(state: State) => [...T]} choose
 * @param {(...chosen: NoInfer<T>) => void} draw
 */
export function follow(store, choose, draw) {
  /** @type {T | null} */
  let last = null;
  const renew = () => {
    const now = choose(store.get());
    if (last && same(now, last)) return;
    last = now;
    draw(...now);
  };
  store.subscribe(renew);
  renew();
}

/**
 * Calls `draw` when something changes, but not between the press of a button in `element` and its
 * release: a click falls on what is there at both, and would be lost.
 * @template {unknown[]} T
 * @param {HTMLElement} element
 * @param {(...chosen: T) => void} draw
 * @returns {(...chosen: T) => void}
 */
function unlessPressed(element, draw) {
  let isPressed = false;
  /** @type {T | null} */
  let held = null;
  const released = () => {
    isPressed = false;
    if (held) draw(...held);
    held = null;
  };
  element.addEventListener("pointerdown", () => (isPressed = true));
  for (const end of ["pointerup", "pointercancel"])
    addEventListener(end, () => isPressed && setTimeout(released)); // the click comes first
  return (...chosen) => (isPressed ? void (held = chosen) : draw(...chosen));
}

/**
 * Fills `element` so; what was in focus stays in focus, known by its `data-focus`.
 * @template {unknown[]} T
 * @template {HTMLElement} E
 * @param {E} element
 * @param {import("../store.js").Store} store
 * @param {(state: State) => [...T]} choose
 * @param {(...chosen: NoInfer<T>) => import("../../house/dom.js").Child[]} draw
 * @returns {E}
 */
export function slot(element, store, choose, draw) {
  const fill = (/** @type {NoInfer<T>} */ ...chosen) => {
    const active = document.activeElement;
    const key = active && element.contains(active) ? active.getAttribute("data-focus") : null;
    const children = draw(...chosen)
      .flat(9)
      .filter((child) => child || child === 0);
    element.replaceChildren(.../** @type {any[]} */ (children));
    if (key)
      /** @type {HTMLElement | null} */ (
        element.querySelector(`[data-focus="${CSS.escape(key)}"]`)
      )?.focus();
  };
  follow(store, choose, unlessPressed(element, fill));
  return element;
}
