// Where the workbench is: at the root of its host, or under a path that a proxy has given it.

/** An address of the workbench's, wherever it is shown. @param {string} path such as "/api/session" */
export const placed = (path) => new URL(`..${path}`, import.meta.url).href;

/** Whether the page came here over a tunnel, and not from this machine itself. */
export const isElsewhere = !["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
