"""Checks one catalog file against the releases it names."""

from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .catalog import (
    CONTAINERS,
    Catalog,
    CatalogFile,
    Map,
    Package,
    Seq,
    as_entry,
    expand,
    listed,
    parameters,
    type_texts,
    under,
)
from .download import NoRelease, SetupError, obtain
from .resolve import Resolver
from .source import Release, release
from .values import FuncV, Module, OpaqueV, Params, Value, opaque_last

# A value in one combination of releases.
Found = tuple[Resolver, Value]


@dataclass
class Miss:
    """Why a path was not found."""

    depth: int
    reason: str
    near: str = ""


def closest(misses: list[Miss]) -> Miss:
    """The miss that came furthest."""
    return max(misses, key=lambda m: (m.depth, bool(m.near)), default=Miss(0, "not found"))


class Checker:
    """Verifies one file against the releases it names."""

    def __init__(self, catalog: Catalog, file: CatalogFile, offline: bool) -> None:
        self.catalog, self.file, self.offline = catalog, file, offline
        self.problems: list[tuple[int, str]] = []
        self.unverified: list[tuple[int, str, str]] = []
        self.paths = 0
        rounds = max((len(p.versions) for p in file.pinned), default=1)
        self.resolvers = [self.resolver(i) for i in range(rounds)]

    def resolver(self, index: int) -> Resolver:
        """The resolver of one combination of versions."""

        def find(module: str) -> Iterator[Release]:
            for package in self.catalog.packages_for(module, self.file):
                if found := self.release(package, index):
                    yield found

        return Resolver(functools.cache(lambda m: tuple(find(m))))

    def release(self, package: Package, index: int) -> Release | None:
        """The release used in a round; None if there is none (`check_packages` reports that)."""
        try:
            return release(obtain(package.pypi, package.at(index), self.offline))
        except NoRelease:
            return None
        except SetupError:
            if self.offline:
                return None
            raise

    def problem(self, line: int, text: str) -> None:
        """Note a problem once."""
        if (line, text) not in self.problems:
            self.problems.append((line, text))

    def run(self) -> Checker:
        """Check everything in the file."""
        if self.file.broken:
            self.problem(*self.file.broken)
        self.check_packages()
        classes, functions = self.file.section("classes"), self.file.section("functions")
        for key, value in classes.items():
            self.check_class(str(key), as_entry(value), classes.lines[key])
        for key, value in functions.items():
            entry, line = as_entry(value), functions.lines[key]
            paths = [p for p in expand(str(key)) if not self.skipped(line, p, entry)]
            self.check_entry(line, entry, {p: self.located_values(p) for p in paths})
            self.check_types(line, str(key), entry)
        return self

    def check_packages(self) -> None:
        """Every package has releases to look into, and they exist."""
        for package in self.file.packages:
            if not (package.versions or package.stdlib or package.unverified):
                self.problem(package.line, f"{package.pypi}: no `verify` versions")
            for version in package.versions if not package.stdlib else []:
                try:
                    obtain(package.pypi, version, self.offline)
                except NoRelease:
                    self.problem(package.line, f"{package.pypi}: the index has no release {version}")

    def skipped(self, line: int, path: str, entry: dict[str, Any]) -> bool:
        """Count a path; whether it is marked as not verifiable."""
        if "unverified" not in entry:
            self.paths += 1
            return False
        self.note_unverified(line, path, str(entry["unverified"]))
        return True

    def note_unverified(self, line: int, path: str, reason: str) -> None:
        """Count a path that is marked as not verifiable, and tell if it can be found all the same."""
        found = any(not isinstance(v, (OpaqueV, Module)) for _, v in self.located_values(path)[0])
        self.unverified.append((line, path, f"{reason} (but found)" if found else reason))

    def packages_of(self, path: str, everywhere: bool = False) -> list[tuple[str, Package]]:
        """(import root, package) of the packages that a path may lie in."""
        files = [self.file, *self.catalog.files] if everywhere else [self.file]
        return [(root, p) for f in files for p in f.packages for root in p.imports if under(path, root)]

    # -- resolution over all versions

    def located_values(self, path: str, everywhere: bool = False) -> tuple[list[Found], Miss | None]:
        """Values of a full path over all versions, or the closest miss."""
        packages = self.packages_of(path, everywhere)
        if not packages:
            return [], Miss(0, "its import root is in no package of this file")
        found: list[Found] = []
        misses = [Miss(-1, "no package with this import root has `verify` versions")]
        for root, package in packages:
            segments = path[len(root) + 1 :].split(".") if path != root else []
            values, miss = self.follow(self.roots(root, package), segments, {})
            found += values
            misses += [miss] if miss else []
        return found, None if found else closest(misses)

    def roots(self, root: str, package: Package) -> list[Found]:
        """The module that a package has at its import root, in each round."""
        if package.stdlib or not package.versions:
            return [(r, v) for r in self.resolvers[:1] for v in r.import_module(root) if package.stdlib]
        releases = [(r, self.release(package, i)) for i, r in enumerate(self.resolvers)]
        return [(r, m) for r, found in releases if found and (m := found.module(root))]

    def follow(
        self, starts: list[Found], segments: list[str], declared: dict[str, str]
    ) -> tuple[list[Found], Miss | None]:
        """Follow the segments from the values, with the help of types that the catalog declares."""
        found: list[Found] = []
        misses: list[Miss] = []
        for resolver in dict.fromkeys(r for r, _ in starts):
            values = [v for r, v in starts if r is resolver]
            values, miss = self.follow_one(resolver, values, segments, declared)
            found += [(resolver, v) for v in values]
            misses += [miss] if miss else []
        return found, None if found else closest(misses)

    def follow_one(
        self, resolver: Resolver, values: list[Value], segments: list[str], declared: dict[str, str]
    ) -> tuple[list[Value], Miss | None]:
        """Follow the segments in one combination of versions."""
        for depth, segment in enumerate(segments):
            before = values
            values = opaque_last(v for value in before for v in resolver.step(value, segment))
            helper = declared.get(".".join(segments[: depth + 1]))
            if helper and values and all(isinstance(v, OpaqueV) for v in values):
                values = [*self.named(resolver, helper), *values]
            if not values:
                return [], self.miss(resolver, before, depth, segment)
        opaque = [v for v in values if isinstance(v, OpaqueV) and v.dynamic]
        if values and len(opaque) == len(values):
            return [], Miss(len(segments), f"dynamic ({opaque[0].why}): needs `unverified: reason`")
        return values, None

    def named(self, resolver: Resolver, path: str) -> list[Value]:
        """The values of a catalog type."""
        parts = path.split(".")
        values = resolver.import_module(parts[0])
        for part in parts[1:]:
            values = [v for value in values for v in resolver.step(value, part)]
        return values

    @staticmethod
    def miss(resolver: Resolver, before: list[Value], depth: int, segment: str) -> Miss:
        """Explain that no value has the segment."""
        unknown = [v.why for v in before if isinstance(v, OpaqueV)]
        names = sorted({n for v in before for n in resolver.names(v)})
        if unknown and not names:
            return Miss(depth, f"cannot be followed to `{segment}`: {unknown[0]}")
        near = difflib.get_close_matches(segment, names, n=1)
        bases = [why for v in before for why in resolver.foreign_bases(v)]
        doubt = f"; a base class cannot be followed: {bases[0]}" if bases else ""
        return Miss(depth, f"no such member (`{segment}`{doubt})", near[0] if near else "")

    def report_miss(self, line: int, path: str, miss: Miss) -> None:
        """Report a path that was not found."""
        packages = [p for _, p in self.packages_of(path) or self.packages_of(path, everywhere=True)]
        where = ", ".join(f"{p.pypi} {', '.join(p.versions)}".rstrip() for p in packages)
        where = f" in {where}" if where else ""
        near = f" (nearest: {miss.near})" if miss.near else ""
        self.problem(line, f"{path}: {miss.reason}{where}{near}")

    # -- entries

    def check_class(self, key: str, entry: dict[str, Any], line: int) -> None:
        """A class: its names, constructor parameters and members."""
        names = [(name, line) for name in expand(key)]
        aliases = entry.get("aliases")
        lines = aliases.lines if isinstance(aliases, Seq) else itertools.repeat(line)
        names += [(name, at) for text, at in zip(listed(aliases), lines) for name in expand(str(text))]
        classes: list[Found] = []
        for name, at in names:
            if not self.skipped(at, name, entry):
                classes += self.check_class_name(name, at)
        self.check_types(line, key, entry)
        if classes:
            self.check_parameters(line, parameters(entry), {key: classes})
        starts = classes + [(r, w) for r, v in classes if isinstance(v, FuncV) for w in r.result(v)]
        members = self.check_call(key, entry, line, starts)
        declared = self.declared_types(members)
        for member, value in members.items():
            spec, at = as_entry(value), members.lines[member]
            self.check_types(at, f"{key}.{member}", spec)
            skip = entry if "unverified" in entry else spec
            paths = {f"{expand(key)[0]}.{path}": path for path in expand(str(member))}
            paths = {full: path for full, path in paths.items() if not self.skipped(at, full, skip)}
            if starts:
                found = {full: self.member(starts, path, declared, entry) for full, path in paths.items()}
                self.check_entry(at, spec, found)

    def check_class_name(self, name: str, line: int) -> list[Found]:
        """A class exists; returns what it is in each round."""
        values, miss = self.located_values(name)
        kept = [(r, v) for r, v in values if not isinstance(v, Module)]
        if miss or not kept:
            self.report_miss(line, name, miss or Miss(0, "it is a module, not a class"))
        return kept

    @staticmethod
    def check_call(key: str, entry: dict[str, Any], line: int, starts: list[Any]) -> Map:
        """The members of a class, with `call` as the member `__call__`."""
        members = Map()
        given = entry.get("members")
        if isinstance(given, Map):
            members.update(given)
            members.lines.update(given.lines)
        if "call" in entry:
            members["__call__"] = entry["call"]
            members.lines["__call__"] = entry.lines["call"] if isinstance(entry, Map) else line
        return members

    @staticmethod
    def declared_types(members: Map) -> dict[str, str]:
        """Member paths whose type the catalog tells."""
        specs = [(path, as_entry(v).get("type")) for m, v in members.items() for path in expand(str(m))]
        return {path: kind for path, kind in specs if isinstance(kind, str) and re.fullmatch(r"[\w.]+\.\w+", kind)}

    def member(
        self, starts: list[Found], path: str, declared: dict[str, str], entry: dict[str, Any]
    ) -> tuple[list[Found], Miss | None]:
        """The values of a member of a class, or of the classes it extends."""
        found, miss = self.follow(starts, path.split("."), declared)
        if not found and entry.get("extends"):
            parents = [(r, v) for r in self.resolvers for t in listed(entry["extends"]) for v in self.named(r, str(t))]
            found = self.follow(parents, path.split("."), declared)[0]
        return found, miss

    def check_entry(self, line: int, entry: dict[str, Any], paths: dict[str, tuple[list[Found], Miss | None]]) -> None:
        """The functions or members of an entry exist and have the parameters."""
        good: dict[str, list[Found]] = {}
        for path, (values, miss) in paths.items():
            if not values:
                self.report_miss(line, path, miss or Miss(0, "not found"))
            elif all(isinstance(v, Module) for _, v in values) and "type" not in entry:
                self.report_miss(line, path, Miss(0, "it is a module"))
            else:
                good[path] = values
        if good:
            self.check_parameters(line, parameters(entry), good)

    def check_parameters(self, line: int, groups: list[list[str | int]], paths: dict[str, list[Found]]) -> None:
        """Each path has one parameter of each group, and each parameter exists on some path, in some version."""
        accepted: set[str | int] = set()
        for path, values in paths.items():
            params = [p for r, v in values if not isinstance(v, Module) for p in r.params(v)] if groups else []
            for group in groups:
                names = [name for name in group if any(p.accepts(name) for p in params)]
                accepted.update(names)
                if not names:
                    self.report_parameter(line, path, group[0], params)
                    accepted.update(group)
        for name in (n for group in groups for n in group if n not in accepted):
            self.report_parameter(line, next(iter(paths)), name, params)

    def report_parameter(self, line: int, path: str, name: str | int, params: list[Params]) -> None:
        """Report a parameter that no version has."""
        near = difflib.get_close_matches(str(name), sorted({n for p in params for n in p.named}), n=1)
        self.report_miss(line, path, Miss(0, f"no such parameter (`{name}`)", near[0] if near else ""))

    def check_types(self, line: int, path: str, entry: dict[str, Any]) -> None:
        """Types mentioned are classes of the catalog."""
        for text in type_texts(entry):
            plain = re.sub(r"\b(?:arg|result)\([^)]*\)", "", text)
            for name in (n for w in re.findall(r"[\w.{},]+", re.sub(r"\s", " ", plain)) for n in expand(w.strip(","))):
                if name and name not in CONTAINERS and not self.catalog.knows(name):
                    near = difflib.get_close_matches(name, sorted(self.catalog.classes), n=1)
                    self.problem(line, f"{path}: type {name} is no class of the catalog"
                                 + (f" (nearest: {near[0]})" if near else ""))
