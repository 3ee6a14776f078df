"""Durable audit inserts of agent-aegis, in the shape of the table of scripts/bench-audit.sh."""

import sys
import tempfile
import threading
import time
from pathlib import Path

from aegis.core.action import Action
from aegis.core.policy import Policy
from aegis.runtime.audit import AuditLogger

POLICY = {
    "version": "1",
    "defaults": {"risk_level": "medium", "approval": "approve"},
    "rules": [{"name": "reads", "match": {"type": "db_*"}, "risk_level": "low", "approval": "auto"}],
}


def say(what: str, count: int, took: float) -> None:
    print(f"{what:<44} {count / took:>12.0f} a second {took / count * 1e6:>12.1f} us each", flush=True)


def main() -> None:
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    action = Action("db_query", "salesforce", params={"id": 7, "note": "quarterly report", "limit": 100})
    decision = Policy.from_dict(POLICY).evaluate(action)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        log = AuditLogger(Path(temporary) / "peer.db")
        count = 300
        start = time.perf_counter()
        for _ in range(count):
            log.log("session", decision)
        say("agent-aegis: durable events, one caller", count, time.perf_counter() - start)
        callers, each = 64, 20
        failures: list[BaseException] = []

        def write() -> None:
            try:
                for _ in range(each):
                    log.log("session", decision)
            except BaseException as error:  # what is counted is what was written
                failures.append(error)

        threads = [threading.Thread(target=write) for _ in range(callers)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        say(f"agent-aegis: durable events, {callers} callers", callers * each, time.perf_counter() - start)
        if failures:
            print(f"agent-aegis: {len(failures)} of {callers} callers failed, the first with: {failures[0]}")


main()
