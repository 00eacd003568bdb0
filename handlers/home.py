"""The Home tab, drawn afresh each time it is opened."""

from dataclasses import dataclass

from slack_bolt import App
from slack_sdk import WebClient

from handlers import inbound
from handlers.inbound import Payload
from handlers.views.home import home_view
from services.releases import Releases


@dataclass(frozen=True, slots=True)
class Home:
    """Listens to the Home tab."""

    releases: Releases

    def on_opened(self, body: Payload, client: WebClient) -> None:
        """Draw the tab."""
        opened = inbound.home_opened(body)
        if opened.tab != "home":
            return
        listing = self.releases.looking.listing()
        client.views_publish(
            user_id=opened.user, view=home_view(list(listing.in_progress), list(listing.recent), listing.newer)
        )


def register(app: App, releases: Releases) -> None:
    """Listen to the Home tab."""
    app.event("app_home_opened")(Home(releases).on_opened)
