"""The shape of the repository: what the folders promise."""

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_platform_from_the_root_is_pythons_own() -> None:
    command = [sys.executable, "-c", "import platform, uuid; print(platform.__file__); print(platform.python_version())"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert Path(printed[0]).parent != ROOT / "platform"
    assert printed[1] == platform.python_version()
