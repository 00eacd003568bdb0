"""Every listener of the bot, in the order in which Bolt asks them."""

from slack_bolt import App

from handlers import buttons, commands, errors, fallback, home, modals, once
from services.releases import Releases


def register_all(app: App, releases: Releases) -> None:
    """Register every listener. `app` has to be made with `process_before_response=True`: answers ride on the ack."""
    once.register(app, releases)
    commands.register(app, releases)
    buttons.register(app, releases)
    modals.register(app, releases)
    home.register(app, releases)
    fallback.register(app)
    errors.register(app)
