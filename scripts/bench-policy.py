"""The Python half of bench-policy.sh.

    bench-policy.py measure [--quick]   times agent-aegis; needs the package agent-aegis
    bench-policy.py table FILE...       measurements of all engines -> a table in Markdown

Measurements are lines `engine<TAB>rules<TAB>place<TAB>nanoseconds`.
"""

import statistics
import sys
import time

COUNTS = [10, 100, 1000]
PLACES = ["first", "middle", "last", "none"]


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
    from pathlib import Path

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


def table(paths):
    found = {}
    engines = []
    for path in paths:
        for line in open(path, encoding="utf-8"):
            engine, count, place, nanoseconds = line.rstrip("\n").split("\t")
            if engine not in engines:
                engines.append(engine)
            found[engine, int(count), place] = float(nanoseconds)
    head = ["rules", "rule that matches", *engines]
    print("| " + " | ".join(head) + " |")
    print("|" + "---:|" + "---|" + "---:|" * len(engines))
    for count in COUNTS:
        for place in [*PLACES, "load"]:
            ours = found.get(("aegis", count, place))
            cells = []
            for engine in engines:
                theirs = found.get((engine, count, place))
                if theirs is None:
                    cells.append("")
                elif engine == "aegis" or not ours:
                    cells.append(shown(theirs))
                else:
                    ratio = theirs / ours
                    cells.append(f"{shown(theirs)} ({ratio:.1f}x)" if ratio < 10 else f"{shown(theirs)} ({ratio:.0f}x)")
            label = "(load and compile)" if place == "load" else place
            print(f"| {count:,} | {label} | " + " | ".join(cells) + " |")


def main(args):
    match args:
        case ["measure"]:
            measure(1.0)
        case ["measure", "--quick"]:
            measure(0.05)
        case ["table", *paths] if paths:
            table(paths)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
