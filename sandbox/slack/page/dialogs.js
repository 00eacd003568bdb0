/** @file Confirm dialogs (Block Kit `confirm`), the shortcuts sheet, and toasts. */

import { append, h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";

/**
 * Ask a Block Kit confirm question in a dialog of the page's own (native confirm() would freeze the event stream).
 * @param {object} confirm Block Kit confirmation dialog object
 * @param {object} ctx name lookups for mrkdwn
 * @returns {Promise<boolean>}
 */
export function askConfirm(confirm, ctx) {
  const title = uid("confirm");
  const style = confirm.style === "danger" ? "danger" : "primary";
  const dialog = h("dialog.confirm", { "aria-labelledby": title, "aria-describedby": `${title}-text` },
    h("form", { method: "dialog" },
      h("h2", { id: title }, textObject(confirm.title, ctx) ?? "Are you sure?"),
      h("div.confirm-text", { id: `${title}-text` }, textObject(confirm.text, ctx)),
      h("div.dialog-actions", {},
        h("button.btn", { value: "no" }, textObject(confirm.deny, ctx) ?? "Cancel"),
        h(`button.btn.${style}`, { value: "yes", autofocus: true }, textObject(confirm.confirm, ctx) ?? "Yes"))));
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const SHORTCUTS = [
  ["Ctrl K", "Jump to a conversation or act as somebody else"],
  ["Ctrl .", "Inspector: every envelope and Web API call"],
  ["/", "Write to the channel"],
  ["↑ ↓", "Move between messages (when one has the focus)"],
  ["T", "Open the thread of the focused message"],
  ["Alt ↑ ↓", "Previous or next conversation"],
  ["F6", "Next part of the window"],
  ["Esc", "Close what is on top: menu, dialog, thread, inspector"],
  ["?", "This list"],
];

/** Show the keyboard shortcuts. */
export function showShortcuts() {
  const dialog = h("dialog.confirm.shortcuts", { "aria-labelledby": "shortcuts-title", onclose: () => dialog.remove() },
    h("form", { method: "dialog" },
      h("h2", { id: "shortcuts-title" }, "Keyboard shortcuts"),
      h("dl", {}, SHORTCUTS.map(([keys, what]) => h("div", {}, h("dt", {}, keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, what)))),
      h("div.dialog-actions", {}, h("button.btn", { autofocus: true }, "Close"))));
  document.body.append(dialog);
  dialog.showModal();
}

/** What each error of the sandbox means to the person who clicked. */
const EXPLANATIONS = {
  operation_timeout: "The app did not acknowledge within 3 seconds.",
  dispatch_failed: "The app answered with an error.",
  app_offline: "The app is not connected, so nothing could be delivered.",
  not_a_command: "That is not a valid command.",
  sandbox_unreachable: "The sandbox does not answer. Is it still running?",
};

/** A sentence for an error code. */
export function explain(error) {
  return EXPLANATIONS[error] ?? `Slack answered: ${error}`;
}

/** Show a short notice at the bottom; it leaves by itself or by its button. */
export function toast(text, kind = "error") {
  const node = h("div.toast", { class: kind }, icon(kind === "error" ? "warning" : "check"), h("span", {}, text),
    h("button.icon-button", { "aria-label": "Dismiss", onclick: () => node.remove() }, icon("close")));
  const stack = document.getElementById("toasts");
  append(stack, node);
  stack.hidePopover();
  stack.showPopover(); // again, so that it lies over a dialog opened since
  setTimeout(() => node.remove(), kind === "error" ? 8000 : 2500);
}
