/** @file Block Kit's layout blocks as elements. */

import { fill, h, uid } from "./dom.js";
import { buildElement, safeImage } from "./elements.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { bare, plain, textObject } from "./mrkdwn.js";
import { richText, table } from "./richtext.js";

/** A section: text, fields and an accessory. */
function section(block, surface) {
  return h("div.section", {},
    h("div.section-body", {},
      block.text && h("div.section-text", {}, textObject(block.text, surface.ctx)),
      block.fields && h("div.fields", {}, block.fields.map((field) => h("div.field", {}, textObject(field, surface.ctx))))),
    block.accessory && h("div.accessory", { class: `accessory-${block.accessory.type}` }, buildElement(block.accessory, surface, block).node));
}

/** A row of buttons and menus. */
function actions(block, surface) {
  return h("div.actions", {}, block.elements.map((element) => buildElement(element, surface, block).node));
}

/** Small text and pictures. */
function context(block, surface) {
  return h("div.context", {}, block.elements.map((element) => (element.type === "image"
    ? buildElement(element, surface, block).node
    : h("span.context-text", {}, textObject(element, surface.ctx)))));
}

/** A picture with its title. */
function image(block, surface) {
  return h("figure.image", {},
    block.title && h("figcaption", {}, textObject(block.title, surface.ctx)),
    picture(safeImage(block.image_url ?? block.slack_file?.url), block.alt_text));
}

/** A picture that opens in full size. */
export function picture(src, alt) {
  return h("a.picture", { href: src || null, target: "_blank", rel: "noopener", title: "Open in full size" }, h("img", { src, alt, loading: "lazy" }));
}

/** A labelled input with its hint and the place for its error. */
function input(block, surface) {
  const id = uid("field");
  const { node, control } = buildElement(block.element, surface, block);
  const group = control?.tagName === "FIELDSET";
  const target = control ?? node;
  target.id = id;
  target.setAttribute("aria-describedby", `${id}-error${block.hint ? ` ${id}-hint` : ""}`);
  if (group || target.tagName === "BUTTON") target.setAttribute("aria-labelledby", `${id}-label ${group ? "" : id}`.trim());
  if (!block.optional && !group) target.setAttribute("aria-required", "true");
  return h("div.input-block", { data: { blockId: block.block_id ?? "" } },
    h("label.input-label", { for: group ? null : id, id: `${id}-label` }, plain(block.label.text), block.optional && h("span.optional", {}, " (optional)")),
    node,
    h("div.field-error", { id: `${id}-error`, hidden: true }),
    block.hint && h("div.hint", { id: `${id}-hint` }, plain(block.hint.text)));
}

/** An alert, as modals show it. */
function alertBlock(block, surface) {
  const text = block.text ?? block.title;
  return h("div.alert", { class: block.level ?? block.style ?? "info", role: "note" }, icon("warning"), h("div", {}, textObject(typeof text === "string" ? { type: "mrkdwn", text } : text, surface.ctx)));
}

const RENDERERS = {
  section, actions, context, image, input,
  alert: alertBlock,
  header: (block, surface) => h("h3.header", {}, textObject(block.text, surface.ctx)),
  divider: () => h("hr.divider"),
  markdown: (block) => markdown(block.text),
  rich_text: (block, surface) => richText(block, surface.ctx),
  table: (block, surface) => table(block, surface.ctx),
  context_actions: actions,
};

/** One block; a type this page does not know is named rather than dropped. */
function renderBlock(block, surface) {
  const render = RENDERERS[block.type];
  if (!render) return h("div.unsupported", {}, `This page does not show “${block.type}” blocks.`);
  const node = render(block, surface);
  node.classList.add("block");
  return node;
}

/**
 * All blocks of a message, modal or home view.
 * @param {Array<object>} blocks
 * @param {object} surface see elements.js
 * @returns {HTMLElement}
 */
export function renderBlocks(blocks, surface) {
  return h("div.blocks", {}, blocks.map((block) => renderBlock(block, surface)));
}

/** Show or clear the error under an input block. */
export function showFieldError(root, blockId, text) {
  const block = root.querySelector(`.input-block[data-block-id="${CSS.escape(blockId)}"]`);
  if (!block) return null;
  const error = block.querySelector(".field-error");
  error.hidden = !text;
  fill(error, text && [icon("warning"), h("span", {}, text)]);
  const control = block.querySelector("input, textarea, .select");
  control?.setAttribute("aria-invalid", String(Boolean(text)));
  return control;
}

/** A one-line summary of blocks or text, for announcements and previews. */
export function summary(message) {
  if (message.text) return bare(message.text);
  const first = message.blocks?.find((block) => block.text);
  return first ? bare(first.text) : "message";
}
