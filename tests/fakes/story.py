"""A model's releases as people live them: commands and clicks in Slack, checked against AWS and Redis."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError
from redis import Redis
from slack_sdk import WebClient

from fakes.polling import PATIENCE_SECONDS, until
from sandbox.slack.client import SlackPeople
from sandbox.slack.wire import Json
from sandbox.world import REGION, World
from services.release.lifecycle import TERMINAL

ANA, BRUNO, CARLA, DIEGO, GUEST = "U0ANA", "U0BRUNO", "U0CARLA", "U0DIEGO", "U0GUEST"
CHANNEL = "C0RELEASES"
_LONG_AGO = "2026-01-01T00:00:00+00:00 "
ENDED = frozenset(phase.value for phase in TERMINAL)
_ID = re.compile(r"`(r[0-9a-z]{8})`")
_KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}


class Aws:
    """The local AWS, as anybody with credentials sees it."""

    def __init__(self, world: World) -> None:
        self.sagemaker: Any = boto3.client("sagemaker", endpoint_url=world.aws_url, **_KEYS)
        self.runtime: Any = boto3.client("sagemaker-runtime", endpoint_url=world.aws_url, **_KEYS)
        self.s3: Any = boto3.client("s3", endpoint_url=world.aws_url, **_KEYS)
        self._seeded = world.seeded

    def close(self) -> None:
        """Close the connections."""
        self.sagemaker.close()
        self.runtime.close()
        self.s3.close()

    def endpoint(self, name: str) -> Json | None:
        """Return DescribeEndpoint's answer, or None."""
        try:
            described: Json = self.sagemaker.describe_endpoint(EndpointName=name)
        except ClientError:
            return None
        return described

    def tags(self, name: str) -> dict[str, str]:
        """Return the tags of an endpoint."""
        arn = self.sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"]
        return {tag["Key"]: tag["Value"] for tag in self.sagemaker.list_tags(ResourceArn=arn)["Tags"]}

    def package(self, arn: str) -> Json:
        """Return DescribeModelPackage's answer."""
        described: Json = self.sagemaker.describe_model_package(ModelPackageName=arn)
        return described

    def put(self, key: str, text: str) -> str:
        """Write an object beside the models and return its address."""
        self.s3.put_object(Bucket=self._seeded.bucket, Key=key, Body=text.encode())
        return f"s3://{self._seeded.bucket}/{key}"

    def register(self, like: int = 2, **more: Any) -> tuple[int, str]:
        """Register one more version, the artifact of version `like`; return its number and ARN."""
        known = self.package(self._seeded.package_arns[like - 1])
        arn: str = self.sagemaker.create_model_package(
            ModelPackageGroupName=known["ModelPackageGroupName"],
            ModelApprovalStatus="PendingManualApproval",
            **{"InferenceSpecification": known["InferenceSpecification"], **more},
        )["ModelPackageArn"]
        return int(arn.rpartition("/")[2]), arn

    def break_updates(self, arn: str, fault: str) -> None:
        """Have every update to this package go wrong from now on."""
        self.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"sandbox:fault": fault})

    def bring_by_hand(self, endpoint: str, config: str, version: int = 1) -> None:
        """Create or update an endpoint as a person at a terminal would, and wait until it serves."""
        container = self.package(self._seeded.package_arns[version - 1])["InferenceSpecification"]["Containers"][0]
        self.sagemaker.create_model(
            ModelName=config,
            PrimaryContainer={key: container[key] for key in ("Image", "ModelDataUrl")},
            ExecutionRoleArn=self._seeded.role_arn,
        )
        variant = {"VariantName": "AllTraffic", "ModelName": config, "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
        )
        known = self.endpoint(endpoint)
        change = self.sagemaker.create_endpoint if known is None else self.sagemaker.update_endpoint
        change(EndpointName=endpoint, EndpointConfigName=config)
        self.until_serving(endpoint, config)

    def until_serving(self, endpoint: str, config: str) -> None:
        """Wait until the endpoint is InService on `config`."""
        wanted = ("InService", config)
        until(
            lambda: (
                (seen := self.endpoint(endpoint)) and (seen["EndpointStatus"], seen["EndpointConfigName"]) == wanted
            ),
            f"{endpoint} InService on {config}",
        )


@dataclass
class Story:
    """One model of the catalog, whose endpoints are its name and `-staging` or `-prod`."""

    world: World
    model: str
    aws: Aws
    redis: Redis
    channel: str = CHANNEL
    people: SlackPeople = field(init=False)

    def __post_init__(self) -> None:
        self.people = self.world.people

    @cached_property
    def prod(self) -> str:
        """The name of the prod endpoint."""
        return f"{self.model}-prod"

    @cached_property
    def staging(self) -> str:
        """The name of the staging endpoint."""
        return f"{self.model}-staging"

    # --- acting -----------------------------------------------------------------------------------------------------

    def slash(self, user: str, text: str, channel: str = CHANNEL) -> str:
        """Type a command and return the text of its ack."""
        answer = self.people.slash(user, channel, text)
        assert answer["ok"], answer
        response = answer["response"] or {}
        return str(response.get("text", ""))

    def deploy(self, version: object = 2, user: str = ANA) -> str:
        """Ask for a release and return its id."""
        said = self.slash(user, f"/deploy {self.model} {version}")
        found = _ID.search(said)
        assert found is not None, said
        assert "started" in said
        return found[1]

    def click(self, user: str, message: Json, label: str) -> str:
        """Click a button and return the private answer to it, "" if there is none (a form opened)."""
        answer = self.people.click(user, message, action_of(message, label))
        assert answer["ok"], answer
        return str(answer["said"][-1]) if answer["said"] else ""

    def press_old(self, user: str, action_id: str, value: str) -> str:
        """Press a button that is on no card any more, on a message of the app's as an older card would be."""
        client = WebClient(token="xoxb-sandbox", base_url=f"{self.people.url}/api/")
        button: Json = {"type": "button", "action_id": action_id, "value": value}
        button["text"] = {"type": "plain_text", "text": "Press"}
        blocks = [{"type": "actions", "elements": [button]}]
        posted = client.chat_postMessage(channel=CHANNEL, text="An older card", blocks=blocks)
        return self.click(user, self.people.wait_for_message(user, CHANNEL, lambda m: m["ts"] == posted["ts"]), "Press")

    def submit(self, user: str, reason: str) -> Json:
        """Fill in the newest form's one field and send it."""
        view = self.people.wait_for(user, lambda state: state["modals"][-1] if state["modals"] else None)
        fields = {
            block["block_id"]: {block["element"]["action_id"]: reason}
            for block in view["view"]["blocks"]
            if block["type"] == "input"
        }
        return self.people.submit(user, view["id"], fields)

    def to_gate(self, version: object = 2, user: str = ANA) -> tuple[str, Json]:
        """Ask for a release and return its id and card once it asks for a decision."""
        release = self.deploy(version, user)
        return release, self.gate(release)

    def approve(self, release: str, user: str = BRUNO) -> str:
        """Click Approve on the release's card and return the answer."""
        return self.click(user, self.gate(release), "Approve")

    def release(self, version: object = 2) -> str:
        """Bring a version to prod and return the release's id."""
        release, _ = self.to_gate(version)
        assert "counts" in self.approve(release)
        self.until_phase(release, "released")
        return release

    def offer(self, user: str = DIEGO) -> Json:
        """Ask to roll back and return the private offer, which names the way back."""
        self.slash(user, f"/rollback {self.model}")
        name = f"prod of {self.model} back"
        return self.people.wait_for_message(
            user, self.channel, lambda each: bool(each["ephemeral"]) and name in each["text"], PATIENCE_SECONDS
        )

    def roll_back(self, reason: str, user: str = DIEGO) -> str:
        """Take the offer with a reason and return the rollback's id."""
        assert self.click(user, self.offer(user), "Roll back") == "", "the form for the reason opens"
        assert self.submit(user, reason)["ok"]
        self.close_notices(user)
        return self.newest()

    def close_notices(self, user: str) -> None:
        """Close what the app left open in a form's place, as a person does who has read it."""
        for view in reversed(self.people.state(user)["modals"]):
            self.people.close(user, view["id"])

    # --- seeing -----------------------------------------------------------------------------------------------------

    def card(self, release: str) -> Json | None:
        """Return the release's card as the channel sees it."""
        return _card_in(self.people.messages(self.channel, BRUNO), release)

    def gate(self, release: str) -> Json:
        """Return the card once it offers Approve."""

        def offered() -> Json | None:
            # The document is asked first, as it costs little: a State is as large as all that was said.
            if not self._at(release, "awaiting_approval"):
                return None
            card = self.card(release)
            return card if card is not None and button(card, "Approve") is not None else None

        return until(offered, f"Approve on the card of {release}")

    def thread(self, release: str) -> list[str]:
        """Return what the release's thread says."""
        seen = self.people.messages(self.channel, BRUNO)
        card = _card_in(seen, release)
        return [each["text"] for each in seen if card and each["thread_ts"] == card["ts"] != each["ts"]]

    def until_told(self, release: str, *words: str) -> str:
        """Return the thread's message that has all of `words`, waiting for it."""
        return until(
            lambda: next((text for text in self.thread(release) if all(word in text for word in words)), None),
            f"{words} in the thread of {release}",
        )

    def until_whispered(self, user: str, *words: str, channel: str = CHANNEL) -> str:
        """Return what only `user` sees and has all of `words`, waiting for it."""

        def heard(message: Json) -> bool:
            return message["ephemeral"] and all(word in message["text"] for word in words)

        return str(self.people.wait_for_message(user, channel, heard, PATIENCE_SECONDS)["text"])

    def until_said(self, *words: str) -> None:
        """Wait until everybody in the channel is told something that has all of `words`."""

        def heard(message: Json) -> bool:
            return not message["ephemeral"] and all(word in message["text"] for word in words)

        self.people.wait_for_message(BRUNO, self.channel, heard, PATIENCE_SECONDS)

    # --- the truth --------------------------------------------------------------------------------------------------

    def document(self, release: str) -> Json:
        """Return the release's document."""
        text = self.redis.hget(f"sluice:release:{release}", "document")
        assert isinstance(text, str), f"there is no {release}"
        document: Json = json.loads(text)
        return document

    def log(self, release: str) -> list[str]:
        """Return the names of the release's events, in order."""
        texts = self.redis.lrange(f"sluice:release:{release}:log", 0, -1)
        assert isinstance(texts, list)
        return [json.loads(text)["kind"] for text in texts]

    def newest(self) -> str:
        """Return the id of the model's newest release."""
        ids = self.redis.zrevrange(f"sluice:releases:model:{self.model}", 0, 0)
        assert isinstance(ids, list)
        return str(ids[0])

    def until_phase(self, release: str, phase: str) -> Json:
        """Return the document once the release is at `phase`."""

        until(lambda: self._at(release, phase), f"{release} at {phase}")
        return self.document(release)

    def look_at_staging(self, release: str) -> None:
        """Have the time come at which staging is looked at again under an open gate; it never does within seconds."""
        self.redis.set(self._look_of(release), _LONG_AGO, ex=60)
        self.redis.zadd("sluice:due", {f"release:{release}": 0})

    def until_looked_at(self, release: str) -> None:
        """Wait until the look that was brought about has found staging as it was tested."""
        until(lambda: self.redis.get(self._look_of(release)) != _LONG_AGO, f"staging of {release} looked at")

    def _look_of(self, release: str) -> str:
        return f"sluice:note:look:{release}:{self.document(release)['gate']['nonce']}"

    def pointers(self) -> list[Json]:
        """Return the prod endpoint's rollback pointers, newest first."""
        key = f"sluice:pointers:{self.prod}"
        ids, saved = self.redis.lrange(f"{key}:order", 0, -1), self.redis.hgetall(key)
        assert isinstance(ids, list)
        assert isinstance(saved, dict)
        return [json.loads(saved[each]) for each in ids]

    def serving(self) -> str | None:
        """Return the config that prod serves in peace, None without an endpoint, "" while it changes."""
        seen = self.aws.endpoint(self.prod)
        if seen is None:
            return None
        return str(seen["EndpointConfigName"]) if seen["EndpointStatus"] == "InService" else ""

    def _at(self, release: str, phase: str) -> bool:
        """Say whether the release is at `phase`; one that ended elsewhere will never be."""
        document = self.document(release)
        at: str = document["phase"]
        assert at == phase or at not in ENDED, f"{release} ended {at}, not at {phase}: {document['outcome']}"
        return at == phase


def button(message: Json, label: str) -> Json | None:
    """Return the button of a message that a person would find under `label`."""
    for block in message["blocks"] or []:
        for element in [*block.get("elements", []), block.get("accessory") or {}]:
            if element.get("type") == "button" and label in element["text"]["text"]:
                found: Json = element
                return found
    return None


def action_of(message: Json, label: str) -> str:
    """Return the action id of a button."""
    found = button(message, label)
    assert found is not None, f"there is no button {label} on: {message['text']}"
    return str(found["action_id"])


def _card_in(messages: list[Json], release: str) -> Json | None:
    return next((each for each in messages if not each["thread_ts"] and _is_about(each, release)), None)


def _is_about(message: Json, release: str) -> bool:
    return message["user"] == "U0SLUICE" and not message["ephemeral"] and f"({release})" in message["text"]


Stories = Callable[[str], Story]
"""Returns the story of a model of the test's catalog."""
