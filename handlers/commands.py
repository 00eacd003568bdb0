"""The slash commands: parse, one use case, answer in the ack, which leaves when the command is in the store."""

from dataclasses import dataclass

from slack_bolt import Ack, App
from slack_sdk import WebClient

from handlers import answers, inbound
from handlers import grammar as g
from handlers.modals import open_deploy_form, open_glass_form
from handlers.private import acknowledge
from handlers.views import lists, rollback, usage
from handlers.views.blocks import Message
from services.releases import Asker, Releases


@dataclass(frozen=True, slots=True)
class Commands:
    """Listens to every slash command."""

    releases: Releases

    def on_command(self, ack: Ack, body: inbound.Payload, client: WebClient) -> None:
        """Answer a slash command."""
        slash = inbound.slash(body)
        command = g.parse(slash.command, slash.text, self.releases.now())
        if isinstance(command, g.OpenDeployForm | g.BreakGlass):
            answer = _open(client, self.releases, command, slash)
        else:
            answer = carry_out(self.releases, command, slash.asker)
        acknowledge(ack, answer)


def register(app: App, releases: Releases) -> None:
    """Listen to the commands of the grammar."""
    for command in g.COMMANDS:
        app.command(command)(Commands(releases).on_command)


def _open(
    client: WebClient, releases: Releases, command: g.OpenDeployForm | g.BreakGlass, slash: inbound.SlashCommand
) -> Message | None:
    """Open the form of a command, or return why not."""
    if isinstance(command, g.OpenDeployForm):
        open_deploy_form(client, releases, slash.trigger_id, slash.asker)
        return None
    refusal = open_glass_form(client, releases, slash.trigger_id, command.release_id, slash.asker)
    return answers.answer_to(refusal) if refusal is not None else None


_Executed = g.Help | g.Mistake | g.Deploy | g.LookBack | g.ShowEndpoints
_Holding = g.FreezePromotions | g.ThawPromotions | g.ShowHolds
_OfReleases = g.ListReleases | g.ShowRelease | g.ShowEvidence | g.CancelRelease


def carry_out(releases: Releases, command: _Executed | _Holding | _OfReleases, asker: Asker) -> Message:
    """Do what a command asks for and return the answer."""
    match command:
        case g.Help(name):
            return usage.help_message(name)
        case g.Mistake(name, problem):
            return usage.mistake_message(name, problem)
        case g.Deploy(model, wanted):
            return answers.answer_to(releases.request(model, wanted, asker))
        case g.LookBack(model):
            return look_back(releases, model, asker)
        case g.ShowEndpoints(model):
            return answers.answer_to(releases.looking.ask("endpoints", model, asker))
        case g.FreezePromotions() | g.ThawPromotions() | g.ShowHolds():
            return _hold(releases, command, asker)
        case _:
            return _of_releases(releases, command, asker)


def look_back(releases: Releases, model: str, asker: Asker) -> Message:
    """Ask the worker what prod of `model` could go back to; without a model, of the only one there is."""
    models = tuple(sorted(releases.catalog))
    if not model and len(models) != 1:
        return rollback.rollback_choice(models)
    return answers.answer_to(releases.looking.ask("rollback", model or models[0], asker))


def _hold(releases: Releases, command: _Holding, asker: Asker) -> Message:
    match command:
        case g.FreezePromotions(scope, reason, until):
            return answers.answer_to(releases.freeze(scope, asker, reason, until))
        case g.ThawPromotions(scope):
            return answers.thaw_answer(scope, asker.user, releases.thaw(scope, asker))
        case g.ShowHolds():
            releases.looking.looked("holds", "", asker)
            return lists.holds(releases.holds(), releases.now())


def _of_releases(releases: Releases, command: _OfReleases, asker: Asker) -> Message:
    match command:
        case g.ListReleases():
            releases.looking.looked("releases", "", asker)
            return answers.answer_to(releases.looking.listing())
        case g.ShowRelease(release_id):
            releases.looking.looked("release", release_id, asker)
            return answers.detail_answer(releases.looking.detail(release_id))
        case g.ShowEvidence(release_id):
            return answers.evidence_answer(releases.looking.evidence(release_id, asker))
        case g.CancelRelease(release_id, reason):
            return answers.cancel_answer(releases.cancel(release_id, asker, reason))
