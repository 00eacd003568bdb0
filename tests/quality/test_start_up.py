"""The bot answers within Slack's three seconds and in little memory: it loads no AWS library and draws no picture."""

import subprocess
import sys

import pytest

PRINT_LOADED = "import sys; __import__(sys.argv[1]); print(*sorted({name.split('.')[0] for name in sys.modules}))"


@pytest.mark.parametrize("module", ["bot.cli", "bot.slack_app", "handlers.picture"])
def test_the_bot_loads_no_heavy_library(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", PRINT_LOADED, module], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module.split(".", maxsplit=1)[0] in loaded
    assert not {"sagemaker", "boto3", "botocore", "pandas", "numpy", "resvg_py"}.intersection(loaded)
