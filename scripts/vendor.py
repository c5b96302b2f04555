"""Renews the JavaScript that is kept in the tree, from npm, at pinned versions with their hashes.

Each folder of vendored files has a `vendor.json` that names the packages, their versions, the
integrity of each package as npm publishes it, and the SHA-256 of each file taken from it.

    python scripts/vendor.py            fetch again what vendor.json names; fails on another hash
    python scripts/vendor.py --accept   after a version was changed by hand: note the new hashes
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "tests/browser/vendor",)


def packed(name: str, version: str, folder: Path) -> Path:
    """The package as npm serves it, a gzipped tar."""
    command = ["npm", "pack", f"{name}@{version}", "--pack-destination", str(folder), "--json"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return folder / json.loads(answer.stdout)[0]["filename"].replace("@", "").replace("/", "-")


def integrity(content: bytes) -> str:
    """As npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def member(package: Path, name: str) -> bytes:
    """One file of a package."""
    with tarfile.open(package) as tar:
        file = tar.extractfile(f"package/{name}")
        assert file is not None, f"{package.name} has no {name}"
        return file.read()


def renew(folder: Path, *, accept: bool) -> list[str]:
    """Write the vendored files of `folder`; returns what differs from `vendor.json`."""
    record_path = folder / "vendor.json"
    record = json.loads(record_path.read_text(encoding="utf-8"))
    faults = []
    licences: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for package in record["packages"]:
            archive = packed(package["name"], package["version"], Path(scratch))
            found = integrity(archive.read_bytes())
            if found != package.get("integrity") and not accept:
                faults.append(f"{package['name']}: integrity is {found}")
            package["integrity"] = found
            for name, target in package.get("files", {}).items():
                (folder / target).write_bytes(member(archive, name))
            text = member(archive, package["licence_file"]).decode().strip()
            title = f"{package['name']} {package['version']}"
            licences.setdefault(package["licence"], []).append(f"{title}\n\n{text}\n")
    for target, texts in licences.items():
        (folder / target).write_text(f"\n{'-' * 72}\n\n".join(texts), encoding="utf-8")
    for target in sorted(p.name for p in folder.iterdir() if p.name != "vendor.json"):
        digest = hashlib.sha256((folder / target).read_bytes()).hexdigest()
        if digest != record["sha256"].get(target) and not accept:
            faults.append(f"{target}: SHA-256 is {digest}")
        record["sha256"][target] = digest
    if accept:
        record_path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return faults


def main() -> int:
    """Renew every folder; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accept", action="store_true", help="note the hashes found")
    accept = parser.parse_args().accept
    faults = [f"{folder.name}/{f}" for folder in FOLDERS for f in renew(folder, accept=accept)]
    print("\n".join(faults) or "The vendored files are as noted.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
