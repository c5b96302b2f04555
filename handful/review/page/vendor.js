// The two libraries, which stand in the page as plain scripts. Licences: vendor/.

/** @type {any} */
const page = globalThis;

export const d3 = page.d3;
export const Plot = page.Plot;
