"""The buttons: on the card, on the rollback offer, on the Home tab. Each carries a release id and a nonce at most."""

from dataclasses import dataclass

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from handlers import action_ids as ids
from handlers import answers, inbound
from handlers.action_ids import ButtonValue, read_value
from handlers.commands import look_back
from handlers.inbound import Click, Payload
from handlers.modals import form_metadata, open_deploy_form
from handlers.private import whisper
from handlers.views import modals as views
from services.release.model import Release
from services.release.policy import Denied
from services.releases import Releases

_NOTHING = ButtonValue("")


@dataclass(frozen=True, slots=True)
class Buttons:
    """Listens to clicks."""

    releases: Releases

    def on_approve(self, ack: Ack, body: Payload, respond: Respond, client: WebClient) -> None:
        """Approve, and tell the person whether it counts; where more than a yes is wanted, ask for it first."""
        click = inbound.click(body)
        about = _about(click)
        asking = self.releases.asks_to_approve(about.release_id, about.nonce, click.asker)
        if asking is not None:
            _open_approve_form(client, click, asking)
            ack()
            return
        result = self.releases.approve(about.release_id, about.nonce, click.asker)
        ack()
        whisper(respond, answers.approval_answer(result))

    def on_reject(self, ack: Ack, body: Payload, respond: Respond, client: WebClient) -> None:
        """Ask for the reason of a rejection, if the person may reject at all."""
        click = inbound.click(body)
        about = _about(click)
        refusal = self.releases.may_reject(about.release_id, about.nonce, click.asker)
        found = self.releases.looking.detail(about.release_id) if refusal is None else None
        if found is not None:
            form = views.reject_form(found.release, form_metadata(click.asker, click.value))
            client.views_open(trigger_id=click.trigger_id, view=form)
        ack()
        if found is None:
            whisper(respond, answers.answer_to(refusal or Denied("unknown_release")))

    def on_cancel(self, ack: Ack, body: Payload, respond: Respond) -> None:
        """Call a release off."""
        click = inbound.click(body)
        result = self.releases.cancel(_about(click).release_id, click.asker)
        ack()
        whisper(respond, answers.cancel_answer(result))

    def on_run_again(self, ack: Ack, body: Payload, respond: Respond) -> None:
        """Have staging tested again, where the evidence is stale."""
        click = inbound.click(body)
        about = _about(click)
        result = self.releases.run_again(about.release_id, about.nonce, click.asker)
        ack()
        whisper(respond, answers.rerun_answer(result))

    def on_look_back(self, ack: Ack, body: Payload, respond: Respond) -> None:
        """Look what prod of the card's model could go back to."""
        click = inbound.click(body)
        found = self.releases.looking.detail(_about(click).release_id)
        unknown = answers.answer_to(Denied("unknown_release"))
        answer = look_back(self.releases, found.release.model, click.asker) if found is not None else unknown
        ack()
        whisper(respond, answer)

    def on_choose_rollback(self, ack: Ack, body: Payload, respond: Respond) -> None:
        """Look what prod of the chosen model could go back to."""
        click = inbound.click(body)
        answer = look_back(self.releases, click.value, click.asker)
        ack()
        whisper(respond, answer)

    def on_roll_back(self, ack: Ack, body: Payload, respond: Respond, client: WebClient) -> None:
        """Ask for the reason of a rollback."""
        click = inbound.click(body)
        found = self.releases.looking.detail(_about(click).release_id)
        if found is not None:
            form = views.rollback_form(found.release, form_metadata(click.asker, click.value))
            client.views_open(trigger_id=click.trigger_id, view=form)
        ack()
        if found is None:
            whisper(respond, answers.answer_to(Denied("no_pointer")))

    def on_open_deploy(self, ack: Ack, body: Payload, client: WebClient) -> None:
        """Open the deploy form from the Home tab."""
        click = inbound.click(body)
        open_deploy_form(client, self.releases, click.trigger_id, click.asker)
        ack()


def _open_approve_form(client: WebClient, click: Click, release: Release) -> None:
    form = views.approve_form(release, form_metadata(click.asker, click.value))
    client.views_open(trigger_id=click.trigger_id, view=form)


def register(app: App, releases: Releases) -> None:
    """Listen to the buttons."""
    buttons = Buttons(releases)
    app.action(ids.APPROVE)(buttons.on_approve)
    app.action(ids.REJECT)(buttons.on_reject)
    app.action(ids.CANCEL)(buttons.on_cancel)
    app.action(ids.RUN_AGAIN)(buttons.on_run_again)
    app.action(ids.LOOK_BACK)(buttons.on_look_back)
    app.action(ids.CHOOSE_ROLLBACK)(buttons.on_choose_rollback)
    app.action(ids.ROLL_BACK)(buttons.on_roll_back)
    app.action(ids.OPEN_DEPLOY)(buttons.on_open_deploy)


def _about(click: Click) -> ButtonValue:
    """Return what the button is about; a value that is none of ours is about nothing that exists."""
    return read_value(click.value) or _NOTHING
