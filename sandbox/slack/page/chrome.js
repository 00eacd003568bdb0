/** @file The frame around the panes: top bar, banner, avatars, theme, announcements. */

import { summary } from "./blocks.js";
import { fill, h, refill } from "./dom.js";
import { initials } from "./format.js";
import { icon } from "./icons.js";
import { isReply } from "./timeline.js";

/** A person's or app's picture: initials on a colour of their own; apps carry the gate mark. */
export function avatar(user, size = "") {
  const name = user.real_name || user.name;
  const mark = user.is_bot && !user.system ? icon("gate") : user.system ? icon("hash") : initials(name);
  return h("span.avatar", { class: [size, user.is_bot && !user.system ? "bot" : ""].filter(Boolean).join(" "), "aria-hidden": "true", style: user.color ? { "--avatar": user.color } : {} }, mark);
}

const THEMES = { auto: ["auto", "Theme: as the system"], light: ["sun", "Theme: light"], dark: ["moon", "Theme: dark"] };

/** Read the chosen theme: from the address, else from the last visit. */
export function initialTheme(fromAddress) {
  const theme = fromAddress ?? localStorage.getItem("theme");
  return theme in THEMES ? theme : "auto";
}

/** A button that goes through the themes. */
export function themeButton(theme) {
  const node = h("button.icon-button");
  let current = theme;
  const paint = () => {
    document.documentElement.dataset.theme = current;
    const [name, label] = THEMES[current];
    fill(node, icon(name));
    node.setAttribute("aria-label", label);
    node.title = label;
  };
  node.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    current = names[(names.indexOf(current) + 1) % names.length];
    localStorage.setItem("theme", current);
    paint();
  });
  paint();
  return node;
}

/**
 * The bar at the top.
 * @param {object} app
 * @param {{jump: function(HTMLElement): void, help: function(): void, theme: HTMLElement}} how
 */
export function createTopBar(app, { jump, help, theme }) {
  const search = h("button.jump-to", { "aria-haspopup": "listbox", "aria-expanded": "false", onclick: () => jump(search) }, icon("search"), h("span", {}, "Jump to…"), h("kbd", {}, "Ctrl K"));
  const inspector = h("button.top-button", { "aria-pressed": "false", title: "Inspector (Ctrl .)", onclick: () => app.toggleInspector() }, icon("pulse"), h("span", {}, "Inspector"));
  const el = h("header.topbar", {}, h("span.topbar-gap"), search,
    h("div.topbar-right", {}, inspector, theme, h("button.icon-button", { "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)", onclick: help }, icon("help"))));
  return { el, search, update: () => inspector.setAttribute("aria-pressed", String(app.ui.inspector)) };
}

/** The banner over the panes: the sandbox is gone, or the app is offline. */
export function createBanner(app) {
  const el = h("div.banner", { role: "status", hidden: true });
  const update = () => {
    const text = bannerText(app);
    el.hidden = !text;
    refill(el, text, () => text && [icon("warning"), h("span", {}, text)]);
  };
  return { el, update };
}

/** What the banner says, or "". */
function bannerText(app) {
  const { name, online } = app.state.app;
  if (!app.linked) return "Lost the connection to the sandbox. Trying again…";
  return online ? "" : `${name} is offline. Commands and buttons will fail until it connects.`;
}

/** Tell screen readers about messages that arrived in what is shown. */
export function createAnnouncer(app) {
  const live = document.getElementById("live");
  let last = null;
  return () => {
    const { channel, thread } = app.ui;
    const where = `${app.me}/${channel}`;
    const all = app.messages(channel);
    const newest = all.at(-1)?.ts ?? "0";
    const fresh = last?.where === where ? all.filter((m) => Number(m.ts) > Number(last.ts) && m.user !== app.me) : [];
    last = { where, ts: newest };
    const heard = fresh.filter((m) => !isReply(m) || m.broadcast || m.thread_ts === thread?.ts);
    if (heard.length) fill(live, heard.map((m) => h("p", {}, `${app.author(m).real_name || app.author(m).name}: ${summary(m)}`)));
  };
}
