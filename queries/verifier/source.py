"""Modules of a release, parsed: which names they bind and how. Nothing is imported or run."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def squeeze(name: str) -> str:
    """A service name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True, eq=False)
class Binding:
    """One way a name gets its meaning in a scope."""

    kind: str  # import, from, class, func, value, typed, self, opaque
    scope: Scope
    node: Any = None
    extra: Any = None


class Scope:
    """Names bound by a module, a class body or a function."""

    def __init__(self, module: Module, parent: Scope | None) -> None:
        self.module, self.parent = module, parent
        self.symbols: dict[str, list[Binding]] = {}
        self.stars: list[ast.ImportFrom] = []

    def bind(self, name: str, kind: str, node: Any = None, extra: Any = None) -> None:
        """Add a binding; definitions of one function (overloads, setters) are kept together."""
        known = self.symbols.setdefault(name, [])
        if kind == "func" and known and known[-1].kind == "func":
            known[-1].node.append(node)
        else:
            known.append(Binding(kind, self, [node] if kind == "func" else node, extra))

    def collect(self, body: Iterable[ast.stmt]) -> None:
        """Bind what these statements bind, through if, try, with and loops."""
        for stmt in body:
            if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.bind(stmt.name, "func", stmt)
            elif isinstance(stmt, ast.ClassDef):
                self.bind(stmt.name, "class", stmt)
            elif isinstance(stmt, (ast.Import, ast.ImportFrom)):
                self.collect_import(stmt)
            elif isinstance(stmt, ast.Assign):
                for target in stmt.targets:
                    self.collect_target(target, stmt.value)
            elif isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name):
                self.bind(stmt.target.id, "typed", stmt.annotation, stmt.value)
            else:
                self.collect_nested(stmt)

    def collect_nested(self, stmt: ast.stmt) -> None:
        """Bind what the blocks of a compound statement bind."""
        if isinstance(stmt, (ast.For, ast.AsyncFor)):
            self.collect_target(stmt.target, None)
        for name in ("body", "orelse", "finalbody"):
            self.collect(getattr(stmt, name, []))
        for handler in getattr(stmt, "handlers", []):
            self.collect(handler.body)

    def collect_target(self, target: ast.expr, value: ast.expr | None) -> None:
        """Bind an assignment target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, "opaque" if value is None else "value", value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self.collect_target(element, None)

    def collect_import(self, stmt: ast.Import | ast.ImportFrom) -> None:
        """Bind imported names."""
        for alias in stmt.names:
            if isinstance(stmt, ast.Import):
                self.bind(alias.asname or alias.name.split(".")[0], "import",
                          alias.name if alias.asname else alias.name.split(".")[0])
            elif alias.name == "*":
                self.stars.append(stmt)
            else:
                self.bind(alias.asname or alias.name, "from", stmt, alias.name)


class Module(Scope):
    """A module of a release, parsed when its names are first asked for."""

    trees: list[ast.Module]

    def __init__(self, origin: Release, name: str, files: list[Path], is_package: bool) -> None:
        self.origin, self.name, self.files, self.is_package = origin, name, files, is_package

    def __getattr__(self, name: str) -> Any:
        """Parse the module for the attributes that need it."""
        if name not in ("symbols", "stars", "trees", "module", "parent"):
            raise AttributeError(name)
        super().__init__(self, None)
        self.trees = [parse(source) for source in self.sources]
        for tree in self.trees:
            self.collect(tree.body)
        return getattr(self, name)

    @functools.cached_property
    def sources(self) -> list[bytes]:
        """The text of the files."""
        return [file.read_bytes() for file in self.files]

    def may_have(self, name: str) -> bool:
        """Whether parsing the module could tell something about a name."""
        return any(mark in text for text in self.sources for mark in (name.encode(), b"import *", b"__getattr__"))

    def absolute(self, stmt: ast.ImportFrom) -> str:
        """The full name of the module that `from ... import` names."""
        if not stmt.level:
            return stmt.module or ""
        parts = self.name.split(".")
        parts = parts[: len(parts) - stmt.level + (1 if self.is_package else 0)]
        return ".".join([*parts, *([stmt.module] if stmt.module else [])])

    @functools.cached_property
    def all_values(self) -> list[ast.AST]:
        """What is assigned or added to `__all__`."""
        if not any(b"__all__" in text for text in self.sources):
            return []
        statements = (stmt for tree in self.trees for stmt in ast.walk(tree))
        return [stmt.value or stmt for stmt in statements if assigns(stmt, "__all__")]

    @functools.cached_property
    def exported(self) -> set[str]:
        """The strings in assignments to `__all__`."""
        leaves = (leaf for value in self.all_values for leaf in ast.walk(value))
        return {leaf.value for leaf in leaves if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)}

    def exports(self, name: str) -> bool:
        """Whether `import *` takes a name; an `__all__` that is computed is given the benefit of the doubt."""
        literal = all(isinstance(v, (ast.List, ast.Tuple)) and len(strings(v)) == len(v.elts) for v in self.all_values)
        if self.all_values and literal and not any(b"__all__." in text for text in self.sources):
            return name in self.exported
        return not name.startswith("_") or name in self.exported

    @functools.cached_property
    def lazy(self) -> dict[str, list[tuple[str, str]]]:
        """Names to (module as written, attribute): what tables of strings may mean to `__getattr__`."""
        table: dict[str, list[tuple[str, str]]] = {}
        for node in itertools.chain.from_iterable(map(ast.walk, self.trees)):
            for name, source, attribute in lazy_entries(node):
                table.setdefault(name, []).append((source, attribute))
        return table

    @functools.cached_property
    def lazy_scope(self) -> Scope:
        """Names imported inside the functions of the module (`__getattr__` and its helpers)."""
        scope = Scope(self, self)
        if "__getattr__" in self.symbols:
            for tree in self.trees:
                for function in filter(lambda s: isinstance(s, ast.FunctionDef), tree.body):
                    for node in ast.walk(function):
                        if isinstance(node, (ast.ImportFrom, ast.Import)):
                            scope.collect_import(node)
        return scope


def assigns(stmt: ast.AST, name: str) -> bool:
    """Whether a statement is an assignment with the name as a target."""
    if not isinstance(stmt, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return False
    targets = stmt.targets if isinstance(stmt, ast.Assign) else [stmt.target]
    return any(isinstance(t, ast.Name) and t.id == name for t in targets)


def strings(node: ast.AST | None) -> list[str]:
    """The value of a string constant, or of a sequence of them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [text for element in node.elts for text in strings(element)]
    return []


def lazy_entries(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """(name, module, attribute) entries of a lazy import table, both ways round."""
    pairs: list[tuple[ast.AST | None, ast.AST]] = []
    if isinstance(node, ast.Dict):
        pairs = list(zip(node.keys, node.values))
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        pairs = [(node.targets[0].slice, node.value)]
    elif isinstance(node, ast.Call) and node.args and getattr(node.func, "attr", "") in ("append", "extend"):
        pairs = [(getattr(node.func.value, "slice", None), ast.List(elts=[node.args[0]]))]
    for key, value in pairs:
        for name in strings(key):
            values = strings(value)
            if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
                yield from ((each, name, each) for each in values)
            if len(values) == 2:
                yield name, values[0], values[1]
            elif values:
                source, _, attribute = values[0].partition(":")
                yield name, source, attribute or name


def parse(source: bytes) -> ast.Module:
    """The tree of a source text; an empty one if this interpreter cannot parse it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError):
            return ast.Module(body=[], type_ignores=[])


class Release:
    """The unpacked sources of one version of a package."""

    def __init__(self, home: Path) -> None:
        self.bases = [home, *(home / d for d in ("src", "lib", "python")), *sorted(home.glob("*.data/*lib"))]
        self.modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of that full name."""
        if name not in self.modules:
            self.modules[name] = self.load(name)
        return self.modules[name]

    def load(self, name: str) -> Module | None:
        """Find and parse a module; a folder without files is a namespace."""
        namespace = False
        for base in self.bases:
            path = base.joinpath(*name.split("."))
            for stem, is_package in ((path / "__init__", True), (path, False)):
                files = [f for s in (".py", ".pyi") if (f := stem.parent / (stem.name + s)).is_file()]
                if files:
                    return Module(self, name, files, is_package)
            namespace = namespace or path.is_dir()
        return Module(self, name, [], True) if namespace else None

    def submodules(self, name: str) -> set[str]:
        """Names of the modules below a package."""
        folders = (base.joinpath(*name.split(".")) for base in self.bases)
        return {f.stem for folder in folders if folder.is_dir() for f in folder.iterdir()}

    @functools.cached_property
    def services(self) -> dict[str, Path]:
        """botocore's service models, newest version of each, by squeezed service name."""
        files = sorted(f for b in self.bases for f in b.glob("botocore/data/*/*/service-2.json*"))
        return {squeeze(f.parent.parent.name): f for f in files}


@functools.cache
def release(home: Path) -> Release:
    """The release unpacked in a folder (one object for each)."""
    return Release(home)
