"""The modals: deploy, reject, roll back, and a notice that takes a form's place once it is sent."""

from dataclasses import dataclass, replace

from handlers import action_ids as ids
from handlers.views.blocks import (
    Block,
    Message,
    View,
    checkboxes,
    context,
    labelled,
    modal,
    option,
    paragraph,
    section,
    select,
    text_input,
)
from handlers.views.card import approval_question
from handlers.views.phases import subject
from handlers.views.samples import NASTY, releases_by_phase, worst_release
from handlers.views.text import channel, code, escape, version_name
from services.release.model import Deployment, Release
from services.release.naming import version_in
from services.release.terms import GateTerms

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class DeployChoices:
    """What the deploy form offers: the models, and for the chosen one its versions and its channel."""

    models: tuple[str, ...]
    chosen: str = ""
    versions: tuple[int, ...] = ()
    channel: str = ""


def deploy_form(choices: DeployChoices, metadata: str) -> View:
    """Return the form of `/deploy`; `metadata` comes back with it."""
    if not choices.models:
        return notice("Deploy a model", "The catalog has no models yet.")
    models = [option(model, model) for model in choices.models]
    chosen = option(choices.chosen, choices.chosen) if choices.chosen else None
    model = select(ids.DEPLOY_MODEL, "Choose a model", models, chosen)
    blocks = [
        labelled(ids.MODEL_BLOCK, "Model", model, dispatch=True),
        _version_input(choices),
        context(_note(choices)),
    ]
    return modal("Deploy a model", blocks, callback_id=ids.DEPLOY_FORM, metadata=metadata, submit="Deploy to staging")


def version_block(model: str) -> str:
    """Return the block id of the version field: Slack keeps a field's state as long as its ids stay the same."""
    return f"{ids.VERSION_BLOCK}:{model}"[:255]


def _version_input(choices: DeployChoices) -> Block:
    options = [option("latest", LATEST)] + [option(f"v{version}", str(version)) for version in choices.versions]
    return labelled(
        version_block(choices.chosen),
        "Version",
        select(ids.DEPLOY_VERSION, "Choose a version", options, options[0]),
        hint="Its package is set to Approved in the registry, then deployed to staging and tested there.",
    )


def _note(choices: DeployChoices) -> str:
    if not choices.chosen:
        return "The card of the release appears in the model's channel."
    unseen = "" if choices.versions else " The versions have not been looked up yet; `latest` always works."
    return f"The card of the release appears in {channel(choices.channel)}.{unseen}"


def approve_form(release: Release, metadata: str) -> View:
    """Return the form that asks for what an approval takes beside a yes: ticks, a reason."""
    terms, question = release.deployment.terms, approval_question(release)
    changes = "\n".join(escape(line, 200) for line in question.text.splitlines())
    blocks = [section(f"*{escape(question.title, 200)}*\n{changes}")]
    if terms.checklist:
        boxes = checkboxes(ids.CHECKLIST, [option(item, item) for item in terms.checklist])
        blocks.append(labelled(ids.CHECKLIST_BLOCK, "I have made sure that", boxes))
    if terms.reason:
        reason = text_input(ids.REASON, "What speaks for this version?")
        blocks.append(labelled(ids.REASON_BLOCK, "Reason", reason))
    return modal("Approve release", blocks, callback_id=ids.APPROVE_FORM, metadata=metadata, submit="Approve")


def reject_form(release: Release, metadata: str) -> View:
    """Return the form that asks for the reason of a rejection."""
    name = escape(subject(release), 200)
    text = f"*{name}* ends here, and prod is not touched. The requester and the thread see the reason."
    reason = labelled(ids.REASON_BLOCK, "Reason", text_input(ids.REASON, "What speaks against this version?"))
    blocks = [section(text), reason]
    return modal("Reject release", blocks, callback_id=ids.REJECT_FORM, metadata=metadata, submit="Reject")


def rollback_form(release: Release, metadata: str) -> View:
    """Return the form that begins the rollback of what `release` did to prod."""
    pointer = release.pointer
    target = (pointer.previous_config if pointer is not None else None) or ""
    before = (pointer.previous_version if pointer is not None else None) or version_in(target)
    text = (
        f"Endpoint {code(release.deployment.prod_endpoint)} goes from {version_name(_after(release))} back to "
        f"*{version_name(before)}* ({code(target)}) and is tested. It is locked for promotions until someone thaws it."
    )
    reason = labelled(ids.REASON_BLOCK, "Reason", text_input(ids.REASON, "What is wrong with what prod serves now?"))
    blocks = [section(text), reason]
    return modal("Roll prod back", blocks, callback_id=ids.ROLLBACK_FORM, metadata=metadata, submit="Roll back")


def _after(release: Release) -> int | None:
    return release.pointer.new_version if release.pointer is not None else None


def notice(title: str, text: str) -> View:
    """Return a modal that only tells something; `text` is mrkdwn."""
    return message_notice(title, paragraph(text))


def message_notice(title: str, told: Message) -> View:
    """Return a message as a modal that only tells something."""
    return modal(title, told.blocks, callback_id=ids.NOTICE)


def _nasty_terms() -> Deployment:
    checklist = tuple(f"{number} {NASTY}"[:75] for number in range(10))
    return replace(worst_release().deployment, terms=GateTerms(reason=True, checklist=checklist))


def examples() -> dict[str, View]:
    """Return every modal."""
    choices = DeployChoices(("fare-price", "titanic-survival"), "titanic-survival", (7, 6, 5), "C0RELEASES")
    many = tuple(f"model-{number}-{'x' * 60}"[:63] for number in range(300))
    return {
        "deploy": deploy_form(choices, "{}"),
        "deploy_unchosen": deploy_form(DeployChoices(("a", "b")), "{}"),
        "deploy_none": deploy_form(DeployChoices(()), "{}"),
        "deploy_worst": deploy_form(DeployChoices(many, many[0], tuple(range(500)), NASTY), "x" * 5_000),
        "approve": approve_form(releases_by_phase()["awaiting_words"], "{}"),
        "approve_worst": approve_form(replace(worst_release(), deployment=_nasty_terms()), "x" * 5_000),
        "reject": reject_form(releases_by_phase()["awaiting_approval"], "{}"),
        "reject_worst": reject_form(worst_release(), "{}"),
        "rollback": rollback_form(releases_by_phase()["released"], "{}"),
        "rollback_worst": rollback_form(worst_release(), "{}"),
        "notice": notice("Rejected", "Release `r7k2m9x4q` is rejected."),
    }
