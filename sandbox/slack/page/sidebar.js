/** @file The sidebar: workspace, channels, direct messages, the app, and whom one acts as. */

import { h, refill, syncList } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";

/**
 * @param {object} app
 * @returns {{el: HTMLElement, update: function(): void}}
 */
export function createSidebar(app) {
  const workspace = h("div.workspace", {}, h("span.workspace-mark", {}, icon("gate")), h("span", {}, h("strong", {}, "Sandbox Slack"), h("small", {}, "Everything stays on this machine")));
  const channels = h("ul");
  const directs = h("ul");
  const apps = h("ul");
  const actAs = h("button.act-as", { "aria-haspopup": "listbox", "aria-expanded": "false", onclick: () => openActAs(app, actAs) });
  const el = h("nav.sidebar", { "aria-label": "Conversations", id: "sidebar" },
    workspace,
    h("div.sidebar-scroll", {},
      group("Channels", channels), group("Direct messages", directs), group("Apps", apps)),
    actAs);
  el.addEventListener("keydown", onArrow);
  const update = () => {
    const { state } = app;
    const mine = state.channels.filter((c) => !c.is_im || (c.members.includes(app.me) && app.messages(c.id).length));
    sync(app, channels, mine.filter((c) => !c.is_im));
    sync(app, directs, mine.filter((c) => c.is_im));
    directs.parentElement.hidden = !mine.some((c) => c.is_im);
    syncApps(app, apps);
    paintActAs(app, actAs);
  };
  return { el, update };
}

/** A titled group of entries. */
function group(title, list) {
  list.setAttribute("aria-label", title);
  return h("section.sidebar-group", {}, h("h2", {}, title), list);
}

/** One entry per channel; the open one is the current page. */
function sync(app, list, channels) {
  const view = (c) => ({ current: app.ui.view === "channel" && app.ui.channel === c.id, unread: app.unread(c) });
  syncList(list, channels, {
    key: (c) => c.id,
    signature: (c) => JSON.stringify([c.name, view(c), app.channelTitle(c.id)]),
    render: (c) => {
      const { current, unread } = view(c);
      const mark = c.is_im ? app.avatar(app.partner(c), "tiny") : icon("hash");
      return entry({ current, unread, mark, label: c.is_im ? app.channelTitle(c.id) : c.name, key: `nav/${c.id}`, go: () => app.goChannel(c.id) });
    },
  });
}

/** The app, with a dot that tells whether it is connected. */
function syncApps(app, list) {
  const { app: bot } = app.state;
  const current = app.ui.view === "home";
  syncList(list, [bot], {
    key: (b) => b.id,
    signature: (b) => JSON.stringify([b, current]),
    render: (b) => entry({ current, mark: app.avatar(app.user(b.user_id) ?? { id: b.user_id, name: b.name, is_bot: true }, "tiny"), label: b.name, key: "nav/app", go: () => app.goHome(),
      extra: h("span.presence", { class: b.online ? "online" : "offline", role: "img", "aria-label": b.online ? "connected" : "not connected", title: b.online ? `${b.connections} connection${b.connections === 1 ? "" : "s"}` : "not connected" }) }),
  });
}

/** One entry of the sidebar. */
function entry({ current, unread = 0, mark, label, key, go, extra }) {
  return h("li", {}, h("button.nav-entry", {
    class: [current && "current", unread && "has-unread"].filter(Boolean).join(" "), "aria-current": current ? "page" : null, onclick: go, data: { key },
  }, mark, h("span.nav-label", {}, label), extra, unread > 0 && h("span.unread", { "aria-label": `${unread} unread` }, unread)));
}

/** Arrow keys walk through the entries. */
function onArrow(event) {
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.altKey) return;
  const all = [...event.currentTarget.querySelectorAll(".nav-entry, .act-as")];
  const at = all.indexOf(document.activeElement);
  const next = all[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

/** The person one acts as, at the foot of the sidebar. */
function paintActAs(app, button) {
  const me = app.user(app.me);
  refill(button, app.me, () => [app.avatar(me, "small"), h("span.act-as-text", {}, h("small", {}, "Acting as"), h("strong", {}, me.real_name || me.name), h("small", {}, me.title)), icon("down")]);
}

/** Choose whom to act as. */
function openActAs(app, anchor) {
  openMenu(anchor, {
    label: "Act as", filter: false, selected: new Set([app.me]), onPick: (item) => app.actAs(item.value), items: app.actAsItems(),
  });
}
