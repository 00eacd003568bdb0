"""The modals: opening them, redrawing one while it is filled in, and what is sent with them."""

from dataclasses import dataclass

from slack_bolt import Ack, App
from slack_sdk import WebClient

from handlers import action_ids as ids
from handlers import answers, inbound
from handlers.action_ids import ButtonValue, read_value
from handlers.inbound import FormMetadata, Payload, Submission
from handlers.private import replace_form
from handlers.reply_address import read_reply_address
from handlers.views import modals as views
from handlers.views.blocks import View
from handlers.views.glass import glass_form
from handlers.views.refusals import refusal_text
from services.release.deciding import GlassForm
from services.release.glass import shown
from services.release.policy import Denied
from services.release.wanted import Unreadable
from services.releases import Asker, Decided, InProgress, Releases, Started, UnknownModel

_NOTHING = ButtonValue("")


@dataclass(frozen=True, slots=True)
class Modals:
    """Listens to what happens in modals."""

    releases: Releases

    def on_model(self, ack: Ack, body: Payload, client: WebClient) -> None:
        """Offer the versions of the model that was just chosen."""
        click = inbound.click(body)
        view = deploy_view(self.releases, click.value, click.view.private_metadata)
        client.views_update(view_id=click.view.id, view=view)
        ack()

    def on_deploy(self, ack: Ack, body: Payload) -> None:
        """Start the release that the form asks for, or say in the form why not."""
        form = inbound.submission(body)
        result = self.releases.request(form.entered(ids.DEPLOY_MODEL), form.entered(ids.DEPLOY_VERSION), _sender(form))
        if isinstance(result, Started):
            replace_form(ack, "Release started", answers.answer_to(result))
        else:
            ack(response_action="errors", errors=_deploy_errors(form, result))

    def on_approve(self, ack: Ack, body: Payload) -> None:
        """Approve the release, with the reason and the ticks that the form holds."""
        form = inbound.submission(body)
        about, ticked = _about(form), form.ticked(ids.CHECKLIST)
        sender, reason = _sender(form), form.entered(ids.REASON)
        result = self.releases.approve(about.release_id, about.nonce, sender, reason, ticked)
        errors = _approve_errors(form, result)
        if errors:
            ack(response_action="errors", errors=errors)
        else:
            replace_form(ack, "Approve release", answers.approval_answer(result))

    def on_reject(self, ack: Ack, body: Payload) -> None:
        """Reject the release, with the reason that the form holds."""
        form = inbound.submission(body)
        if _refused_without_reason(ack, form):
            return
        about = _about(form)
        result = self.releases.reject(about.release_id, about.nonce, _sender(form), form.entered(ids.REASON))
        replace_form(ack, "Reject release", answers.rejection_answer(result))

    def on_roll_back(self, ack: Ack, body: Payload) -> None:
        """Start the rollback, with the reason that the form holds."""
        form = inbound.submission(body)
        if _refused_without_reason(ack, form):
            return
        result = self.releases.roll_back(_about(form).release_id, _sender(form), form.entered(ids.REASON))
        replace_form(ack, "Roll prod back", answers.answer_to(result))

    def on_break_glass(self, ack: Ack, body: Payload) -> None:
        """Promote the release past its gate, with the reason and the name that the form holds."""
        form = inbound.submission(body)
        if _refused_without_reason(ack, form):
            return
        about = _about(form)
        given = GlassForm(about.nonce, form.entered(ids.REASON), form.entered(ids.TYPED))
        result = self.releases.break_glass(about.release_id, given, _sender(form))
        if isinstance(result, Denied) and result.code == "not_confirmed":
            ack(response_action="errors", errors={form.block_of(ids.TYPED): refusal_text(result)})
        else:
            replace_form(ack, "Break the glass", answers.glass_answer(result))

    def on_version(self, ack: Ack) -> None:
        """Take note of nothing: the version is read when the form is sent."""
        ack()


def register(app: App, releases: Releases) -> None:
    """Listen to the modals."""
    modals = Modals(releases)
    app.action(ids.DEPLOY_MODEL)(modals.on_model)
    app.action(ids.DEPLOY_VERSION)(modals.on_version)
    app.view(ids.DEPLOY_FORM)(modals.on_deploy)
    app.view(ids.APPROVE_FORM)(modals.on_approve)
    app.view(ids.REJECT_FORM)(modals.on_reject)
    app.view(ids.ROLLBACK_FORM)(modals.on_roll_back)
    app.view(ids.GLASS_FORM)(modals.on_break_glass)


def open_deploy_form(client: WebClient, releases: Releases, trigger_id: str, asker: Asker) -> None:
    """Open the form of `/deploy`; where there is one model, it is chosen already."""
    models = tuple(releases.catalog)
    metadata = form_metadata(asker)
    client.views_open(
        trigger_id=trigger_id, view=deploy_view(releases, models[0] if len(models) == 1 else "", metadata)
    )


def open_glass_form(
    client: WebClient, releases: Releases, trigger_id: str, release_id: str, asker: Asker
) -> Denied | None:
    """Open the form that breaks the glass of a release, bound to what it shows; or return why it cannot be."""
    found = releases.may_break_glass(release_id, asker)
    if isinstance(found, Denied):
        return found
    value = ButtonValue(release_id, shown(found.release, found.event.past, found.event.holds)).encode()
    form = glass_form(found.release, found.event, form_metadata(asker, value))
    client.views_open(trigger_id=trigger_id, view=form)
    return None


def deploy_view(releases: Releases, model: str, metadata: str) -> View:
    """Return the form of `/deploy` with the versions of `model`, which may be empty."""
    entry = releases.catalog.get(model)
    models = tuple(sorted(releases.catalog))
    if entry is None:
        return views.deploy_form(views.DeployChoices(models), metadata)
    choices = views.DeployChoices(models, model, releases.looking.known_versions(model), entry.deployment.channel)
    return views.deploy_form(choices, metadata)


def form_metadata(asker: Asker, value: str = "") -> str:
    """Return what a form keeps while it is open: a sent form comes without a response_url."""
    return FormMetadata(value=value, reply_to=asker.reply_to).model_dump_json()


def _sender(form: Submission) -> Asker:
    """Return who sent the form; only the address is taken from what the form kept."""
    reply_to = inbound.metadata_of(form.view.private_metadata).reply_to
    address = read_reply_address(reply_to)
    return Asker(form.user.id, reply_to, address.channel if address is not None else "")


def _about(form: Submission) -> ButtonValue:
    return read_value(inbound.metadata_of(form.view.private_metadata).value) or _NOTHING


def _refused_without_reason(ack: Ack, form: Submission) -> bool:
    """Refuse a form whose reason is blank: a required field keeps an empty text out, not one of spaces."""
    if form.entered(ids.REASON):
        return False
    ack(response_action="errors", errors={form.block_of(ids.REASON): "Say why, in a few words."})
    return True


def _approve_errors(form: Submission, result: Decided | Denied) -> dict[str, str]:
    """Return what the form still lacks, beside its field; nothing for any other answer."""
    match result:
        case Denied(code="reason_required"):
            return {form.block_of(ids.REASON): "Say why, in a few words."}
        case Denied(code="checklist_incomplete"):
            return {form.block_of(ids.CHECKLIST): "An approval needs all of them. Reject it if one is not so."}
        case _:
            return {}


def _deploy_errors(form: Submission, result: UnknownModel | Unreadable | InProgress | Denied) -> dict[str, str]:
    """Return the error beside its field; Slack shows it as plain text."""
    model, version = form.block_of(ids.DEPLOY_MODEL), form.block_of(ids.DEPLOY_VERSION)
    match result:
        case UnknownModel(asked):
            return {model: f"There is no model {asked[:80]} in the catalog any more."}
        case Denied(code="wrong_channel"):
            return {model: "Releases of this model are asked for in certain channels only; type /deploy there."}
        case Denied():
            return {model: refusal_text(result)}
        case Unreadable(_, asked, expected):
            return {version: f"{asked[:80]} is not {expected[:200]}."}
        case InProgress(release):
            phase = release.phase.value.replace("_", " ")
            return {model: f"Release {release.id} of this model is in progress ({phase}). Nothing was started."}
