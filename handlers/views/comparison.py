"""What would change in prod: the candidate beside what prod serves, as fields that are read two by two."""

import math
from collections.abc import Iterator

from handlers.views.text import code, count, escape, instances, listing
from services.release.model import Deployment, Evidence, Release, Serving

_DIGEST = 12
_MOST_METRICS = 4
_MOST_VARIABLES = 6

FIRST_RELEASE = "🌱 Prod has no endpoint yet: this is its first release, with nothing to compare it with."


def compared(release: Release, evidence: Evidence, *, replaces: bool) -> list[tuple[str, str]]:
    """Return (name, value in mrkdwn) of each thing that people compare; nothing for what is not known.

    `replaces` says that there is a prod to be changed, even where nothing of it could be read.
    """
    after, before = evidence.candidate, evidence.prod
    if evidence.endpoint == release.deployment.prod_endpoint:
        pairs = _of_prod_itself(after)
    else:
        pairs = [
            ("Instances in prod", _capacity(release.deployment, before, replaces=replaces)),
            ("Data capture", _capture(after, before, replaces=replaces)),
        ]
    if after is not None:
        pairs[1:1] = [
            ("Registered metrics", _metrics(after, before)),
            ("Image", _image(after, before)),
            ("Environment", _environment(after, before)),
            ("Execution role", _role(after, before)),
            ("Takes and answers", _schema(after, before)),
        ]
    return [(name, value) for name, value in pairs if value]


def _of_prod_itself(serving: Serving | None) -> list[tuple[str, str]]:
    """Return what prod has, where it is prod that was tested: there is no before and after."""
    if serving is None:
        return []
    capacity = instances(serving.instance_type, serving.instance_count) if serving.instance_type else ""
    return [("Instances in prod", capacity), ("Data capture", _captured(serving))]


def _capacity(where: Deployment, before: Serving | None, *, replaces: bool) -> str:
    """Return prod's capacity before and after: an update keeps the live count and takes the catalog's type.

    That is RetainAllVariantProperties of UpdateEndpoint; a new endpoint begins with the catalog's count.
    """
    if before is None and not replaces:
        return instances(where.instance_type, where.instance_count)
    kind, number = (before.instance_type, before.instance_count) if before is not None else ("", None)
    now = instances(kind, number) if kind else "not known"
    return f"{now} (kept)" if kind == where.instance_type else f"{now} → *{instances(where.instance_type, number)}*"


def _metrics(after: Serving, before: Serving | None) -> str:
    live = dict(before.metrics) if before is not None else {}
    lines = [_metric(name, value, live.get(name)) for name, value in after.metrics[:_MOST_METRICS]]
    if len(after.metrics) > _MOST_METRICS:
        lines.append(f"… and {len(after.metrics) - _MOST_METRICS} more")
    return "\n".join(lines)


def _metric(name: str, value: float, live: float | None) -> str:
    shown = f"{escape(metric_title(name), 60)} "
    if live is None:
        return f"{shown}*{value:.4g}*"
    gain = 0.0 if math.isclose(value, live) else value - live
    return f"{shown}{live:.4g} → *{value:.4g}* ({_signed(gain)})"


def _signed(gain: float) -> str:
    return f"{gain:+.3g}".replace("-", "−") if gain else "±0"  # noqa: RUF001 - a minus as long as the plus


def metric_title(name: str) -> str:
    """Return a metric's name as people write it."""
    return "AUC" + name[3:] if name.lower().replace(" ", ".").partition(".")[0] == "auc" else name


def _image(after: Serving, before: Serving | None) -> str:
    """Return the image before and after; a tag can be moved, so that only a digest tells that it is the same."""
    mine, theirs = _image_name(after), _image_name(before) if before is not None else ""
    if before is None or not mine or not theirs:
        return mine
    if after.image_digest and before.image_digest:
        same, word = after.image_digest == before.image_digest, "same"
    elif after.image and before.image:
        same, word = after.image == before.image, "same name"
    else:
        return f"{theirs} → {mine}"
    return f"{mine} ({word})" if same else f"{theirs} → {mine} *changed*"


def _image_name(serving: Serving) -> str:
    """Return repository and tag without the registry's host, which names an account, and the digest in short."""
    name = serving.image.rpartition("/")[2].partition("@")[0]
    digest = serving.image_digest.removeprefix("sha256:")[:_DIGEST]
    return " ".join(filter(None, [escape(name, 80), code(digest) if digest else ""]))


def _environment(after: Serving, before: Serving | None) -> str:
    """Return the names of variables that differ; never a value, which may be a secret."""
    if after.environment is None:
        return ""
    mine = dict(after.environment)
    if before is None or before.environment is None:
        return _names("", list(mine)) or "no variables"
    live = dict(before.environment)
    changes = [
        _names("added", [name for name in mine if name not in live]),
        _names("removed", [name for name in live if name not in mine]),
        _names("changed", [name for name in mine if name in live and mine[name] != live[name]]),
    ]
    told = "\n".join(filter(None, changes))
    return told or (f"the same {count(len(mine), 'variable')}" if mine else "no variables (same)")


def _role(after: Serving, before: Serving | None) -> str:
    """Return the role before and after where it changes; it hardly ever does."""
    if before is None or after.role == before.role or not after.role or not before.role:
        return ""
    return f"{code(before.role, 80)} → {code(after.role, 80)} *changed*"


def _schema(after: Serving, before: Serving | None) -> str:
    """Return what the package takes and answers otherwise than prod's; its input schema as a fingerprint."""
    if before is None or after.schema == before.schema or not after.schema or not before.schema:
        return ""
    changes = [
        _names("added", [said for said in after.schema if said not in before.schema]),
        _names("removed", [said for said in before.schema if said not in after.schema]),
    ]
    return "\n".join([*filter(None, changes), "*changed*"])


def _names(what: str, names: list[str]) -> str:
    shown = listing((code(name, 80) for name in sorted(names)), most=_MOST_VARIABLES, last="and")
    return f"{what} {shown}".strip() if names else ""


def _capture(after: Serving | None, before: Serving | None, *, replaces: bool) -> str:
    if before is not None:
        return f"{_captured(before)} (kept)"
    return "off" if after is not None and not replaces else ""


def _captured(serving: Serving) -> str:
    return "off" if serving.data_capture is None else f"{serving.data_capture} % of requests"


def serving_line(label: str, serving: Serving) -> str:
    """Return one serving on a line: version, image, capacity, number of variables; mrkdwn."""
    version = f"v{serving.version}" if serving.version is not None else "an unknown version"
    return f"{label}: {', '.join([version, *_details(serving)])}; config {code(serving.config)}"


def _details(serving: Serving) -> Iterator[str]:
    if serving.image or serving.image_digest:
        yield _image_name(serving)
    if serving.instance_type:
        yield instances(serving.instance_type, serving.instance_count)
    if serving.environment is not None:
        yield count(len(serving.environment), "variable")
    yield "data capture off" if serving.data_capture is None else f"data capture {serving.data_capture} %"
    if serving.metrics:
        shown = [f"{escape(metric_title(name), 60)} {value:.4g}" for name, value in serving.metrics[:_MOST_METRICS]]
        yield listing(shown, last="and")
