/** @file Entry point: follows the State, keeps what is shown in `ui`, and lets each part update itself. */

import { follow, post } from "./api.js";
import { avatar, createAnnouncer, createBanner, createTopBar, initialTheme, themeButton } from "./chrome.js";
import { showShortcuts, toast } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { createHomePane } from "./home.js";
import { icon } from "./icons.js";
import { createInspector } from "./inspector.js";
import { createKeys } from "./keys.js";
import { readPlace, writePlace } from "./location.js";
import { openMenu } from "./menu.js";
import { createModal } from "./modal.js";
import { Model } from "./model.js";
import { createChannelPane, createThreadPane } from "./panes.js";
import { createSidebar } from "./sidebar.js";
import { isReply, keyOf } from "./timeline.js";

/** The page: the model plus what a person can do with it. */
class App extends Model {
  linked = true;
  avatar = avatar;
  #parts = [];
  #stop = () => {};
  #target = null;

  /** Read the address and begin to follow the State. */
  start() {
    const place = readPlace(location);
    this.#arrive(place);
    this.theme = themeButton(initialTheme(place.theme));
    this.#connect(place.as ?? sessionStorage.getItem("as") ?? "");
    addEventListener("popstate", () => this.#travel(readPlace(location)));
    document.addEventListener("visibilitychange", () => this.state && this.#markRead());
    document.addEventListener("click", (event) => this.#onLink(event));
  }

  /** Take over what an address says. */
  #arrive(place) {
    this.ui.view = place.view;
    this.ui.channel = place.channel ?? this.ui.channel;
    this.ui.inspector = place.inspector || this.ui.inspector;
    this.ui.thread = place.thread && place.channel ? { channel: place.channel, ts: place.thread } : null;
    this.#target = place.target && { channel: place.channel, ts: place.target };
  }

  /** Follow the State as this user. */
  #connect(user) {
    this.#stop();
    this.#stop = follow(user, {
      onState: (state) => this.#onState(state),
      onLink: (linked) => this.#onLinked(linked, user),
    });
  }

  /** The connection came or went. A person who does not exist gives way to the one the sandbox starts with. */
  #onLinked(linked, user) {
    this.linked = linked;
    if (this.state) this.render();
    else if (!linked && user) this.#connect("");
  }

  /** A new State: settle where to be, then let everything update itself. */
  #onState(state) {
    const first = !this.state;
    const changedUser = this.state?.me !== state.me;
    this.take(state);
    if (changedUser) sessionStorage.setItem("as", state.me);
    if (!this.channel(this.ui.channel)) this.#land();
    if (first) this.#mount();
    if (changedUser && this.ui.view === "home") post("home", { user: this.me });
    this.#follow();
    this.render();
    this.#markRead();
    this.#reveal();
  }

  /** Go to the first channel when the wanted one is not there for this user. */
  #land() {
    this.ui.channel = (this.state.channels.find((c) => !c.is_im) ?? this.state.channels[0])?.id ?? null;
    this.ui.thread = null;
  }

  /** Build the parts once. */
  #mount() {
    this.channelPane = createChannelPane(this);
    this.threadPane = createThreadPane(this);
    this.inspector = createInspector(this);
    const home = createHomePane(this);
    const sidebar = createSidebar(this);
    const modal = createModal(this);
    const banner = createBanner(this);
    this.topBar = createTopBar(this, { jump: (anchor) => this.jump(anchor), help: showShortcuts, theme: this.theme });
    const root = document.getElementById("app");
    root.removeAttribute("aria-busy");
    fill(root, this.topBar.el, sidebar.el, h("main", {}, banner.el, h("div.panes", {}, this.channelPane.el, home.el, this.threadPane.el), this.inspector.el), modal.el,
      h("div.scrim", { onclick: () => this.toggleSidebar(false) }));
    this.#parts = [this.topBar, banner, sidebar, home, { update: () => this.#updateChannel() }, this.threadPane, this.inspector, modal, { update: createAnnouncer(this) }];
    createKeys(this);
  }

  /** The channel pane gives way to the app's home. */
  #updateChannel() {
    this.channelPane.el.hidden = this.ui.view !== "channel";
    if (this.ui.view === "channel") this.channelPane.update();
  }

  /** Bring every part up to date; each touches only what changed. */
  render() {
    document.title = `${this.ui.view === "home" ? this.state.app.name : this.channelTitle(this.ui.channel)} · Sandbox Slack`;
    document.getElementById("app").dataset.thread = String(Boolean(this.ui.thread) && this.ui.view !== "home");
    this.#parts.forEach((part) => part.update());
  }

  /** Tell the sandbox that the open channel has been read. */
  #markRead() {
    const channel = this.channel(this.ui.channel);
    if (this.ui.view !== "channel" || !channel?.unread || document.hidden) return;
    post("read", { user: this.me, channel: channel.id });
  }

  /** A permalink: open the thread of the message that it names. */
  #follow() {
    const message = this.#target && this.messages(this.#target.channel).find((m) => m.ts === this.#target.ts);
    if (!message) return;
    const root = message.thread_ts ?? (message.reply_count ? message.ts : null);
    if (root) this.ui.thread = { channel: message.channel, ts: root };
  }

  /** Scroll to the message of a permalink, once it is there. */
  #reveal() {
    if (!this.#target) return;
    const message = this.messages(this.#target.channel).find((m) => m.ts === this.#target.ts);
    if (!message) return;
    const pane = isReply(message) ? this.threadPane : this.channelPane;
    if (pane.view.reveal(message.ts)) this.#target = null;
  }

  /** Remember where one is in the address bar. */
  #write() {
    history.pushState(null, "", writePlace({ as: this.me, ...this.ui, thread: this.ui.thread?.ts }));
  }

  /** Go to what an address says. */
  #travel(place) {
    this.#arrive(place);
    if (place.as && place.as !== this.me) return this.#connect(place.as);
    return this.#onState(this.state);
  }

  /** Links into this workspace stay in this page. */
  #onLink(event) {
    const anchor = event.target.closest?.("a[href]");
    if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const url = new URL(anchor.href);
    if (url.origin !== location.origin || !url.pathname.startsWith("/archives/")) return;
    event.preventDefault();
    history.pushState(null, "", `${url.pathname}${url.search}`);
    this.#travel({ ...readPlace(url), as: null });
  }

  /** Open a channel or direct message. */
  goChannel(id) {
    this.ui.unreadFrom = this.firstUnread(this.channel(id));
    Object.assign(this.ui, { view: "channel", channel: id, thread: this.ui.thread?.channel === id ? this.ui.thread : null });
    this.toggleSidebar(false);
    this.#write();
    this.render();
    this.#markRead();
    this.channelPane.composer.focus();
  }

  /** Open the app's home or its description. */
  goHome(tab = "home") {
    Object.assign(this.ui, { view: "home", homeTab: tab });
    if (tab === "home") post("home", { user: this.me });
    this.toggleSidebar(false);
    this.#write();
    this.render();
    document.querySelector('.tab[aria-selected="true"]')?.focus();
  }

  /** Act as somebody else, in the same place. */
  actAs(user) {
    if (user === this.me) return;
    this.ui.unreadFrom = null;
    this.#connect(user);
    history.pushState(null, "", writePlace({ as: user, ...this.ui, thread: this.ui.thread?.ts }));
  }

  /** Open a thread at the right; `compose` puts the cursor into its message box. */
  openThread(channel, ts, { compose = false } = {}) {
    this.threadOpener = document.activeElement?.dataset.key;
    Object.assign(this.ui, { view: "channel", channel, thread: { channel, ts } });
    this.#write();
    this.render();
    if (compose) this.threadPane.composer.focus();
    else this.threadPane.el.querySelector(".close").focus();
  }

  /** Close the thread and go back to what opened it. */
  closeThread() {
    this.ui.thread = null;
    this.#write();
    this.render();
    const opener = this.threadOpener && this.channelPane.el.querySelector(`[data-key="${CSS.escape(this.threadOpener)}"]`);
    if (opener) opener.focus();
    else this.channelPane.composer.focus();
  }

  /** Show or hide the inspector. */
  toggleInspector() {
    this.ui.inspector = !this.ui.inspector;
    this.render();
    if (this.ui.inspector) this.inspector.focus();
    else this.channelPane.composer.focus();
  }

  /** Show or hide the sidebar where it is a drawer. */
  toggleSidebar(open) {
    const was = document.body.classList.contains("sidebar-open");
    document.body.classList.toggle("sidebar-open", open);
    if (open) document.querySelector(".nav-entry.current, .nav-entry")?.focus();
    else if (was) document.querySelector(".pane:not([hidden]) .menu-button")?.focus();
  }

  /** The button that opens the sidebar on narrow windows. */
  menuButton() {
    return h("button.icon-button.menu-button", { "aria-label": "Conversations", onclick: () => this.toggleSidebar(true) }, icon("menu"));
  }

  /** Hide an ephemeral message. */
  dismiss(message) {
    this.dismissed.add(keyOf(message));
    this.render();
  }

  /** Copy a text and say so. */
  async copy(text, said) {
    try {
      await navigator.clipboard.writeText(text);
      toast(said, "done");
    } catch {
      toast("The browser did not allow copying.");
    }
  }

  /** A menu of every conversation and person. */
  jump(anchor) {
    const places = this.state.channels.map((c) => ({ value: c.id, label: this.channelTitle(c.id), hint: c.topic, group: "Conversations", go: () => this.goChannel(c.id) }));
    const home = { value: "home", label: this.state.app.name, hint: "Home", group: "Conversations", go: () => this.goHome() };
    const people = this.actAsItems().map((item) => ({ ...item, label: `Act as ${item.label}`, group: "People", go: () => this.actAs(item.value) }));
    openMenu(anchor, { items: [...places, home, ...people], label: "Jump to", filter: true, placeholder: "Jump to…", onPick: (item) => item.go() });
  }
}

new App().start();
