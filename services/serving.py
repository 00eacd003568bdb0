"""What an endpoint serves, put together from what AWS tells of endpoint, configuration, model and package."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from services.ports import Aws, EndpointDescription, ModelDescription, PackageDescription, PortError
from services.quality import metrics_at
from services.release.model import Serving
from services.release.naming import role_name, version_in
from services.release.wanted import version_in_arn

_FINGERPRINT = 8

_T = TypeVar("_T")


def serving_of(aws: Aws, endpoint: str) -> Serving | None:
    """Return what an endpoint serves now, or None if there is no such endpoint.

    A part that cannot be read is left empty, or None: people compare two servings, and a gap is no reason to stop.

    Raises:
        PortError: the endpoint itself cannot be described.
    """
    live = aws.hosting.endpoint(endpoint)
    if live is None:
        return None
    config = _readable(lambda: aws.hosting.config(live.config)) if live.config else None
    model = _readable(lambda: aws.hosting.model(config.model)) if config and config.model else None
    arn = model.package_arn if model else None
    package = _readable(lambda: aws.registry.package(arn)) if arn else None
    statistics = package.statistics if package else ""
    metrics = _readable(lambda: metrics_at(aws.objects, statistics)) if statistics else None
    return Serving(
        config=live.config,
        version=(version_in_arn(arn) if arn else None) or version_in(live.config),
        image=live.image or (package.image if package else ""),
        image_digest=live.resolved_image.partition("@")[2],
        instance_type=config.instance_type if config else "",
        instance_count=_count(live, config.instance_count if config else None),
        environment=_environment(package, model) if model and (package or not arn) else None,
        data_capture=live.data_capture,
        metrics=tuple(sorted((metrics or {}).items())),
        role=role_name(model.role_arn) if model else "",
        schema=schema_of(package),
    )


def schema_of(package: PackageDescription | None) -> tuple[str, ...]:
    """Return what a package says that it takes and answers, in words; nothing unless it says both."""
    if package is None or not package.content_types or not package.response_types:
        return ()
    takes = (f"takes {kind}" for kind in sorted(package.content_types))
    answers = (f"answers {kind}" for kind in sorted(package.response_types))
    inputs = [f"inputs {fingerprint('inputs', package.inputs)}"] if package.inputs else []
    return (*takes, *answers, *inputs)


def _readable(read: Callable[[], _T | None]) -> _T | None:
    try:
        return read()
    except PortError:
        return None


def _count(live: EndpointDescription, configured: int | None) -> int | None:
    """Return the capacity that an update would keep, else what runs, else what the configuration began with."""
    counts = (live.desired_count, live.instance_count, configured)
    return next((count for count in counts if count is not None), None)


def _environment(package: PackageDescription | None, model: ModelDescription) -> tuple[tuple[str, str], ...]:
    """Return the container's variables, each with a fingerprint of its value; the model's come over the package's."""
    values = dict(package.environment if package else ()) | dict(model.environment)
    return tuple((name, fingerprint(name, value)) for name, value in sorted(values.items()))


def fingerprint(name: str, value: str) -> str:
    """Return eight hexadecimal digits that tell a changed value from an unchanged one without showing it.

    The name goes in, so that equal values of two variables do not look alike. It keeps a value out of sight; it does
    not withstand somebody who can guess the value.
    """
    return hashlib.sha256(f"{name}\0{value}".encode()).hexdigest()[:_FINGERPRINT]
