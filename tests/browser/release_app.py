"""An ordinary Bolt app for the page's tests; it knows nothing of the sandbox but SLACK_API_URL."""

import os
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

client = WebClient(token="xoxb-sandbox", base_url=os.environ["SLACK_API_URL"])
app = App(client=client, process_before_response=True)

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def button(text: str, action_id: str, **more: Any) -> Block:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": "r-1", **more}


def card(status: str) -> list[Block]:
    confirm = {
        "title": plain("Release to prod?"),
        "text": plain("v5 is kept."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    note = {"type": "plain_text_input", "action_id": "note"}
    return [
        {"type": "header", "text": plain("titanic-survival v7")},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{status}*"}},
        {"type": "input", "block_id": "note", "optional": True, "label": plain("Note"), "element": note},
        {
            "type": "actions",
            "block_id": "gate",
            "elements": [
                button("Approve", "approve", style="primary", confirm=confirm),
                button("Reject", "reject", style="danger", accessibility_label="Reject release 1"),
                button("Refresh", "refresh"),
            ],
        },
    ]


REASON = {
    "type": "modal",
    "callback_id": "reason",
    "title": plain("Reject"),
    "submit": plain("Reject"),
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": plain("Why"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


@app.command("/deploy")
def deploy(ack: Any, command: Block) -> None:
    client.chat_postMessage(
        channel=command["channel_id"], text="Waiting for approval", blocks=card("Waiting for approval")
    )
    ack(f"On its way: {command['text']}")


@app.action("approve")
def approve(ack: Any, body: Block) -> None:
    channel, ts = body["channel"]["id"], body["message"]["ts"]
    client.chat_update(channel=channel, ts=ts, text="Approved", blocks=card("Approved")[:2])
    client.chat_postMessage(channel=channel, thread_ts=ts, text=f"Approved by <@{body['user']['id']}>")
    ack()


@app.action("refresh")
def refresh(ack: Any, body: Block) -> None:
    client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="New", blocks=card("Refreshed"))
    ack()


@app.action("reject")
def reject(ack: Any, body: Block) -> None:
    client.views_open(trigger_id=body["trigger_id"], view=REASON)
    ack()


@app.view("reason")
def reason(ack: Any, view: Block) -> None:
    why = view["state"]["values"]["why"]["text"]["value"]
    if len(why) < 5:
        ack(response_action="errors", errors={"why": "Say more than that."})
        return
    client.chat_postMessage(channel="C0RELEASES", text=f"Rejected: {why}")
    ack()


@app.event("app_home_opened")
def home(event: Block) -> None:
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": card("What is live")[:2]})


if __name__ == "__main__":
    SocketModeHandler(app, "xapp-sandbox").start()
