// Makes elements. Text goes in as text nodes, never as HTML, so that no name can become markup.

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * An element with its attributes and children.
 * @param {string} name
 * @param {Record<string, any>} [attributes] a function is an event listener ("onclick"); null and
 *   false leave the attribute out; true gives it an empty value.
 * @param {...Child} children
 * @returns {any}
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} parent @param {Child[]} children */
function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child === null || child === undefined || child === false) continue;
    else parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Sets style properties, which a policy without inline attributes allows.
 * @template {HTMLElement} T
 * @param {T} element
 * @param {Record<string, string | number>} properties custom properties included
 * @returns {T}
 */
export function styled(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    element.style.setProperty(name, String(value));
  }
  return element;
}

/**
 * Puts `text` on the clipboard. By the old way, which works from a file too.
 * @param {string} text
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copyText(text) {
  const area = h("textarea", { "aria-hidden": "true", class: "offscreen", readonly: true });
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
