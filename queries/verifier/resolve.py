"""Static resolution of names, expressions and members in one combination of releases."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .source import Binding, Module, Release, Scope, squeeze, strings
from .values import (
    ANYTHING,
    ClassV,
    FunctionNode,
    FuncV,
    InstanceV,
    OpaqueV,
    OperationV,
    Params,
    RuntimeV,
    ServiceV,
    Value,
    decorators,
    last_name,
    opaque_last,
    operations,
    params_of_node,
    params_of_object,
)

WRAPPERS = {"Optional", "Union", "ClassVar", "Final", "Required", "NotRequired", "Type", "type"}
PLAIN_DECORATORS = {"classmethod", "staticmethod", "abstractmethod", "overload", "override", "final"}


class Resolver:
    """Looks names up in one combination of releases."""

    def __init__(self, find: Callable[[str], tuple[Release, ...]]) -> None:
        """`find` lists the releases that may contain a module, the likeliest first."""
        self.find = find
        self.modules: dict[tuple[str, Release | None], Module | None] = {}
        self.memo: dict[Any, list[Value] | None] = {}
        for name in ("body", "assigned", "function_scope"):  # a cache for each resolver, gone with it
            setattr(self, name, functools.cache(getattr(self, name)))

    def once(self, key: Any, compute: Any) -> list[Value]:
        """Memoize; a question asked while it is being answered has no answer."""
        if key in self.memo:
            return self.memo[key] or []
        self.memo[key] = None
        self.memo[key] = result = opaque_last(compute())
        return result

    # -- modules

    def module(self, name: str, near: Module | None = None) -> Module | None:
        """A module by its full name, of the release of `near` if that has it."""
        key = (name, near.origin if near else None)
        if key not in self.modules:
            releases = [*([near.origin] if near else []), *self.find(name)]
            found = [m for r in releases if (m := r.module(name))]
            self.modules[key] = next((m for m in found if m.files), found[0] if found else None)
        return self.modules[key]

    def import_module(self, name: str, near: Module | None = None) -> list[Value]:
        """The value of an imported module."""
        module = self.module(name, near)
        if module:
            return [module]
        if name.split(".")[0] in sys.stdlib_module_names:
            try:
                return [RuntimeV(importlib.import_module(name))]
            except ImportError:
                return []
        return [OpaqueV(f"it comes from {name}, which is in no package of the catalog", foreign=True)]

    def module_attr(self, module: Module, name: str) -> list[Value]:
        """A name in a module: bound, star imported, lazy, or a submodule."""
        return self.once((module, name), lambda: self.find_in_module(module, name))

    def find_in_module(self, module: Module, name: str) -> Iterator[Value]:
        found: list[Value] = []
        if module.may_have(name):
            found = [*self.bound(module, name), *self.starred(module, name)]
            found = found or [*self.bound(module.lazy_scope, name), *self.lazy(module, name)]
        yield from found
        if (sub := self.submodule(module, name)) is not None:
            yield sub
        elif not found:
            yield from self.service(module, name)
            if not module.may_have(name):
                return
            if name in module.exported:
                yield OpaqueV("it is only named in __all__")
            elif "__getattr__" in module.symbols and not name.startswith("__"):
                yield OpaqueV(f"{module.name} has a __getattr__", dynamic=True)

    def submodule(self, module: Module, name: str) -> Module | None:
        """A module below a package."""
        return self.module(f"{module.name}.{name}", module) if module.is_package else None

    def starred(self, module: Module, name: str) -> Iterator[Value]:
        """Values of the name through `from x import *`."""
        for stmt in module.stars:
            source = self.module(module.absolute(stmt), module)
            if source and source.may_have(name) and source.exports(name):
                yield from (v for v in self.module_attr(source, name)
                            if not (isinstance(v, OpaqueV) and v.dynamic))

    def lazy(self, module: Module, name: str) -> Iterator[Value]:
        """Values of the name through tables of lazy imports."""
        for source, attribute in module.lazy.get(name, []):
            dotted = source.lstrip(".")
            for target in (f"{module.name}.{dotted}", dotted, f"{module.name.rpartition('.')[0]}.{dotted}"):
                found = self.module(target, module) if target.strip(".") else None
                if found and found is not module:
                    yield from self.module_attr(found, attribute)
                    break
            else:
                head, _, leaf = dotted.rpartition(".")
                if leaf == name and head and (found := self.module(head, module)):
                    yield from self.module_attr(found, leaf)

    def service(self, module: Module, name: str) -> Iterator[Value]:
        """The client class that botocore makes for a service."""
        if module.name in ("botocore.client", "aiobotocore.client"):
            for rel in self.find("botocore"):
                if model := rel.services.get(squeeze(name)):
                    yield ServiceV(model, module)

    # -- names and expressions

    def bound(self, scope: Scope, name: str, owner: ClassV | None = None) -> Iterator[Value]:
        """Values of the bindings of a name in exactly this scope."""
        for binding in scope.symbols.get(name, []):
            yield from self.binding(binding, owner)

    def binding(self, b: Binding, owner: ClassV | None) -> Iterable[Value]:
        """The values that a binding gives its name."""
        if b.kind == "class":
            return [ClassV(b.node, b.scope)]
        if b.kind == "func":
            return [FuncV(tuple(b.node), b.scope, owner)]
        if b.kind == "import":
            return self.import_module(b.node, b.scope.module)
        if b.kind == "from":
            source = b.scope.module.absolute(b.node)
            return [v for m in self.import_module(source, b.scope.module) for v in self.attribute(m, b.extra)]
        if b.kind == "self":
            return [InstanceV(b.node)]
        if b.kind == "typed":
            typed = self.annotated(b.node, b.scope, owner)
            return [*typed, *(self.evaluate(b.extra, b.scope) if b.extra else [])] or [OpaqueV()]
        if b.kind == "value":
            return self.once(b, lambda: self.evaluate(b.node, b.scope)) or [OpaqueV()]
        return [OpaqueV()]

    def lookup(self, scope: Scope | None, name: str) -> list[Value]:
        """A name as seen from a scope."""
        while scope is not None and not isinstance(scope, Module):
            if name in scope.symbols:
                return self.once((scope, name), lambda s=scope: self.bound(s, name))
            scope = scope.parent
        values = self.module_attr(scope, name) if scope else []
        if not values and hasattr(builtins, name):
            return [RuntimeV(getattr(builtins, name))]
        return values

    def evaluate(self, expr: ast.AST, scope: Scope, types: bool = False) -> list[Value]:
        """The possible values of an expression; `types` reads strings as forward references."""
        if isinstance(expr, ast.Name):
            return self.lookup(scope, expr.id)
        if isinstance(expr, ast.Attribute):
            return [v for base in self.evaluate(expr.value, scope) for v in self.attribute(base, expr.attr)]
        if isinstance(expr, ast.Call):
            return self.call(expr, scope)
        if isinstance(expr, ast.Lambda):
            return [FuncV((expr,), scope)]
        if isinstance(expr, ast.Subscript):
            return self.subscript(expr, scope, types)
        if types and isinstance(expr, ast.Constant) and isinstance(expr.value, str):
            try:
                return self.evaluate(ast.parse(expr.value.strip(), mode="eval").body, scope, types)
            except SyntaxError:
                return []
        return [v for part in self.alternatives(expr) for v in self.evaluate(part, scope, types)]

    @staticmethod
    def alternatives(expr: ast.AST) -> list[ast.expr]:
        """The parts of an expression that may be its value."""
        if isinstance(expr, ast.IfExp):
            return [expr.body, expr.orelse]
        if isinstance(expr, ast.BoolOp):
            return expr.values
        if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.BitOr):
            return [expr.left, expr.right]
        if isinstance(expr, (ast.Await, ast.NamedExpr)):
            return [expr.value]
        return []

    def subscript(self, expr: ast.Subscript, scope: Scope, types: bool) -> list[Value]:
        """`Optional[X]`, `Union[X, Y]`, `Annotated[X, ...]`, `Generic[X]`."""
        head = last_name(expr.value)
        parts = expr.slice.elts if isinstance(expr.slice, ast.Tuple) else [expr.slice]
        if head == "Annotated":
            parts = parts[:1]
        if head in WRAPPERS or head == "Annotated":
            return [v for part in parts for v in self.evaluate(part, scope, True)]
        values = self.evaluate(expr.value, scope, types)
        return [v for v in values if isinstance(v, ClassV)]

    def annotated(self, expr: ast.AST, scope: Scope, receiver: ClassV | None) -> list[Value]:
        """Values that an annotation allows."""
        if last_name(expr) == "Self" and receiver:
            return [InstanceV(receiver)]
        values = self.evaluate(expr, scope, types=True)
        instances = (InstanceV(v) if isinstance(v, ClassV) else v for v in values)
        return [v for v in instances if isinstance(v, (InstanceV, OpaqueV, ServiceV)) or self.useful(v)]

    @staticmethod
    def useful(value: Value) -> bool:
        """Whether a standard library object as an annotation tells something."""
        return isinstance(value, RuntimeV) and isinstance(value.obj, type) and value.obj is not object

    def call(self, expr: ast.Call, scope: Scope) -> list[Value]:
        """What a call results in."""
        name = last_name(expr.func)
        if name in ("TypeVar", "NewType"):
            bounds = [k.value for k in expr.keywords if k.arg == "bound"] + expr.args[1:]
            return [v for bound in bounds for v in self.evaluate(bound, scope, types=True)]
        if name in ("partial", "cached_property", "property", "staticmethod", "classmethod", "cast") and expr.args:
            return self.evaluate(expr.args[1 if name == "cast" and len(expr.args) > 1 else 0], scope)
        return [v for f in self.evaluate(expr.func, scope) for v in self.result(f)]

    def result(self, function: Value) -> list[Value]:
        """What calling a value results in."""
        if isinstance(function, ClassV):
            return [InstanceV(function)]
        if isinstance(function, FuncV):
            return self.once(("result", function), lambda: self.returned(function))
        if isinstance(function, InstanceV):
            return [v for call in self.step(function, "__call__") for v in self.result(call)]
        return [OpaqueV()]

    def returned(self, function: FuncV) -> Iterator[Value]:
        """Values of the return annotations, or else of the return statements."""
        for node in function.nodes:
            annotation = getattr(node, "returns", None)
            if annotation:
                yield from self.annotated(annotation, function.scope, function.owner)
            elif isinstance(node, ast.Lambda):
                yield from self.evaluate(node.body, function.scope)
            else:
                inner = self.function_scope(node, function.scope, function.owner)
                for stmt in ast.walk(node):
                    if isinstance(stmt, ast.Return) and stmt.value:
                        yield from self.evaluate(stmt.value, inner)

    def function_scope(self, node: FunctionNode, scope: Scope, owner: ClassV | None) -> Scope:
        """The names inside a function."""
        outer = scope.parent if owner and not isinstance(scope, Module) and scope.parent else scope
        inner = Scope(scope.module, outer)
        args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for arg in args:
            inner.bind(arg.arg, "typed" if arg.annotation else "opaque", arg.annotation)
        if owner and args and not args[0].annotation:
            inner.symbols[args[0].arg] = [Binding("self", inner, owner)]
        inner.collect(node.body if isinstance(node.body, list) else [])
        return inner

    # -- members

    def attribute(self, value: Value, name: str) -> list[Value]:
        """The attribute of a value in an expression; what is foreign stays so."""
        return [value] if isinstance(value, OpaqueV) and value.foreign else self.step(value, name)

    def step(self, value: Value, name: str) -> list[Value]:
        """The attribute of a value."""
        if isinstance(value, Module):
            return self.module_attr(value, name)
        if isinstance(value, RuntimeV):
            return self.runtime_attr(value.obj, name)
        if isinstance(value, (ClassV, InstanceV)):
            cls = value if isinstance(value, ClassV) else value.cls
            return self.once((cls, name), lambda: self.class_attr(cls, name))
        if isinstance(value, ServiceV):
            found = operations(value.model).get(name)
            base = [] if found else self.module_attr(value.scope.module, "BaseClient")
            return [found] if found else [v for b in base for v in self.step(b, name)]
        if isinstance(value, FuncV) and self.is_property(value):
            return [v for r in self.result(value) for v in self.step(r, name)]
        return [value] if isinstance(value, OpaqueV) and value.dynamic else []

    @staticmethod
    def runtime_attr(obj: Any, name: str) -> list[Value]:
        """An attribute of a standard library object, or a submodule."""
        if hasattr(obj, name):
            return [RuntimeV(getattr(obj, name))]
        if inspect.ismodule(obj):
            try:
                return [RuntimeV(importlib.import_module(f"{obj.__name__}.{name}"))]
            except ImportError:
                return []
        return []

    @staticmethod
    def is_property(function: FuncV) -> bool:
        """Whether reading the attribute calls the function (or may, for unknown decorators)."""
        return bool({d for node in function.nodes for d in decorators(node)} - PLAIN_DECORATORS)

    def class_attr(self, cls: ClassV, name: str) -> list[Value]:
        """A member: of the class, of its instances, or inherited."""
        unknown: list[Value] = []
        dynamic = None
        for base in self.mro(cls):
            if isinstance(base, OpaqueV):
                continue
            values = self.own_attr(base, name, cls) if isinstance(base, ClassV) else self.step(base, name)
            known = [v for v in values if not isinstance(v, OpaqueV)]
            if known:
                return [*known, *unknown]
            unknown += values
            if isinstance(base, ClassV) and "__getattr__" in self.body(base).symbols:
                dynamic = base.node.name
        if not unknown and dynamic and not name.startswith("__"):
            return [OpaqueV(f"{dynamic} has a __getattr__", dynamic=True)]
        return unknown

    def own_attr(self, cls: ClassV, name: str, receiver: ClassV) -> list[Value]:
        """A member that the class itself defines."""
        values = list(self.bound(self.body(cls), name, receiver))
        for binding in self.assigned(cls).get(name, []):
            values += self.binding(binding, receiver)
        return values

    def body(self, cls: ClassV) -> Scope:
        """The scope of a class body."""
        scope = Scope(cls.scope.module, cls.scope)
        scope.collect(cls.node.body)
        return scope

    def assigned(self, cls: ClassV) -> dict[str, list[Binding]]:
        """What methods assign to attributes of their first parameter."""
        found: dict[str, list[Binding]] = {}
        body = self.body(cls)
        functions = [n for bs in body.symbols.values() for b in bs if b.kind == "func" for n in b.node]
        for function in functions:
            args = [*function.args.posonlyargs, *function.args.args]
            if args:
                scope = self.function_scope(function, body, cls)
                for node in ast.walk(function):
                    for name, binding in self.assignments(node, args[0].arg, scope):
                        found.setdefault(name, []).append(binding)
        return found

    @staticmethod
    def assignments(node: ast.AST, receiver: str, scope: Scope) -> Iterator[tuple[str, Binding]]:
        """(attribute, binding) for `self.attribute = value` and `self.attribute: T = value`."""
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            for leaf in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(leaf, ast.Attribute) and getattr(leaf.value, "id", None) == receiver:
                    if isinstance(node, ast.AnnAssign):
                        yield leaf.attr, Binding("typed", scope, node.annotation, node.value)
                    else:
                        yield leaf.attr, Binding("value" if leaf is target else "opaque", scope, node.value)

    def mro(self, cls: ClassV) -> list[Value]:
        """The class and what it inherits from, depth first."""
        order: dict[Value, None] = {}
        stack: list[Value] = [cls]
        while stack:
            current = stack.pop(0)
            if current in order or not isinstance(current, (ClassV, RuntimeV, OpaqueV)):
                continue
            order[current] = None
            if isinstance(current, ClassV):
                stack = self.bases(current) + stack
        return list(order)

    def bases(self, cls: ClassV) -> list[Value]:
        """The bases of a class."""
        return self.once(("bases", cls), lambda: (
            v for base in cls.node.bases for v in self.evaluate(base, cls.scope, types=True)))

    def foreign_bases(self, value: Value) -> list[str]:
        """Why members may be missing: bases that could not be followed."""
        cls = value.cls if isinstance(value, InstanceV) else value
        return [b.why for b in self.mro(cls) if isinstance(b, OpaqueV)] if isinstance(cls, ClassV) else []

    def names(self, value: Value) -> set[str]:
        """The attribute names of a value, for suggestions."""
        if isinstance(value, Module):
            below = {n for r in self.find(value.name) for n in r.submodules(value.name)}
            stars = (self.module(value.absolute(s), value) for s in value.stars)
            return {*value.symbols, *value.exported, *below, *(n for m in stars if m for n in m.symbols if m.exports(n))}
        if isinstance(value, RuntimeV):
            return set(dir(value.obj))
        if isinstance(value, ServiceV):
            return set(operations(value.model))
        if isinstance(value, (ClassV, InstanceV)):
            bases = self.mro(value if isinstance(value, ClassV) else value.cls)
            own = [b for b in bases if isinstance(b, ClassV)]
            return {n for b in own for n in (*self.body(b).symbols, *self.assigned(b))}
        if isinstance(value, FuncV) and self.is_property(value):
            return {n for r in self.result(value) for n in self.names(r)}
        return set()

    # -- parameters

    def params(self, value: Value) -> list[Params]:
        """The ways a value can be called."""
        if isinstance(value, FuncV) and "property" in decorators(value.nodes[0]):
            return [p for v in self.result(value) for p in self.params(v)]
        if isinstance(value, FuncV):
            return [params_of_node(n, self.binds(value, n)) for n in value.nodes]
        if isinstance(value, RuntimeV):
            return [params_of_object(value.obj)]
        if isinstance(value, OperationV):
            return [Params(named=set(value.inputs))]
        if isinstance(value, ClassV):
            return self.constructor(value)
        if isinstance(value, InstanceV):
            return [p for v in self.step(value, "__call__") for p in self.params(v)] or [ANYTHING]
        return [ANYTHING]

    @staticmethod
    def binds(function: FuncV, node: FunctionNode) -> bool:
        """Whether the first parameter is the receiver."""
        return function.owner is not None and "staticmethod" not in decorators(node)

    def constructor(self, cls: ClassV) -> list[Params]:
        """The parameters of a class: `__init__`, `__new__`, or fields."""
        fields: dict[str, None] = {}
        for base in self.mro(cls):
            if isinstance(base, ClassV):
                makers = (v for n in ("__init__", "__new__") for v in self.bound(self.body(base), n, base))
                if found := [p for v in makers for p in self.params(v)]:
                    return [*found, Params(named=set(fields))]
                fields.update((a, None) for n, bs in self.body(base).symbols.items() for b in bs
                              if b.kind == "typed" for a in (n, *self.field_aliases(b.extra)))
        return [Params(list(fields), set(fields))]

    @staticmethod
    def field_aliases(value: ast.AST | None) -> list[str]:
        """Aliases of a pydantic field."""
        keywords = value.keywords if isinstance(value, ast.Call) else []
        return [text for k in keywords if k.arg in ("alias", "validation_alias") for text in strings(k.value)]
