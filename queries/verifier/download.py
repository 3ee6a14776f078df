"""Releases from the package index, unpacked into a cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


class SetupError(Exception):
    """A usage or network error: nothing can be said about the catalog."""


class NoRelease(Exception):
    """The index answered, and has no such release."""


def cache_dir() -> Path:
    """The folder of unpacked releases."""
    return Path(os.environ.get("AEGIS_CATALOG_CACHE") or "~/.cache/aegis-catalog").expanduser()


def wanted(name: str) -> bool:
    """Whether a member of an archive is worth unpacking."""
    if name.endswith((".py", ".pyi")):
        return True
    return name.endswith(("service-2.json", "service-2.json.gz")) and "/data/" in name


def safe_target(base: Path, name: str) -> Path | None:
    """Where an archive member goes, or None if it would leave `base`."""
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or parts[0] == "/":
        return None
    return base.joinpath(*parts)


def archive_members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the wanted files; the top folder of an sdist is cut off."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in filter(wanted, wheel.namelist()):
                yield name, wheel.read(name)
    elif archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as sdist:
            for name in filter(wanted, sdist.namelist()):
                yield name.partition("/")[2], sdist.read(name)
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() and wanted(member.name) else None
                if stream:
                    yield member.name.partition("/")[2], stream.read()


def unpack(archive: Path, base: Path) -> None:
    """Unpack the sources of a wheel or an sdist into `base`."""
    for name, content in archive_members(archive):
        target = safe_target(base, name)
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


# pip asks the build backend of an sdist for its metadata. This one stands in for all of them
# and answers with PKG-INFO, so that nothing of the package runs and nothing is built.
BACKEND = """
import os, pathlib, sys, types

def metadata(folder, settings=None):
    text = pathlib.Path("PKG-INFO").read_bytes()
    lines = text.decode("utf-8", "replace").partition("\\n\\n")[0].splitlines()
    head = dict(line.split(": ", 1) for line in lines if ": " in line)
    info = pathlib.Path(folder, head["Name"].replace("-", "_") + "-" + head["Version"] + ".dist-info")
    info.mkdir()
    (info / "METADATA").write_bytes(text)
    return info.name

name = os.environ.get("_PYPROJECT_HOOKS_BUILD_BACKEND") or os.environ.get("PEP517_BUILD_BACKEND") or ""
parts = name.partition(":")[0].split(".") if name else []
for end in range(1, len(parts) + 1):
    module = sys.modules[".".join(parts[:end])] = types.ModuleType(".".join(parts[:end]))
    module.__path__, module.__legacy__, module.prepare_metadata_for_build_wheel = [], module, metadata
"""
WHEEL = ["--only-binary=:all:"]
SDIST = ["--no-binary=:all:", "--no-build-isolation", "--use-pep517"]
ATTEMPTS = [WHEEL, SDIST, *([*WHEEL, "--python-version", v] for v in ("3.13", "3.12", "3.10", "3.9", "3.8"))]
PIP = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]


def pip_download(requirement: str, folder: Path) -> Path:
    """The archive of a release: a wheel, or the sdist, or a wheel for another interpreter."""
    (dest := folder / "archives").mkdir()
    (hooks := folder / "hooks").mkdir()
    (hooks / "sitecustomize.py").write_text(BACKEND, encoding="utf-8")
    errors = []
    for options in ATTEMPTS:
        run = subprocess.run(
            [*PIP, "--ignore-requires-python", *options, "--dest", str(dest), requirement],
            env={**os.environ, "PYTHONPATH": str(hooks)} if options is SDIST else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            return next(p for p in sorted(dest.iterdir()) if p.is_file())
        errors.append(run.stderr.strip() or "pip failed")
    if all("No matching distribution" in e and "onnection" not in e for e in errors):
        raise NoRelease(requirement)
    raise SetupError(f"cannot download {requirement}: {errors[1].splitlines()[-1]}")


def obtain(pypi: str, version: str, offline: bool) -> Path:
    """The folder with the sources of a release, downloaded unless cached."""
    home = cache_dir() / f"{re.sub(r'[-_.]+', '-', pypi).lower()}-{version}"
    if home.is_dir():
        return home
    if offline:
        raise SetupError(f"{pypi}=={version} is not in {cache_dir()} (--offline)")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".tmp-") as tmp:
        (fresh := Path(tmp) / "src").mkdir()
        unpack(pip_download(f"{pypi}=={version}", Path(tmp)), fresh)
        try:
            fresh.rename(home)
        except OSError:
            if not home.is_dir():  # else another run was quicker
                raise
    return home
