"""The local AWS over HTTP: one port for SageMaker, its runtime, S3, IAM, CloudWatch and the rest of moto."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Self

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sagemaker import urls as sagemaker_urls
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime import urls as runtime_urls
from werkzeug.serving import make_server

from sandbox.aws.backend import LocalSageMakerBackend, Setting
from sandbox.aws.control import Control
from sandbox.aws.guard import Guard
from sandbox.aws.journal import Journal
from sandbox.aws.outages import Outages
from sandbox.aws.responses import LocalRuntimeResponse, LocalSageMakerResponse

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


_STOP_POLL = 0.05  # seconds within which the server notices that it shall stop


class Dispatcher(DomainDispatcherApplication):
    """moto's own, which lists the folder of its services anew for every request: a quarter of what one costs."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the service of a host name, looked up once."""
        if host not in self._known:
            self._known[host] = super().get_backend_for_host(host)
        return self._known[host]


class LocalAws:
    """A running local AWS; also a context manager.

    moto keeps its state per process, so one process has one of these at a time.

    Args:
        setting: clock, pace and folder.
        port: the loopback port, 0 for a free one.
        journal: a file to which every call is appended, if any.
    """

    def __init__(self, setting: Setting, port: int = 0, journal: Path | None = None) -> None:
        if LocalSageMakerBackend.born:
            raise RuntimeError("moto keeps its state per process: another LocalAws runs in this one")
        install(setting)
        outages = Outages(Guard(Dispatcher()))
        self._journal = Journal(outages, journal, setting.clock) if journal else None
        application = Control(self._journal or outages, outages, setting.clock)
        # Its log tells of every request; the journal does that in a form one can read.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_POLL,), name="local-aws", daemon=True
        )

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer requests, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and end every container."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for backend in LocalSageMakerBackend.born:
            backend.close()
        LocalSageMakerBackend.born.clear()
        if self._journal:
            self._journal.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def install(setting: Setting) -> None:
    """Put our backend and operations in the place of moto's, before either is first used."""
    LocalSageMakerBackend.setting = setting
    sagemaker_backends.backend = LocalSageMakerBackend
    sagemaker_backends.clear()
    sagemaker_urls.url_paths["{0}/$"] = LocalSageMakerResponse.dispatch
    runtime_urls.url_paths["{0}/endpoints/(?P<name>[^/]+)/invocations$"] = LocalRuntimeResponse.dispatch
