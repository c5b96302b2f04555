// Which key does what. The same table feeds the keyboard, the bar of hints and the help.

/**
 * @typedef {object} Key
 * @property {string} name of the action
 * @property {string} shown on the key cap
 * @property {string} words
 * @property {string} more for the help
 * @property {boolean} [hint] stands in the bar below
 */

/** @type {Key[]} */
export const KEYS = [
  {
    name: "accept",
    shown: "⏎",
    words: "Accept",
    more: "Take the model's suggestion; where a label is looked at again, keep it",
    hint: true,
  },
  {
    name: "acceptRow",
    shown: "⇧⏎",
    words: "Row",
    more: "Take the suggestion for all pictures of the row; asks before labels change",
    hint: true,
  },
  {
    name: "refuse",
    shown: "X",
    words: "Not this",
    more: "The suggestion is wrong; what it is instead stays open, and a label stays",
    hint: true,
  },
  {
    name: "unsure",
    shown: "Space",
    words: "Unsure",
    more: "Looked at, and cannot say",
    hint: true,
  },
  {
    name: "type",
    shown: "/",
    words: "Type",
    more: "Type a class with completion, or name a new one",
    hint: true,
  },
  {
    name: "undo",
    shown: "⌫",
    words: "Undo",
    more: "Take the last gesture back, also Ctrl+Z; without limit",
    hint: true,
  },
  {
    name: "redo",
    shown: "⇧^Z",
    words: "Redo",
    more: "Shift+Ctrl+Z or Ctrl+Y: do again what was undone",
    hint: true,
  },
  {
    name: "mode",
    shown: "G",
    words: "Grid or focus",
    more: "Many pictures, or one large",
    hint: true,
  },
  {
    name: "lasso",
    shown: "L",
    words: "Lasso",
    more: "Draw around items on the map; or Shift and drag. By keys: arrows move the ring, + and − size it, Enter takes what is inside",
    hint: true,
  },
  {
    name: "similar",
    shown: "S",
    words: "Similar",
    more: "The pictures most like this one",
    hint: true,
  },
  {
    name: "project",
    shown: "P",
    words: "Separate",
    more: "Turn the map so that two groups separate",
    hint: true,
  },
  {
    name: "errors",
    shown: "E",
    words: "Errors",
    more: "Labels that the model contradicts",
    hint: true,
  },
  {
    name: "zoom",
    shown: "Z",
    words: "Zoom",
    more: "The whole picture, or one pixel of it to one of the screen; the wheel, + and − zoom, dragging and Shift with an arrow move it",
    hint: true,
  },
  {
    name: "brighter",
    shown: "B ⇧B",
    words: "Brightness",
    more: "Brighter, and with Shift darker; or drag up and down with the right button. Taken from the real depth of 16-bit pictures",
  },
  {
    name: "sharper",
    shown: "C ⇧C",
    words: "Contrast",
    more: "More, and with Shift less; or drag left and right with the right button",
  },
  { name: "reset", shown: "R", words: "Reset", more: "The whole picture, as bright as it is" },
  { name: "flag", shown: "F", words: "Flag", more: "Mark for another look", hint: true },
  { name: "map", shown: "M", words: "Map", more: "Make the map large, or small again", hint: true },
  { name: "help", shown: "?", words: "Keys", more: "This table", hint: true },
  {
    name: "escape",
    shown: "Esc",
    words: "Clear",
    more: "Clear the selection; then back to the questions",
  },
];

/** What a key press asks for. @typedef {{ name: string, value?: number }} Wish */

/** @type {Record<string, string>} */
const LETTERS = {
  x: "refuse",
  g: "mode",
  l: "lasso",
  s: "similar",
  p: "project",
  e: "errors",
  f: "flag",
  m: "map",
  z: "zoom",
  b: "brighter",
  c: "sharper",
  r: "reset",
};
/** @type {Record<string, string>} */
const NAMED = {
  Enter: "accept",
  " ": "unsure",
  "/": "type",
  "+": "zoomIn",
  "=": "zoomIn",
  "-": "zoomOut",
  Backspace: "undo",
  "?": "help",
  Escape: "escape",
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** With Shift. @type {Record<string, string>} */
const SHIFTED = {
  ArrowLeft: "panLeft",
  ArrowRight: "panRight",
  ArrowUp: "panUp",
  ArrowDown: "panDown",
  b: "darker",
  c: "softer",
};

/** @param {KeyboardEvent} event @returns {Wish | null} */
export function wish(event) {
  const letter = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (letter === "z") return { name: event.shiftKey ? "redo" : "undo" };
    return letter === "y" ? { name: "redo" } : null;
  }
  if (event.altKey) return null;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  if (digit) {
    const place = (Number(digit) + 9) % 10; // 1 is the first, 0 the tenth
    return { name: "class", value: event.shiftKey ? place + 10 : place };
  }
  if (event.shiftKey) {
    const shifted = SHIFTED[event.key.length > 1 ? event.key : letter];
    if (shifted) return { name: shifted };
  }
  if (event.key === "Enter" && event.shiftKey) return { name: "acceptRow" };
  const name = NAMED[event.key] ?? LETTERS[letter];
  return name ? { name } : null;
}

/** Whether the person types words here, so that letters are letters. @param {EventTarget | null} target */
function isTyping(target) {
  return (
    target instanceof Element &&
    target.matches("input:not([type=radio], [type=checkbox], [type=range]), textarea, select")
  );
}

/** Whether the key moves the slider in focus. @param {KeyboardEvent} event */
const isSliding = ({ target, key }) =>
  target instanceof Element && target.matches("[type=range]") && key.startsWith("Arrow");

/** Whether Enter and Space belong to the element in focus. @param {EventTarget | null} target */
function isControl(target) {
  return target instanceof Element && target.matches("button, a, summary, input, select");
}

/**
 * Listens for as long as the page lives.
 * @param {(wish: Wish) => boolean} act whether it was acted on
 */
export function listenForKeys(act) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") || isSliding(event)) return;
    if (isControl(event.target) && (event.key === "Enter" || event.key === " ")) return;
    const wanted = wish(event);
    if (wanted && act(wanted)) event.preventDefault();
  });
}
