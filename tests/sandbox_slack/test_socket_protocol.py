"""Socket Mode on the wire: one connection per envelope, acks from anywhere, retries of events only."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from sandbox_slack.local_slack import Slack, StartSlack

ROOM = "C0RELEASES"
Socket = aiohttp.ClientWebSocketResponse


async def connect(slack: Slack, session: aiohttp.ClientSession) -> Socket:
    opened = await asyncio.to_thread(slack.web.apps_connections_open, app_token="xapp-sandbox")
    return await session.ws_connect(str(opened["url"]))


def play(slack: Slack, count: int, scene: Callable[[list[Socket]], Awaitable[None]]) -> None:
    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            sockets = [await connect(slack, session) for _ in range(count)]
            hellos = [await socket.receive_json() for socket in sockets]
            assert [hello["type"] for hello in hellos] == ["hello"] * count
            assert hellos[-1]["num_connections"] == count
            await scene(sockets)

    asyncio.run(run())


async def slash(slack: Slack, text: str) -> dict[str, Any]:
    return await asyncio.to_thread(slack.people.slash, "U0ANA", ROOM, text)


def test_each_envelope_goes_to_one_connection_in_turn(slack: Slack) -> None:
    async def scene(sockets: list[Socket]) -> None:
        for number, socket in enumerate(sockets * 2):
            running = asyncio.create_task(slash(slack, f"/echo {number}"))
            envelope = await socket.receive_json()
            assert (envelope["type"], envelope["payload"]["text"]) == ("slash_commands", str(number))
            assert envelope["accepts_response_payload"]
            assert "retry_attempt" not in envelope
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            assert (await running)["ok"]

    play(slack, 3, scene)


def test_an_ack_counts_whichever_connection_it_comes_on(slack: Slack) -> None:
    async def scene(sockets: list[Socket]) -> None:
        running = asyncio.create_task(slash(slack, "/echo hi"))
        envelope = await sockets[0].receive_json()
        await sockets[1].send_str("not json")
        await sockets[1].send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "from two"}})
        assert (await running)["response"] == {"text": "from two"}

    play(slack, 2, scene)


def test_the_eleventh_connection_is_refused(slack: Slack) -> None:
    async def scene(sockets: list[Socket]) -> None:
        async with aiohttp.ClientSession() as session:
            eleventh = await connect(slack, session)
            assert await eleventh.receive_json() == {"type": "disconnect", "reason": "too_many_websockets"}
        assert slack.people.state("U0ANA")["app"]["connections"] == len(sockets)

    play(slack, 10, scene)


def test_a_ticket_opens_one_connection(slack: Slack) -> None:
    async def run() -> None:
        url = slack.web.apps_connections_open(app_token="xapp-sandbox")["url"]
        async with aiohttp.ClientSession() as session:
            await (await session.ws_connect(url)).close()
            async with session.get(url.replace("ws:", "http:")) as again:
                assert again.status == 403

    asyncio.run(run())


def test_events_are_sent_again_with_their_attempt_and_the_same_id(start_slack: StartSlack) -> None:
    slack = start_slack(ack_seconds=0.05, retry_delays=(0.0, 0.01, 0.02))

    async def scene(sockets: list[Socket]) -> None:
        await asyncio.to_thread(slack.people.open_home, "U0ANA")
        tries = [await sockets[0].receive_json() for _ in range(3)]
        assert [each["retry_attempt"] for each in tries] == [0, 1, 2]
        assert tries[2]["retry_reason"] == "http_timeout"
        assert not tries[0]["accepts_response_payload"]
        assert len({each["payload"]["event_id"] for each in tries}) == 1
        assert tries[0]["payload"]["event"]["type"] == "app_home_opened"
        await sockets[0].send_json({"envelope_id": tries[2]["envelope_id"]})
        assert (await slash(slack, "/echo next"))["error"] == "operation_timeout"
        assert (await sockets[0].receive_json())["type"] == "slash_commands"

    play(slack, 1, scene)


def test_a_closed_connection_is_offline_at_once(slack: Slack) -> None:
    async def scene(sockets: list[Socket]) -> None:
        slack.people.fault(drop=True)
        assert (await sockets[0].receive()).type is aiohttp.WSMsgType.CLOSE
        await asyncio.to_thread(slack.people.wait_for, "U0ANA", lambda state: not state["app"]["online"])
        assert (await slash(slack, "/echo hi"))["error"] == "app_offline"
        assert "dispatch_failed" in slack.people.messages(ROOM, "U0ANA")[-1]["text"]

    play(slack, 1, scene)


def test_a_refresh_prefers_the_new_connection(slack: Slack) -> None:
    async def scene(sockets: list[Socket]) -> None:
        await asyncio.to_thread(slack.people.fault, disconnect="refresh_requested")
        assert (await sockets[0].receive_json())["reason"] == "refresh_requested"
        async with aiohttp.ClientSession() as session:
            fresh = await connect(slack, session)
            assert (await fresh.receive_json())["type"] == "hello"
            for _ in range(2):
                running = asyncio.create_task(slash(slack, "/echo hi"))
                await fresh.send_json({"envelope_id": (await fresh.receive_json())["envelope_id"]})
                assert (await running)["ok"]

    play(slack, 1, scene)


@pytest.mark.parametrize("linger", [False, True])
def test_after_a_refresh_the_old_connection_is_closed_unless_it_lingers(slack: Slack, *, linger: bool) -> None:
    async def scene(sockets: list[Socket]) -> None:
        await asyncio.to_thread(slack.people.fault, disconnect="warning", linger=linger)
        assert (await sockets[0].receive_json())["reason"] == "warning"
        async with aiohttp.ClientSession() as session:
            fresh = await connect(slack, session)
            assert (await fresh.receive_json())["num_connections"] == 2
            if linger:
                await sockets[0].close()
            else:
                assert (await sockets[0].receive()).type is aiohttp.WSMsgType.CLOSE
            await asyncio.to_thread(slack.people.wait_for, "U0ANA", lambda s: s["app"]["connections"] == 1)

    play(slack, 1, scene)
