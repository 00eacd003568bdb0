/** @file What the address bar says, and how it is written. Pure functions over URLs. */

/**
 * @typedef {{as: string|null, view: "channel"|"home", channel: string|null, thread: string|null, target: string|null, inspector: boolean, theme: string|null}} Place
 * @param {URL|Location} url
 * @returns {Place}
 */
export function readPlace(url) {
  const query = new URLSearchParams(url.search);
  const archive = /^\/archives\/([A-Z0-9]+)(?:\/p(\d{10,})(\d{6}))?/.exec(url.pathname);
  const channel = archive?.[1] ?? query.get("channel");
  return {
    as: query.get("as"),
    view: channel === "home" ? "home" : "channel",
    channel: channel === "home" ? null : channel,
    thread: query.get("thread_ts"),
    target: archive?.[2] ? `${archive[2]}.${archive[3]}` : null,
    inspector: query.get("inspector") === "1",
    theme: query.get("theme"),
  };
}

/** The address of what is shown. */
export function writePlace({ as, view, channel, thread, inspector }) {
  const query = new URLSearchParams({ as, channel: view === "home" ? "home" : channel });
  if (thread && view !== "home") query.set("thread_ts", thread);
  if (inspector) query.set("inspector", "1");
  return `/?${query}`;
}
