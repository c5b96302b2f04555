// The classes with their keys, and the box into which any class can be typed, new ones too.

import { h, styled } from "../../house/dom.js";
import { count } from "../../house/numbers.js";
import { slot } from "./slot.js";
import { classColour, swatch } from "./tile.js";

const MOST_SHOWN = 20; // those that have a key
const MOST_OFFERED = 8;

/** A key as its cap shows it: "3", or "⇧3" for the thirteenth class. @param {string} key */
const cap = (key) => key.replace("!", "⇧");

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function classBar(store, actions) {
  const typing = typeBox(store, actions);
  const bar = slot(
    h("div", { class: "class-keys", role: "group", "aria-label": "Classes" }),
    store,
    (s) => [s.session?.classes],
    (classes) => [
      ...(classes ?? []).slice(0, MOST_SHOWN).map((one) =>
        h(
          "button",
          {
            class: "class-key",
            "data-focus": `class ${one.name}`,
            onclick: () => actions.label(one.name),
          },
          one.key && h("kbd", {}, cap(one.key)),
          styled(h("span", { class: "swatch", "aria-hidden": "true" }), {
            "--colour": classColour(store.get().session, one.name),
          }),
          h("span", { class: "class" }, one.name),
          h("span", { class: "figure" }, count(one.count)),
        ),
      ),
      (classes?.length ?? 0) > MOST_SHOWN &&
        h(
          "span",
          { class: "note" },
          `and ${count((classes?.length ?? 0) - MOST_SHOWN)} more: type them`,
        ),
    ],
  );
  return { element: h("div", { class: "class-bar" }, bar, typing.element), type: typing.open };
}

/** A field with completion. @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
function typeBox(store, actions) {
  let chosen = 0;
  /** @type {{ name: string, isNew: boolean }[]} */
  let offers = [];
  const list = h("ul", {
    class: "offers",
    role: "listbox",
    id: "class-offers",
    "aria-label": "Classes that fit",
    hidden: true,
  });
  const field = h("input", {
    class: "type-field",
    type: "text",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "class-offers",
    "aria-autocomplete": "list",
    "aria-label": "Type a class, or name a new one",
    placeholder: "Type a class",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "200",
    oninput: () => {
      chosen = 0;
      offer();
    },
    onfocus: offer,
    onblur: () => {
      field.value = "";
      hide();
    },
    onkeydown: pressed,
  });

  function hide() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function offer() {
    const text = field.value.trim();
    const names = store.get().session?.classes.map((c) => c.name) ?? [];
    offers = matches(names, text)
      .slice(0, MOST_OFFERED)
      .map((name) => ({ name, isNew: false }));
    if (text && !names.includes(text)) offers.push({ name: text, isNew: true });
    chosen = Math.min(chosen, Math.max(0, offers.length - 1));
    list.replaceChildren(
      ...offers.map(({ name, isNew }, place) =>
        h(
          "li",
          {
            id: `offer-${place}`,
            role: "option",
            "aria-selected": String(place === chosen),
            onmousedown: (/** @type {Event} */ event) => {
              event.preventDefault();
              take(place);
            },
          },
          isNew ? h("span", { class: "note" }, "new class ") : swatch(store.get().session, name),
          h("span", { class: "class" }, name),
        ),
      ),
    );
    list.hidden = !offers.length;
    field.setAttribute("aria-expanded", String(offers.length > 0));
    if (offers.length) field.setAttribute("aria-activedescendant", `offer-${chosen}`);
    else field.removeAttribute("aria-activedescendant");
  }

  /** @param {number} place */
  function take(place) {
    const { name } = offers[place] ?? {};
    leave();
    if (name) actions.label(name);
  }

  function leave() {
    field.value = "";
    hide();
    document.getElementById("work")?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && offers.length) {
      chosen = (chosen + step + offers.length) % offers.length;
      offer();
    } else if (event.key === "Enter") take(chosen);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const element = h(
    "div",
    { class: "type-box" },
    h("kbd", { "aria-hidden": "true" }, "/"),
    field,
    list,
  );
  return { element, open: () => (field.focus(), true) };
}

/** Names that begin with the text, then those with a word that does, then those that hold it. @param {string[]} names @param {string} text */
export function matches(names, text) {
  const wanted = text.toLowerCase();
  const rank = (/** @type {string} */ name) => {
    const low = name.toLowerCase();
    if (low === wanted) return 0;
    if (low.startsWith(wanted)) return 1;
    if (low.split(/[\s_-]+/).some((word) => word.startsWith(wanted))) return 2;
    return low.includes(wanted) ? 3 : 4;
  };
  return names.filter((name) => rank(name) < 4).sort((a, b) => rank(a) - rank(b));
}
