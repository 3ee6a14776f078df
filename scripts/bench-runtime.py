"""The Python half of bench-runtime.sh: times agent-aegis and prints all as a table in Markdown.

    bench-runtime.py CRITERION_OUTPUT FOLDER

The folder is where agent-aegis keeps its record while it is measured.
"""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

POLICY = """
version: "1"
rules:
  - { name: no_deletes, match: { type: "delete*" }, risk_level: critical, approval: block }
  - { name: reading, match: { type: "read*" }, risk_level: low, approval: auto }
"""
UNITS = {"ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}
ACTIONS = 300


def rust(text):
    """Name of each measurement, and the seconds of one action, in the output of criterion."""
    pattern = r"^(\S[^\n]*?)\s+time:\s+\[\S+ \S+ (\S+) (\S+) \S+ \S+\]"
    for name, value, unit in re.findall(pattern, text, re.MULTILINE):
        callers = 64 if "64 callers" in name else 1
        yield f"aegis, {name}", float(value) * UNITS[unit] / callers


class NoRecord:
    """Takes what an audit logger is given and keeps nothing."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


async def python(folder):
    """The same action through agent-aegis, one caller after the other."""
    from aegis.adapters.base import BaseExecutor
    from aegis.core.action import Action
    from aegis.core.policy import Policy
    from aegis.core.result import Result, ResultStatus
    from aegis.runtime.audit import AuditLogger
    from aegis.runtime.engine import Runtime

    class Nothing(BaseExecutor):
        async def execute(self, action):
            return Result(action=action, status=ResultStatus.SUCCESS)

        async def verify(self, action, result):
            return True

    path = Path(folder) / "policy.yaml"
    path.write_text(POLICY)
    policy = Policy.from_yaml(str(path))
    record = AuditLogger(str(Path(folder) / "audit.db"))
    for name, logger in [("without audit", NoRecord()), ("its audit", record)]:
        runtime = Runtime(executor=Nothing(), policy=policy, audit_logger=logger)
        times = []
        for _ in range(ACTIONS):
            start = time.perf_counter()
            params = {"id": 42, "fields": "name,mail"}
            await runtime.run_one(Action("read_contact", target="crm", params=params))
            times.append(time.perf_counter() - start)
        yield f"agent-aegis, {name}/run_one", statistics.median(times)


async def main(output, folder):
    rows = list(rust(Path(output).read_text()))
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        rows += [row async for row in python(inside)]
    print("| what | median of one, µs |\n|---|---|")
    for name, seconds in rows:
        print(f"| {name} | {seconds * 1e6:,.1f} |")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
