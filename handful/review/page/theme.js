// Dark and light: as the system has it until the reader says otherwise.

/** @type {Set<() => void>} */
const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");
system.addEventListener("change", announce);

function announce() {
  for (const listener of listeners) listener();
}

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : system.matches;
}

/** Turns the page over. */
export function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  announce();
}

/** @param {() => void} listener called after each change, for what is drawn on a canvas */
export function onThemeChange(listener) {
  listeners.add(listener);
}

/** The value of a colour of the style sheet, such as "--ink". @param {string} name */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** How many classes have a colour of their own. */
export const NUM_CLASS_COLOURS = 7;
