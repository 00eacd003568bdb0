"""Walk the Dockerfile's build stage without a Docker engine, in an empty folder and an empty virtual environment.

`python scripts/walk_image.py [EXTRAS]` runs each COPY and RUN of the first stage with `/opt/sluice` moved to a
temporary folder, then asks the installed `sluice` for its help and what its configuration lacks. It cannot see the
base image, the final stage and the user. Exits non-zero at the first step that fails.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTALLED_AT = "/opt/sluice"


def main(extras: str) -> int:
    """Walk the steps; return 0 when `sluice` starts and says what its configuration lacks."""
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        home, sources = Path(folder) / "sluice", Path(folder) / "src"
        sources.mkdir()
        for verb, words in _steps():
            print(f"{verb} {words}", flush=True)
            if verb == "COPY":
                _copy(words.split(), sources)
            else:
                _run(words.replace(INSTALLED_AT, str(home)), sources, extras)
        return _starts(home / "bin" / "sluice")


def _steps() -> Iterator[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stage = re.split(r"^FROM .*$", text, flags=re.MULTILINE)[1]
    yield from re.findall(r"^(COPY|RUN) (.*)$", stage.replace("\\\n", " "), flags=re.MULTILINE)


def _copy(words: list[str], sources: Path) -> None:
    *names, target = words
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, sources / target)


def _run(command: str, sources: Path, extras: str) -> None:
    # The image's own variables; a Docker build sees nothing else of the machine but its way to the package index.
    given = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()}
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {**given, "PATH": path, "HOME": str(sources.parent), "EXTRAS": extras, "PIP_QUIET": "1"}
    subprocess.run(["/bin/sh", "-c", command], cwd=sources, env=environment, check=True)


def _starts(sluice: Path) -> int:
    subprocess.run([sluice, "--help"], env={}, check=True)
    checked = subprocess.run([sluice, "check"], env={}, capture_output=True, text=True, check=False)
    print(checked.stderr)
    return 0 if checked.returncode == 2 and "SLACK_BOT_TOKEN" in checked.stderr else 1  # noqa: PLR2004 - misconfigured


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "worker"))
