/** @file The inspector: everything that crossed between Slack and the app, newest last. */

import { post } from "./api.js";
import { fill, h, setText, syncList } from "./dom.js";
import { toast } from "./dialogs.js";
import { clock, count, duration } from "./format.js";
import { icon } from "./icons.js";
import { jsonTree } from "./json.js";
import { openMenu } from "./menu.js";

const KINDS = [
  ["all", "All", () => true],
  ["in", "Envelopes", (e) => ["slash_commands", "interactive", "events_api"].includes(e.kind)],
  ["api", "Web API", (e) => e.kind === "web_api"],
  ["wire", "Connection", (e) => ["socket", "http"].includes(e.kind)],
  ["bad", "Failed", (e) => !e.ok],
];

const FAULTS = [
  { value: "refresh", label: "Ask the app to reconnect", hint: "disconnect: refresh_requested", body: { disconnect: "refresh_requested" } },
  { value: "drop", label: "Drop every connection", hint: "as a network failure", body: { drop: true } },
  { value: "update429", label: "Rate-limit the next chat.update", hint: "429, Retry-After 2 s", body: { method: "chat.update", retry_after: 2, times: 1 } },
  { value: "post429", label: "Rate-limit the next chat.postMessage", hint: "429, Retry-After 2 s", body: { method: "chat.postMessage", retry_after: 2, times: 1 } },
];

/**
 * @param {object} app
 * @returns {{el: HTMLElement, update: function(): void, focus: function(): void}}
 */
export function createInspector(app) {
  const own = { kind: "all", query: "", clearedAt: 0, opened: new Set(), app };
  own.update = () => update(own);
  own.filter = h("input.text-input", { type: "search", placeholder: "Filter by name or content", "aria-label": "Filter", oninput: () => { own.query = own.filter.value.toLowerCase(); own.update(); } });
  own.kinds = h("div.segments", { role: "group", "aria-label": "Kind" }, KINDS.map(([id, label]) => h("button.segment", { "aria-pressed": String(id === own.kind), data: { kind: id }, onclick: () => setKind(own, id) }, label)));
  own.rows = h("ol.inspector-rows", { "aria-label": "Envelopes and calls" });
  own.scroll = h("div.inspector-scroll", {}, own.rows);
  own.size = h("span.inspector-size");
  const faults = h("button.btn.small", { "aria-haspopup": "listbox", "aria-expanded": "false", onclick: () => openMenu(faults, { items: FAULTS, label: "Faults", onPick: injectFault }) }, icon("bolt"), "Faults");
  own.el = h("section.inspector", { "aria-label": "Inspector", hidden: true },
    h("header.inspector-head", {}, h("h2", {}, "Inspector"), own.size, own.kinds, own.filter, faults,
      h("button.icon-button", { "aria-label": "Clear", title: "Clear", onclick: () => clear(own) }, icon("trash")),
      h("button.icon-button", { "aria-label": "Close inspector", title: "Close (Ctrl .)", onclick: () => app.toggleInspector() }, icon("close"))),
    own.scroll);
  return { el: own.el, update: own.update, focus: () => own.filter.focus() };
}

/** Break something on purpose. */
async function injectFault(item) {
  const answer = await post("faults", item.body);
  toast(answer.ok ? `${item.label}: done` : `Failed: ${answer.error}`, answer.ok ? "done" : "error");
}

/** Show only one kind. */
function setKind(own, id) {
  own.kind = id;
  own.kinds.querySelectorAll(".segment").forEach((node) => node.setAttribute("aria-pressed", String(node.dataset.kind === id)));
  own.update();
}

/** Hide what is there now. */
function clear(own) {
  own.clearedAt = own.app.state.inspector.at(-1)?.seq ?? 0;
  own.update();
}

/** Whether an entry passes the filters. */
function passes(own, entry) {
  const kind = KINDS.find(([id]) => id === own.kind)[2];
  if (entry.seq <= own.clearedAt || !kind(entry)) return false;
  return !own.query || JSON.stringify([entry.name, entry.kind, entry.status, entry.body, entry.answer]).toLowerCase().includes(own.query);
}

/** Show the entries; follow the newest while the list is at its end. */
function update(own) {
  own.el.hidden = !own.app.ui.inspector;
  if (own.el.hidden) return;
  const atEnd = own.scroll.scrollHeight - own.scroll.scrollTop - own.scroll.clientHeight < 40;
  const shown = own.app.state.inspector.filter((entry) => passes(own, entry));
  setText(own.size, count(shown.length, "entry", "entries"));
  syncList(own.rows, shown, {
    key: (e) => String(e.seq),
    signature: (e) => `${e.status}/${e.ms}/${e.ok}/${own.opened.has(e.seq)}`,
    render: (e) => row(own, e),
  });
  if (atEnd && !own.opened.size) own.scroll.scrollTop = own.scroll.scrollHeight;
}

/** One entry, folded out on demand. */
function row(own, entry) {
  const opened = own.opened.has(entry.seq);
  const toApp = entry.direction === "to_app";
  const toggle = () => {
    own.opened[opened ? "delete" : "add"](entry.seq);
    own.update();
    own.rows.querySelector(`[data-list-key="${entry.seq}"]`)?.scrollIntoView({ block: opened ? "nearest" : "start" });
  };
  return h("li.entry", { class: [entry.ok ? "" : "failed", opened && "opened"].filter(Boolean).join(" ") },
    h("button.entry-head", { "aria-expanded": String(opened), onclick: toggle, onkeydown: rowKey, data: { key: `entry/${entry.seq}` } },
      icon(opened ? "down" : "right"),
      h("span.entry-time", {}, clock(new Date(entry.at * 1000), true)),
      h("span.direction", { class: toApp ? "to-app" : "from-app", title: toApp ? "Slack to the app" : "The app to Slack" }, icon(toApp ? "toApp" : "fromApp")),
      h("span.kind", { class: `kind-${entry.kind}` }, entry.kind.replaceAll("_", " ")),
      h("span.entry-name", {}, entry.name),
      h("span.entry-status", {}, entry.status),
      h("span.entry-ms", {}, duration(entry.ms))),
    opened && h("div.entry-body", {}, half("Sent", entry.body, own), entry.answer && half("Answer", entry.answer, own)));
}

/** The request or the answer. */
function half(title, value, own) {
  return h("div.entry-half", {}, h("div.entry-title", {}, title,
    h("button.icon-button", { "aria-label": `Copy ${title.toLowerCase()}`, onclick: () => own.app.copy(JSON.stringify(value, null, 2), "Copied") }, icon("copy"))), jsonTree(value));
}

/** Arrow keys walk through the rows. */
function rowKey(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!step) return;
  event.preventDefault();
  event.currentTarget.closest(".entry")[step]?.querySelector(".entry-head").focus();
}
