"""An ordinary Bolt app that the tests drive; it knows nothing of the sandbox but SLACK_API_URL."""

import os
import threading
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

client = WebClient(token="xoxb-sandbox", base_url=os.environ["SLACK_API_URL"])
app = App(client=client, signing_secret="sandbox-signing-secret", process_before_response=True)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(callback_id: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "text"}
    block = {"type": "input", "block_id": "why", "label": plain("Why"), "element": element}
    title = {"title": plain(callback_id), "submit": plain("Send"), "notify_on_close": True}
    return {"type": "modal", "callback_id": callback_id, "blocks": [block], **title, **more}


CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*A card*"}},
    {
        "type": "actions",
        "block_id": "gate",
        "elements": [
            {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "r-1"},
            {"type": "button", "action_id": "strip", "text": plain("Strip")},
            {"type": "button", "action_id": "ask", "text": plain("Ask")},
            {
                "type": "static_select",
                "action_id": "version",
                "options": [{"text": plain(f"v{n}"), "value": str(n)} for n in (1, 2)],
            },
        ],
    },
]


@app.command("/echo")
def echo(ack: Any, command: dict[str, Any]) -> None:
    ack(command["text"])


@app.command("/public")
def public(ack: Any, command: dict[str, Any]) -> None:
    ack(text=command["text"], response_type="in_channel")


@app.command("/bad")
def bad(ack: Any) -> None:
    ack(text="too many", blocks=[{"type": "divider"}] * 51)


@app.command("/silent")
def silent() -> None:
    """Never acknowledges."""


@app.command("/crash")
def crash() -> None:
    raise RuntimeError("before ack")


@app.command("/card")
def card(ack: Any, command: dict[str, Any], client: WebClient) -> None:
    ack()
    client.chat_postMessage(channel=command["channel_id"], text=command["text"], blocks=CARD)


@app.command("/form")
def form(ack: Any, command: dict[str, Any], client: WebClient) -> None:
    client.views_open(trigger_id=command["trigger_id"], view=modal("form"))
    ack()


@app.command("/pick")
def pick(ack: Any, command: dict[str, Any], client: WebClient) -> None:
    element = {"type": "external_select", "action_id": "model", "min_query_length": 0}
    block = {"type": "input", "block_id": "which", "label": plain("Model"), "element": element}
    client.views_open(trigger_id=command["trigger_id"], view=modal("pick", blocks=[block]))
    ack()


@app.options("model")
def models(ack: Any, payload: dict[str, Any]) -> None:
    ack(options=[{"text": plain(f"{payload['value']}-titanic"), "value": "titanic"}])


@app.action("approve")
def approve(ack: Any, body: dict[str, Any], respond: Any) -> None:
    ack()
    respond(f"<@{body['user']['id']}> approved {body['actions'][0]['value']}")


@app.action("strip")
def strip(ack: Any, respond: Any) -> None:
    ack()
    respond(text="stripped", blocks=CARD[:1], replace_original=True)


@app.action("version")
def version(ack: Any, action: dict[str, Any], respond: Any) -> None:
    ack()
    respond(f"chose {action['selected_option']['value']}")


@app.action("ask")
def ask(ack: Any, body: dict[str, Any], client: WebClient) -> None:
    client.views_open(trigger_id=body["trigger_id"], view=modal("form"))
    ack()


@app.view("form")
def submitted(ack: Any, view: dict[str, Any]) -> None:
    said = view["state"]["values"]["why"]["text"]["value"]
    answers: dict[str, dict[str, Any]] = {
        "errors": {"errors": {"why": "not enough"}},
        "lost": {"errors": {"elsewhere": "no such input"}},
        "update": {"view": modal("form", private_metadata="updated")},
        "push": {"view": modal("form", private_metadata="pushed")},
        "clear": {},
    }
    if said in answers:
        ack(response_action="errors" if said == "lost" else said, **answers[said])
    else:
        ack()


@app.view("pick")
def picked(ack: Any, view: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
    ack()
    choice = view["state"]["values"]["which"]["model"]["selected_option"]["value"]
    client.chat_postMessage(channel=body["user"]["id"], text=f"picked {choice}")


@app.view_closed("form")
def closed(ack: Any, body: dict[str, Any], client: WebClient) -> None:
    ack()
    client.chat_postMessage(channel=body["user"]["id"], text=f"closed, cleared {body['is_cleared']}")


@app.event("app_home_opened")
def home(event: dict[str, Any], client: WebClient) -> None:
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD})


@app.event("app_mention")
def mentioned(event: dict[str, Any], say: Any) -> None:
    say(text=f"heard {event['text']}", thread_ts=event["ts"])


@app.event("message")
def overheard() -> None:
    """Acknowledges every message."""


if __name__ == "__main__":
    if os.environ["BOT_PORT"]:
        app.start(port=int(os.environ["BOT_PORT"]), http_server_logger_enabled=False)
    else:
        SocketModeHandler(app, "xapp-sandbox").connect()
        threading.Event().wait()
