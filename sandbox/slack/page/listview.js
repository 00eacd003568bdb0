/** @file A scrolling list of messages: keyed updates, sticks to the bottom, arrow keys between messages. */

import { h, syncList } from "./dom.js";
import { icon } from "./icons.js";
import { messageSignature, renderItem } from "./message.js";
import { keyOf } from "./timeline.js";

const NEAR_BOTTOM = 60;

/**
 * @param {object} app
 * @param {"channel"|"thread"} pane
 * @returns {{el: HTMLElement, show: function(string, Array<object>, string): void, reveal: function(string): boolean, toBottom: function(): void}}
 */
export function createListView(app, pane) {
  const list = h("ol.messages");
  const jump = h("button.jump", { hidden: true, onclick: () => toBottom() }, icon("arrowDown"), "Latest messages");
  const spacer = h("div.spacer");
  const scroller = h("div.scroller", {}, spacer, list);
  const el = h("div.list-view", {}, scroller, jump);
  let sticky = true;
  let place = null;

  const toBottom = () => { sticky = true; scroller.scrollTop = scroller.scrollHeight; jump.hidden = true; };
  scroller.addEventListener("scroll", () => {
    sticky = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM;
    if (sticky) jump.hidden = true;
  });
  new ResizeObserver(() => sticky && toBottom()).observe(list);
  new ResizeObserver(() => sticky && toBottom()).observe(scroller);
  list.addEventListener("keydown", (event) => onKey(event, list, app));

  /** Show the items of a place (channel or thread); the end of another place is shown first. */
  const show = (where, items, label) => {
    const moved = where !== place;
    place = where;
    list.setAttribute("aria-label", label);
    const had = new Set([...list.children].map((child) => child.dataset.listKey));
    syncList(list, items, { key: (i) => i.key, signature: (i) => messageSignature(app, i), render: (i) => renderItem(app, i, pane) });
    roving(list);
    if (moved) return toBottom();
    const added = items.filter((item) => item.kind === "message" && !had.has(item.key)).map((item) => item.message);
    if (sticky || added.some((m) => m.user === app.me)) toBottom();
    else if (added.length) jump.hidden = false;
  };
  return { el, show, toBottom, reveal: (ts) => { sticky = false; return reveal(list, ts); } };
}

/** Scroll to a message, highlight it for a moment and give it the focus. */
function reveal(list, ts) {
  const node = list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  if (!node) return false;
  node.scrollIntoView({ block: "center" });
  node.classList.add("highlight");
  node.focus({ preventScroll: true });
  setTimeout(() => node.classList.remove("highlight"), 4000);
  return true;
}

/** Exactly one message takes part in the tab order: the last one that had the focus, else the newest. */
function roving(list) {
  const messages = [...list.querySelectorAll(".message")];
  if (!messages.some((m) => m.tabIndex === 0) && messages.length) messages.at(-1).tabIndex = 0;
}

/** Arrow keys move between messages; T opens the thread, Enter goes into the message. */
function onKey(event, list, app) {
  if (!event.target.classList.contains("message")) return;
  const messages = [...list.querySelectorAll(".message")];
  const at = messages.indexOf(event.target);
  const next = { ArrowUp: messages[at - 1], ArrowDown: messages[at + 1], Home: messages[0], End: messages.at(-1) }[event.key];
  if (next) {
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if (event.key === "Enter") event.target.querySelector("button, a[href], input, .select")?.focus();
  else if (event.key === "t" || event.key === "T") openThreadOf(event.target, app);
  else return;
  event.preventDefault();
}

/** Open the thread of a message element. */
function openThreadOf(node, app) {
  const message = app.state.messages[app.ui.channel]?.find((m) => keyOf(m) === node.dataset.listKey);
  if (message && !message.ephemeral) app.openThread(message.channel, message.thread_ts ?? message.ts, { compose: true });
}
