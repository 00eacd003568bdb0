/** @file The `markdown` block: the part of standard Markdown that Slack renders, as DOM nodes. */

import { h } from "./dom.js";
import { emojiNode, link } from "./mrkdwn.js";

const INLINE = [
  [/`([^`\n]+)`/, ([, code]) => h("code", {}, code)],
  [/\[([^\]\n]+)\]\(([^)\s]+)\)/, ([, label, url]) => link(url, label)],
  [/\*\*(?=\S)(.+?)(?<=\S)\*\*/, ([, inner]) => h("strong", {}, spans(inner))],
  [/~~(?=\S)(.+?)(?<=\S)~~/, ([, inner]) => h("s", {}, spans(inner))],
  [/(?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]+?)(?<=\S)\*(?!\*)/u, ([, inner]) => h("em", {}, spans(inner))],
  [/(?<![\p{L}\p{N}_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\p{L}\p{N}_])/u, ([, inner]) => h("em", {}, spans(inner))],
  [/:([a-z0-9_+-]+):/, ([whole, name]) => emojiNode(name) ?? whole],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;!?)\]'"*_]/, ([url]) => link(url, url)],
];

/** Inline Markdown as nodes and strings. */
function spans(text) {
  const out = [];
  let rest = text;
  while (rest) {
    const hits = INLINE.map(([pattern, render]) => ({ match: pattern.exec(rest), render })).filter(({ match }) => match);
    if (!hits.length) break;
    const { match, render } = hits.reduce((a, b) => (b.match.index < a.match.index ? b : a));
    out.push(rest.slice(0, match.index), render(match));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...out, rest];
}

/** Readers of blocks of lines: each takes the lines from the front that it understands. */
const READERS = [
  [/^```/, readFence],
  [/^#{1,6} /, ([line]) => [h("h4.md-heading", {}, spans(line.replace(/^#+ /, ""))), 1]],
  [/^ *(---+|\*\*\*+) *$/, () => [h("hr"), 1]],
  [/^> ?/, (lines) => takeWhile(lines, /^> ?/, (own) => h("blockquote", {}, breaks(own.map((l) => l.replace(/^> ?/, "")))))],
  [/^\s*([-*+]|\d+[.)]) /, readList],
  [/^\|.*\|\s*$/, (lines) => takeWhile(lines, /^\|/, tableOf)],
  [/^\s*$/, () => [null, 1]],
];

/** Lines joined by line breaks. */
function breaks(lines) {
  return lines.map((line, i) => [i > 0 && h("br"), spans(line)]);
}

/** Take the leading lines that match, and how many they were. */
function takeWhile(lines, pattern, render) {
  const end = lines.findIndex((line) => !pattern.test(line));
  const own = end < 0 ? lines : lines.slice(0, end);
  return [render(own), own.length];
}

/** A fenced code block, closed or not. */
function readFence(lines) {
  const end = lines.findIndex((line, i) => i > 0 && /^```/.test(line));
  const last = end < 0 ? lines.length : end;
  return [h("pre", {}, lines.slice(1, last).join("\n")), last + 1];
}

/** A list; deeper items are indented, task boxes shown as such. */
function readList(lines) {
  const ordered = /^\s*\d/.test(lines[0]);
  return takeWhile(lines, /^\s*([-*+]|\d+[.)]) /, (own) => h(ordered ? "ol" : "ul", {}, own.map(listItem)));
}

/** One list item. */
function listItem(line) {
  const [, indent, , body] = /^(\s*)([-*+]|\d+[.)]) (.*)$/.exec(line);
  const task = /^\[([ xX])\] (.*)$/.exec(body);
  const content = task ? [task[1] === " " ? "☐ " : "☑ ", spans(task[2])] : spans(body);
  return h("li", { style: { "margin-left": `${Math.floor(indent.length / 2) * 18}px` } }, content);
}

/** A pipe table; its second line only separates. */
function tableOf(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const [head, ...body] = lines.filter((line) => !/^\|[\s:|-]+\|?\s*$/.test(line));
  return h("div.table-scroll", {}, h("table", {},
    h("thead", {}, h("tr", {}, cells(head ?? "").map((cell) => h("th", { scope: "col" }, spans(cell))))),
    h("tbody", {}, body.map((line) => h("tr", {}, cells(line).map((cell) => h("td", {}, spans(cell))))))));
}

/**
 * A Markdown text as elements.
 * @param {string} text
 * @returns {HTMLElement}
 */
export function markdown(text) {
  const root = h("div.markdown");
  let lines = String(text ?? "").split("\n");
  while (lines.length) {
    const [node, used] = readBlock(lines);
    if (node) root.append(node);
    lines = lines.slice(used);
  }
  return root;
}

/** The block at the front: by the first reader that knows it, else a paragraph. */
function readBlock(lines) {
  const reader = READERS.find(([pattern]) => pattern.test(lines[0]));
  if (reader) return reader[1](lines);
  const end = lines.findIndex((line) => READERS.some(([pattern]) => pattern.test(line)));
  const own = end < 0 ? lines : lines.slice(0, end);
  return [h("p", {}, breaks(own)), own.length];
}
