/** @file The message box: text, slash commands with completion, history, and what is said when a command fails. */

import { post } from "./api.js";
import { suggest } from "./completion.js";
import { explain } from "./dialogs.js";
import { append, fill, h, uid } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {object} app
 * @param {{id: string, place: function(): {channel: string, thread_ts?: string}, placeholder: function(): string, label: string, commands?: boolean}} how
 *   `commands` is false in threads, where Slack takes none
 * @returns {{el: HTMLElement, update: function(): void, focus: function(): void}}
 */
export function createComposer(app, how) {
  const box = { app, how, popup: null, active: 0, historyAt: null, shownPlace: null };
  const listId = uid("completion");
  box.list = h("div.completion", { id: listId, role: "listbox", "aria-label": "Suggestions", hidden: true });
  box.usage = h("div.usage", { role: "status", hidden: true });
  box.banner = h("div.command-problem", { role: "alert", hidden: true });
  box.input = h("textarea", {
    id: how.id, rows: 1, "aria-label": how.label, role: "combobox", "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list",
    autocomplete: "off", spellcheck: "true", oninput: () => onInput(box), onkeydown: (event) => onKey(event, box),
    onblur: () => closePopup(box), onclick: () => refresh(box),
  });
  box.send = h("button.send", { "aria-label": "Send", title: "Send (Enter)", disabled: true, onclick: () => send(box) }, icon("send"));
  const el = h("div.composer", {}, box.banner, box.list, box.usage, h("div.composer-box", {}, box.input, box.send),
    h("div.composer-hint", {}, how.commands && h("span", {}, h("kbd", {}, "/"), " commands"), h("span", {}, h("kbd", {}, "Enter"), " send"), h("span", {}, h("kbd", {}, "Shift Enter"), " new line")));
  return { el, update: () => update(box), focus: () => box.input.focus() };
}

/** The key of the draft for this user and place. */
function draftKey(box) {
  const { channel, thread_ts } = box.how.place();
  return `${box.app.me}/${channel}/${thread_ts ?? ""}`;
}

/** Follow the place that is shown: each has its own draft. */
function update(box) {
  const key = draftKey(box);
  box.input.placeholder = box.how.placeholder();
  if (key === box.shownPlace) return;
  box.shownPlace = key;
  box.banner.hidden = true;
  setText(box, box.app.drafts.get(key) ?? "");
  closePopup(box);
}

/** Put a text into the box as if it had been typed. */
function setText(box, text) {
  box.input.value = text;
  onInput(box, false);
}

/** After each change: keep the draft, grow, and offer completions. */
function onInput(box, offer = true) {
  box.app.drafts.set(draftKey(box), box.input.value);
  box.send.disabled = !box.input.value.trim();
  box.input.style.height = "auto";
  box.input.style.height = `${Math.min(box.input.scrollHeight, 220)}px`;
  if (offer) refresh(box);
  else closePopup(box);
}

/** Offer what fits the text. */
function refresh(box) {
  const found = suggest(box.input.value, box.input.selectionStart, { commands: box.how.commands ? box.app.state.commands : [], people: box.app.people() });
  box.usage.hidden = found?.kind !== "usage";
  if (found?.kind === "usage") fill(box.usage, h("code", {}, `${found.command.command} ${found.command.usage_hint ?? ""}`), h("span", {}, found.command.description));
  if (!found?.items) return hideList(box);
  box.popup = found;
  fill(box.list, found.items.map((item, i) => suggestion(box, item, i)));
  box.list.hidden = false;
  box.input.setAttribute("aria-expanded", "true");
  activate(box, 0);
}

/** One line of the popup. */
function suggestion(box, item, index) {
  const command = box.popup.kind === "command";
  const node = h("div.suggestion", {
    role: "option", id: `${box.list.id}-${index}`, onpointerdown: (event) => event.preventDefault(),
    onpointermove: () => activate(box, index), onclick: () => accept(box, index),
  });
  return append(node, command
    ? [h("span.command-name", {}, item.command), h("span.command-usage", {}, item.usage_hint), h("span.command-about", {}, item.description), h("span.badge", {}, box.app.state.app.name)]
    : [box.app.avatar(item, "tiny"), h("span.command-name", {}, item.real_name || item.name), h("span.command-about", {}, item.title)]);
}

/** Make one suggestion the active one. */
function activate(box, index) {
  box.active = index;
  [...box.list.children].forEach((node, i) => {
    node.classList.toggle("active", i === index);
    node.setAttribute("aria-selected", String(i === index));
  });
  box.list.children[index]?.scrollIntoView({ block: "nearest" });
  box.input.setAttribute("aria-activedescendant", `${box.list.id}-${index}`);
}

/** Hide the list of suggestions. */
function hideList(box) {
  box.popup = null;
  box.list.hidden = true;
  box.input.setAttribute("aria-expanded", "false");
  box.input.removeAttribute("aria-activedescendant");
}

/** Hide everything that floats over the box. */
function closePopup(box) {
  hideList(box);
  box.usage.hidden = true;
}

/** Write the suggestion into the text. */
function accept(box, index) {
  const { kind, items, start } = box.popup;
  const word = kind === "command" ? items[index].command : `@${items[index].name}`;
  const caret = box.input.selectionStart;
  box.input.value = `${box.input.value.slice(0, start)}${word} ${box.input.value.slice(caret).trimStart()}`;
  box.input.setSelectionRange(start + word.length + 1, start + word.length + 1);
  onInput(box);
}

/** Keys in the box. */
function onKey(event, box) {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const handled = box.popup ? popupKey(event, box) : plainKey(event, box);
  if (!handled) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Keys while suggestions are shown. A command typed in full is sent by Enter. */
function popupKey(event, box) {
  const { items, kind } = box.popup;
  const complete = kind === "command" && items.some((item) => item.command === box.input.value.trim());
  if (event.key === "ArrowDown") activate(box, (box.active + 1) % items.length);
  else if (event.key === "ArrowUp") activate(box, (box.active + items.length - 1) % items.length);
  else if (event.key === "Tab" && !event.shiftKey) accept(box, box.active);
  else if (event.key === "Enter" && !event.shiftKey) complete ? send(box) : accept(box, box.active);
  else if (event.key === "Escape") closePopup(box);
  else return false;
  return true;
}

/** Keys in the plain box: Enter sends, arrow up in an empty box brings the last text back. */
function plainKey(event, box) {
  if (event.key === "Enter" && !event.shiftKey) send(box);
  else if (event.key === "ArrowUp" && (!box.input.value || box.historyAt !== null)) recall(box, -1);
  else if (event.key === "ArrowDown" && box.historyAt !== null) recall(box, 1);
  else return false;
  return true;
}

/** Walk through what this user sent. */
function recall(box, step) {
  const sent = box.app.sent(box.app.me);
  const at = (box.historyAt ?? sent.length) + step;
  if (at < 0 || !sent.length) return;
  box.historyAt = at >= sent.length ? null : at;
  setText(box, sent[at] ?? "");
}

/** Send what is in the box: a slash command or a message. */
async function send(box) {
  const text = box.input.value.trim();
  if (!text) return;
  const place = box.how.place();
  const user = box.app.me;
  box.app.sent(user).push(text);
  box.historyAt = null;
  box.banner.hidden = true;
  setText(box, "");
  if (text.startsWith("/") && !box.how.commands) return fail(box, text, `${text.split(" ")[0]} is not supported in threads. Send it to the channel.`, false);
  box.send.classList.add("pending");
  const answer = text.startsWith("/")
    ? await post("slash", { user, channel: place.channel, text })
    : await post("message", { user, ...place, text });
  box.send.classList.remove("pending");
  if (!answer.ok) fail(box, text, `${text.startsWith("/") ? text.split(" ")[0] : "Your message"} failed. ${explain(answer.error)}`);
}

/** Say that it failed and give the text back, unless something new is being typed. */
function fail(box, text, sentence, again = true) {
  const dismiss = () => { box.banner.hidden = true; box.input.focus(); };
  if (!box.input.value) setText(box, text);
  const retry = again && box.input.value === text && h("button.link", { onclick: () => { box.input.focus(); send(box); } }, "Try again");
  fill(box.banner, icon("warning"), h("span", {}, sentence), retry, h("button.icon-button", { "aria-label": "Dismiss", onclick: dismiss }, icon("close")));
  box.banner.hidden = false;
}
