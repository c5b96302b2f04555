// Follows the server: its events, the labels and colours that changed, and whether it is there.

import * as api from "./api.js";

/** @typedef {ReturnType<typeof createFollower>} Follower */

/** @param {import("./store.js").Store} store */
export function createFollower(store) {
  let catching = false;
  let again = false;

  /** @param {unknown} error */
  function failed(error) {
    if (!(error instanceof api.ApiError)) throw error;
    if (error.isUnreachable) store.linkChanged("offline");
    else if (error.isDenied) {
      store.linkChanged("denied");
      // Without the token the notice says what to do; an address that is refused has its own cause.
      if (error.status === 403) store.faultChanged(error.fault);
    }
    else store.faultChanged(error.fault);
  }

  /** Fetches what changed since; many calls at once become two. */
  async function catchUp() {
    if (catching) {
      again = true;
      return;
    }
    catching = true;
    try {
      do {
        again = false;
        const { columns } = store.get();
        if (!columns.paths.length) return;
        store.labelsArrived(await api.labels(columns.labelVersion));
        const colours = await api.colours(columns.colourVersion);
        if (colours) store.coloursArrived(colours);
      } while (again);
    } catch (error) {
      failed(error);
    } finally {
      catching = false;
    }
  }

  /** Labels and colours from the beginning, for the page has guessed wrong. */
  function lookAnew() {
    const { columns } = store.get();
    [columns.labelVersion, columns.colourVersion] = [0, ""];
    void catchUp();
  }

  async function refreshPositions() {
    try {
      const positions = await api.positions();
      // A map that somebody turned meanwhile stays as it is.
      if (!store.get().projected) store.positionsArrived(positions);
    } catch (error) {
      failed(error);
    }
  }

  /** All that the page needs beyond the first questions. */
  async function load() {
    try {
      if (!store.get().columns.paths.length) {
        const { paths, groups } = await api.items();
        store.itemsArrived(paths, groups);
      }
      await Promise.all([refreshPositions(), catchUp()]);
    } catch (error) {
      failed(error);
    }
  }

  /** Answers and events overtake each other: what is older is passed over. @param {import("./types.js").Session} session */
  function sessionArrived(session) {
    const { session: before, columns } = store.get();
    if (before && session.looked_at < before.looked_at) return;
    store.sessionArrived(session);
    const isNew = session.model.version !== before?.model.version;
    if (isNew || session.label_version !== columns.labelVersion) void catchUp();
    const isMoved =
      session.positions_version !== before?.positions_version ||
      session.embedded !== before?.embedded;
    if (before && isMoved) void refreshPositions();
  }

  /** @param {() => void} back called when the server is there again */
  function listen(back) {
    api.listen(
      {
        session: sessionArrived,
        labels: () => void catchUp(),
        positions: () => void refreshPositions(),
        progress: (progress) => {
          const { session } = store.get();
          if (session) store.sessionArrived({ ...session, progress });
        },
        failed: (fault) => store.faultChanged(fault),
      },
      (isOpen) => {
        const was = store.get().link;
        if (was === "denied" && !isOpen) return;
        store.linkChanged(isOpen ? "live" : "offline");
        if (isOpen && was === "offline") back();
      },
    );
  }

  return { failed, catchUp, lookAnew, load, listen, sessionArrived };
}
