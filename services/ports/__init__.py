"""The narrow roles that the outside world plays for a release; each has one contract suite in tests/contract."""

from services.ports.aws import (
    Aws,
    ConfigDescription,
    EndpointDescription,
    Hosting,
    Invoker,
    ModelDescription,
    PackageDescription,
    Regions,
    Registry,
    Reply,
)
from services.ports.errors import (
    Busy,
    Conflict,
    NewerDocument,
    PortError,
    SaidNo,
    Unavailable,
)
from services.ports.people import (
    Announcer,
    Answer,
    Directory,
    EndpointsAnswer,
    EndpointView,
    RollbackAnswer,
    SmokeTester,
)
from services.ports.store import (
    Commit,
    DueIndex,
    Inquiry,
    ReleaseStore,
    Told,
)
from services.ports.system import (
    Clock,
    Ids,
    Pace,
    Ports,
)

__all__ = [
    "Announcer",
    "Answer",
    "Aws",
    "Busy",
    "Clock",
    "Commit",
    "ConfigDescription",
    "Conflict",
    "Directory",
    "DueIndex",
    "EndpointDescription",
    "EndpointView",
    "EndpointsAnswer",
    "Hosting",
    "Ids",
    "Inquiry",
    "Invoker",
    "ModelDescription",
    "NewerDocument",
    "Pace",
    "PackageDescription",
    "PortError",
    "Ports",
    "Regions",
    "Registry",
    "ReleaseStore",
    "Reply",
    "RollbackAnswer",
    "SaidNo",
    "SmokeTester",
    "Told",
    "Unavailable",
]
