/** @file The channel pane and the thread pane. */

import { createComposer } from "./composer.js";
import { h, refill, setText } from "./dom.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { createListView } from "./listview.js";
import { plain } from "./mrkdwn.js";
import { channelMessages, timeline, threadMessages } from "./timeline.js";

/**
 * The conversation in the middle of the window.
 * @param {object} app
 */
export function createChannelPane(app) {
  const title = h("h1.pane-title");
  const topic = h("div.topic");
  const members = h("span.members");
  const intro = h("div.intro");
  const view = createListView(app, "channel");
  const composer = createComposer(app, {
    id: "composer", label: "Message", commands: true, place: () => ({ channel: app.ui.channel }), placeholder: () => `Message ${app.channelTitle(app.ui.channel)}`,
  });
  view.el.querySelector(".spacer").append(intro);
  const el = h("section.pane.channel", { "aria-label": "Conversation" },
    h("header.pane-head", {}, app.menuButton(), title, topic, members), view.el, composer.el);
  const update = () => {
    const channel = app.channel(app.ui.channel);
    if (!channel) return;
    setText(title, app.channelTitle(channel.id));
    refill(topic, channel.topic ?? "", () => plain(channel.topic ?? ""));
    refill(members, channel.members.length, () => [icon("user"), String(channel.members.length)]);
    members.title = channel.members.map((id) => app.user(id)?.real_name || id).join(", ");
    const shown = channelMessages(app.messages(channel.id), app.dismissed);
    paintIntro(intro, app, channel);
    view.show(channel.id, timeline(shown, { unreadFrom: app.ui.unreadFrom }), `Messages in ${app.channelTitle(channel.id)}`);
    composer.update();
  };
  return { el, update, view, composer };
}

/** The beginning of a conversation, with what to try first. */
function paintIntro(intro, app, channel) {
  const first = app.state.commands.find((c) => c.command === "/deploy") ?? app.state.commands[0];
  refill(intro, `${app.channelTitle(channel.id)}/${first?.command}`, () => [h("h2", {}, `This is the very beginning of ${app.channelTitle(channel.id)}`),
    first && h("p", {}, "Type ", h("kbd", {}, "/"), ` to see what ${app.state.app.name} can do, for example `, h("code", {}, first.command), ".")]);
}

/**
 * The thread at the right of the window.
 * @param {object} app
 */
export function createThreadPane(app) {
  const place = h("small");
  const view = createListView(app, "thread");
  const replies = h("div.reply-count");
  const composer = createComposer(app, {
    id: "thread-composer", label: "Reply", placeholder: () => "Reply…",
    place: () => ({ channel: app.ui.thread?.channel ?? "", thread_ts: app.ui.thread?.ts }),
  });
  const el = h("aside.pane.thread", { "aria-label": "Thread", hidden: true },
    h("header.pane-head", {}, h("h2.pane-title", {}, "Thread"), place, replies,
      h("button.icon-button.close", { "aria-label": "Close thread", title: "Close (Esc)", onclick: () => app.closeThread() }, icon("close"))),
    view.el, composer.el);
  const update = () => {
    const { thread } = app.ui;
    el.hidden = !thread || app.ui.view === "home";
    if (el.hidden) return;
    const shown = threadMessages(app.messages(thread.channel), thread.ts, app.dismissed);
    setText(place, app.channelTitle(thread.channel));
    setText(replies, count(Math.max(0, shown.filter((m) => !m.ephemeral).length - 1), "reply", "replies"));
    view.show(`${thread.channel}/${thread.ts}`, timeline(shown, { days: false }), "Thread");
    composer.update();
  };
  return { el, update, view, composer };
}
