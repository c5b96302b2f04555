// The frame of a section, and parts that are made anew when the reader looks at other items.

import { h, styled } from "../dom.js";

/**
 * @param {string} id also the address in the page
 * @param {string} title the standard term
 * @param {import("../dom.js").Child} population which items it is of
 * @param {import("../dom.js").Child} lead one or two sentences that say what is seen
 * @param {...import("../dom.js").Child} content
 * @returns {HTMLElement}
 */
export function section(id, title, population, lead, ...content) {
  return h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title),
    population && h("div", { class: "population" }, population),
    lead && h("p", { class: "lead" }, lead),
    content,
  );
}

/** A quiet sentence where there is nothing to show. @param {...import("../dom.js").Child} words */
export function nothing(...words) {
  return h("p", { class: "nothing" }, words);
}

/**
 * An element whose content follows the scope that the reader chose.
 * @param {import("../data.js").Report} report
 * @param {ReturnType<typeof import("../store.js").createStore>} store
 * @param {(scope: import("../data.js").Scope) => import("../dom.js").Child} view
 */
export function scoped(report, store, view) {
  const holder = h("div", { class: "scoped" });
  let shown = -1;
  const show = () => {
    const { scope } = store.get();
    if (scope === shown) return;
    shown = scope;
    holder.replaceChildren(...h("div", {}, view(report.scopes[scope])).childNodes);
  };
  store.subscribe(show);
  show();
  return holder;
}

/** What the scopes are called. @param {import("../data.js").Scope} scope */
export function scopeName(scope) {
  return scope.name === "test" ? "Held-out test" : "Left out in turn";
}

/**
 * A list that shows its first elements and a button for more.
 * @template T
 * @param {T[]} all
 * @param {number} step
 * @param {(one: T, place: number) => Element} view
 * @param {Record<string, any>} attributes of the list
 */
export function growing(all, step, view, attributes) {
  const list = h("div", attributes);
  const more = h("button", { class: "more", onclick: () => grow() });
  const grow = () => {
    const from = list.children.length;
    list.append(...all.slice(from, from + step).map((one, place) => view(one, from + place)));
    const left = all.length - list.children.length;
    more.hidden = left <= 0;
    more.textContent = `Show ${Math.min(step, left)} more of ${left.toLocaleString("en-GB")}`;
    if (from)
      /** @type {HTMLElement | null} */ (list.children[from]?.querySelector("button"))?.focus();
  };
  grow();
  return h("div", {}, list, more);
}

/** A value and its interval on a line from 0 to 1. @param {{ value: number, low: number, high: number }} share */
export function whisker({ value, low, high }) {
  return styled(h("span", { class: "whisker", "aria-hidden": "true" }), {
    "--value": value,
    "--low": low,
    "--high": high,
  });
}
