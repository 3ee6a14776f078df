"""The Python half of bench-policy.sh.

    bench-policy.py measure [--quick]   times agent-aegis; needs the package agent-aegis
    bench-policy.py section FILE...     measurements of all engines -> a section in Markdown

Measurements are lines `engine<TAB>rules<TAB>place<TAB>nanoseconds`.
"""

import datetime
import os
import re
import statistics
import sys
import time
from pathlib import Path

COUNTS = [10, 100, 1000]
PLACES = ["first", "middle", "last", "none"]
HOME = Path(__file__).resolve().parent.parent


def specs(count):
    """The same rules as crates/aegis-policy/benches/rules.rs: (type glob, target glob)."""
    for i in range(count):
        star = "*" if i % 4 == 3 else ""
        yield f"{star}verb{i}_*", f"{star}prod{i}*"


def names(place, count):
    """A type and a target that only the rule at this place matches."""
    if place == "none":
        return "read_customer", "staging-db"
    i = {"first": 0, "middle": count // 2, "last": count - 1}[place]
    return f"verb{i}_customer", f"prod{i}-db"


def median_time(budget, call):
    """Median seconds of one call, from batches that fill the budget."""
    batch = 1
    while True:
        start = time.perf_counter()
        for _ in range(batch):
            call()
        if (time.perf_counter() - start) * 15 > budget:
            break
        batch *= 2
    times = []
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(batch):
            call()
        times.append((time.perf_counter() - start) / batch)
    return statistics.median(times)


def measure(budget):
    import tempfile

    from aegis.core.action import Action
    from aegis.core.policy import Policy

    def report(count, place, seconds):
        print(f"agent-aegis\t{count}\t{place}\t{seconds * 1e9:.0f}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        for count in COUNTS:
            path = Path(folder) / "policy.yaml"
            lines = ['version: "1"', "defaults: { risk_level: low, approval: auto }", "rules:"]
            for i, (kind, target) in enumerate(specs(count)):
                lines += [
                    f"  - name: rule_{i}",
                    f'    match: {{ type: "{kind}", target: "{target}" }}',
                    "    risk_level: high",
                    "    approval: block",
                ]
            path.write_text("\n".join(lines) + "\n")
            report(count, "load", median_time(budget, lambda: Policy.from_yaml(path)))
            policy = Policy.from_yaml(path)
            for place in PLACES:
                kind, target = names(place, count)
                action = Action(type=kind, target=target)
                blocks = policy.evaluate(action).approval.value == "block"
                if blocks != (place != "none"):
                    sys.exit(f"agent-aegis decides wrongly about `{place}`")
                report(count, place, median_time(budget, lambda: policy.evaluate(action)))


def shown(nanoseconds):
    for unit, size in [("ms", 1e6), ("us", 1e3)]:
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def times(ratio):
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"


def read(paths):
    """(engine, rules, place) -> nanoseconds, and the engines in their order."""
    found = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            engine, count, place, nanoseconds = line.split("\t")
            found[engine, int(count), place] = float(nanoseconds)
    return found, list(dict.fromkeys(engine for engine, _, _ in found))


def versions():
    lock = (HOME / "benches/peers/Cargo.lock").read_text(encoding="utf-8")

    def of(package):
        return re.search(rf'name = "{package}"\nversion = "([^"]+)"', lock)[1]

    return f"cedar-policy {of('cedar-policy')}, regorus {of('regorus')} and agent-aegis 1.0.0"


def machine():
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), model)
    except OSError:
        pass
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({model}), load {load:.1f} at the end"


def table(found, engines):
    yield "| rules | rule that matches | " + " | ".join(engines) + " |"
    yield "|---:|---|" + "---:|" * len(engines)
    for count in [*COUNTS, 10_000]:
        for place in [*PLACES, "load"]:
            ours = found["aegis", count, place]
            cells = []
            for engine in engines:
                theirs = found.get((engine, count, place))
                if theirs is None:
                    cells.append("")
                elif engine == "aegis":
                    cells.append(shown(theirs))
                else:
                    cells.append(f"{shown(theirs)} ({times(theirs / ours)}x)")
            label = "(load and compile)" if place == "load" else place
            yield f"| {count:,} | {label} | " + " | ".join(cells) + " |"


def shapes(found):
    yield "| 1,000 rules | load and compile |"
    yield "|---|---:|"
    yield f"| of two patterns | {shown(found['aegis', 1000, 'load'])} |"
    for (engine, _, place), taken in found.items():
        if engine == "aegis" and place.startswith("load "):
            yield f"| {place.removeprefix('load ')} | {shown(taken)} |"


def aims(found):
    """What was aimed at, and whether it is met: (aim, figure, met)."""

    def slowest(count):
        return max(found["aegis", count, place] for place in PLACES)

    for count, limit in [(10, 400), (1_000, 1_000), (10_000, 3_000)]:
        time = slowest(count)
        yield f"decide with {count:,} rules within {shown(limit)}", shown(time), time <= limit
    loads = [time for (engine, count, place), time in found.items() if engine == "aegis" and count == 1000 and place.startswith("load")]
    yield "load 1,000 rules within 20 ms, the slowest kind in the table", shown(max(loads)), max(loads) <= 20e6
    for engine, least in [("agent-aegis", 50), ("cedar", 100), ("regorus", 200)]:
        for place in PLACES:
            ratio = found[engine, 1000, place] / found["aegis", 1000, place]
            yield f"1,000 rules, {place}: {least} times faster than {engine}", f"{times(ratio)} times", ratio >= least


def section(paths):
    found, engines = read(paths)
    print("## Policies\n")
    print(
        f"`scripts/bench-policy.sh` on {datetime.date.today()}, {machine()}. The same rules in the language of each engine, "
        f"beside {versions()}; every engine gave the same answers before it was timed. Rule *i* blocks what has its verb on its "
        "target, every fourth with patterns that may match anywhere. Medians; in brackets how many times as long as Aegis.\n"
    )
    print("\n".join(table(found, engines)) + "\n")
    print(
        "What loading takes depends on what the rules hold. A regular expression is checked when it is loaded and built when it is "
        "first asked, if it is certain to stay within its bound; otherwise it is built at once. The Unicode classes are `\\w`, "
        "twice, `\\d` and `\\p{L}`.\n"
    )
    print("\n".join(shapes(found)) + "\n")
    print("| aim | measured | |\n|---|---:|---|")
    for aim, figure, met in aims(found):
        print(f"| {aim} | {figure} | {'met' if met else '**missed**'} |")


def main(args):
    match args:
        case ["measure"]:
            measure(1.0)
        case ["measure", "--quick"]:
            measure(0.05)
        case ["section", *paths] if paths:
            section(paths)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
