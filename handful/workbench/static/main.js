// The page: makes the parts, puts them in their places, and hands each key to whom it concerns.

import { h } from "../house/dom.js";
import { createActions } from "./actions.js";
import * as api from "./api.js";
import { createFollower } from "./follow.js";
import { listenForKeys } from "./keys.js";
import { createOutbox } from "./outbox.js";
import { createQuestions } from "./questions.js";
import { createStore } from "./store.js";
import { classBar } from "./views/classes.js";
import { exports } from "./views/export.js";
import { help, hints } from "./views/hints.js";
import { map } from "./views/map.js";
import { notices } from "./views/notices.js";
import { overwriteSheet } from "./views/overwrite.js";
import { rail } from "./views/rail.js";
import { classSheet, projectSheet } from "./views/sheets.js";
import { follow } from "./views/slot.js";
import { top } from "./views/top.js";
import { work } from "./views/work.js";

const store = createStore();
const follower = createFollower(store);

/** Why what waits could not be sent; gone once it is. @type {import("./types.js").Fault | null} */
let hindrance = null;

const outbox = await createOutbox({
  send: api.post,
  counted: store.unsavedCounted,
  saved(answer, letters) {
    if (hindrance && store.get().fault === hindrance) store.faultChanged(null);
    if (answer.session) follower.sessionArrived(answer.session);
    else void follower.catchUp();
    if (answer.left?.length) {
      // Somebody else labelled them meanwhile, or another tab did.
      store.leftAsTheyWere(answer.left, letters.map((letter) => letter.body.id));
      follower.lookAnew();
    }
    if (letters[0].body.id) actions.turned(letters[0].path, letters[0].body.id, answer.items ?? []);
  },
  refused(error, letter) {
    store.faultChanged(error.fault);
    if (letter.body.items) store.answersDropped(letter.body.items);
    void follower.catchUp();
  },
  delayed(error) {
    hindrance = error.fault ?? null;
    follower.failed(error);
  },
});

const questions = createQuestions(store, outbox, follower);
const overwriting = overwriteSheet();
const actions = createActions(store, outbox, follower, questions, overwriting.ask);
const parting = projectSheet(store, actions);
const editing = classSheet(store, actions);
const keys = help();
const middle = work(store, actions);
const plane = map(store, actions, parting.open);
const bar = classBar(store, actions);

/** The item that a key about one item means: on the map what is pointed at, else the cursor's. */
const pointedAt = () => (plane.current() >= 0 ? plane.current() : undefined);

/** @type {Record<string, () => unknown>} */
const deeds = {
  accept: actions.accept,
  acceptRow: actions.acceptRow,
  refuse: actions.refuse,
  unsure: actions.unsure,
  type: () => {
    if (store.get().view === "export") store.viewChanged("label");
    return bar.type();
  },
  undo: actions.undo,
  redo: actions.redo,
  mode: () => store.modeChanged(store.get().mode === "grid" ? "focus" : "grid"),
  lasso: () => {
    if (matchMedia("(max-width: 999px)").matches) store.viewChanged("map");
    store.lassoChanged(!store.get().lassoing);
  },
  similar: () => void actions.similar(pointedAt()),
  project: parting.open,
  errors: () => void actions.open("errors", ""),
  flag: actions.flag,
  map: store.mapWidened,
  help: keys.open,
  escape: actions.letGo,
  left: () => actions.moveTo(store.get().cursor - 1),
  right: () => actions.moveTo(store.get().cursor + 1),
  up: () =>
    store.get().mode === "grid" ? middle.vertical(-1) : actions.moveTo(store.get().cursor - 1),
  down: () =>
    store.get().mode === "grid" ? middle.vertical(1) : actions.moveTo(store.get().cursor + 1),
};

/** What is done to the large picture. */
const LENS = new Set(Object.keys(middle.lens));
Object.assign(deeds, middle.lens, {
  zoom: () => {
    store.modeChanged("focus");
    return middle.lens.zoom();
  },
});

/** What needs pictures in sight. */
const ABOUT_PICTURES = new Set([
  "class",
  "accept",
  "acceptRow",
  "refuse",
  "unsure",
  "flag",
  "left",
  "right",
  "up",
  "down",
  "similar",
  ...LENS,
]);

listenForKeys(({ name, value }) => {
  const { view, session } = store.get();
  if (view === "export" && ABOUT_PICTURES.has(name)) return false;
  if (LENS.has(name) && name !== "zoom" && store.get().mode !== "focus") {
    // A large picture alone can be moved: among many, Shift and an arrow is an arrow.
    const arrow = /^pan(.+)$/.exec(name)?.[1].toLowerCase();
    if (!arrow) return false;
    deeds[arrow]();
    return true;
  }
  if (name === "class") {
    const one = session?.classes[value ?? -1];
    if (one) actions.label(one.name);
    return Boolean(one);
  }
  deeds[name]();
  return true;
});

follow(
  store,
  (s) => [s.view, s.mode, s.wideMap, s.selection.origin],
  (view, mode, wide, origin) => {
    Object.assign(document.body.dataset, { view, mode, wide: String(wide), origin });
  },
);
follow(
  store,
  (s) => [s.session?.name],
  (name) => (document.title = name ? `${name} · handful` : "handful"),
);
follow(store, (s) => [s.batch, s.cursor, s.mode], questions.lookAhead);

// Where the first pictures had not been looked at yet, the questions come as soon as some have.
follow(
  store,
  (s) => [s.session?.embedded ?? 0, s.batch],
  (embedded, batch) => {
    if (batch?.kind === "ask" && !batch.picks.length && embedded > batch.among) void actions.ask();
  },
);

document.body.append(
  h("a", { class: "skip", href: "#work" }, "To the pictures"),
  top(store),
  notices(store),
  h(
    "div",
    { class: "panes" },
    plane.element,
    h("div", { class: "centre" }, middle.element, exports(store, actions), bar.element),
    rail(store, actions, editing.open),
  ),
  hints(store, (name) => deeds[name]()),
  parting.element,
  editing.element,
  overwriting.element,
  keys.element,
);

// The first questions come before everything else: labelling starts while the rest is fetched.
try {
  const [session] = await Promise.all([api.session(), actions.ask()]);
  follower.sessionArrived(session);
} catch (error) {
  follower.failed(error);
}
follower.listen(() => {
  outbox.hurry();
  void follower.load();
  const { batch } = store.get();
  if (!batch || batch.picks.every((pick) => batch.answers[pick.item])) void questions.goOn();
});
void follower.load();
