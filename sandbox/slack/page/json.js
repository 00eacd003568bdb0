/** @file JSON as coloured, foldable text built from DOM nodes. */

import { h } from "./dom.js";

const FOLD_DEEPER_THAN = 3;

/** A value as nodes; objects and arrays can be folded. */
export function jsonTree(value, depth = 0) {
  if (value === null || typeof value !== "object") return h(`span.json-${value === null ? "null" : typeof value}`, {}, JSON.stringify(value) ?? "undefined");
  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, close] = isArray ? "[]" : "{}";
  if (!entries.length) return h("span", {}, open + close);
  return h("details.json", { open: depth < FOLD_DEEPER_THAN },
    h("summary", {}, open, h("span.json-count", {}, ` ${entries.length} `), h("span.json-close", {}, close)),
    h("div.json-body", {}, entries.map(([key, item]) => h("div", {}, !isArray && h("span.json-key", {}, `${key}: `), jsonTree(item, depth + 1)))),
    h("span", {}, close));
}
