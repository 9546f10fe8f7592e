"""Refresh the vendored front-end parts from the npm registry, at the versions pinned here.

    python tools/vendor_frontend.py

Writes `platform/web/static/vendor/` with a lock file of SHA-256 sums. Needs npm; the product itself never does.
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parent.parent / "platform" / "web" / "static" / "vendor"
#: package, version, licence, {file in the package: name here}
PARTS = (("htmx.org", "4.0.1", "0BSD", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "htmx.LICENSE.txt"}),)


def main() -> None:
    """Fetch every part, copy its files, write the lock."""
    TARGET.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to refresh the vendored parts.")
    lock: dict[str, dict[str, str]] = {}
    for package, version, licence, wanted in PARTS:
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(
                [npm, "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True
            ).stdout.strip()
            with tarfile.open(Path(folder) / packed.splitlines()[-1]) as archive:
                for inside, name in wanted.items():
                    member = archive.extractfile(f"package/{inside}")
                    if member is None:
                        raise SystemExit(f"{package} has no file {inside}")
                    content = member.read()
                    (TARGET / name).write_bytes(content)
                    lock[name] = {
                        "package": package,
                        "version": version,
                        "licence": licence,
                        "sha256": hashlib.sha256(content).hexdigest(),
                    }
        print(f"{package} {version}")
    (TARGET / "vendor.lock.json").write_text(json.dumps(lock, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
