// A share with its interval on a line from 0 to 100 %.

import { h, styled } from "../../house/dom.js";

/** @param {{ value: number, low: number, high: number }} figure shares */
export function intervalBar({ value, low, high }) {
  const parts = ["fill", "range", "dot"].map((part) => h("span", { class: part }));
  const bar = h("span", { class: "interval-bar", "aria-hidden": "true" }, parts);
  return styled(bar, { "--value": value, "--low": low, "--high": high });
}
