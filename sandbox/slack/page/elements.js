/** @file Block Kit's interactive elements. Each builder returns its node, and for stateful ones a `read` of its value.
 * A surface is `{app, ctx, prefix, act(block, element, payload, node), register(field)|undefined}`. */

import { h, markDirty, uid } from "./dom.js";
import { plainField, dateField } from "./fields.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { bare, textObject } from "./mrkdwn.js";

/** The key under which an element is found again after a re-render. */
function keyOf(surface, block, element, suffix = "") {
  return `${surface.prefix}/${block.block_id}/${element.action_id}${suffix}`;
}

/** A button; with a `url` it also opens that page. */
function button(element, surface, block) {
  const node = h("button.btn", {
    type: "button", class: element.style ?? "", data: { key: keyOf(surface, block, element) },
    "aria-label": element.accessibility_label ?? null,
    "aria-haspopup": element.confirm ? "dialog" : null,
    onclick: () => {
      if (element.url && /^https?:/i.test(element.url)) window.open(element.url, "_blank", "noopener,noreferrer");
      surface.act(block, element, { value: element.value }, node);
    },
  }, textObject(element.text, surface.ctx));
  return { node };
}

/** The options of a select, with their group labels. */
function optionsOf(element, surface) {
  const { app } = surface;
  if (element.type.includes("users_select")) return app.people().map((u) => ({ value: u.id, label: u.real_name || u.name, hint: u.title, icon: app.avatar(u, "small") }));
  if (/channels_select|conversations_select/.test(element.type)) return app.state.channels.filter((c) => !c.is_im).map((c) => ({ value: c.id, label: `#${c.name}` }));
  if (element.option_groups) return element.option_groups.flatMap((g) => flat(g.options, bare(g.label)));
  return flat(element.options ?? [], "");
}

/** Menu items of the options that an app answered for an external select. */
function suggested(answer) {
  if (!answer.ok) return [];
  return answer.option_groups ? answer.option_groups.flatMap((g) => flat(g.options, bare(g.label))) : flat(answer.options ?? [], "");
}

/** Menu items of a list of Block Kit options. */
function flat(options, group) {
  return options.map((o) => ({ value: o.value, label: bare(o.text), hint: o.description && bare(o.description), group }));
}

/** The items that a select starts with: an external one has no others. */
function initialItems(element) {
  return flat([element.initial_option, ...(element.initial_options ?? [])].filter(Boolean), "");
}

/** The value that a select starts with, as an array. */
function initialOf(element) {
  const many = element.initial_options?.map((o) => o.value) ?? element.initial_users ?? element.initial_channels ?? element.initial_conversations;
  if (many) return many;
  const one = element.initial_option?.value ?? element.initial_user ?? element.initial_channel ?? element.initial_conversation;
  return one ? [one] : [];
}

/** A select of any kind: a button that shows the choice, and a menu. */
function select(element, surface, block) {
  const multi = element.type.startsWith("multi_");
  const external = element.type.includes("external_select");
  const known = new Map([...initialItems(element), ...optionsOf(element, surface)].map((item) => [item.value, item]));
  let chosen = initialOf(element);
  const label = h("span.select-label");
  const node = h("button.select", {
    type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", data: { key: keyOf(surface, block, element) },
  }, label, icon("down"));
  const paint = () => {
    label.textContent = chosen.map((value) => known.get(value)?.label ?? value).join(", ") || bare(element.placeholder) || "Select…";
    label.classList.toggle("placeholder", chosen.length === 0);
    node.value = JSON.stringify(chosen);
  };
  node.applyValue = (value) => { chosen = JSON.parse(value); paint(); };
  const pick = (item) => {
    const { value } = item;
    known.set(value, item);
    chosen = multi ? toggled(chosen, value) : [value];
    node.dataset.dirty = "";
    paint();
    options.selected = new Set(chosen);
    node.dispatchEvent(new Event("input", { bubbles: true }));
    surface.changed(block, element, { selected_option: multi ? chosen : value }, node);
  };
  const load = external && (async (query) => suggested(await surface.suggest(block, element, query)));
  const options = { items: external ? [] : [...known.values()], load, filter: external || undefined, onPick: pick, label: bare(element.placeholder) || "Options", stayOpen: multi };
  node.addEventListener("click", () => openMenu(node, { ...options, get selected() { return new Set(chosen); } }));
  node.addEventListener("keydown", (event) => { if (event.key === "ArrowDown") { event.preventDefault(); node.click(); } });
  paint();
  return { node, control: node, read: () => (multi ? [...chosen] : chosen[0] ?? "") };
}

/** The list without the value if it is in there, else with it. */
function toggled(list, value) {
  return list.includes(value) ? list.filter((v) => v !== value) : [...list, value];
}

/** The three-dots menu. */
function overflow(element, surface, block) {
  const items = element.options.map((o) => ({ value: o.value, label: bare(o.text), hint: o.description && bare(o.description), url: o.url }));
  const pick = (item) => {
    if (item.url && /^https?:/i.test(item.url)) window.open(item.url, "_blank", "noopener,noreferrer");
    surface.act(block, element, { selected_option: item.value }, node);
  };
  const node = h("button.icon-button.overflow", {
    type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": "More actions",
    data: { key: keyOf(surface, block, element) }, onclick: () => openMenu(node, { items, onPick: pick, label: "More actions" }),
  }, icon("dots"));
  return { node };
}

/** Checkboxes or radio buttons: native inputs, so the keyboard works as everywhere. */
function choices(element, surface, block) {
  const radio = element.type === "radio_buttons";
  const name = uid("choice");
  const initial = new Set(radio ? [element.initial_option?.value] : element.initial_options?.map((o) => o.value));
  const node = h("fieldset.choices", { role: radio ? "radiogroup" : "group" });
  const values = () => [...node.querySelectorAll("input:checked")].map((input) => input.value);
  const onchange = (event) => {
    node.querySelectorAll("input").forEach((input) => { input.dataset.dirty = ""; });
    surface.changed(block, element, { selected_option: radio ? event.target.value : values() }, event.target);
  };
  node.append(...element.options.map((option) => h("label.choice", {},
    h("input", {
      type: radio ? "radio" : "checkbox", name, value: option.value, checked: initial.has(option.value),
      data: { key: keyOf(surface, block, element, `/${option.value}`) }, onchange,
    }),
    h("span", {}, h("span.choice-text", {}, textObject(option.text, surface.ctx)),
      option.description && h("span.choice-hint", {}, textObject(option.description, surface.ctx))))));
  return { node, control: node, read: () => (radio ? values()[0] ?? "" : values()) };
}

/** An image as an accessory or in a context block. */
function image(element) {
  return { node: h("img", { src: safeImage(element.image_url ?? element.slack_file?.url), alt: element.alt_text ?? "", title: element.alt_text ?? null }) };
}

/** Only pictures from this origin, http(s) or data:image are loaded. */
export function safeImage(url) {
  return /^(https?:|\/(?!\/)|data:image\/)/i.test(url ?? "") ? url : "";
}

/** A text, date, time or number field, built in fields.js, reporting Enter when the block dispatches. */
function field(build) {
  return (element, surface, block) => {
    const input = build(element);
    input.dataset.key = keyOf(surface, block, element);
    input.addEventListener("input", markDirty);
    return { node: input, control: input, read: () => input.value };
  };
}

/** A date or time picker outside an input block reports each change. */
function picker(type) {
  return (element, surface, block) => {
    const built = field((e) => dateField(e, type))(element, surface, block);
    built.node.addEventListener("change", () => surface.changed(block, element, { value: built.node.value }, built.node));
    return built;
  };
}

/** A text field; Enter reports it when the block says dispatch_action. */
function textInput(element, surface, block) {
  const built = field(plainField)(element, surface, block);
  built.node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || element.multiline || !block.dispatch_action) return;
    event.preventDefault();
    surface.changed(block, element, { value: built.node.value }, built.node);
  });
  return built;
}

const BUILDERS = {
  button, overflow, image,
  workflow_button: button,
  static_select: select, users_select: select, channels_select: select, conversations_select: select, external_select: select, multi_external_select: select,
  multi_static_select: select, multi_users_select: select, multi_channels_select: select, multi_conversations_select: select,
  checkboxes: choices, radio_buttons: choices,
  datepicker: picker("date"), timepicker: picker("time"), datetimepicker: picker("datetime-local"),
  plain_text_input: textInput, email_text_input: textInput, url_text_input: textInput, number_input: textInput,
};

/**
 * Build one element and, on surfaces that are submitted, register its value.
 * @returns {{node: HTMLElement, control?: HTMLElement, read?: function(): (string|string[])}}
 */
export function buildElement(element, surface, block) {
  const builder = BUILDERS[element.type];
  if (!builder) return { node: h("span.unsupported", {}, `Unsupported element: ${element.type}`) };
  const built = builder(element, surface, block);
  if (built.read) surface.register?.({ block, element, read: built.read, control: built.control });
  return built;
}
