// Many pictures at once, by predicted class; a row is confirmed with one key.

import { h } from "../../house/dom.js";
import { count, counted } from "../../house/numbers.js";
import { follow } from "./slot.js";
import { createTile, swatch } from "./tile.js";

/** @typedef {import("../types.js").Batch} Batch */
/** @typedef {import("../types.js").Pick} Pick */

const BLIND = "Without a hint";
const AGAIN = "Asked again";
/** @type {Record<string, string>} */
const WHY = {
  [BLIND]: "audit: these measure the model, so it keeps quiet",
  [AGAIN]: "these have an answer: what do you say of each, without a hint?",
};

/**
 * What confirming a row does, and to how many. @param {string} name @param {Pick[]} picks
 */
function confirmWords(name, picks) {
  const differ = picks.filter((pick) => pick.given && pick.given !== name);
  return differ.length ? `Change ${counted(differ.length, "labels")} to ${name} …` : "Confirm row";
}

/** What a picture stands under. @param {Pick} pick @param {boolean} anyModel */
function heading(pick, anyModel) {
  if (pick.again) return AGAIN;
  if (pick.blind) return anyModel ? BLIND : "";
  if (pick.suggestion) return pick.suggestion.label;
  return pick.given ? "Labelled" : anyModel ? "No suggestion" : "";
}

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function grid(store, actions) {
  const list = h("div", { class: "grid" });
  /** @type {Map<number, ReturnType<typeof createTile>>} */
  let tiles = new Map();
  /** @type {Pick[] | null} */
  let drawn = null;
  let numKnown = 0;

  /** How many suggestions are of a class that the page has heard of. @param {Batch} batch */
  const countKnown = ({ picks }) => {
    const known = new Set(store.get().session?.classes.map((c) => c.name));
    return picks.filter((pick) => pick.suggestion && known.has(pick.suggestion.label)).length;
  };

  /** @param {Batch} batch */
  function lay(batch) {
    const { session, columns } = store.get();
    tiles = new Map();
    const rows = new Map();
    for (const pick of batch.picks) {
      const name = heading(
        pick,
        batch.picks.some((p) => p.suggestion),
      );
      if (!rows.has(name)) rows.set(name, []);
      rows.get(name).push(pick);
    }
    const parts = [...rows].map(([name, picks]) => {
      const known = session?.classes.some((c) => c.name === name) && picks[0].suggestion;
      const made = picks.map((/** @type {Pick} */ pick) => {
        const path = columns.paths[pick.item] ?? `picture ${pick.item}`;
        const tile = createTile(pick, path, columns.groups[pick.item]);
        tiles.set(pick.item, tile);
        tile.element.addEventListener("click", (/** @type {MouseEvent} */ event) =>
          clicked(pick, event),
        );
        tile.element.addEventListener("dblclick", () => store.modeChanged("focus"));
        return tile.element;
      });
      return h(
        "div",
        { class: "row" },
        name &&
          h(
            "div",
            { class: "row-head" },
            known && swatch(session, name),
            h("span", { class: "class" }, name),
            h("span", { class: "note" }, WHY[name] ?? count(picks.length)),
            known &&
              h(
                "button",
                { class: "confirm", tabindex: "-1", onclick: () => actions.acceptRow(name) },
                `${confirmWords(name, picks)} `,
                h("kbd", {}, "⇧⏎"),
              ),
          ),
        h(
          "div",
          {
            class: "tiles",
            role: "listbox",
            "aria-label": name || "Pictures to label",
            "aria-multiselectable": "true",
          },
          made,
        ),
      );
    });
    list.replaceChildren(...parts);
    list.scrollTop = 0;
    drawn = batch.picks;
    numKnown = countKnown(batch);
  }

  /** @param {Pick} pick @param {MouseEvent} event */
  function clicked(pick, event) {
    const { batch, selection, cursor } = store.get();
    if (!batch) return;
    const place = batch.picks.indexOf(pick);
    if (event.shiftKey) {
      const [from, to] = [Math.min(place, cursor), Math.max(place, cursor)];
      store.selected(
        batch.picks.slice(from, to + 1).map((p) => p.item),
        "grid",
      );
      return;
    }
    if (event.ctrlKey || event.metaKey || selection.origin === "lasso") {
      const without = selection.items.filter((i) => i !== pick.item);
      const isOut = without.length === selection.items.length;
      store.selected(
        isOut ? [...selection.items, pick.item] : without,
        selection.origin === "lasso" ? "lasso" : "grid",
      );
    } else if (selection.items.length) store.selected([], "none");
    actions.moveTo(place);
  }

  follow(
    store,
    (s) => [
      s.batch,
      s.cursor,
      s.selection,
      s.columns.flagged,
      s.session?.classes.length,
      s.columns.paths,
      s.mode === "grid",
    ],
    (batch, cursor, selection, flagged, _classes, paths, isShown) => {
      if (!isShown || !batch) return list.replaceChildren((drawn = null) ?? "");
      if (drawn !== batch.picks || lay.paths !== paths || numKnown !== countKnown(batch)) lay(batch);
      lay.paths = paths;
      const chosen = new Set(selection.items);
      batch.picks.forEach((pick, place) => {
        tiles.get(pick.item)?.renew(store.get().session, batch.answers[pick.item], {
          current: place === cursor,
          selected: chosen.has(pick.item),
          flagged: flagged.has(pick.item),
        });
      });
      const at = tiles.get(batch.picks[cursor]?.item ?? -1)?.element;
      // In the middle, so that what comes next is in sight; what was clicked stays under the pointer.
      at?.scrollIntoView({ block: at.matches(":hover") ? "nearest" : "center" });
      const active = document.activeElement;
      if (at && (active === document.body || list.contains(active) || active?.id === "work"))
        at.focus({ preventScroll: true });
    },
  );
  lay.paths = /** @type {string[]} */ ([]);

  return {
    element: list,
    /** The tile above or below: by place on the screen. @param {1 | -1} direction */
    vertical(direction) {
      const { batch, cursor } = store.get();
      const from = tiles.get(batch?.picks[cursor]?.item ?? -1)?.element.getBoundingClientRect();
      if (!batch || !from) return;
      let [best, least] = [cursor, Infinity];
      batch.picks.forEach((pick, place) => {
        const box = tiles.get(pick.item)?.element.getBoundingClientRect();
        const down = box ? (box.top - from.top) * direction : 0;
        if (!box || down < 8) return;
        const cost = down * 4 + Math.abs(box.left - from.left);
        if (cost < least) [best, least] = [place, cost];
      });
      actions.moveTo(best);
    },
  };
}

/** What stands above the grid while something is chosen. @param {import("../types.js").Selection} selection */
export function selectionWords({ items, origin }) {
  return origin === "lasso"
    ? `${counted(items.length, "pictures")} in the lasso`
    : `${counted(items.length, "pictures")} chosen`;
}
