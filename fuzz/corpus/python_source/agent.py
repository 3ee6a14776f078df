from functools import partial
from langchain_core.tools import tool, BaseTool
from langchain_openai import ChatOpenAI

try:
    import anthropic as m
except ImportError:
    m = None


@tool("add", return_direct=True)
def add(x: int, y: "int" = 1) -> int:
    """Adds."""
    return eval(llm.invoke("x").content)


class T(BaseTool):
    name: str = "t"

    def _run(self, q): ...


llm = ChatOpenAI() | (lambda x: x)
f = partial(llm.bind_tools, [add, T()])
for a, (b, *c) in [(f, [f]), *zip([f])]:
    a().invoke(b) if (n := c) else [g for g in c if g.stream("x")]
match m:
    case m.Anthropic(messages=q) | [q, *_]:
        q.create()
    case {"k": v, **r}:
        del v
global_ = lambda *a, k=llm: k.invoke(a)
