/** @file The App Home tab. */

import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { carryValues, h, refill, setText } from "./dom.js";
import { icon } from "./icons.js";
import { createSurface } from "./surface.js";

/**
 * @param {object} app
 * @returns {{el: HTMLElement, update: function(): void}}
 */
export function createHomePane(app) {
  const title = h("h1.pane-title");
  const tabs = h("div.tabs", { role: "tablist", "aria-label": "App" });
  const body = h("div.home-body", { role: "tabpanel", tabIndex: 0, "aria-label": "App content" });
  const el = h("section.pane.home", { "aria-label": "App", hidden: true },
    h("header.pane-head", {}, app.menuButton(), title), tabs, h("div.home-scroll", {}, body));
  const update = () => {
    el.hidden = app.ui.view !== "home";
    if (el.hidden) return;
    setText(title, app.state.app.name);
    paintTabs(app, tabs);
    if (app.ui.homeTab === "about") about(app, body);
    else home(app, body);
  };
  return { el, update };
}

/** Home, Messages (the app's direct message, if there is one) and About. */
function paintTabs(app, tabs) {
  const direct = app.state.channels.find((c) => c.is_im && c.members.includes(app.me) && c.members.includes(app.state.app.user_id) && app.messages(c.id).length);
  const wanted = ["home", direct && "messages", "about"].filter(Boolean);
  const key = `${wanted}/${app.ui.homeTab}`;
  const focused = tabs.contains(document.activeElement);
  const go = (name) => (name === "messages" ? app.goChannel(direct.id) : app.goHome(name));
  const again = refill(tabs, key, () => wanted.map((name) => h("button.tab", {
    role: "tab", "aria-selected": String(app.ui.homeTab === name), tabIndex: app.ui.homeTab === name ? 0 : -1,
    onclick: () => go(name), onkeydown: (event) => tabKey(event),
  }, name[0].toUpperCase() + name.slice(1))));
  if (focused && again) tabs.querySelector('[aria-selected="true"]')?.focus();
}

/** Arrow keys move between tabs. */
function tabKey(event) {
  const next = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
  const tab = next && event.currentTarget[next];
  if (!tab) return;
  event.preventDefault();
  tab.focus();
  tab.click();
}

/** The view that the app published for this user; rendered again only when it changed. */
function home(app, body) {
  const view = app.state.home;
  const key = JSON.stringify([app.me, view, app.rosterVersion]);
  if (!view) return refill(body, key, () => h("div.empty", {}, icon("home"), h("p", {}, `${app.state.app.name} has not published a home page for you yet.`), h("button.btn", { onclick: () => post("home", { user: app.me }) }, "Ask again")));
  return refill(body, key, () => {
    const blocks = renderBlocks(view.blocks ?? [], createSurface(app, "home", { view_id: view.id ?? "home" }));
    carryValues(body, blocks);
    return blocks;
  });
}

/** What the app's manifest says. */
function about(app, body) {
  const key = JSON.stringify(["about", app.state.commands, app.state.app]);
  refill(body, key, () => [h("h2", {}, "Slash commands"),
    h("dl.about", {}, app.state.commands.map((c) => [h("dt", {}, h("code", {}, `${c.command} ${c.usage_hint ?? ""}`)), h("dd", {}, c.description)]))]);
}
