/** @file What happens when a person uses an interactive element: confirm, send, show that it is under way, show a failure. */

import { post } from "./api.js";
import { askConfirm, explain, toast } from "./dialogs.js";
import { findKey, h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * A surface on which blocks are rendered.
 * @param {object} app
 * @param {string} prefix makes element keys unique, e.g. the message's ts or the view's id
 * @param {object} address `{channel, ts}` of a message or `{view_id}` of a view
 * @param {object} [extra] `register(field)` and `values()` for surfaces that are submitted
 */
export function createSurface(app, prefix, address, extra = {}) {
  const surface = {
    app, prefix, ctx: app.ctx, ...extra,
    act: (block, element, payload, node) => act(surface, address, { block, element, payload, node }),
    suggest: (block, element, query) => post("suggest", { user: app.me, ...address, block_id: block.block_id, action_id: element.action_id, query }),
    changed: (block, element, payload, node) => {
      const dispatches = block.type !== "input" || block.dispatch_action;
      return dispatches ? surface.act(block, element, payload, node) : undefined;
    },
  };
  return surface;
}

/** Confirm if asked to, send the click, show the wait and a failure. */
async function act(surface, address, { block, element, payload, node }) {
  if (node.getAttribute("aria-busy") === "true") return;
  if (element.confirm && !(await askConfirm(element.confirm, surface.ctx))) return;
  clearProblem(node);
  setBusy(node, true);
  const answer = await post("click", {
    user: surface.app.me, ...address, block_id: block.block_id, action_id: element.action_id, ...payload,
    ...(surface.values && { values: surface.values() }),
  });
  const current = node.isConnected ? node : findKey(document, node.dataset.key);
  setBusy(node, false);
  if (!answer.ok) showProblem(current, answer.error);
}

/** The brief pending look of a control in flight. */
function setBusy(node, busy) {
  node.setAttribute("aria-busy", String(busy));
  node.classList.toggle("pending", busy);
}

/** Say beside the control that the click failed, as Slack's warning triangle does. */
function showProblem(node, error) {
  if (!node) return toast(explain(error));
  clearProblem(node);
  const place = node.closest(".actions, .section, .input-block, .context") ?? node;
  place.after(h("div.click-problem", { role: "alert" }, icon("warning"), explain(error)));
}

/** Take the last failure of this control's row away. */
function clearProblem(node) {
  const place = node.closest(".actions, .section, .input-block, .context") ?? node;
  if (place.nextElementSibling?.classList.contains("click-problem")) place.nextElementSibling.remove();
}
