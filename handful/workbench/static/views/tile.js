// One picture with what is known of it: what the model says, what it is labelled, what was just said.

import { h, styled } from "../../house/dom.js";
import { percent } from "../../house/numbers.js";
import { NUM_CLASS_COLOURS } from "../../house/theme.js";
import { MEDIUM, picture, SMALL } from "../pictures.js";

/** @typedef {import("../types.js").Pick} Pick */
/** @typedef {import("../types.js").Answer} Answer */
/** @typedef {import("../types.js").Session} Session */

/** The name of a class's colour in the style sheet. @param {Session | null} session @param {string | null | undefined} name */
export function classColour(session, name) {
  const place = session?.classes.find((c) => c.name === name)?.colour ?? -1;
  return place >= 0 && place < NUM_CLASS_COLOURS
    ? `var(--class-${place + 1})`
    : "var(--class-other)";
}

/** @param {Session | null} session @param {string | null | undefined} name */
export function swatch(session, name) {
  return styled(h("span", { class: "swatch", "aria-hidden": "true" }), {
    "--colour": classColour(session, name),
  });
}

/** What was said here, in a word or two. @param {Answer} answer */
export function inWords(answer) {
  if (answer.verdict === "unsure") return "unsure";
  if (answer.verdict === "skip") return "skipped";
  if (answer.verdict === "not") return `not ${answer.label}`;
  return answer.label ?? "";
}

/** What the model says of a picture. @param {Pick} pick @param {Session | null} session */
export function suggestionLine(pick, session) {
  if (pick.blind)
    return h(
      "span",
      {
        class: "says blind",
        title: pick.again
          ? "Answered before, and asked again without a hint, to see whether the answer stays the same"
          : "An audit question: chosen at random and asked without a hint, so that the accuracy stays honest",
      },
      "no hint",
    );
  if (!pick.suggestion) return null;
  const { label, probability } = pick.suggestion;
  return h(
    "span",
    { class: "says" },
    h("span", { class: "offscreen" }, "suggested: "),
    swatch(session, label),
    h("span", { class: "class" }, label),
    probability !== null && h("span", { class: "figure" }, percent(probability, 0)),
  );
}

/** For those who do not see it. @param {Pick} pick @param {string} name @param {Answer | undefined} answer @param {boolean} flagged */
export function described(pick, name, answer, flagged) {
  const says = pick.blind
    ? "asked without a hint"
    : pick.suggestion
      ? `suggested ${pick.suggestion.label}${pick.suggestion.probability === null ? "" : `, ${percent(pick.suggestion.probability, 0)}`}`
      : "no suggestion";
  const given = pick.given ? `, labelled ${pick.given}` : "";
  return `${name}: ${answer ? inWords(answer) : says}${given}${flagged ? ", flagged" : ""}`;
}

/**
 * A tile of the grid. Its picture stays while its words change.
 * @param {Pick} pick
 * @param {string} path
 * @param {string | null} [group]
 */
export function createTile(pick, path, group = null) {
  const name = path.split("/").pop() ?? "";
  const words = h("div", { class: "words" });
  const mark = h("span", { class: "verdict" });
  const face = h("div", { class: "face" }, picture(pick.item, MEDIUM, name, true), mark);
  const element = h(
    "div",
    { class: "tile", role: "option", tabindex: "-1", title: path },
    face,
    words,
    h("div", { class: "tile-name path" }, path, group && h("span", { class: "note" }, ` · ${group}`)),
  );
  let shown = "";
  /** @param {Session | null} session @param {Answer | undefined} answer @param {{ current: boolean, selected: boolean, flagged: boolean }} how */
  function renew(session, answer, { current, selected, flagged }) {
    element.classList.toggle("current", current);
    element.tabIndex = current ? 0 : -1;
    element.setAttribute("aria-selected", String(selected));
    const label = described(pick, name, answer, flagged);
    if (shown === label) return;
    shown = label;
    element.classList.toggle("done", Boolean(answer));
    element.classList.toggle("flagged", flagged);
    styled(element, {
      "--colour":
        answer?.label && answer.verdict !== "not"
          ? classColour(session, answer.label)
          : "var(--strong-line)",
    });
    mark.replaceChildren(
      answer ? h("span", { class: "offscreen" }, "said: ") : "",
      answer ? inWords(answer) : "",
    );
    words.replaceChildren(
      flagged ? h("span", { class: "offscreen" }, "flagged ") : "",
      suggestionLine(pick, session) ?? "",
      ...(pick.given
        ? [h("span", { class: "given" }, "labelled ", h("b", { class: "class" }, pick.given))]
        : []),
      ...(pick.author ? [h("span", { class: "given" }, pick.author)] : []),
      ...(pick.votes && Object.keys(pick.votes).length ? [votes(pick.votes)] : []),
      ...(pick.against?.length ? [against(pick.against)] : []),
    );
  }
  return { element, renew };
}

/** Who said what. @param {Record<string, string>} said */
function votes(said) {
  return h(
    "ul",
    { class: "votes" },
    Object.entries(said).map(([by, name]) =>
      h("li", {}, `${by}: `, h("b", { class: "class" }, name)),
    ),
  );
}

/** Neighbours that contradict the label. @param {number[]} items */
function against(items) {
  return h(
    "span",
    { class: "against" },
    h("span", { class: "note" }, "unlike"),
    items.slice(0, 3).map((i) => picture(i, SMALL, "a neighbour labelled otherwise", true)),
  );
}
