// Two small dialogs: which groups the map should part, and names of classes.

import { h } from "../../house/dom.js";
import { count } from "../../house/numbers.js";

const MOST = 2000; // of a group: more would not turn the map otherwise

/** @param {string} id @param {string} title @param {() => void} submit @returns {any} */
function sheet(id, title, submit) {
  const body = h("div", { class: "sheet-body" });
  const dialog = h(
    "dialog",
    { class: "sheet", "aria-labelledby": id },
    h(
      "header",
      {},
      h("h2", { id }, title),
      h(
        "button",
        { class: "close", type: "button", "aria-label": "Close", onclick: () => dialog.close() },
        "✕",
      ),
    ),
    h("form", { method: "dialog", onsubmit: submit }, body),
  );
  return { dialog, body };
}

/** @param {string} name @param {[string, string][]} options value and words @param {string} chosen */
const select = (name, options, chosen) =>
  h(
    "select",
    { name, id: `pick-${name}` },
    options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)),
  );

/** Asks which two groups to part. @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function projectSheet(store, actions) {
  const { dialog, body } = sheet("project-title", "Separate two groups on the map", () => apply());
  let [first, second] = [select("a", [], ""), select("b", [], "")];

  /** @param {string} value @param {Set<number>} without */
  function members(value, without) {
    const { columns, selection, session } = store.get();
    const all = columns.labels;
    const found = [];
    if (value === "chosen") return selection.items.slice(0, MOST);
    const wanted =
      value === "rest"
        ? -2
        : (session?.classes.findIndex((c) => `class ${c.name}` === value) ?? -1);
    for (let i = 0; i < all.length; i++)
      if (wanted === -2 ? !without.has(i) : all[i] === wanted) found.push(i);
    const step = Math.max(1, Math.ceil(found.length / MOST));
    return found.filter((_, place) => place % step === 0);
  }

  function apply() {
    const a = members(first.value, new Set());
    const b = members(second.value, new Set(a));
    const words = (/** @type {any} */ s) =>
      s.selectedOptions[0]?.textContent.replace(/ \(.*/, "") ?? "";
    if (a.length && b.length)
      void actions.project({ a, b, words: `${words(first)} | ${words(second)}` });
  }

  return {
    element: dialog,
    open() {
      const { session, selection, projected } = store.get();
      if (projected) return void actions.project(null); // the same key lays it out as before
      const classes = (session?.classes ?? []).filter((c) => c.count > 0);
      const ranked = [...classes].sort((x, y) => y.count - x.count);
      /** @type {[string, string][]} */
      const options = classes.map((c) => [`class ${c.name}`, `${c.name} (${count(c.count)})`]);
      if (selection.items.length)
        options.unshift(["chosen", `what is chosen (${count(selection.items.length)})`]);
      if (!options.length) {
        body.replaceChildren(
          h(
            "p",
            {},
            "There is nothing to separate yet. Label pictures of two classes, or choose some with the lasso.",
          ),
        );
        return void dialog.showModal();
      }
      options.push(["rest", "everything else"]);
      first = select(
        "a",
        options,
        options[0][0] === "chosen" ? "chosen" : `class ${ranked[0].name}`,
      );
      second = select(
        "b",
        options,
        options[0][0] === "chosen" || ranked.length < 2 ? "rest" : `class ${ranked[1].name}`,
      );
      body.replaceChildren(
        h(
          "p",
          { class: "note" },
          "Left to right becomes what tells the first from the second; up and down, what else differs most. P again lays the map out as before.",
        ),
        h("label", { for: "pick-a" }, "This group", first),
        h("label", { for: "pick-b" }, "from that", second),
        h("button", { class: "button primary", type: "submit" }, "Separate them"),
      );
      dialog.showModal();
      body.querySelector("button").focus();
    },
  };
}

/** Renames and merges classes. @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions */
export function classSheet(store, actions) {
  const { dialog, body } = sheet("classes-title", "Classes", () => undefined);
  /** Afterwards the keys go to the pictures, not to the button that opened this. */
  function done() {
    dialog.close();
    document.getElementById("work")?.focus({ preventScroll: true });
  }
  function draw() {
    const classes = store.get().session?.classes ?? [];
    body.replaceChildren(
      h("p", { class: "note" }, "Renaming and merging are one gesture each, and can be undone."),
      h(
        "ul",
        { class: "class-edits" },
        classes.map(({ name, count: number }) => {
          const field = h("input", {
            type: "text",
            value: name,
            "aria-label": `New name of ${name}`,
            maxlength: "200",
          });
          const rename = () => {
            const to = field.value.trim();
            if (to && to !== name && !classes.some((c) => c.name === to))
              actions.changeClass("rename", name, to);
            done();
          };
          const into = h(
            "select",
            {
              "aria-label": `Merge ${name} into`,
              onchange: () => {
                if (into.value) actions.changeClass("merge", name, into.value);
                done();
              },
            },
            h("option", { value: "" }, "merge into …"),
            classes
              .filter((c) => c.name !== name)
              .map((c) => h("option", { value: c.name }, c.name)),
          );
          return h(
            "li",
            {},
            field,
            h("span", { class: "figure note" }, count(number)),
            h("button", { class: "button", type: "button", onclick: rename }, "Rename"),
            classes.length > 1 && into,
          );
        }),
      ),
    );
  }
  return { element: dialog, open: () => (draw(), dialog.showModal()) };
}
