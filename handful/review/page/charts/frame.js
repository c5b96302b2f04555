// What all charts share: they fit their column, follow its width, and can be read as numbers too.

import { h } from "../dom.js";

/**
 * A figure whose chart is drawn again when its width changes.
 * @param {object} options
 * @param {string} options.label what the chart shows, for those who do not see it
 * @param {(width: number) => Element} options.draw
 * @param {Element} [options.numbers] the same as a table, folded away
 * @param {number} [options.maxWidth]
 */
export function chart({ label, draw, numbers, maxWidth = Infinity }) {
  const canvas = h("div", { class: "chart", role: "img", "aria-label": label });
  let drawn = 0;
  const redraw = () => {
    const width = Math.min(Math.floor(canvas.clientWidth), maxWidth);
    if (width > 0) canvas.replaceChildren(draw((drawn = width)));
  };
  new ResizeObserver(() => {
    if (Math.min(Math.floor(canvas.clientWidth), maxWidth) !== drawn) redraw();
  }).observe(canvas);
  const figure = h(
    "figure",
    {},
    canvas,
    numbers && h("details", {}, h("summary", {}, "As numbers"), numbers),
  );
  return { figure, redraw };
}

/**
 * A small table, wrapped so that it scrolls by itself on a narrow screen.
 * @param {string} caption
 * @param {string[]} head
 * @param {(import("../dom.js").Child)[][]} rows the first cell of each names the row
 * @param {string} [kind] a further class
 */
export function table(caption, head, rows, kind = "") {
  return h(
    "div",
    { class: `scroll ${kind}`, tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "offscreen" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map(([first, ...rest]) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, first),
            rest.map((cell) => h("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}
