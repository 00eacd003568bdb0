"""`sluice …`: start the bot or a worker, check the configuration, ask a process how it is."""

import argparse
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

import structlog

from bot import audit_command, iam_command, logs, policy_command, recover_command, suite_command
from bot.health import serve_health
from bot.settings import Misconfigured, Settings, health_address

log = structlog.get_logger()

_BOT_STORE_SECONDS = 0.5
"""Four tries of this fit into the 3 s in which Slack wants an answer."""
_STORE_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 is success, 1 a failure at work, 2 a configuration that cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except Misconfigured as error:
        print("Sluice is not configured:", file=sys.stderr)
        for problem in error.problems:
            print(f"  - {problem}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sluice", description="Release SageMaker models from Slack.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("bot", _bot, "talk with Slack (Socket Mode, or signed HTTP when SLACK_APP_TOKEN is not set)"),
        ("worker", _worker, "carry releases out; start as many as you like"),
        ("check", _check, "read the whole configuration and say what is wrong with it"),
        ("suite", _suite, "check a smoke suite, or run it on an endpoint outside any release"),
        ("audit", _audit, "verify the record of every release, export it, or print the report of one"),
        ("iam", _iam, "print the IAM policies that the models of the catalog need"),
        ("policy", _policy, "hold examples of who may decide what against the catalog"),
        ("recover", _recover, "after Redis was lost, write down again what AWS and Slack still tell"),
        ("health", _health, "ask the process on SLUICE_HEALTH_PORT how it is; exit 1 if it is not well"),
    ):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        if command is _suite:
            suite_command.add_arguments(sub)
        if command is _audit:
            audit_command.add_arguments(sub)
        if command is _policy:
            policy_command.add_arguments(sub)
        if command is _iam:
            iam_command.add_arguments(sub)
        if command is _recover:
            recover_command.add_arguments(sub)
    return parser


def _bot(_options: argparse.Namespace) -> int:
    from bot import slack_app, wiring

    settings, catalog, _ = wiring.configuration(with_suites=False)
    logs.set_up(settings.sluice_log_format, settings.sluice_log_level)
    store = wiring.store_of(settings, _BOT_STORE_SECONDS)
    releases = wiring.releases_of(settings, catalog, store)
    app = slack_app.build_app(wiring.client_of(settings), settings, releases)
    front = slack_app.front_of(app, settings)
    front.start()
    _serve_health(settings, "bot", {"redis": lambda: not store.check_ready(), "slack": front.connected})
    _until_told_to_stop()
    front.stop()
    return 0


def _worker(_options: argparse.Namespace) -> int:
    from bot import wiring
    from bot.worker import Worker

    settings, catalog, suites = wiring.configuration(with_suites=True)
    logs.set_up(settings.sluice_log_format, settings.sluice_log_level)
    store = wiring.store_of(settings, _STORE_SECONDS)
    ports = wiring.ports_of(settings, catalog, suites, store)
    worker = Worker(settings, store, ports, catalog)
    worker.start()
    _serve_health(settings, "worker", {"redis": lambda: not store.check_ready(), "pump": worker.alive})
    _until_told_to_stop()
    worker.stop()
    return 0


def _check(_options: argparse.Namespace) -> int:
    from bot import wiring

    settings, catalog, suites = wiring.configuration(with_suites=True)
    wiring.store_of(settings, _STORE_SECONDS)
    for name, entry in sorted(catalog.items()):
        deployment = entry.deployment
        suite = suites[name].name if name in suites else "the seed's payload"
        print(f"{name}: {deployment.staging_endpoint} -> {deployment.prod_endpoint}, smoke suite: {suite}")
        if not entry.approvers:
            print(f"{name}: no approvers, so nobody can approve its releases")
    print("The configuration can be used.")
    return 0


def _suite(options: argparse.Namespace) -> int:
    return suite_command.suite(options)


def _audit(options: argparse.Namespace) -> int:
    return audit_command.audit(options)


def _policy(options: argparse.Namespace) -> int:
    return policy_command.policy(options)


def _iam(options: argparse.Namespace) -> int:
    return iam_command.iam(options)


def _recover(options: argparse.Namespace) -> int:
    return recover_command.recover(options)


def _health(_options: argparse.Namespace) -> int:
    host, port = health_address()
    try:
        address = f"http://{host}:{port}/healthz"
        with urllib.request.urlopen(address, timeout=3) as answer:  # the scheme is ours
            print(answer.read().decode())
    except (urllib.error.URLError, TimeoutError) as error:
        print(f"not well: {error}", file=sys.stderr)
        return 1
    return 0


def _serve_health(settings: Settings, role: str, checks: dict[str, Callable[[], bool]]) -> None:
    try:
        server = serve_health(settings.sluice_http_host, settings.sluice_health_port, role, checks)
    except OSError as error:
        port = settings.sluice_health_port
        raise Misconfigured([f"SLUICE_HEALTH_PORT: port {port} cannot be taken ({error.strerror})"]) from None
    log.info("started", role=role, health_port=server.server_address[1])


def _until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT; a second one ends the process at once."""
    stop = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)

    def told(*_args: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in signals:
        signal.signal(number, told)
    stop.wait()
    log.info("stopping")
