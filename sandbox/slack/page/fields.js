/** @file Text-like input fields of Block Kit as native inputs. */

import { h } from "./dom.js";
import { bare } from "./mrkdwn.js";

const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "text" };

/** A text, e-mail, address or number field. */
export function plainField(element) {
  const tag = element.multiline ? "textarea.text-input" : "input.text-input";
  return h(tag, {
    type: element.multiline ? null : TYPES[element.type] ?? "text",
    inputmode: element.type === "number_input" ? "decimal" : null,
    rows: element.multiline ? 4 : null,
    value: element.initial_value ?? "",
    placeholder: bare(element.placeholder),
    maxlength: element.max_length ?? null,
    autocomplete: "off",
    spellcheck: element.multiline ? "true" : "false",
    data: element.focus_on_load ? { focusOnLoad: "" } : {},
  });
}

/** A date, time or date-and-time field. */
export function dateField(element, type) {
  const epoch = element.initial_date_time;
  const local = epoch && new Date(epoch * 1000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return h("input.text-input.date-input", { type, value: element.initial_date ?? element.initial_time ?? local ?? "" });
}

const REQUIRED = "Please complete this required field.";

/**
 * What Slack's own client checks before it sends a submission.
 * @param {{block: object, element: object, read: function}} field
 * @returns {string|undefined} the message to show under the field
 */
export function clientError({ block, element, read }) {
  const value = read();
  if (block.type !== "input") return undefined;
  if (!value.length) return block.optional ? undefined : REQUIRED;
  if (element.min_length && value.length < element.min_length) return `Please enter at least ${element.min_length} characters.`;
  return element.type === "number_input" ? numberError(element, value) : undefined;
}

/** Numbers: whole unless decimals are allowed, and in the range. */
function numberError(element, text) {
  const value = Number(text);
  if (!Number.isFinite(value)) return "Please enter a number.";
  if (!element.is_decimal_allowed && !Number.isInteger(value)) return "Please enter a whole number.";
  if (element.min_value && value < Number(element.min_value)) return `Please enter a number of ${element.min_value} or more.`;
  if (element.max_value && value > Number(element.max_value)) return `Please enter a number of ${element.max_value} or less.`;
  return undefined;
}
