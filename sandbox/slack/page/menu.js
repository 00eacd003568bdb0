/** @file One popup menu for selects, overflow menus and switchers: filter, arrows, Home/End, Enter, Escape.
 * It lives in the top layer, outside the message it belongs to, so a message that changes does not close it. */

import { fill, h, uid } from "./dom.js";
import { icon } from "./icons.js";

let open = null;

/** Close the open menu, if any. */
export function closeMenu(restoreFocus = false) {
  if (!open) return;
  const { popup, anchor } = open;
  open = null;
  popup.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (restoreFocus) (anchor.isConnected ? anchor : findTwin(anchor))?.focus();
}

/** The element that replaced an anchor when its message was rendered again. */
function findTwin(anchor) {
  return anchor.dataset.key && document.querySelector(`[data-key="${CSS.escape(anchor.dataset.key)}"]`);
}

/**
 * Open a menu under (or over) an anchor.
 * @param {HTMLElement} anchor the button it belongs to; it gets aria-expanded
 * @param {object} options
 * @param {Array<{value: string, label: string, node?: Node, hint?: string, group?: string, icon?: Node, danger?: boolean}>} options.items
 * @param {function(object): void} options.onPick
 * @param {string} [options.label] accessible name
 * @param {boolean} [options.filter] show a filter box (default: more than 8 items)
 * @param {Set<string>} [options.selected] values shown as chosen
 * @param {function(string): Promise<Array<object>>} [options.load] asks for the items that match what is typed
 * @param {boolean} [options.stayOpen] keep open after a pick (multi-selects)
 */
export function openMenu(anchor, options) {
  const wasHere = open?.anchor === anchor;
  closeMenu();
  if (wasHere) return;
  const menu = { anchor, options, active: 0, popup: h("div.menu", { popover: "manual" }), id: uid("menu") };
  menu.list = h("div.menu-list", { role: "listbox", id: menu.id, tabIndex: -1, "aria-label": options.label ?? "Options" });
  menu.input = filterBox(menu);
  menu.popup.append(...[menu.input?.parentElement, menu.list].filter(Boolean));
  menu.popup.addEventListener("keydown", (event) => onKey(event, menu));
  menu.popup.addEventListener("focusout", (event) => onBlur(event, menu));
  (anchor.closest("dialog") ?? document.body).append(menu.popup);
  menu.popup.showPopover();
  open = menu;
  anchor.setAttribute("aria-expanded", "true");
  if (options.load) loadItems(menu, "");
  show(menu, "");
  activate(menu, Math.max(0, menu.shown.findIndex((item) => options.selected?.has(item.value))));
  place(menu);
  (menu.input ?? menu.list).focus({ preventScroll: true });
}

/** The filter box, when the menu wants one. */
function filterBox(menu) {
  if (!(menu.options.filter ?? menu.options.items.length > 8)) return null;
  const input = h("input", {
    type: "text", placeholder: menu.options.placeholder ?? "Filter…", "aria-label": "Filter", role: "combobox",
    "aria-expanded": "true", "aria-controls": menu.id, autocomplete: "off", oninput: () => search(menu, input.value),
  });
  h("div.menu-filter", {}, icon("search"), input);
  return input;
}

const LOAD_AFTER_MS = 120;

/** Filter the items at hand, or ask for those that match once typing pauses. */
function search(menu, query) {
  clearTimeout(menu.loading);
  if (menu.options.load) menu.loading = setTimeout(() => loadItems(menu, query), LOAD_AFTER_MS);
  else showFrom(menu, query);
}

/** Show the matching items with the first one active. */
function showFrom(menu, query) {
  show(menu, query);
  activate(menu, 0);
}

/** Ask for items; an answer that comes after the menu was closed or typed on is dropped. */
async function loadItems(menu, query) {
  menu.list.setAttribute("aria-busy", "true");
  const items = await menu.options.load(query);
  if (open !== menu || (menu.input?.value ?? "") !== query) return;
  menu.list.setAttribute("aria-busy", "false");
  menu.options.items = items;
  showFrom(menu, "");
  place(menu);
}

/** Show the items that match the filter. */
function show(menu, query) {
  const wanted = query.trim().toLowerCase();
  menu.shown = menu.options.items.filter((item) => `${item.label} ${item.hint ?? ""}`.toLowerCase().includes(wanted));
  const nodes = menu.shown.flatMap((item, i) => {
    const heading = item.group && item.group !== menu.shown[i - 1]?.group && h("div.menu-group", { role: "presentation" }, item.group);
    return [heading, option(menu, item, i)];
  });
  const loading = menu.list.getAttribute("aria-busy") === "true";
  fill(menu.list, nodes.length ? nodes : h("div.menu-empty", {}, loading ? "Loading…" : "Nothing matches"));
}

/** One option. */
function option(menu, item, index) {
  const chosen = menu.options.selected?.has(item.value) ?? false;
  return h("div.menu-item", {
    role: "option", id: `${menu.id}-${index}`, "aria-selected": String(chosen), class: item.danger ? "danger" : "",
    onpointermove: () => activate(menu, index, false), onpointerdown: (event) => event.preventDefault(), onclick: () => pick(menu, item),
  }, menu.options.selected && h("span.menu-tick", {}, chosen && icon("check")), item.icon, h("span.menu-label", {}, item.node?.cloneNode(true) ?? item.label),
  item.hint && h("span.menu-hint", {}, item.hint));
}

/** Make one option the active one. */
function activate(menu, index, scroll = true) {
  menu.active = index;
  const options = menu.list.querySelectorAll(".menu-item");
  options.forEach((node, i) => node.classList.toggle("active", i === index));
  if (scroll) options[index]?.scrollIntoView({ block: "nearest" });
  (menu.input ?? menu.list).setAttribute("aria-activedescendant", `${menu.id}-${index}`);
}

/** Take an option. */
function pick(menu, item) {
  if (menu.options.stayOpen) {
    menu.options.onPick(item);
    show(menu, menu.input?.value ?? "");
    activate(menu, menu.active);
    return;
  }
  closeMenu(true);
  menu.options.onPick(item);
}

/** Keys inside the menu. */
function onKey(event, menu) {
  const last = menu.shown.length - 1;
  const moves = { ArrowDown: Math.min(menu.active + 1, last), ArrowUp: Math.max(menu.active - 1, 0), ...(!menu.input && { Home: 0, End: last }) };
  if (event.key in moves) activate(menu, moves[event.key]);
  else if (event.key === "Enter" || (event.key === " " && !menu.input)) menu.shown[menu.active] && pick(menu, menu.shown[menu.active]);
  else if (event.key === "Escape") closeMenu(true);
  else if (event.key === "Tab") return closeMenu(true);
  else return typeAhead(event, menu);
  event.preventDefault();
  event.stopPropagation();
}

/** In a menu without a filter, a letter goes to the next option that begins with it. */
function typeAhead(event, menu) {
  if (menu.input || event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
  const order = [...menu.shown.keys()].map((i) => (i + menu.active + 1) % menu.shown.length);
  const hit = order.find((i) => menu.shown[i].label.toLowerCase().startsWith(event.key.toLowerCase()));
  if (hit !== undefined) activate(menu, hit);
}

/** Leaving the menu closes it; the anchor's own click is left to toggle it. */
function onBlur(event, menu) {
  if (open === menu && !menu.popup.contains(event.relatedTarget) && event.relatedTarget !== menu.anchor) closeMenu();
}

/** Put the popup under its anchor, or over it when there is more room; never outside the window. */
function place({ anchor, popup }) {
  const box = anchor.getBoundingClientRect();
  popup.style.setProperty("min-width", `${Math.max(box.width, 200)}px`);
  const { width, height } = popup.getBoundingClientRect();
  const under = box.bottom + 6 + height <= innerHeight || box.top < height;
  popup.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`);
  popup.style.setProperty("top", `${Math.max(8, under ? Math.min(box.bottom + 6, innerHeight - height - 8) : box.top - height - 6)}px`);
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.popup.contains(event.target) && !open.anchor.contains(event.target)) closeMenu();
});
addEventListener("resize", () => closeMenu());
