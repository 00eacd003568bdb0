"""What would change in prod: the candidate beside what prod serves, as fields that are read two by two."""

from collections.abc import Iterator

from handlers.views.text import code, count, escape, instances, listing
from services.release.model import Evidence, Release, Serving

_DIGEST = 12
_MOST_METRICS = 4
_MOST_VARIABLES = 6

FIRST_RELEASE = "🌱 Prod has no endpoint yet: this is its first release, with nothing to compare it with."


def compared(release: Release, evidence: Evidence) -> list[tuple[str, str]]:
    """Return (name, value in mrkdwn) of each thing that people compare; nothing for what is not known."""
    after, before = evidence.candidate, evidence.prod
    pairs = [("Instances in prod", _capacity(release, before))]
    if after is not None:
        pairs += [
            ("Registered metrics", _metrics(after, before)),
            ("Image", _image(after, before)),
            ("Environment", _environment(after, before)),
        ]
    if after is not None or before is not None:
        pairs.append(("Data capture", _capture(before)))
    return [(name, value) for name, value in pairs if value]


def _capacity(release: Release, before: Serving | None) -> str:
    """Return prod's capacity before and after: an update keeps the live count and takes the catalog's type.

    That is RetainAllVariantProperties of UpdateEndpoint; a new endpoint begins with the catalog's count.
    """
    where = release.deployment
    if before is None or not before.instance_type:
        return instances(where.instance_type, where.instance_count)
    now = instances(before.instance_type, before.instance_count)
    then = instances(where.instance_type, before.instance_count)
    return f"{now} (kept)" if now == then else f"{now} → *{then}*"


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
    gain = value - live
    return f"{shown}{live:.4g} → *{value:.4g}* ({_signed(gain)})"


def _signed(gain: float) -> str:
    return f"{gain:+.3g}".replace("-", "−") if gain else "±0"  # noqa: RUF001 - a minus as long as the plus


def metric_title(name: str) -> str:
    """Return a metric's name as people write it."""
    return "AUC" + name[3:] if name.lower().replace(" ", ".").partition(".")[0] == "auc" else name


def _image(after: Serving, before: Serving | None) -> str:
    mine = _image_name(after)
    if before is None or not (before.image or before.image_digest):
        return mine
    if after.image_digest and before.image_digest:
        same = after.image_digest == before.image_digest
    else:
        same = after.image == before.image
    return f"{mine} (same)" if same else f"{_image_name(before)} → {mine} *changed*"


def _image_name(serving: Serving) -> str:
    """Return repository and tag without the registry's host, which names an account, and the digest in short."""
    name = serving.image.rpartition("/")[2].partition("@")[0]
    digest = serving.image_digest.removeprefix("sha256:")[:_DIGEST]
    return " ".join(filter(None, [escape(name, 80), code(digest) if digest else ""]))


def _environment(after: Serving, before: Serving | None) -> str:
    """Return the names of variables that differ; never a value, which may be a secret."""
    mine = dict(after.environment)
    if before is None:
        return _names("", list(mine)) or "no variables"
    live = dict(before.environment)
    changes = [
        _names("added", [name for name in mine if name not in live]),
        _names("removed", [name for name in live if name not in mine]),
        _names("changed", [name for name in mine if name in live and mine[name] != live[name]]),
    ]
    told = "\n".join(filter(None, changes))
    return told or (f"the same {count(len(mine), 'variable')}" if mine else "no variables (same)")


def _names(what: str, names: list[str]) -> str:
    shown = listing((code(name, 80) for name in sorted(names)), most=_MOST_VARIABLES, last="and")
    return f"{what} {shown}".strip() if names else ""


def _capture(before: Serving | None) -> str:
    if before is None or before.data_capture is None:
        return "off" if before is None else "off (kept)"
    return f"{before.data_capture} % of requests (kept)"


def serving_line(label: str, serving: Serving) -> str:
    """Return one serving on a line: version, image, capacity, number of variables; mrkdwn."""
    version = f"v{serving.version}" if serving.version is not None else "an unknown version"
    return f"{label}: {', '.join([version, *_details(serving)])}; config {code(serving.config)}"


def _details(serving: Serving) -> Iterator[str]:
    if serving.image or serving.image_digest:
        yield _image_name(serving)
    if serving.instance_type:
        yield instances(serving.instance_type, serving.instance_count)
    yield count(len(serving.environment), "variable")
    yield "data capture off" if serving.data_capture is None else f"data capture {serving.data_capture} %"
    if serving.metrics:
        shown = [f"{escape(metric_title(name), 60)} {value:.4g}" for name, value in serving.metrics[:_MOST_METRICS]]
        yield listing(shown, last="and")
