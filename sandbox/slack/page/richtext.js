/** @file The `rich_text` and `table` blocks. */

import { h } from "./dom.js";
import { dateOf, slackDate } from "./format.js";
import { channelChip, emojiNode, groupChip, link, plain, userChip } from "./mrkdwn.js";

/** Inline elements of rich text by type. */
const ELEMENTS = {
  text: (e) => e.text,
  link: (e) => link(e.url, e.text || e.url),
  user: (e, ctx) => userChip(e.user_id, ctx),
  usergroup: (e, ctx) => groupChip(e.usergroup_id, ctx),
  channel: (e, ctx) => channelChip(e.channel_id, ctx),
  broadcast: (e) => h("span.mention.mine", {}, `@${e.range}`),
  emoji: (e) => emojiNode(e.name) ?? `:${e.name}:`,
  date: (e) => h("time", { datetime: dateOf(e.timestamp).toISOString(), title: e.fallback }, slackDate(e.timestamp, e.format)),
  color: (e) => h("span.swatch", {}, h("i", { style: { background: e.value } }), e.value),
};

/** Wrap a node in the styles that are set. */
function styled(node, style = {}) {
  const tags = { code: "code", bold: "strong", italic: "em", strike: "s", underline: "u" };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), node);
}

/** One inline element; unknown ones show their type. */
function inlineElement(element, ctx) {
  const render = ELEMENTS[element.type];
  return styled(render ? render(element, ctx) : `[${element.type}]`, element.style);
}

/** The inline elements of a section, quote or preformatted element. */
function inlines(element, ctx) {
  return (element.elements ?? []).map((child) => inlineElement(child, ctx));
}

/** Block-level elements of rich text by type. */
const SECTIONS = {
  rich_text_section: (e, ctx) => h("div.rt-section", {}, inlines(e, ctx)),
  rich_text_preformatted: (e, ctx) => h("pre", {}, inlines(e, ctx)),
  rich_text_quote: (e, ctx) => h("blockquote", {}, inlines(e, ctx)),
  rich_text_list: (e, ctx) => h(e.style === "ordered" ? "ol" : "ul", {
    class: `rt-list level-${(e.indent ?? 0) % 3}`,
    start: e.offset ? e.offset + 1 : null,
    style: { "margin-left": `${(e.indent ?? 0) * 22}px` },
  }, e.elements.map((item) => h("li", {}, inlines(item, ctx)))),
};

/** The `rich_text` block. */
export function richText(block, ctx) {
  return h("div.rich-text", {}, (block.elements ?? []).map((element) => SECTIONS[element.type]?.(element, ctx) ?? null));
}

/** A table cell's content. */
function cellContent(cell, ctx) {
  if (cell.type === "rich_text") return richText(cell, ctx);
  return plain(cell.text ?? cell.value ?? "");
}

/** One row; the first row of the table is its head. */
function row(cells, ctx, settings, isHead) {
  return h("tr", {}, cells.map((cell, i) => h(isHead ? "th" : "td", {
    scope: isHead ? "col" : null,
    class: settings[i]?.is_wrapped ? "wrapped" : "",
    style: { "text-align": settings[i]?.align ?? "left" },
  }, cellContent(cell, ctx))));
}

/** The `table` block, scrolling on its own when it is wider than the message. */
export function table(block, ctx) {
  const settings = block.column_settings ?? [];
  const [head, ...body] = block.rows ?? [];
  return h("div.table-scroll", { tabindex: "0", role: "region", "aria-label": "Table" }, h("table", {},
    head && h("thead", {}, row(head, ctx, settings, true)),
    h("tbody", {}, body.map((cells) => row(cells, ctx, settings, false)))));
}
