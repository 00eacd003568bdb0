"""What a request asks of AWS, read from the wire before anything answers it: service, operation, and whose keys."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Environ = dict[str, Any]
    Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_INVOCATION = re.compile(r"/endpoints/(?P<name>[^/]+)/invocations$")
_OBJECT = re.compile(r"/(?P<bucket>[^/]+)/(?P<key>.+)")
_OBJECT_OPERATIONS = {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
_MAX_TEXT = 2_000
_KNOWN = "sandbox.call"


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        service: as the signature's scope names it, "" for an unsigned request.
        operation: as CloudTrail names it, or method and path where that is not known.
        params: what it names; of inference requests, objects and long bodies only the size.
        access_key: whose it is.
        region: of the signature's scope.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    access_key: str = ""
    region: str = ""


def read_call(environ: Environ) -> Call:
    """Return what a request asks; its body can still be read."""
    if _KNOWN not in environ:
        environ[_KNOWN] = _read(environ)
    call: Call = environ[_KNOWN]
    return call


def _read(environ: Environ) -> Call:
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = found.groups() if found else ("", "", "")
    return Call(service, *_asked(environ, service), key, region)


def _asked(environ: Environ, service: str) -> tuple[str, Mapping[str, Any]]:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rsplit(".", 1)[-1], _json(_body(environ))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(_body(environ).decode("utf-8", "replace")))
        return form.pop("Action", ""), {name: form[name] for name in form if name != "Version"}
    return _by_path(environ, service)


def _by_path(environ: Environ, service: str) -> tuple[str, Mapping[str, Any]]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    size = {"BodyBytes": int(environ.get("CONTENT_LENGTH") or 0)}
    if invoked := _INVOCATION.search(path):
        return "InvokeEndpoint", {"EndpointName": unquote(invoked["name"]), **size}
    stored = _OBJECT.fullmatch(path)
    if service == "s3" and stored and method in _OBJECT_OPERATIONS:
        return _OBJECT_OPERATIONS[method], {"Bucket": stored["bucket"], "Key": unquote(stored["key"]), **size}
    return f"{method} {path}", size


def _body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body) if len(body) <= _MAX_TEXT else None
    except json.JSONDecodeError:
        read = None
    return read if isinstance(read, dict) else {"BodyBytes": len(body)}
