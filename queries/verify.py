#!/usr/bin/env python3
"""Prove that every API path in the catalog exists in a released version of its package.

Wheels (or sdists) are downloaded with pip into a cache, unpacked, and read with `ast`;
nothing of them is imported or run. Standard library paths are looked up in the running
interpreter. See docs/catalog.md for the format of the catalog.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from verifier.catalog import Catalog, CatalogFile, read
from verifier.check import Checker
from verifier.download import NoRelease, SetupError, obtain
from verifier.governors import check_governors
from verifier.selftest import self_test
from verifier.source import release

QUERIES = Path(__file__).resolve().parent


def prefetch(files: list[CatalogFile], offline: bool) -> None:
    """Download what is missing, a few at a time."""
    pins = sorted({(p.pypi, v) for f in files for p in f.pinned for v in p.versions})

    def fetch(pin: tuple[str, str]) -> str | None:
        try:
            obtain(*pin, offline)
        except NoRelease:
            return None  # reported as a problem of the file
        except SetupError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(max_workers=4) as pool:
        errors = [e for e in pool.map(fetch, pins) if e]
    if errors:
        raise SetupError("\n".join(errors))


@dataclass
class Result:
    """What was found in one file."""

    name: str
    problems: list[tuple[int, str]]
    unverified: list[tuple[int, str, str]]
    paths: int


def check_file(queries: Path, path: Path, offline: bool) -> Result:
    """Check one file (in a process of its own)."""
    sys.setrecursionlimit(10_000)
    gc.disable()  # syntax trees are many and live on: collecting takes most of the time
    catalog = load(queries)
    parts = [check_governors(Checker(catalog, f, offline).run()) for f in catalog.files if f.path == path]
    result = Result(
        f"{queries.name}/{path.relative_to(queries)}",
        sorted(problem for part in parts for problem in part.problems),
        sorted(entry for part in parts for entry in part.unverified),
        sum(part.paths for part in parts),
    )
    parts.clear()
    release.cache_clear()
    gc.collect()
    return result


@functools.lru_cache(maxsize=2)
def load(queries: Path) -> Catalog:
    """Read all files of the catalog."""
    paths = sorted(p for folder in ("frameworks", "governors") for p in (queries / folder).glob("*.yaml"))
    return Catalog([file for path in paths for file in read(path)])


def verify(queries: Path, args: argparse.Namespace) -> int:
    """Check the catalog below a folder and print the outcome."""
    catalog = load(queries)
    names = {f.path.stem for f in catalog.files}
    if unknown := sorted(set(args.only) - names):
        raise SetupError(f"no such catalog file: {', '.join(unknown)}")
    files = [f for f in catalog.files if not args.only or f.path.stem in args.only]
    prefetch(files, args.offline)
    with ProcessPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        jobs = [pool.submit(check_file, queries, path, args.offline) for path in sorted({f.path for f in files})]
        results = [job.result() for job in jobs]
    for result in results:
        for line, text in result.problems:
            print(f"{result.name}:{line}: {text}")
        for line, path, reason in result.unverified if args.list_unverified else []:
            print(f"{result.name}:{line}: {path}: unverified: {reason}")
    problems = sum(len(r.problems) for r in results)
    if not args.quiet:
        packages = {p.pypi for f in files for p in f.packages}
        print(f"{sum(r.paths for r in results)} paths of {len(packages)} packages verified, "
              f"{sum(len(r.unverified) for r in results)} unverified, {problems} problems")
    return 1 if problems else 0


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="FRAMEWORK", help="check only these files")
    parser.add_argument("--offline", action="store_true", help="use the cache, download nothing")
    parser.add_argument("--list-unverified", action="store_true", help="list the entries marked `unverified`")
    parser.add_argument("-q", "--quiet", action="store_true", help="print problems only")
    parser.add_argument("--self-test", action="store_true", help="test this script on a package made up for it")
    args = parser.parse_args(argv)
    try:
        if args.self_test:
            return self_test(lambda queries, name: verify(queries, parser.parse_args(["--offline", "--only", name])))
        return verify(QUERIES, args)
    except SetupError as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
