// How good it is, what the next labels would buy, class by class, and the confusion matrix.

import { h, styled } from "../../house/dom.js";
import { barePercent, count, counted, percent, percentRange } from "../../house/numbers.js";
import { intervalBar } from "../charts/interval.js";
import { confusion } from "./confusion.js";
import { exam } from "./exam.js";
import { slot } from "./slot.js";
import { swatch } from "./tile.js";

/** @typedef {import("../types.js").Figure} Figure */
/** @typedef {import("../types.js").Meter} Meter */
/** @typedef {import("../types.js").Session} Session */

/** @param {import("../store.js").Store} store @param {import("../actions.js").Actions} actions @param {() => void} editClasses */
export function rail(store, actions, editClasses) {
  return h(
    "aside",
    { class: "rail", "aria-label": "How good it is" },
    slot(
      h("div", { class: "rail-in" }),
      store,
      (s) => [
        s.session?.meter,
        s.session?.classes,
        s.session?.quarantined,
        s.session?.lassos,
        s.session?.labelled === 0,
        s.session?.exam,
        s.batch?.kind === "exam",
        s.taking,
      ],
      () => {
        const { session } = store.get();
        const { meter, labelled, classes } = session ?? { meter: null, labelled: 0, classes: [] };
        return [
          h("h2", { class: "offscreen" }, "The meter"),
          meter && isMeasured(meter.accuracy) && isMeasured(meter.live)
            ? measured(meter)
            : unmeasured(labelled),
          meter && session?.exam.model && exam(session.exam, store, actions),
          session && perClass(session, meter, actions, editClasses),
          session?.lassos?.length ? lassos(session, session.lassos, actions) : null,
          meter?.confusion &&
            classes.length > 1 &&
            confusion(
              classes.map((c) => c.name),
              meter.confusion,
              actions,
            ),
          meter && people(meter),
          // Offered at the end, for it comes at the end; once there is one it stands on top.
          meter && session && !session.exam.model && exam(session.exam, store, actions),
          session?.quarantined.length ? aside(session) : null,
        ];
      },
    ),
  );
}

/** Whether there was anything to measure on. @param {Figure | null | undefined} figure @returns {figure is Figure} */
export const isMeasured = (figure) => Boolean(figure) && figure?.value !== null && figure?.low !== null;

/** @param {number} labelled */
function unmeasured(labelled) {
  return h(
    "section",
    {},
    h("h3", {}, "Accuracy"),
    h("p", { class: "big none" }, "—"),
    h(
      "p",
      { class: "note" },
      labelled
        ? "It needs a few more answers to pictures chosen at random."
        : "Measured from the first labels on, on pictures chosen at random and asked without a hint.",
    ),
  );
}

/** @param {Meter} meter */
function measured(meter) {
  const { accuracy, live, audit, forecast, expected_wrong: wrong, advice } = meter;
  return h(
    "section",
    { class: "meter-figures" },
    h("h3", {}, "Accuracy"),
    h("p", { class: "big" }, barePercent(accuracy.value), h("small", {}, "%")),
    intervalBar({ value: accuracy.value, low: live.low, high: live.high }),
    h(
      "p",
      {
        class: "interval",
        title: `${live.method}. As it is now: ${percentRange(accuracy.low, accuracy.high)}, ${accuracy.method}`,
      },
      h("b", { class: "figure" }, percentRange(live.low, live.high)),
      h("span", { class: "note" }, `, ${percent(live.confidence, 0)} confidence, whenever you look`),
    ),
    meter.baseline && h("p", { class: "note" }, `${meter.baseline}.`),
    progress(audit),
    h(
      "dl",
      { class: "rail-facts" },
      fact("Next labels", forecast ? gain(forecast) : "too early to forecast"),
      isMeasured(wrong) &&
        fact(
          "If the rest is labelled by the model",
          h(
            "span",
            {},
            h("b", { class: "figure" }, count(Math.round(wrong.value))),
            " wrong ",
            h(
              "span",
              { class: "note figure" },
              `${count(Math.round(wrong.low))} to ${count(Math.round(wrong.high))}`,
            ),
          ),
        ),
      advice &&
        fact(
          "Enough?",
          h(
            "span",
            { class: advice.stop ? "enough" : "" },
            advice.stop ? h("b", {}, "You may stop: ") : null,
            advice.text,
          ),
        ),
    ),
  );
}

/** @param {string} term @param {import("../../house/dom.js").Child} text */
const fact = (term, text) => h("div", {}, h("dt", {}, term), h("dd", {}, text));

/** "50 more: +0.8 points (−0.2 to +1.9)" @param {NonNullable<Meter["forecast"]>} forecast */
function gain({ labels, gain: { value, low, high } }) {
  const signed = (/** @type {number} */ share) =>
    `${share < 0 ? "−" : "+"}${Math.abs(share * 100).toFixed(1)}`;
  return h(
    "span",
    {},
    `${count(labels)} more: `,
    h("b", { class: "figure" }, `${signed(value)} points`),
    h("span", { class: "note figure" }, ` ${signed(low)} to ${signed(high)}`),
  );
}

/** @param {Meter["audit"]} audit */
function progress({ answered, wanted, reserve }) {
  const goal = Math.max(1, Math.min(wanted || reserve, reserve));
  const bar = styled(h("span", { class: "bar-line", "aria-hidden": "true" }), {
    "--share": Math.min(1, answered / goal),
  });
  return h(
    "div",
    { class: "audit" },
    bar,
    h(
      "span",
      { class: "note" },
      `${counted(answered, "audit answers")}`,
      answered < goal ? ` of ${count(goal)} wanted` : "",
    ),
  );
}

/** @param {Session} session @param {Meter | null} meter @param {import("../actions.js").Actions} actions @param {() => void} edit */
function perClass(session, meter, actions, edit) {
  const line = (/** @type {string} */ term, /** @type {Figure | undefined} */ figure) =>
    isMeasured(figure) &&
    h(
      "div",
      {
        class: "measure",
        title: `${term}: ${percent(figure.value)} (${percentRange(figure.low, figure.high)}), n = ${figure.n}`,
      },
      h("span", { class: "term" }, term),
      intervalBar({ value: figure.value, low: figure.low, high: figure.high }),
      h("span", { class: "figure" }, percent(figure.value, 0)),
    );
  return h(
    "section",
    {},
    h(
      "h3",
      {},
      "Classes",
      h("button", { class: "plain", "data-focus": "edit", onclick: edit }, "Rename, merge"),
    ),
    session.classes.length === 0 && h("p", { class: "note" }, "None yet."),
    h(
      "ul",
      { class: "per-class" },
      session.classes.map((one) => {
        const figures = meter?.per_class.find((row) => row.name === one.name);
        return h(
          "li",
          {},
          h(
            "button",
            {
              class: "class-row",
              "data-focus": `row ${one.name}`,
              title: "Show its pictures",
              onclick: () =>
                void actions.open(`class:${encodeURIComponent(one.name)}`, `Labelled ${one.name}`),
            },
            swatch(session, one.name),
            h("span", { class: "class" }, one.name),
            h("span", { class: "figure" }, count(one.count)),
          ),
          line("recall", figures?.recall),
          line("precision", figures?.precision),
        );
      }),
    ),
    meter &&
      h(
        "p",
        { class: "note" },
        "Recall: how many of the class are found. Precision: how many of those called so are right.",
      ),
  );
}

/** Lassos whose labels count half, for they were not confirmed yet. @param {Session} session @param {import("../types.js").Lasso[]} all @param {import("../actions.js").Actions} actions */
function lassos(session, all, actions) {
  const title = "Each label of these lassos counts half until a few of their pictures, asked one at a time, confirm it";
  return h(
    "section",
    {},
    h("h3", { title }, "Lassos"),
    h(
      "ul",
      { class: "lassos" },
      all.map(({ gesture, label, items, unanswered, answered, agreed }) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              class: "class-row",
              "data-focus": `lasso ${gesture}`,
              title: "Look through its pictures, the doubtful ones first",
              onclick: () => void actions.open(`lasso:${gesture}`, `A lasso said ${label}`),
            },
            swatch(session, label),
            h("span", { class: "class" }, label),
            h("span", { class: "figure" }, count(items)),
          ),
          agreed < answered
            ? h(
                "p",
                { class: "note doubtful" },
                `${count(answered - agreed)} of ${count(answered)} asked one at a time ${answered - agreed === 1 ? "is" : "are"} something else: look through it.`,
              )
            : h("p", { class: "note" }, `${counted(unanswered, "pictures")} to be asked one at a time.`),
        ),
      ),
    ),
    h("p", { class: "note" }, "Their labels count half."),
  );
}

/** @param {Meter} meter */
function people({ agreement, own_consistency: own }) {
  const [both, self] = [
    agreement && isMeasured(agreement.kappa) ? agreement : null,
    isMeasured(own) ? own : null,
  ];
  if (!both && !self) return null;
  return h(
    "section",
    {},
    h("h3", {}, "People"),
    h(
      "dl",
      { class: "rail-facts" },
      both &&
        fact(
          `${both.annotators.join(", ")} on ${counted(both.items, "pictures")}`,
          h(
            "span",
            {},
            "κ ",
            h("b", { class: "figure" }, both.kappa.value.toFixed(2)),
            h(
              "span",
              { class: "note figure" },
              ` ${both.kappa.low.toFixed(2)} to ${both.kappa.high.toFixed(2)}`,
            ),
          ),
        ),
      self &&
        fact(
          "You, asked again",
          h(
            "span",
            {},
            h("b", { class: "figure" }, percent(self.value, 0)),
            " the same",
            h("span", { class: "note" }, ` of ${count(self.n)}`),
          ),
        ),
    ),
  );
}

/** Files that could not be read. @param {Session} session */
function aside({ quarantined }) {
  return h(
    "details",
    { class: "set-aside" },
    h("summary", {}, `${counted(quarantined.length, "files")} set aside`),
    h(
      "ul",
      {},
      quarantined
        .slice(0, 50)
        .map(({ path, why }) =>
          h("li", {}, h("span", { class: "path" }, path), h("span", { class: "note" }, ` ${why}`)),
        ),
    ),
  );
}
