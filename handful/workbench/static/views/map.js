// All items on a plane: alike lies near. Pointing shows the picture, a lasso labels many at once.

import { scatter } from "../charts/scatter.js";
import { CHOSEN, LABELLED, NONE, OTHER } from "../charts/looks.js";
import { h, styled } from "../../house/dom.js";
import { count } from "../../house/numbers.js";
import { NUM_CLASS_COLOURS } from "../../house/theme.js";
import { picture, SMALL } from "../pictures.js";
import { follow, slot } from "./slot.js";
import { swatch } from "./tile.js";

const NO_CLASS = 255;
const TIP_PX = 270; // the tip's width with its margins
const IDLE_MS = 400; // as long as new colours wait at most

/** Safari knows no idle moments. @param {() => void} work */
const whenIdle = (work) =>
  globalThis.requestIdleCallback
    ? requestIdleCallback(work, { timeout: IDLE_MS })
    : setTimeout(work, IDLE_MS / 4);

/** A code for each item's look. @param {import("../types.js").State} state */
function codesOf({ columns, selection, session }) {
  const { labels, colours } = columns;
  const colourOf = new Uint8Array(256).fill(OTHER);
  session?.classes.forEach(
    (one, k) => (colourOf[k] = one.colour < NUM_CLASS_COLOURS ? one.colour : OTHER),
  );
  colourOf[NO_CLASS] = NONE;
  const codes = new Uint8Array(labels.length);
  for (let i = 0; i < codes.length; i++) {
    codes[i] =
      labels[i] >= 0
        ? colourOf[Math.min(labels[i], NO_CLASS - 1)] | LABELLED
        : colourOf[colours[i]];
  }
  for (const i of selection.items) codes[i] |= CHOSEN;
  return codes;
}

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions @param {() => void} part */
export function map(store, actions, part) {
  const tip = h("div", { class: "tip", hidden: true });
  const spoken = h("div", { class: "offscreen", "aria-live": "polite" });
  let resting = 0;

  /** @param {number | null} i @param {number} x @param {number} y */
  function point(i, x, y) {
    tip.hidden = i === null;
    clearTimeout(resting);
    if (i === null) return;
    const { columns, session } = store.get();
    const labelled = columns.labels[i] >= 0;
    const name = session?.classes[labelled ? columns.labels[i] : columns.colours[i]]?.name;
    const path = columns.paths[i] ?? "";
    if (tip.dataset.item !== String(i)) {
      tip.dataset.item = String(i);
      tip.replaceChildren(
        picture(i, SMALL, ""),
        h(
          "div",
          {},
          name
            ? h(
                "div",
                { class: "tip-class" },
                swatch(session, name),
                h("b", { class: "class" }, name),
              )
            : null,
          h(
            "div",
            { class: "note" },
            labelled ? "labelled" : name ? "suggested" : "no label, no hint",
          ),
          h("div", { class: "path" }, path),
        ),
      );
    }
    // Spoken once the cursor rests, not for everything that it passes.
    resting = setTimeout(
      () =>
        (spoken.textContent = `${path}, ${name ? `${labelled ? "labelled" : "suggested"} ${name}` : "no label"}`),
      350,
    );
    const box = plot.element.getBoundingClientRect();
    tip.classList.toggle("left", box.left + x + TIP_PX > innerWidth);
    tip.classList.toggle("up", y > box.height / 2);
    styled(tip, { left: `${x}px`, top: `${y}px` });
  }

  const plot = scatter({
    label:
      "Map of all pictures. Arrow keys move from one to the next, Enter shows those like it, plus and minus zoom, L draws around some.",
    point,
    open: (i) => void actions.similar(i),
    lassoed: actions.lassoed,
  });

  follow(
    store,
    (s) => [s.columns.placed],
    () => plot.setPositions(store.get().columns.positions),
  );
  follow(
    store,
    (s) => [s.projected],
    () => plot.whole(),
  );
  let pending = false;
  /** @type {Uint8Array<ArrayBuffer>} */
  let codes = new Uint8Array(0);
  let wasChosen = false;
  function paint() {
    pending = false;
    const state = store.get();
    const [before, anyChosen] = [codes, state.selection.items.length > 0];
    codes = codesOf(state);
    const isAnother = codes.length !== before.length || codes.some((code, i) => code !== before[i]);
    if (isAnother || anyChosen !== wasChosen) plot.setCodes(codes, anyChosen);
    wasChosen = anyChosen;
    const { labelVersion, colourVersion } = state.columns;
    // Whoever must know whether the map has caught up, as a test must, reads it here.
    Object.assign(plot.element.dataset, { labels: labelVersion, colours: colourVersion });
  }
  follow(
    store,
    (s) => [s.columns.drawn, s.session?.classes, s.selection],
    () => {
      if (pending) return;
      pending = true;
      // When the page has nothing better to do: a label, its news and the model's answer to it
      // each change some colours, and painting 100,000 points would hold up the next picture.
      if (codes.length) whenIdle(paint);
      else setTimeout(paint); // nothing stands there yet
    },
  );
  follow(
    store,
    // Where a question of the exam lies among the colours would be a hint.
    (s) => [s.batch?.kind === "exam" ? undefined : s.batch?.picks],
    (picks) => plot.setMarked(picks?.map((pick) => pick.item) ?? []),
  );
  follow(
    store,
    (s) => [s.lassoing],
    (on) => plot.setLassoing(on),
  );

  const head = slot(
    h("div", { class: "map-head" }),
    store,
    (s) => [s.projected, s.lassoing, s.wideMap, s.columns.paths.length, s.session?.embedded],
    (projected, lassoing, wide, n, embedded) => [
      h(
        "h2",
        {},
        projected ? h("span", {}, "Parted: ", h("b", {}, projected)) : `All ${count(n)}`,
        embedded !== undefined && embedded < n
          ? h("span", { class: "note" }, ` ${count(embedded)} placed`)
          : null,
      ),
      h(
        "span",
        { class: "map-buttons" },
        h(
          "button",
          {
            "data-focus": "lasso",
            "aria-pressed": String(lassoing),
            title: "Draw around items (L, or Shift and drag)",
            onclick: () => store.lassoChanged(!lassoing),
          },
          "Lasso",
        ),
        h(
          "button",
          {
            "data-focus": "part",
            title: projected ? "Lay the map out as before (P)" : "Separate two groups (P)",
            onclick: part,
          },
          projected ? "Together" : "Separate",
        ),
        h(
          "button",
          { "data-focus": "out", "aria-label": "Zoom out", onclick: () => plot.zoomBy(1 / 1.6) },
          "−",
        ),
        h(
          "button",
          { "data-focus": "in", "aria-label": "Zoom in", onclick: () => plot.zoomBy(1.6) },
          "+",
        ),
        h(
          "button",
          { "data-focus": "all", "aria-label": "Show all of the map", onclick: plot.whole },
          "All",
        ),
        h(
          "button",
          {
            class: "only-wide",
            "data-focus": "wide",
            "aria-label": wide ? "Small map" : "Large map",
            title: "M",
            onclick: store.mapWidened,
          },
          wide ? "⤡" : "⤢",
        ),
      ),
    ],
  );
  const legend = slot(
    h("ul", { class: "legend", "aria-label": "Colours" }),
    store,
    (s) => [s.session?.classes],
    (classes) => [
      (classes ?? [])
        .slice(0, NUM_CLASS_COLOURS)
        .map((one) =>
          h(
            "li",
            { title: one.name },
            swatch(store.get().session, one.name),
            h("span", { class: "class" }, one.name),
          ),
        ),
      (classes?.length ?? 0) > NUM_CLASS_COLOURS &&
        h(
          "li",
          {},
          styled(h("span", { class: "swatch", "aria-hidden": "true" }), {
            "--colour": "var(--class-other)",
          }),
          "others",
        ),
      h("li", { class: "note" }, "strong: labelled, pale: suggested"),
    ],
  );
  const element = h(
    "section",
    { class: "map", "aria-label": "Map" },
    head,
    h("div", { class: "map-body" }, plot.element, tip),
    legend,
    spoken,
  );
  return { element, current: plot.current, focus: plot.focus };
}
