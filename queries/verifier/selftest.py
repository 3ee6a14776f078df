"""A package and a catalog made up to prove that right entries pass and wrong ones are reported."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

PACKAGE = {
    "acme/__init__.py": """
        from typing import TYPE_CHECKING
        from ._client import Client as Client, make
        from ._star import *
        from .tools import tool
        if TYPE_CHECKING:
            from .late import Late
        try:
            from .speedups import Fast
        except ImportError:
            from ._client import Client as Fast
        Alias = Client
        _LAZY = {"Lazy": ".late", "Other": ("acme.late", "Late")}
        _import_structure = {"late": ["Listed"]}
        def __getattr__(name):
            if name == "Hidden":
                from .late import Late as Hidden
                return Hidden
            return _LAZY[name]
        """,
    "acme/_star.py": """
        __all__ = ["Starred"]
        class Starred:
            def go(self): ...
        """,
    "acme/late.py": """
        class Late:
            def run(self, task, *, tools=None): ...
        class Lazy(Late): ...
        class Listed(Late): ...
        """,
    "acme/tools.py": """
        def tool(name, description=None): ...
        """,
    "acme/_client.py": """
        from __future__ import annotations
        import json
        from functools import cached_property
        from typing import Any, Generic, Optional, TypeVar, Union
        from partner import Foreign, Base as PartnerBase
        T = TypeVar("T", bound="Chat")
        class Completions:
            def create(self, model: str, messages: list, tools: Any = None): ...
            async def open(self, **kwargs): ...
        class Chat:
            completions: "Completions"
        class Holder(Generic[T]):
            held: T
        class Base:
            batches: Optional[Chat] = None
            def inherited(self) -> Self: ...
            def chain(self) -> "Union[Chat, None]": ...
        class Client(Base, PartnerBase):
            def __init__(self, key=None, *, tools=None):
                self.direct, self.pair = Completions(), 1
                self.plain = Completions()
                self.typed: Completions = make_it()
            @cached_property
            def chat(self) -> Chat: ...
            @property
            def bare(self):
                return self.plain
            @property
            def holder(self) -> Holder[Chat]: ...
            @staticmethod
            def helper(first, second): ...
            class Nested:
                def deep(self): ...
        class Magic:
            def __getattr__(self, name): ...
        def make(key) -> Client: ...
        """,
}
PARTNER = {
    "partner/__init__.py": "from .core import *",
    "partner/core.py": "class Base:\n    def partnered(self, x): ...\nclass Foreign: ...\n",
}
OLD = {"acme/__init__.py": "class Completion:\n    @classmethod\n    def create(cls, engine): ...\n"}
MODEL = {"operations": {"InvokeAPIs": {"input": {"shape": "In"}}}, "shapes": {"In": {"members": {"modelId": {}}}}}
BOTOCORE = {
    "botocore/client.py": "class BaseClient:\n    def close(self): ...\n",
    "botocore/data/acme-runtime/2023-01-01/service-2.json": json.dumps(MODEL),
}
RELEASES = {"acme-2.0": PACKAGE, "acme-1.0": OLD, "partner-1.0": PARTNER, "botocore-1.0": BOTOCORE}

CATALOG = """\
framework: case
packages:
  - {pypi: acme, imports: [acme], verify: ["2.0", "1.0"]}
  - {pypi: botocore, imports: [botocore], verify: ["1.0"]}
  - {pypi: "-", imports: [json, subprocess, builtins], stdlib: true}
"""
PARTNER_CATALOG = """\
framework: partner
packages: [{pypi: partner, imports: [partner], verify: ["1.0"]}]
classes: {partner.Base: {members: {partnered: {kind: llm_call, calls: [x, 0]}}}}
"""
GOOD = """\
classes:
  acme.Client:
    aliases: [acme.Alias, acme.Fast, "acme._client.{Client,Client}"]
    tools: [tools]
    options: {key: llm_call}
    members:
      "{chat,batches}.completions.{create,open}": {tools: [tools, 2], signature: [model, messages]}
      "{plain,typed,bare}.create": {kind: llm_call}
      "{direct,pair}": {type: self}
      holder.held.completions.create: llm_call
      inherited: {returns: self}
      helper: {calls: [second, 1]}
      Nested.deep: llm_call
      partnered: {returns: "list[acme.Lazy] | arg(x, 0)"}
  acme.Lazy: {aliases: ["acme.{Late,Other,Listed,Hidden}"], members: {run: {tools: [tools]}}}
  acme.Starred: {members: {go: llm_call}}
  botocore.client.AcmeRuntime: {members: {invoke_apis: {kind: llm_call, signature: [modelId]}, close: {}}}
  acme.make: {members: {chat.completions.create: llm_call}}
  acme._client.Magic: {members: {anything: {kind: llm_call, unverified: made by __getattr__}}}
functions:
  acme.tools.tool: {decorator: tool_def, tool: {name: [name, 0], description: [description]}}
  acme.Completion.create: {kind: llm_call, signature: [engine]}
  acme.tool: tool_def
  subprocess.run: {exec: [args, 0]}
  builtins.eval: {exec: [0]}
"""
GOVERNORS = """\
governors: case
families:
  - id: acme
    packages: [{pypi: acme, imports: [acme], verify: ["2.0"]}]
    ambient: [{path: acme.make, targets: all, select: key}]
    wrapping: [{path: acme.Client, as: function, methods: [helper], arg: [first, 0], in: acme.tool, of: [name]}]
"""
BAD_GOVERNORS = """\
governors: case
packages: [{pypi: acme, imports: [acme], verify: ["2.0"]}]
off: [{path: acme.make, unless: {kee: false}}]
wrapping: [{path: acme.Client, as: function, methods: [helpr], in: acme.tool, of: [nam]}]
"""
BAD = """\
classes:
  acme.Client:
    aliases: [acme.Clint]
    tools: [toolz]
    members:
      chat.completions.creat: llm_call
      chain.completions: llm_call
      plain.create: {tools: [tols, 9], returns: acme.Nothing}
      direct.create: llm_call
      pair.create: llm_call
  acme._client.Magic: {members: {anything: llm_call}}
  elsewhere.Thing: {}
  botocore.client.AcmeRuntime: {members: {invoke_api: llm_call}}
functions:
  acme.Completion.create: {signature: [model]}
  acme.tools: llm_call
  acme.late.Lazzy: llm_call
  subprocess.runn: {exec: [args, 0]}
"""
EXPECTED = [
    "8: acme.Clint: dynamic",
    "7: acme.Client: no such parameter (`toolz`) in acme 2.0, 1.0 (nearest: tools)",
    "11: acme.Client.chat.completions.creat: no such member (`creat`) in acme 2.0, 1.0 (nearest: create)",
    "12: acme.Client.chain.completions: no such member",
    "13: acme.Client.plain.create: no such parameter (`tols`)",
    "13: acme.Client.plain.create: type acme.Nothing is no class",
    "14: acme.Client.direct.create: cannot be followed",
    "15: acme.Client.pair.create: cannot be followed",
    "16: acme._client.Magic.anything: dynamic",
    "17: elsewhere.Thing: its import root is in no package",
    "18: botocore.client.AcmeRuntime.invoke_api: no such member (`invoke_api`) in botocore 1.0 (nearest: invoke_apis)",
    "3: acme.make: no such parameter (`kee`) in acme 2.0 (nearest: key)",
    "4: acme.Client.helpr: no such member (`helpr`) in acme 2.0 (nearest: helper)",
    "4: acme.tool: no such parameter (`nam`)",
    "20: acme.Completion.create: no such parameter (`model`)",
    "21: acme.tools: it is a module",
    "22: acme.late.Lazzy: no such member (`Lazzy`) in acme 2.0, 1.0 (nearest: Lazy)",
    "23: subprocess.runn: no such member (`runn`) in - (nearest: run)",
]


def write_tree(base: Path, files: dict[str, str]) -> None:
    """Write files, cutting the common indentation."""
    for name, text in files.items():
        lines = text.strip("\n").splitlines()
        indent = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
        target = base / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(x[indent:] for x in lines) + "\n", encoding="utf-8")


def run_case(queries: Path, text: str, governors: str, verify: Callable[[Path, str], int]) -> tuple[int, list[str]]:
    """Exit code and output for one made-up catalog."""
    frameworks = {"frameworks/case.yaml": CATALOG + text, "frameworks/partner.yaml": PARTNER_CATALOG}
    write_tree(queries, {**frameworks, "governors/case.yaml": governors})
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = verify(queries, "case")
    return code, out.getvalue().splitlines()


def self_test(verify: Callable[[Path, str], int]) -> int:
    """Run the made-up catalogs; `verify(queries, file)` checks one file offline. 0 if all is as expected."""
    with tempfile.TemporaryDirectory() as tmp:
        base = Path(tmp)
        os.environ["AEGIS_CATALOG_CACHE"] = str(base / "cache")
        for release, files in RELEASES.items():
            write_tree(base / "cache" / release, files)
        good_code, good = run_case(base / "good", GOOD, GOVERNORS, verify)
        bad_code, bad = run_case(base / "bad", BAD, BAD_GOVERNORS, verify)
    problems = [line.partition("case.yaml:")[2] for line in bad[:-1]]
    missing = [e for e in EXPECTED if not any(p.startswith(e) for p in problems)]
    surprising = [p for p in problems if not any(p.startswith(e) for e in EXPECTED)]
    failures = [*([] if good_code == 0 else good), *(f"not reported: {e}" for e in missing),
                *(f"not expected: {p}" for p in surprising), *([] if bad_code == 1 else ["wrong exit code"])]
    print("\n".join(failures) or f"self-test: {len(EXPECTED)} wrong entries reported, {good[-1]}")
    return 1 if failures else 0
