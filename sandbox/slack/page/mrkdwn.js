/** @file Slack's mrkdwn as DOM nodes. The text is cut into tokens and each becomes an element with text nodes in it:
 * no HTML is ever built from text, so a message cannot inject any. */

import { emoji } from "./emoji.js";
import { slackDate } from "./format.js";
import { fragment, h } from "./dom.js";

const INNER = "(?:<[^<>\\n]+>|`[^`\\n]+`|(?!MARK)[^\\n])+?";

/** A pattern for text between two marks, as Slack reads them: only at word boundaries and never around blanks. */
function between(mark) {
  const inner = INNER.replace("MARK", mark);
  return new RegExp(`(?<![\\p{L}\\p{N}${mark}])${mark}(?=\\S)(${inner})(?<=\\S)${mark}(?![\\p{L}\\p{N}${mark}])`, "u");
}

const INLINE = [
  { pattern: /`([^`\n]+)`/, render: ([, code]) => h("code", {}, unescape(code)) },
  { pattern: /<([^<>\n]+)>/, render: ([whole, inside], ctx) => entity(inside, ctx) ?? unescape(whole) },
  { pattern: between("\\*"), render: ([, inner], ctx) => h("strong", {}, inline(inner, ctx)) },
  { pattern: between("_"), render: ([, inner], ctx) => h("em", {}, inline(inner, ctx)) },
  { pattern: between("~"), render: ([, inner], ctx) => h("s", {}, inline(inner, ctx)) },
  { pattern: /:([a-z0-9_+-]+):(?::skin-tone-\d:)?/, render: ([whole, name]) => emojiNode(name) ?? whole },
  { pattern: /https?:\/\/[^\s<>|]*[^\s<>|.,:;!?)\]'"*_~`]/, render: ([url], ctx) => (ctx.verbatim ? url : link(url, url)) },
];

/** Undo the three escapes that Slack asks for (docs.slack.dev/messaging/formatting-message-text#escaping). */
export function unescape(text) {
  return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

/** An emoji with its name for screen readers and as a tooltip, or undefined when the name is unknown. */
export function emojiNode(name) {
  const glyph = emoji(name);
  return glyph && h("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, glyph);
}

/**
 * Inline mrkdwn: always render the earliest token first, then go on behind it.
 * @param {string} text escaped text as an app sends it
 * @param {{user: function, channel: function, group: function, me: string, verbatim?: boolean}} ctx looks names up
 * @returns {Array<Node|string>}
 */
export function inline(text, ctx) {
  const out = [];
  let rest = text;
  while (rest) {
    const next = earliest(rest);
    if (!next) break;
    const { match, rule } = next;
    out.push(unescape(rest.slice(0, match.index)), rule.render(match, ctx));
    rest = rest.slice(match.index + match[0].length);
  }
  out.push(unescape(rest));
  return out.filter((piece) => piece !== "");
}

/** The first token in the text, and the rule that reads it. */
function earliest(text) {
  let best = null;
  for (const rule of INLINE) {
    const match = rule.pattern.exec(text);
    if (match && (!best || match.index < best.match.index)) best = { match, rule };
  }
  return best;
}

/** A link, if its scheme is harmless; otherwise its text. */
export function link(url, label) {
  if (!/^(https?:|mailto:|\/(?!\/))/i.test(url)) return label;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** What stands between < and >: a mention, a date, a group or a link. */
function entity(inside, ctx) {
  const [target, ...labels] = inside.split("|");
  const label = unescape(labels.join("|"));
  if (target.startsWith("@")) return userChip(target.slice(1), ctx, label);
  if (target.startsWith("#")) return channelChip(target.slice(1), ctx, label);
  if (target.startsWith("!")) return special(target.slice(1), label, ctx);
  if (/^(https?:|mailto:)/i.test(target)) return link(unescape(target), label || unescape(target).replace(/^mailto:/, ""));
  return undefined;
}

/** "@Ana", highlighted when it is the reader. */
export function userChip(id, ctx, label = "") {
  const user = ctx.user(id);
  const name = user ? user.real_name || user.name : label || id;
  return h(id === ctx.me ? "span.mention.mine" : "span.mention", { data: { user: id } }, `@${name}`);
}

/** "#ml-releases", a link into the channel. */
export function channelChip(id, ctx, label = "") {
  return h("a.mention", { href: `/archives/${id}` }, `#${ctx.channel(id)?.name ?? (label || id)}`);
}

/** Group mentions, broadcasts and dates. */
function special(target, label, ctx) {
  const [kind, ...rest] = target.split("^");
  if (kind === "date") return dateNode(rest, label);
  if (kind === "subteam") return groupChip(rest[0], ctx, label);
  return ["here", "channel", "everyone"].includes(kind) ? h("span.mention.mine", {}, `@${kind}`) : label || `<!${target}>`;
}

/** "@ml-approvers". */
export function groupChip(id, ctx, label = "") {
  const name = label.replace(/^@/, "") || ctx.group(id)?.handle || id;
  return h("span.mention", { class: ctx.group(id)?.users?.includes(ctx.me) ? "mine" : "" }, `@${name}`);
}

/** <!date^epoch^format^link|fallback> in the reader's own time zone; the fallback is the tooltip. */
function dateNode([epoch, pattern, url], fallback) {
  const shown = Number.isFinite(Number(epoch)) && pattern ? slackDate(Number(epoch), pattern) : fallback;
  const node = h("time", { datetime: new Date(Number(epoch) * 1000 || 0).toISOString(), title: fallback }, shown);
  return url ? link(url, node) : node;
}

/**
 * A whole mrkdwn text: fences, quotes and lines.
 * @param {string} text
 * @param {object} ctx see `inline`
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, ctx) {
  const parts = String(text ?? "").split(/```\n?([\s\S]+?)\n?```\n?/);
  return fragment(parts.map((part, i) => (i % 2 ? h("pre", {}, unescape(part)) : lines(part, ctx))));
}

/** Lines of text; neighbours that begin with > become one quote. */
function lines(text, ctx) {
  const out = [];
  let quote = null;
  text.split("\n").forEach((line, i, all) => {
    const quoted = /^(?:>|&gt;) ?(.*)$/.exec(line);
    if (quoted) {
      if (quote) quote.append(h("br"));
      else out.push((quote = h("blockquote")));
      quote.append(...inline(quoted[1], ctx));
    } else {
      if (i > 0 && !quote && !(i === all.length - 1 && line === "")) out.push(h("br"));
      quote = null;
      out.push(inline(line, ctx));
    }
  });
  return out;
}

/** Plain text with emoji (plain_text objects). */
export function plain(text, useEmoji = true) {
  if (!useEmoji) return [text];
  return String(text ?? "").split(/:([a-z0-9_+-]+):/).map((part, i) => (i % 2 ? emojiNode(part) ?? `:${part}:` : part));
}

/** A Block Kit text object, or null. */
export function textObject(object, ctx) {
  if (!object) return null;
  if (object.type === "mrkdwn") return mrkdwn(object.text, { ...ctx, verbatim: object.verbatim });
  return fragment(plain(object.text, object.emoji !== false));
}

/** The text of a text object without any marks: for labels and tooltips. */
export function bare(object) {
  const holder = h("div");
  holder.append(mrkdwn(typeof object === "string" ? object : object?.text ?? "", { user: () => null, channel: () => null, group: () => null }));
  return holder.textContent;
}
