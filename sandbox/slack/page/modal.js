/** @file Modals: one dialog that shows the top of the stack. A view below keeps what was typed into it. */

import { post } from "./api.js";
import { renderBlocks, showFieldError } from "./blocks.js";
import { explain } from "./dialogs.js";
import { carryValues, fill, h, uid } from "./dom.js";
import { clientError } from "./fields.js";
import { icon } from "./icons.js";
import { plain } from "./mrkdwn.js";
import { createSurface } from "./surface.js";

/**
 * @param {object} app
 * @returns {{el: HTMLElement, update: function(): void}}
 */
export function createModal(app) {
  const dialog = h("dialog.modal");
  const pages = new Map();
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close(app, app.state.modals.at(-1));
  });
  const update = () => {
    const stack = app.state.modals ?? [];
    prune(pages, stack);
    const top = stack.at(-1);
    if (!top) return dialog.open && dialog.close();
    const page = pageOf(app, pages, top, stack.length);
    if (dialog.firstElementChild !== page.el) fill(dialog, page.el);
    dialog.setAttribute("aria-labelledby", page.titleId);
    if (!dialog.open) dialog.showModal();
    if (page.fresh) focusFirst(page);
    takeErrors(page, top.errors);
    return undefined;
  };
  return { el: dialog, update };
}

/** Forget the pages of views that are gone. */
function prune(pages, stack) {
  const alive = new Set(stack.map((modal) => modal.id));
  [...pages.keys()].filter((id) => !alive.has(id)).forEach((id) => pages.delete(id));
}

/** The page of a view: kept while the view is the same, rebuilt with its values when the app updated it. */
function pageOf(app, pages, modal, depth) {
  const key = JSON.stringify([modal.view, depth]);
  const before = pages.get(modal.id);
  if (before?.key === key) return Object.assign(before, { fresh: false });
  const page = build(app, modal, depth);
  Object.assign(page, { key, fresh: !before });
  if (before) keepWork(before, page);
  pages.set(modal.id, page);
  return page;
}

/** Move typed values, scroll position and focus from the view as it was to the view as it is now. */
function keepWork(before, page) {
  const focusKey = before.el.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  carryValues(before.el, page.el);
  const scroll = before.el.querySelector(".modal-body").scrollTop;
  before.el.replaceWith(page.el);
  page.el.querySelector(".modal-body").scrollTop = scroll;
  if (focusKey) page.el.querySelector(`[data-key="${CSS.escape(focusKey)}"]`)?.focus();
}

/** Build the form of one view. */
function build(app, modal, depth) {
  const { view } = modal;
  const page = { fields: [], titleId: uid("modal"), modal, app, told: "null" };
  const values = () => collect(page.fields);
  const surface = createSurface(app, `modal/${modal.id}`, { view_id: modal.id }, { register: (field) => page.fields.push(field), values });
  page.problem = h("div.modal-problem", { role: "alert", hidden: true });
  const body = h("div.modal-body", {}, renderBlocks(view.blocks ?? [], surface));
  body.addEventListener("input", (event) => clearError(page, event.target));
  page.submit = view.submit && h("button.btn.primary", { type: "submit" }, plain(view.submit.text));
  page.el = h("form.modal-page", { novalidate: true, onsubmit: (event) => submit(event, page) },
    h("header.modal-head", {},
      depth > 1 ? h("button.icon-button", { type: "button", "aria-label": "Back", onclick: () => close(app, modal) }, icon("back")) : app.avatar(app.user(app.state.app.user_id) ?? { name: app.state.app.name }, "small"),
      h("h2", { id: page.titleId }, plain(view.title?.text ?? "")),
      h("button.icon-button", { type: "button", "aria-label": "Close", title: "Close (Esc)", onclick: () => close(app, modal) }, icon("close"))),
    body, page.problem,
    h("footer.modal-foot", {},
      h("button.btn", { type: "button", onclick: () => close(app, modal) }, view.close ? plain(view.close.text) : page.submit ? "Cancel" : "Close"), page.submit));
  return page;
}

/** Values of all fields by block and action. */
function collect(fields) {
  const values = {};
  for (const { block, element, read } of fields) (values[block.block_id] ??= {})[element.action_id] = read();
  return values;
}

/** Check as Slack's client does, then submit; errors from the app come under their fields. */
async function submit(event, page) {
  event.preventDefault();
  if (!page.submit || page.submit.getAttribute("aria-busy") === "true") return;
  const problems = Object.fromEntries(page.fields.map((field) => [field.block.block_id, clientError(field)]).filter(([, text]) => text));
  if (Object.keys(problems).length) return showErrors(page, problems);
  busy(page, true);
  page.problem.hidden = true;
  const answer = await post("submit", { user: page.app.me, view_id: page.modal.id, values: collect(page.fields) });
  busy(page, false);
  if (answer.errors && Object.keys(answer.errors).length) return showErrors(page, answer.errors);
  if (!answer.ok) fill(page.problem, icon("warning"), `We had some trouble connecting. ${explain(answer.error)}`).hidden = false;
  return undefined;
}

/** The submit button while the app is thinking. */
function busy(page, on) {
  page.submit.setAttribute("aria-busy", String(on));
  page.submit.classList.toggle("pending", on);
}

/** Show the errors of the State once: a State that comes for another reason changes nothing. */
function takeErrors(page, errors) {
  const key = JSON.stringify(errors ?? null);
  if (key === page.told) return;
  page.told = key;
  if (errors) showErrors(page, errors);
}

/** Show errors under their blocks and go to the first. */
function showErrors(page, errors) {
  page.el.querySelectorAll(".input-block").forEach((block) => showFieldError(page.el, block.dataset.blockId, ""));
  const controls = Object.entries(errors ?? {}).map(([id, text]) => showFieldError(page.el, id, text));
  controls.find(Boolean)?.focus();
}

/** Typing into a field takes its error away. */
function clearError(page, target) {
  const block = target.closest(".input-block");
  if (block) showFieldError(page.el, block.dataset.blockId, "");
}

/** Close a view; the server tells when it is gone. */
function close(app, modal) {
  if (modal) post("close", { user: app.me, view_id: modal.id });
}

/** Focus what wants it, else the first field, else the submit button. */
function focusFirst(page) {
  const wanted = page.el.querySelector("[data-focus-on-load]") ?? page.el.querySelector(".modal-body :is(input, textarea, .select, .btn)") ?? page.submit;
  wanted?.focus();
}
