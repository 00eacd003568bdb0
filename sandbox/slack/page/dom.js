/** @file Building and reconciling DOM. Text only ever enters the page as text nodes: nothing here parses HTML. */

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "tabIndex", "open", "readOnly", "indeterminate"]);

/**
 * Create an element. Strings among the children become text nodes; null, undefined and false are skipped.
 * @param {string} tag element name with optional classes, e.g. "button.btn.primary"
 * @param {Object<string, *>} [props] attributes; `on…` are listeners, `style` is a map of CSS properties
 * @param {...*} children nodes, strings or (nested) arrays of them
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) setProp(node, key, value);
  append(node, children);
  return node;
}

/** Set one attribute, property, listener, style map or data attribute map. */
function setProp(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
  else if (key === "style") Object.entries(value).forEach(([k, v]) => node.style.setProperty(k, v));
  else if (key === "data") Object.assign(node.dataset, value);
  else if (key === "class") node.classList.add(...String(value).split(" ").filter(Boolean));
  else if (PROPERTIES.has(key)) node[key] = value;
  else node.setAttribute(key, value === true ? "" : String(value));
}

/** Append children of any nesting, skipping the empty ones. */
export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replace all children of a node. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/**
 * Replace all children, unless they were made for the same key: what did not change stays, with its focus and selection.
 * @returns {boolean} whether the children were made again
 */
export function refill(node, key, make) {
  if (node.filledFor === key) return false;
  node.filledFor = key;
  fill(node, make());
  return true;
}

/** Set textContent only when it differs, so that live regions and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A document fragment holding the children. */
export function fragment(...children) {
  return append(document.createDocumentFragment(), children);
}

/**
 * Make `parent` hold one element per item, touching only those that are new, changed or gone.
 * @param {HTMLElement} parent
 * @param {Array<*>} items
 * @param {{key: function(*): string, signature: function(*): string, render: function(*): HTMLElement}} how
 */
export function syncList(parent, items, { key, signature, render }) {
  const old = new Map([...parent.children].map((child) => [child.dataset.listKey, child]));
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    let node = old.get(id);
    old.delete(id);
    if (!node || node.listSignature !== signature(item)) node = replaceItem(parent, node, item, { id, signature, render }, cursor);
    else if (node !== cursor) parent.insertBefore(node, cursor);
    cursor = node.nextElementSibling;
  }
  old.forEach((node) => removeKeepingFocus(node));
}

/** Render an item again (or for the first time) and put it where it belongs. */
function replaceItem(parent, before, item, { id, signature, render }, cursor) {
  const node = render(item);
  node.dataset.listKey = id;
  node.listSignature = signature(item);
  if (before) swap(before, node);
  else parent.insertBefore(node, cursor);
  return node;
}

/** Remove a node; if the focus was inside it, hand the focus to a neighbour that takes it. */
function removeKeepingFocus(node) {
  const neighbour = node.contains(document.activeElement) ? node.previousElementSibling ?? node.nextElementSibling : null;
  node.remove();
  neighbour?.focus?.();
}

/**
 * Replace `before` by `after` without losing what a person is doing in it: typed text, ticked boxes,
 * focus and selection move to the element with the same `data-key`.
 */
export function swap(before, after) {
  const focus = before.contains(document.activeElement) ? document.activeElement : null;
  const selection = focus && "selectionStart" in focus ? [focus.selectionStart, focus.selectionEnd] : null;
  carryValues(before, after);
  if (before.hasAttribute("tabindex")) after.tabIndex = before.tabIndex;
  before.replaceWith(after);
  if (focus) refocus(after, focus, before, selection);
}

/** Copy the values a person changed to the fields with the same key. */
export function carryValues(before, after) {
  for (const field of before.querySelectorAll("[data-dirty]")) {
    const twin = findKey(after, field.dataset.key);
    if (!twin) continue;
    if (field.type === "checkbox" || field.type === "radio") twin.checked = field.checked;
    else if (twin.applyValue) twin.applyValue(field.value);
    else twin.value = field.value;
    twin.dataset.dirty = "";
  }
}

/** Put the focus back on the twin of the element that had it, or on the new element itself. */
function refocus(after, focus, before, selection) {
  const twin = focus === before ? after : findKey(after, focus.dataset.key) ?? after;
  twin.focus({ preventScroll: true });
  if (selection?.[0] != null && twin.setSelectionRange) twin.setSelectionRange(...selection);
}

/** The element carrying `data-key=key` inside root, or null. */
export function findKey(root, key) {
  return key ? root.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
}

/** Mark a field as changed by a person, so that a re-render keeps its value. */
export function markDirty(event) {
  event.currentTarget.dataset.dirty = "";
}

let counter = 0;
/** A fresh id for aria-labelledby and friends. */
export function uid(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}
