// What must not be overlooked: no connection, an error's four lines, reading that goes on.

import { h, styled } from "../../house/dom.js";
import { count, counted } from "../../house/numbers.js";
import { slot } from "./slot.js";

/** @param {import("../store.js").Store} store */
export function notices(store) {
  return slot(
    h("div", { class: "notices" }),
    store,
    (s) => [
      s.link,
      s.unsaved,
      s.fault,
      s.session?.progress,
      s.session?.items,
      s.session?.model,
      s.session?.failed,
      s.notesRead ? undefined : s.session?.notes,
    ],
    (link, unsaved, fault, progress, items, model, stopped, notes) => [
      link === "offline" && offline(unsaved),
      link === "denied" && denied(unsaved, fault),
      model?.state === "failed" && model.error && failed(model.error),
      stopped &&
        h(
          "div",
          { class: "notice warn", role: "alert" },
          h("strong", {}, stopped.what),
          ` ${stopped.found ?? ""}`,
        ),
      fault && fourLines(fault, () => store.faultChanged(null)),
      notes?.length ? moved(notes, store.notesClosed) : null,
      progress && progress.done < progress.total && reading(progress, items ?? progress.total),
    ],
  );
}

/** @param {number} unsaved */
function offline(unsaved) {
  const waiting = unsaved
    ? `${counted(unsaved, "gestures")} ${unsaved === 1 ? "waits" : "wait"} in this browser and will be sent.`
    : "Nothing is lost.";
  return h(
    "div",
    { class: "notice warn", role: "alert" },
    h("strong", {}, "The workbench does not answer."),
    ` ${waiting} Trying again …`,
  );
}

/** @param {number} unsaved @param {import("../types.js").Fault | null} fault which says why, where it is not the token */
function denied(unsaved, fault) {
  return h(
    "div",
    { class: "notice warn", role: "alert" },
    h("strong", {}, fault ? "The workbench refuses this page." : "This page has no key to the workbench."),
    fault ? null : " Open the address that `handful label` printed in the terminal.",
    unsaved
      ? ` ${counted(unsaved, "gestures")} ${unsaved === 1 ? "waits" : "wait"} in this browser.`
      : null,
  );
}

/** @param {import("../types.js").Fault | string} error */
function failed(error) {
  const what = typeof error === "string" ? error : error.what;
  return h(
    "div",
    { class: "notice warn", role: "status" },
    h("strong", {}, "The last fit failed;"),
    ` labelling goes on with the model before it. ${what}`,
  );
}

/** What became of labels whose pictures were moved. @param {string[]} notes @param {() => void} close */
function moved(notes, close) {
  return h(
    "div",
    { class: "notice fault", role: "status" },
    h("div", {}, notes.map((note) => h("p", {}, note))),
    h(
      "button",
      { class: "close", "data-focus": "close-notes", "aria-label": "Close these notes", onclick: close },
      "✕",
    ),
  );
}

/** @param {import("../types.js").Fault} fault @param {() => void} close */
function fourLines(fault, close) {
  const lines = /** @type {const} */ ([
    ["found", fault.found],
    ["expected", fault.expected],
    ["try", fault.attempt],
  ]);
  return h(
    "div",
    { class: "notice warn fault", role: "alert" },
    h(
      "div",
      {},
      h("strong", {}, fault.what),
      h(
        "dl",
        {},
        lines.map(([term, text]) => text && h("div", {}, h("dt", {}, term), h("dd", {}, text))),
      ),
    ),
    h(
      "button",
      {
        class: "close",
        "data-focus": "close-fault",
        "aria-label": "Close this message",
        onclick: close,
      },
      "✕",
    ),
  );
}

/** @param {{ done: number, total: number, rate: number }} progress @param {number} items */
function reading({ done, total, rate }, items) {
  const left = rate > 0 ? (total - done) / rate : null;
  const bar = styled(h("span", { class: "bar-line", "aria-hidden": "true" }), {
    "--share": done / total,
  });
  return h(
    "div",
    { class: "notice reading" },
    bar,
    h(
      "span",
      {},
      `Reading pictures: ${count(done)} of ${count(items)}`,
      left !== null && left > 1 ? `, about ${count(Math.ceil(left))} s left` : "",
      ". You can label meanwhile.",
    ),
  );
}
