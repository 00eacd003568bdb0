/** @file Keyboard shortcuts of the whole window. */

import { showShortcuts } from "./dialogs.js";

const REGIONS = [".sidebar", ".channel:not([hidden])", ".home:not([hidden])", ".thread:not([hidden])", ".inspector:not([hidden])"];

/** Whether keys belong to a field that is being written in. */
function isWriting(target) {
  return target.matches?.("input, textarea, select, [contenteditable]") ?? false;
}

/** Listen for shortcuts. */
export function createKeys(app) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (handle(event, app)) event.preventDefault();
  });
}

/** One key; true when it meant something. */
function handle(event, app) {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "k") return run(() => app.jump(app.topBar.search));
  if (control && event.key === ".") return run(() => app.toggleInspector());
  if (event.key === "F6") return run(() => nextRegion(event.shiftKey ? -1 : 1));
  if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) return run(() => neighbour(app, event.key === "ArrowDown" ? 1 : -1));
  if (event.key === "Escape") return escape(app);
  if (isWriting(event.target) || control || event.altKey) return false;
  if (event.key === "?") return run(showShortcuts);
  if (event.key === "/" && app.ui.view === "channel") return run(() => slash(app));
  return false;
}

/** Run and say that the key was used. */
function run(action) {
  action();
  return true;
}

/** Start a command in the channel's message box. */
function slash(app) {
  const input = app.channelPane.el.querySelector("textarea");
  input.focus();
  if (!input.value) document.execCommand("insertText", false, "/");
}

/** Escape closes what is on top: the sidebar drawer, the thread, the inspector. */
function escape(app) {
  if (document.body.classList.contains("sidebar-open")) return run(() => app.toggleSidebar(false));
  if (app.ui.inspector && document.activeElement?.closest(".inspector")) return run(() => app.toggleInspector());
  if (app.ui.thread && app.ui.view === "channel") return run(() => app.closeThread());
  return app.ui.inspector ? run(() => app.toggleInspector()) : false;
}

/** The next part of the window takes the focus. */
function nextRegion(step) {
  const regions = REGIONS.map((selector) => document.querySelector(selector)).filter(Boolean);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + step + regions.length) % regions.length];
  (next.querySelector("textarea, [aria-current], input") ?? next.querySelector("button, a[href]"))?.focus();
}

/** The conversation above or below. */
function neighbour(app, step) {
  const ids = app.state.channels.map((c) => c.id);
  const next = ids[ids.indexOf(app.ui.channel) + step];
  if (next) app.goChannel(next);
}
