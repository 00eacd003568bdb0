/** @file One message as a list item. */

import { picture, renderBlocks, summary } from "./blocks.js";
import { h } from "./dom.js";
import { safeImage } from "./elements.js";
import { clock, count, dateOf, fileSize, fullTime, permalink, when } from "./format.js";
import { icon } from "./icons.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { createSurface } from "./surface.js";
import { isReply, repliers } from "./timeline.js";

/**
 * What decides whether a message must be rendered again.
 * @param {object} app
 * @param {object} item see timeline.js
 */
export function messageSignature(app, item) {
  if (item.kind !== "message") return item.label ?? "";
  return JSON.stringify([item.message, item.compact, app.rosterVersion, item.message.reply_count && repliers(app.messages(item.message.channel), item.message.ts)]);
}

/** A divider or a message. */
export function renderItem(app, item, pane) {
  if (item.kind === "day") return h("li.day", { role: "separator" }, h("span", {}, item.label));
  if (item.kind === "unread") return h("li.unread-line", { role: "separator" }, h("span", {}, "New"));
  return renderMessage(app, item, pane);
}

/** A message with its picture, head, body, thread line and toolbar. */
function renderMessage(app, { message, compact }, pane) {
  const author = app.author(message);
  const node = h("li.message", {
    class: [compact && "compact", message.ephemeral && "ephemeral"].filter(Boolean).join(" "),
    tabIndex: -1, "aria-label": `${author.real_name || author.name}, ${clock(dateOf(message.ts))}${message.ephemeral ? ", only visible to you" : ""}`, data: { ts: message.ts },
  },
  message.ephemeral && onlyYou(app, message),
  isReply(message) && message.broadcast && broadcastLine(app, message, pane),
  h("div.gutter", {}, compact ? timeLink(message, "gutter-time") : app.avatar(author)),
  h("div.content", {},
    h("div.message-head", { class: compact ? "visually-hidden" : "" },
      h("span.author", {}, author.real_name || author.name), author.is_bot && h("span.badge", {}, "APP"),
      timeLink(message, "time"), message.blocks?.length > 0 && editedMark(message)),
    body(app, message, pane),
    pane === "channel" && threadLine(app, message)),
  !message.ephemeral && toolbar(app, message, pane));
  return node;
}

/** The time of a message, linking to it. */
function timeLink(message, name) {
  const date = dateOf(message.ts);
  return h(`a.${name}`, { href: permalink(message), title: fullTime(date), tabIndex: -1 }, clock(date));
}

/** "Only visible to you · Dismiss". */
function onlyYou(app, message) {
  return h("div.above", {}, icon("eye"), h("span", {}, "Only visible to you"),
    h("button.link", { onclick: () => app.dismiss(message), data: { key: `dismiss/${message.ts}` } }, "Dismiss"));
}

/** The line over a reply that was also sent to the channel. */
function broadcastLine(app, message, pane) {
  if (pane === "thread") return h("div.above", {}, icon("thread"), `Also sent to ${app.channelTitle(message.channel)}`);
  const root = app.messages(message.channel).find((m) => m.ts === message.thread_ts);
  return h("div.above", {}, icon("thread"), h("span", {}, "replied to a thread:"),
    h("button.link.clip", { onclick: () => app.openThread(message.channel, message.thread_ts) }, root ? summary(root) : "a thread"));
}

/** Blocks when there are any, else the text; then files and the edited mark. */
function body(app, message, pane) {
  const surface = createSurface(app, `${pane}/${message.channel}/${message.ts}`, { channel: message.channel, ts: message.ts });
  return h("div.message-body", {},
    message.blocks?.length ? renderBlocks(message.blocks, surface) : h("div.text", {}, mrkdwn(message.text, app.ctx), editedMark(message)),
    (message.attachments ?? []).map((each) => attachment(app, each, surface)),
    message.files?.length > 0 && h("div.files", {}, message.files.map(file)),
    message.reactions?.length > 0 && h("div.reactions", {}, message.reactions.map((each) => reaction(app, each))));
}

/** "(edited)", when it was. */
function editedMark(message) {
  return message.edited && h("span.edited", { title: "Edited by its author" }, " (edited)");
}

/** A secondary attachment: a coloured bar beside its blocks or text. */
function attachment(app, each, surface) {
  const color = /^#?[0-9a-f]{6}$/i.test(each.color ?? "") ? `#${each.color.replace("#", "")}` : "var(--line-strong)";
  return h("div.attachment", { style: { "border-color": color } },
    each.blocks?.length ? renderBlocks(each.blocks, surface) : h("div.text", {}, each.title && h("strong", {}, each.title), mrkdwn(each.text ?? each.fallback ?? "", app.ctx)));
}

/** An emoji reaction with who gave it. */
function reaction(app, { name, users }) {
  const names = users.map((id) => app.user(id)?.real_name ?? id).join(", ");
  return h("span.reaction", { title: `${names} reacted with :${name}:`, class: users.includes(app.me) ? "mine" : "" }, plain(`:${name}:`), h("span", {}, users.length));
}

/** An attached file: a picture as itself, anything else as a card with its kind and size. */
function file(item) {
  const href = safeImage(item.url_private ?? item.permalink) || null;
  if (item.mimetype?.startsWith("image/")) return picture(href, item.title ?? item.name);
  const kind = (item.filetype || "file").toUpperCase();
  return h("a.file", { href, target: "_blank", rel: "noopener", title: item.name },
    h("span.file-kind", { data: { kind }, "aria-hidden": "true" }, kind.slice(0, 4)),
    h("span", {}, h("strong", {}, item.title ?? item.name), h("small", {}, `${kind} · ${fileSize(item.size ?? 0)}`)));
}

/** "3 replies  Last reply today at 10:33", opening the thread. */
function threadLine(app, message) {
  if (!message.reply_count || isReply(message)) return null;
  const people = repliers(app.messages(message.channel), message.ts).slice(0, 5);
  return h("button.thread-line", { data: { key: `thread/${message.ts}` }, onclick: () => app.openThread(message.channel, message.ts) },
    people.map((id) => app.avatar(app.user(id) ?? { id, name: id }, "tiny")),
    h("span.replies", {}, count(message.reply_count, "reply", "replies")),
    message.latest_reply && h("span.latest", {}, `Last reply ${when(dateOf(message.latest_reply))}`),
    h("span.view", {}, "View thread", icon("right")));
}

/** What can be done with a message; shown on hover and while the focus is in it. */
function toolbar(app, message, pane) {
  const thread = message.thread_ts ?? message.ts;
  return h("div.toolbar", { role: "toolbar", "aria-label": "Message actions" },
    pane === "channel" && h("button.icon-button", { "aria-label": "Reply in thread", title: "Reply in thread (T)", onclick: () => app.openThread(message.channel, thread, { compose: true }) }, icon("thread")),
    h("button.icon-button", { "aria-label": "Copy link", title: "Copy link", onclick: () => app.copy(new URL(permalink(message), location.href).href, "Link copied") }, icon("link")));
}
