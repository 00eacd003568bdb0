"""The whole story, played by scripted people, with every claim checked against AWS and Redis."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import redis

from sandbox.finding import CHANNEL, button_of, card_of, picture_of
from sandbox.slack.wire import Json
from sandbox.transcript import Transcript, styled
from sandbox.world import REGION, Recipe, World

ANA, BRUNO, DIEGO = "U0ANA", "U0BRUNO", "U0DIEGO"
MODEL = "titanic-survival"
STAGING, PROD = f"{MODEL}-staging", f"{MODEL}-prod"
PASSENGERS = "3,0,22,1,0,7.25,2\n1,1,38,1,0,71.2833,0\n"
PNG = b"\x89PNG\r\n\x1a\n"
_PATIENCE_SECONDS = 90.0


class Differs(Exception):
    """The world is not as the demo claims."""


def play() -> int:
    """Play the story; 0 if everything was as claimed, 1 if anything differed."""
    begun = time.monotonic()
    print("Starting Valkey, a local AWS, a local Slack, the bot and a worker …", flush=True)
    with World(Recipe(scale_seconds=2.0, poll_seconds=0.25)) as world:
        story = Story(world)
        try:
            story.tell()
        except (Differs, TimeoutError) as error:
            print(f"\n{styled('The world is not as claimed:', 'red')} {error}")
            print(f"\nThe worker's last lines:\n{world.log_of('worker-1')}\n\nThe bot's:\n{world.log_of('bot')}")
            return 1
        print(
            f"\n{styled('All of it was as claimed.', 'green')} {story.checked} checks against AWS and Redis, "
            f"{time.monotonic() - begun:.0f} s. `make sandbox` leaves this world running for you."
        )
    return 0


@dataclass(frozen=True, slots=True)
class Prod:
    """What the prod endpoint is, from AWS itself."""

    status: str
    config: str
    modified: str
    answers: tuple[float, ...]


class Story:
    """Four releases and the people around them."""

    def __init__(self, world: World) -> None:
        self.checked = 0
        self._answered: dict[str, set[str]] = {}
        self._people = world.people
        self._transcript = Transcript(self._people, CHANNEL)
        self._redis = redis.Redis.from_url(world.redis_url, decode_responses=True)
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
        self._sagemaker: Any = boto3.client("sagemaker", endpoint_url=world.aws_url, **keys)
        self._runtime: Any = boto3.client("sagemaker-runtime", endpoint_url=world.aws_url, **keys)
        self._packages = world.seeded.package_arns
        self._transcript.show(self._people.state(ANA) | {"messages": {}})

    def tell(self) -> None:
        """Tell the story from the first release to the rollback."""
        self._first_release()
        before = self._second_release()
        self._silent_regression(before)
        self._rollback()

    # --- scenes -----------------------------------------------------------------------------------------------------

    def _first_release(self) -> None:
        self._transcript.scene("1. Ana ships the baseline, version 1: prod's first release")
        self._release(ANA, f"/deploy {MODEL} 1", "1")
        prod = self._prod()
        self._claim(prod.status == "InService" and "-v1-" in prod.config, f"AWS: prod is InService on {prod.config}")
        self._claim(self._approval(1) == "Approved", "AWS: package version 1 is Approved")
        pointer = self._pointer(prod.config)
        self._claim(pointer["previous_config"] is None, "Redis: the rollback pointer says there was nothing before")
        self._slash(DIEGO, f"/rollback {MODEL}")
        self._until(DIEGO, lambda text: "first release" in text.lower(), ephemeral=True)

    def _second_release(self) -> Prod:
        self._transcript.scene("2. Version 2 is better; Ana may not approve her own release, Bruno may")
        before = self._prod()
        self._release(ANA, f"/deploy {MODEL} 2", "2", self_approval=True)
        prod = self._prod()
        self._claim(prod.status == "InService" and "-v2-" in prod.config, f"AWS: prod is InService on {prod.config}")
        pointer = self._pointer(prod.config)
        self._claim(pointer["previous_config"] == before.config, f"Redis: the rollback pointer names {before.config}")
        tags = self._tags()
        self._claim(
            tags.get("sluice:previous-config") == before.config, "AWS: the endpoint's tag names the same config"
        )
        self._claim(prod.answers != before.answers, f"AWS: the seed's passengers now get {_shown(prod.answers)}")
        return prod

    def _silent_regression(self, before: Prod) -> None:
        self._transcript.scene("3. Version 3: its registry metrics are perfect, its answers are wrong")
        self._slash(ANA, f"/deploy {MODEL} 3")
        self._until(ANA, lambda text: "smoke tests on staging failed" in text.lower())
        card = self._illustrated("3")
        self._claim(button_of(card, "Approve") is None, "Slack: the card offers no Approve")
        image = picture_of(card) or {}
        served = urllib.request.urlopen(image["slack_file"]["url"], timeout=10).read()  # noqa: S310 - the local Slack's
        self._claim(served.startswith(PNG), f"Slack: the card shows a picture, {len(served):,} bytes of PNG")
        flips = re.search(r"[\d,]+ of [\d,]+ rows flipped", image["alt_text"])
        self._claim(flips, f"Slack: its text for those who do not see it says “{flips[0] if flips else ''}”")
        files = self._files(card)
        self._claim({"csv", "json"} <= set(files), "Slack: the thread has the flipped rows and the whole record")
        self._claim(self._prod() == before, "AWS: prod is untouched, to its LastModifiedTime")

    def _rollback(self) -> None:
        self._transcript.scene("4. Diego is on call: prod goes back from version 2 to version 1")
        was = self._prod()
        target = self._pointer(was.config)["previous_config"]
        self._slash(DIEGO, f"/rollback {MODEL}")
        offer = self._until(DIEGO, lambda text: "roll" in text.lower() and "v1" in text.lower(), ephemeral=True)
        self._click(DIEGO, offer, "Roll back")
        view = self._people.wait_for(DIEGO, lambda state: state["modals"][-1] if state["modals"] else None)
        self._transcript.says(DIEGO, "(reason) Survivors are scored too low since noon")
        answer = self._people.submit(
            DIEGO, view["id"], _filled(view["view"], "Survivors are scored too low since noon")
        )
        self._claim(answer["ok"], "Slack: the reason was accepted", quiet=True)
        self._until(DIEGO, lambda text: "rolled back" in text.lower(), broadcast=True)
        prod = self._prod()
        self._claim(
            prod.status == "InService" and prod.config == target, f"AWS: prod is InService on {prod.config} again"
        )
        lock = self._redis.get(f"sluice:lock:{MODEL}") or "{}"
        self._claim(json.loads(lock).get("by") == DIEGO, "Redis: prod is locked by Diego until someone lifts it")
        self._slash(ANA, "/endpoints")
        self._until(ANA, lambda text: PROD in text, ephemeral=True)

    # --- acts -------------------------------------------------------------------------------------------------------

    def _release(self, user: str, command: str, version: str, *, self_approval: bool = False) -> None:
        """Ask for a release, have it approved by Bruno, and follow it until it is released."""
        self._slash(user, command)
        card = self._gate(version)
        if self_approval:
            self._click(user, card, "Approve")
            self._until(user, lambda text: "you asked for this release" in text.lower(), ephemeral=True)
        self._click(BRUNO, self._card(version), "Approve")
        self._until(user, lambda text: "released to prod" in text.lower(), broadcast=True)

    def _slash(self, user: str, text: str) -> None:
        self._transcript.says(user, text)
        answer = self._people.slash(user, CHANNEL, text)
        if not answer["ok"]:
            raise Differs(f"Slack answered {answer.get('error')} to {text}")

    def _click(self, user: str, message: Json, label: str) -> None:
        self._transcript.says(user, f"[{label}]")
        button = button_of(message, label)
        if button is None:
            raise Differs(f"there is no button {label}")
        answer = self._people.click(user, message, button["action_id"])
        if not answer["ok"]:
            raise Differs(f"Slack answered {answer.get('error')} to a click on {label}")

    def _gate(self, version: str) -> Json:
        """Follow the thread until it asks for a decision and the release's card offers Approve."""

        def offered(state: Json) -> Json | None:
            self._transcript.show(state)
            card = card_of(state, version)
            told = any(
                card is not None and message["thread_ts"] == card["ts"] and "Ready for a decision" in message["text"]
                for message in state["messages"].get(CHANNEL, [])
            )
            return card if told and card is not None and button_of(card, "Approve") is not None else None

        return self._people.wait_for(ANA, offered, _PATIENCE_SECONDS)

    def _illustrated(self, version: str) -> Json:
        """Follow the thread until the release's card shows its picture and the files are there."""

        def shown(state: Json) -> Json | None:
            self._transcript.show(state)
            card = card_of(state, version)
            there = card is not None and picture_of(card) is not None and bool(self._files(card))
            return card if there else None

        return self._people.wait_for(ANA, shown, _PATIENCE_SECONDS)

    def _files(self, card: Json) -> dict[str, str]:
        """Return the addresses of the files in a card's thread, by kind."""
        thread = [each for each in self._people.messages(CHANNEL, ANA) if each["thread_ts"] == card["ts"]]
        return {file["filetype"]: file["url_private"] for message in thread for file in message["files"]}

    def _card(self, version: str) -> Json:
        card = card_of(self._people.state(ANA), version)
        if card is None:
            raise Differs(f"there is no card of version {version}")
        return card

    def _until(
        self, user: str, says: Callable[[str], bool], *, ephemeral: bool = False, broadcast: bool = False
    ) -> Json:
        """Follow the channel as `user` until a new message of Sluice says what is expected."""
        seen = {message["ts"] for message in self._people.messages(CHANNEL, user)} if not ephemeral else set()
        seen_ephemeral = self._answered.setdefault(user, set())

        def said(state: Json) -> Json | None:
            self._transcript.show(state)
            for message in state["messages"].get(CHANNEL, []):
                if message["ephemeral"] is not ephemeral or (broadcast and not message["broadcast"]):
                    continue
                if message["ts"] in (seen_ephemeral if ephemeral else seen) or not says(message["text"]):
                    continue
                seen_ephemeral.add(message["ts"])
                found: Json = message
                return found
            return None

        return self._people.wait_for(user, said, _PATIENCE_SECONDS)

    # --- checks -----------------------------------------------------------------------------------------------------

    def _claim(self, holds: object, text: str, *, quiet: bool = False) -> None:
        if not holds:
            raise Differs(text)
        self.checked += 1
        if not quiet:
            self._transcript.claim(text)

    def _prod(self) -> Prod:
        described = self._sagemaker.describe_endpoint(EndpointName=PROD)
        answer = self._runtime.invoke_endpoint(EndpointName=PROD, ContentType="text/csv", Body=PASSENGERS)
        numbers = answer["Body"].read().decode().replace("\n", ",").strip(",").split(",")
        return Prod(
            status=described["EndpointStatus"],
            config=described["EndpointConfigName"],
            modified=described["LastModifiedTime"].isoformat(),
            answers=tuple(round(float(number), 5) for number in numbers),
        )

    def _approval(self, version: int) -> str:
        described = self._sagemaker.describe_model_package(ModelPackageName=self._packages[version - 1])
        status: str = described["ModelApprovalStatus"]
        return status

    def _tags(self) -> dict[str, str]:
        arn = self._sagemaker.describe_endpoint(EndpointName=PROD)["EndpointArn"]
        return {tag["Key"]: tag["Value"] for tag in self._sagemaker.list_tags(ResourceArn=arn)["Tags"]}

    def _pointer(self, config: str) -> Json:
        """Return the pointer that was saved when `config` was brought to prod."""
        saved = (json.loads(text) for text in self._redis.hgetall(f"sluice:pointers:{PROD}").values())
        pointer: Json | None = next((each for each in saved if each["new_config"] == config), None)
        if pointer is None:
            raise Differs(f"Redis has no rollback pointer for {config}")
        return pointer


def _filled(view: Json, text: str) -> Json:
    """Return the values of a modal whose only input was filled with `text`."""
    return {
        block["block_id"]: {block["element"]["action_id"]: text} for block in view["blocks"] if block["type"] == "input"
    }


def _shown(answers: tuple[float, ...]) -> str:
    return " and ".join(f"{answer:.2f}" for answer in answers)
