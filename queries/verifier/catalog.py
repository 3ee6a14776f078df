"""The catalog as data: YAML files with line numbers. See docs/catalog.md."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:
    sys.exit("verify.py needs PyYAML: python3 -m pip install pyyaml")


class Map(dict):
    """A YAML mapping with the line of each key."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


class Seq(list):
    """A YAML sequence with the line of each item."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


def located(node: yaml.Node | None, loader: yaml.SafeLoader) -> Any:
    """The value of a YAML node, with lines."""
    if isinstance(node, yaml.MappingNode):
        result = Map()
        for key, value in node.value:
            name = key.value  # as written: YAML 1.1 would read the key `off` as false
            result[name] = located(value, loader)
            result.lines[name] = key.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        items = Seq()
        for item in node.value:
            items.append(located(item, loader))
            items.lines.append(item.start_mark.line + 1)
        return items
    return None if node is None else loader.construct_object(node, deep=True)


def load_yaml(path: Path) -> tuple[Map, tuple[int, str] | None]:
    """The mapping in a file, and (line, reason) if it cannot be read."""
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    try:
        data = located(loader.get_single_node(), loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return Map(), (mark.line + 1 if mark else 1, f"not YAML: {getattr(error, 'problem', error)}")
    finally:
        loader.dispose()
    return (data, None) if isinstance(data, Map) else (Map(), (1, "not a mapping"))


def expand(text: str) -> list[str]:
    """The branches of `a.{b,c}`."""
    match = re.search(r"\{([^{}]*)\}", text)
    if not match:
        return [text]
    head, tail = text[: match.start()], text[match.end() :]
    return [each for branch in match.group(1).split(",") for each in expand(head + branch.strip() + tail)]


def listed(value: Any) -> list[Any]:
    """A list, or a scalar as a list of one."""
    return [] if value is None else value if isinstance(value, list) else [value]


def as_entry(value: Any) -> dict[str, Any]:
    """An entry, its short form `kind` spelled out."""
    return value if isinstance(value, dict) else {} if value is None else {"kind": value}


def under(path: str, root: str) -> bool:
    """Whether a path lies at or below an import root."""
    return path == root or path.startswith(root + ".")


@dataclass
class Package:
    """A package entry of a catalog file."""

    pypi: str
    imports: list[str]
    versions: list[str]
    stdlib: bool
    line: int
    unverified: bool

    def at(self, index: int) -> str:
        """The version used in the given round."""
        return self.versions[min(index, len(self.versions) - 1)]


class CatalogFile:
    """One YAML file of the catalog, or one family of governors in it."""

    def __init__(self, path: Path, data: Map, broken: tuple[int, str] | None = None) -> None:
        self.path, self.data, self.broken = path, data, broken
        entries = self.data.get("packages") or Seq()
        self.packages = [
            Package(str(p.get("pypi")), listed(p.get("imports")), [str(v) for v in listed(p.get("verify"))],
                    bool(p.get("stdlib")), line, "unverified" in p)
            for p, line in zip(entries, getattr(entries, "lines", []))
        ]
        self.pinned = [p for p in self.packages if p.versions and not p.stdlib]

    def section(self, name: str) -> Map:
        """A top-level mapping, empty if absent."""
        value = self.data.get(name)
        return value if isinstance(value, Map) else Map()

    def class_names(self) -> Iterator[str]:
        """All names and aliases of the classes."""
        for key, entry in self.section("classes").items():
            for text in (key, *listed(as_entry(entry).get("aliases"))):
                yield from expand(str(text))


def read(path: Path) -> list[CatalogFile]:
    """A file and its families."""
    data, broken = load_yaml(path)
    families = [CatalogFile(path, f) for f in listed(data.get("families")) if isinstance(f, Map)]
    return [CatalogFile(path, data, broken), *families]


@dataclass
class Catalog:
    """What the files know of each other."""

    files: list[CatalogFile]

    @functools.cached_property
    def classes(self) -> set[str]:
        """The names and aliases of all classes."""
        return {name for file in self.files for name in file.class_names()}

    @functools.cached_property
    def short_names(self) -> set[tuple[str, str]]:
        """(import root, class name) of all classes."""
        return {(name.split(".")[0], name.rpartition(".")[2]) for name in self.classes}

    def knows(self, name: str) -> bool:
        """Whether a type names a class of the catalog."""
        return name in self.classes or (name.split(".")[0], name.rpartition(".")[2]) in self.short_names

    @functools.cached_property
    def by_top(self) -> dict[str, list[Package]]:
        """Pinned packages by the first segment of their import roots."""
        found: dict[str, list[Package]] = {}
        for package in (p for file in self.files for p in file.pinned):
            for top in dict.fromkeys(root.split(".")[0] for root in package.imports):
                found.setdefault(top, []).append(package)
        return found

    def packages_for(self, module: str, first: CatalogFile) -> list[Package]:
        """Pinned packages that may contain a module; those with the longest import root and of `first` first."""
        found: dict[str, tuple[int, Package]] = {}
        for package in (*first.pinned, *self.by_top.get(module.split(".")[0], [])):
            roots = [len(r) for r in package.imports if under(module, r)]
            if roots or any(under(r, module) for r in package.imports):
                found.setdefault(package.pypi, (max(roots, default=0), package))
        return [p for _, p in sorted(found.values(), key=lambda pair: -pair[0])]


TYPE_KEYS = ("returns", "type", "enter", "iter", "item", "pipe", "extends")
CONTAINERS = {"self", "list", "dict", "iter", "tuple", "class"}


def parameters(entry: dict[str, Any]) -> list[list[str | int]]:
    """The parameters that an entry mentions, in groups of alternatives."""
    groups = [listed(entry.get(key)) for key in ("tools", "calls", "exec")]
    groups += [listed(value) for key in ("tool", "http") for value in as_mapping(entry.get(key)).values()]
    groups += [[name] for name in (*listed(entry.get("signature")), *as_mapping(entry.get("options")))]
    for text in type_texts(entry):
        for inner in re.findall(r"\b(?:arg|result)\(([^)]*)\)", text):
            groups.append([int(p) if p.isdigit() else p for p in map(str.strip, inner.split(","))])
    groups += [listed(as_mapping(entry.get(key)).get("select")) for key in TYPE_KEYS]
    return [group for group in groups if group]


def as_mapping(value: Any) -> dict[Any, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def type_texts(entry: dict[str, Any]) -> Iterator[str]:
    """The types written in an entry."""
    for value in (v for key in TYPE_KEYS for v in listed(entry.get(key))):
        if isinstance(value, dict):
            yield from (str(t) for t in as_mapping(value.get("cases")).values())
            value = value.get("otherwise")
        if value is not None:
            yield str(value)
