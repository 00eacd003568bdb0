"""`sluice suite …`: check a smoke suite, or run it outside a release."""

import argparse
import sys
from typing import TYPE_CHECKING

from bot.settings import DEFAULT_REGION, Misconfigured, aws_place

if TYPE_CHECKING:
    from services.release.model import CheckResult, Evidence
    from services.smoke import SmokeSuite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `check FILE` and `run FILE --endpoint NAME`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="print what a suite checks, or file, line and reason of a mistake")
    run = actions.add_parser("run", help="run a suite on an endpoint, outside any release")
    for action, run_it in ((check, _check), (run, _run)):
        action.add_argument("file", metavar="FILE", help="a suite: a file, or s3://bucket/key")
        action.add_argument("--region", metavar="REGION", help=f"AWS_REGION, or else {DEFAULT_REGION}")
        action.set_defaults(action=run_it)
    run.add_argument("--endpoint", required=True, metavar="NAME", help="the endpoint to test")
    run.add_argument("--prod", metavar="NAME", help="the endpoint to compare with")
    run.add_argument("--package", metavar="ARN", help="the model package whose registered metrics to compare with")


def suite(options: argparse.Namespace) -> int:
    """Do it; 0 is success, 1 a suite that did not pass, 2 one that cannot be used."""
    from bot.wiring import objects_in
    from services.smoke import SuiteProblem, load

    options.region = options.region or aws_place()[1]
    try:
        code: int = options.action(load(options.file, objects_in(options.region)), options)
    except SuiteProblem as problem:
        print(problem, file=sys.stderr)
        return 2
    return code


def _check(suite: "SmokeSuite", _options: argparse.Namespace) -> int:
    print(suite.name)
    for check in suite.checks:
        print(f"  {'block' if check.blocking else 'warn '}  {check.rule.text}")
    for case in suite.cases:
        print(f"  block  {case.name}: {case.expect.words} ({len(case.rows)} row{'s' * (len(case.rows) != 1)})")
    return 0


def _run(suite: "SmokeSuite", options: argparse.Namespace) -> int:
    from services import smoke
    from services.adapters.sagemaker_boto3 import AwsRegions
    from services.adapters.suite_tester import background_of
    from services.adapters.system_clock import SystemClock
    from services.ports import PortError
    from services.release.model import Verdict

    profile, _ = aws_place()
    try:
        aws = AwsRegions(profile).in_region(options.region)
        found = aws.hosting.endpoint(options.endpoint)
    except PortError as error:
        raise Misconfigured([f"--endpoint {options.endpoint}: {error}"]) from None
    if found is None:
        raise Misconfigured([f"--endpoint {options.endpoint}: there is none in {options.region}"])
    try:
        known = background_of(suite, aws, options.prod or smoke.NO_PROD, options.package)
    except PortError as error:
        given = {"--prod": options.prod, "--package": options.package}
        asked = " ".join(f"{option} {name}" for option, name in given.items() if name)
        raise Misconfigured([f"{asked}: {error}"]) from None
    evidence = smoke.run(suite, smoke.Subject(aws.invoker, found.name, found.config, known), SystemClock())
    _print(evidence)
    return 0 if evidence.verdict is Verdict.PASSED else 1


def _print(evidence: "Evidence") -> None:
    """Print what the card of a release would show: the verdict, then every check, the worst first."""
    from services.release.model import Verdict

    print(f"{evidence.endpoint} serving {evidence.config}: {evidence.verdict.value}")
    requests = f"{evidence.requests_sent} of at most {evidence.allowed_requests} requests"
    print(f"{requests} in {evidence.seconds:.1f} of {evidence.allowed_seconds:g} s, suite {evidence.suite}")
    last = (Verdict.SKIPPED, Verdict.PASSED)
    order = sorted(evidence.checks, key=lambda each: last.index(each.verdict) + 1 if each.verdict in last else 0)
    for check in order:
        print(_line(check))


def _line(check: "CheckResult") -> str:
    advisory = "" if check.blocking else " (advisory)"
    line = f"  {check.verdict.value:<12} {check.name}: saw {check.seen}, wanted {check.rule}{advisory}"
    # A model's words may hold what moves a cursor, begins a line of its own, or cannot be written at all.
    return "".join(each if each.isprintable() else "?" for each in line)
