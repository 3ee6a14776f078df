"""What a path can lead to: classes, instances, functions, modules, and how they are called."""

from __future__ import annotations

import ast
import functools
import gzip
import inspect
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .source import Module, Scope

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class ClassV:
    """A class."""

    node: ast.ClassDef
    scope: Scope


@dataclass(frozen=True)
class InstanceV:
    """An instance of a class."""

    cls: ClassV


@dataclass(frozen=True)
class FuncV:
    """A function or method, with all its overloads."""

    nodes: tuple[FunctionNode, ...]
    scope: Scope
    owner: ClassV | None = None


@dataclass(frozen=True, eq=False)
class RuntimeV:
    """An object of the standard library."""

    obj: Any


@dataclass(frozen=True)
class ServiceV:
    """A client that botocore makes from a service model."""

    model: Path
    scope: Scope


@dataclass(frozen=True)
class OperationV:
    """A method of such a client."""

    inputs: frozenset[str]


@dataclass(frozen=True)
class OpaqueV:
    """Something that exists, of a type that is not known."""

    why: str = "its type cannot be told from the source"
    dynamic: bool = False
    foreign: bool = False


Value = ClassV | InstanceV | FuncV | Module | RuntimeV | ServiceV | OperationV | OpaqueV


def snake(name: str) -> str:
    """The method name of an operation (botocore's xform_name)."""
    special = re.search(r"[A-Z]{2,}s$", name)
    if special:
        name = f"{name[: special.start()]}_{special.group().lower()}"
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


@functools.cache
def operations(model: Path) -> dict[str, OperationV]:
    """The methods of a service model."""
    raw = model.read_bytes()
    data = json.loads(gzip.decompress(raw) if model.suffix == ".gz" else raw)
    shapes = data["shapes"]
    return {
        snake(name): OperationV(frozenset(shapes.get(op.get("input", {}).get("shape"), {}).get("members", {})))
        for name, op in data["operations"].items()
    }


def last_name(expr: ast.AST) -> str:
    """The last identifier of a dotted name or of what is called."""
    if isinstance(expr, ast.Call):
        return last_name(expr.func)
    return expr.attr if isinstance(expr, ast.Attribute) else getattr(expr, "id", "")


def decorators(node: ast.AST) -> set[str]:
    """The last identifiers of the decorators of a function."""
    return {last_name(d) for d in getattr(node, "decorator_list", [])}


def opaque_last(values: Iterable[Value]) -> list[Value]:
    """Values without repetitions, the unknown ones last."""
    return sorted(dict.fromkeys(values), key=lambda v: isinstance(v, OpaqueV))


@dataclass
class Params:
    """The parameters of a callable as its callers see them."""

    positional: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    any_positional: bool = False
    any_named: bool = False

    def accepts(self, parameter: str | int) -> bool:
        """Whether the parameter (name or position) exists."""
        if isinstance(parameter, int):
            return self.any_positional or parameter < len(self.positional)
        return self.any_named or parameter in self.named


ANYTHING = Params(any_positional=True, any_named=True)


def params_of_node(node: FunctionNode, bound: bool) -> Params:
    """The parameters of a `def` or lambda; `bound` drops the receiver."""
    args = node.args
    positional = [a.arg for a in (*args.posonlyargs, *args.args)][1 if bound else 0 :]
    named = {*positional, *(a.arg for a in args.kwonlyargs)}
    return Params(positional, named, args.vararg is not None, args.kwarg is not None)


def params_of_object(obj: Any) -> Params:
    """The parameters of an object of the standard library."""
    try:
        signature = inspect.signature(obj)
    except (TypeError, ValueError):
        return ANYTHING
    kinds = inspect.Parameter
    params = list(signature.parameters.values())
    if params and params[0].name == "self" and inspect.isroutine(obj):
        params = params[1:]
    positional = [p.name for p in params if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    found = {p.kind for p in params}
    return Params(positional, {p.name for p in params}, kinds.VAR_POSITIONAL in found, kinds.VAR_KEYWORD in found)
