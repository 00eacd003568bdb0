/** @file Which messages a channel or thread shows, and in which groups. Pure functions. */

import { dateOf, dayLabel } from "./format.js";

const GROUP_SECONDS = 300;

/** Whether a message is a reply inside a thread. */
export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

/** The messages of a channel's main view: no replies unless broadcast, nothing dismissed. */
export function channelMessages(messages, dismissed) {
  return messages.filter((m) => (!isReply(m) || m.broadcast) && !m.deleted && !dismissed.has(keyOf(m)));
}

/** A thread: its root first, then the replies. */
export function threadMessages(messages, root, dismissed) {
  return messages.filter((m) => (m.ts === root || m.thread_ts === root) && !m.deleted && !dismissed.has(keyOf(m)));
}

/** A message's key: ephemerals and messages may share a ts. */
export function keyOf(message) {
  return `${message.channel}/${message.ts}${message.ephemeral ? "/e" : ""}`;
}

/** A card with a headline of its own always shows who posted it. */
function opensWithHeader(message) {
  return message.blocks?.[0]?.type === "header";
}

/** Whether `message` follows `before` closely enough to go without its own name and picture. */
function continues(message, before) {
  return before && !opensWithHeader(message) && !message.ephemeral && !before.ephemeral && !message.broadcast
    && before.user === message.user && before.username === message.username
    && Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
}

/**
 * Items of a message list: day dividers and messages.
 * @param {Array<object>} messages oldest first
 * @param {{compact?: boolean, unreadFrom?: string|null, days?: boolean}} [how]
 * @returns {Array<{key: string, kind: "day"|"unread"|"message", message?: object, label?: string, compact?: boolean}>}
 */
export function timeline(messages, { unreadFrom = null, days = true } = {}) {
  const items = [];
  let day = null;
  let before = null;
  for (const message of messages) {
    const label = dayLabel(dateOf(message.ts));
    if (days && label !== day) items.push({ key: `day/${label}`, kind: "day", label });
    if (label !== day || message.ts === unreadFrom) before = null;
    if (message.ts === unreadFrom) items.push({ key: "unread", kind: "unread" });
    items.push({ key: keyOf(message), kind: "message", message, compact: Boolean(continues(message, before)) });
    [day, before] = [label, message];
  }
  return items;
}

/** Who replied in a thread, in order of first reply, without repeats. */
export function repliers(messages, root) {
  return [...new Set(messages.filter((m) => m.thread_ts === root && m.ts !== root && !m.ephemeral).map((m) => m.user))];
}
