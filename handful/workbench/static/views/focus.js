// One picture, large, with the questions that follow and the latest answers.

import { h } from "../../house/dom.js";
import { LARGE, MEDIUM, picture, SMALL } from "../pictures.js";
import { lensBar } from "./lens_bar.js";
import { follow, slot } from "./slot.js";
import { stage as stageOf } from "./stage.js";
import { described, inWords, suggestionLine, swatch } from "./tile.js";

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function focus(store, actions) {
  const stage = stageOf(store);
  const words = h("div", { class: "stage-words" });
  const film = h("div", {
    class: "film",
    role: "listbox",
    tabindex: "0",
    "aria-label": "Questions",
  });
  const side = () => (devicePixelRatio * innerWidth <= MEDIUM * 1.6 ? MEDIUM : LARGE);
  let shown = -1;

  follow(
    store,
    (s) => [s.batch, s.cursor, s.columns.flagged, s.columns.paths, s.mode === "focus"],
    (batch, cursor, flagged, paths, isShown) => {
      const pick = isShown ? batch?.picks[cursor] : undefined;
      if (!batch || !pick) {
        shown = -1;
        return stage.clear();
      }
      const path = paths[pick.item] ?? "";
      const answer = batch.answers[pick.item];
      if (shown !== pick.item) {
        shown = pick.item;
        const alt = described(pick, path.split("/").pop() ?? "", undefined, false);
        stage.show(pick.item, side(), alt);
      }
      stage.element.classList.toggle("done", Boolean(answer));
      words.replaceChildren(
        suggestionLine(pick, store.get().session) ?? "",
        ...(pick.given
          ? [h("span", { class: "given" }, "labelled ", h("b", { class: "class" }, pick.given)), ...(pick.author ? [h("span", { class: "note" }, pick.author)] : [])]
          : []),
        ...(answer ? [h("span", { class: "verdict" }, inWords(answer))] : []),
        ...(flagged.has(pick.item) ? [h("span", { class: "tag" }, "flagged")] : []),
        h("span", { class: "path" }, path),
      );
    },
  );

  // The strip comes after the picture: nobody waits for it.
  let pending = false;
  follow(
    store,
    (s) => [s.batch, s.cursor, s.mode === "focus"],
    () => {
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => setTimeout(strip));
    },
  );
  /** @type {Map<number, HTMLElement>} */
  let frames = new Map();
  /** @type {unknown} */
  let laid = null;
  function strip() {
    pending = false;
    const { batch, cursor, mode } = store.get();
    if (mode !== "focus" || !batch) return;
    if (laid !== batch.picks) {
      laid = batch.picks;
      frames = new Map(
        batch.picks.map((pick, place) => [
          pick.item,
          h(
            "div",
            {
              id: `frame-${place}`,
              class: "frame",
              role: "option",
              onclick: () => actions.moveTo(place),
            },
            picture(pick.item, SMALL, "", true),
          ),
        ]),
      );
      film.replaceChildren(...frames.values());
    }
    batch.picks.forEach((pick, place) => {
      const frame = frames.get(pick.item);
      if (!frame) return;
      const answer = batch.answers[pick.item];
      frame.classList.toggle("done", Boolean(answer));
      frame.setAttribute("aria-selected", String(place === cursor));
      frame.setAttribute(
        "aria-label",
        `${place + 1} of ${batch.picks.length}${answer ? `, ${inWords(answer)}` : ""}`,
      );
    });
    film.setAttribute("aria-activedescendant", `frame-${cursor}`);
    const at = frames.get(batch.picks[cursor]?.item ?? -1);
    if (at) film.scrollLeft = at.offsetLeft - film.clientWidth / 2 + at.clientWidth / 2;
  }

  const recent = slot(
    h("ol", { class: "recent", "aria-label": "Latest answers" }),
    store,
    (s) => [s.recent, s.session?.classes.length],
    (said, _classes) =>
      said.map(({ item, answer }) =>
        h(
          "li",
          {},
          picture(item, SMALL, "", true),
          h(
            "span",
            { class: "said" },
            swatch(store.get().session, answer.label),
            h("span", { class: "class" }, inWords(answer)),
          ),
        ),
      ),
  );
  const element = h(
    "div",
    { class: "focus" },
    h("div", { class: "stage-holder" }, stage.element, words),
    recent,
    lensBar(store, stage.deeds),
    film,
  );
  return { element, deeds: stage.deeds };
}
