"""Checks the governors of a family: their paths, methods and parameters. See docs/governors.md."""

from __future__ import annotations

from typing import Any

from .catalog import Map, Seq, expand, listed
from .check import Checker, Found

SECTIONS = ("ambient", "off", "wrapping")


def check_governors(checker: Checker) -> Checker:
    """Check every governor of the checker's file or family."""
    for section in SECTIONS:
        entries = checker.file.data.get(section)
        for entry, line in zip(entries, entries.lines, strict=True) if isinstance(entries, Seq) else []:
            if isinstance(entry, Map):
                check_governor(checker, entry, line)
    return checker


def check_governor(checker: Checker, entry: Map, line: int) -> None:
    """Check one governor."""
    names = [name for text in (entry.get("path"), *listed(entry.get("aliases"))) for name in expand(str(text))]
    for path in (p for text in listed(entry.get("announced")) for p in expand(str(text))):
        checker.note_unverified(line, path, "announced")
    starts: list[Found] = []
    for name in names:
        if not checker.skipped(line, name, entry):
            starts += checker.check_class_name(name, line)
    if starts:
        methods = check_methods(checker, entry, line, names[0], starts)
        checker.check_parameters(line, own_parameters(entry), {names[0]: callables(entry, starts, methods)})
    check_places(checker, entry, line)


def check_methods(checker: Checker, entry: Map, line: int, name: str, starts: list[Found]) -> list[Found]:
    """The methods and builders exist; returns the methods."""
    found: list[Found] = []
    for key in ("methods", "builders"):
        paths = {f"{name}.{method}": str(method) for method in listed(entry.get(key))}
        paths = {full: method for full, method in paths.items() if not checker.skipped(line, full, entry)}
        values = {full: checker.follow(starts, [method], {}) for full, method in paths.items()}
        checker.check_entry(line, {}, values)
        found += [each for each in values.values() for each in each[0]] if key == "methods" else []
    return found


def callables(entry: Map, starts: list[Found], methods: list[Found]) -> list[Found]:
    """What takes the parameters of an entry: the methods; for an executor the constructor, too."""
    return starts + methods if "executor" in listed(entry.get("as")) else methods or starts


def own_parameters(entry: Map) -> list[list[Any]]:
    """Groups of alternatives among the governor's own parameters."""
    unless = entry.get("unless")
    groups = [listed(entry.get("arg")), listed(entry.get("select"))]
    groups += [[name] for name in unless] if isinstance(unless, dict) else []
    return [group for group in groups if group]


def check_places(checker: Checker, entry: Map, line: int) -> None:
    """The parameters `of` exist in the places `in` to which the governor is passed."""
    for place in (p for text in listed(entry.get("in")) for p in expand(str(text))):
        values, miss = checker.located_values(place, everywhere=True)
        if miss:
            checker.report_miss(line, place, miss)
        elif groups := [listed(entry.get("of"))]:
            checker.check_parameters(line, groups, {place: values})
