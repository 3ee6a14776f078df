"""Probes every policy of a folder with two programs and prints a table. See bench-probe.sh.

Each policy says in its head what is wrong with it: `# expect: AEG202|AEG201 rule|other`, or
`# expect: sound`. A defect counts as found

- by Aegis, if a finding has one of the ids and speaks of, or is shown by, one of the rules;
- by agent-aegis, whose findings have other names, if any finding has an action that the policy
  really lets run unattended by one of the rules. That is generous: what it says of it is not read.

Findings below `medium` count for defects, some of which are no worse, and for nothing else. Processor time, not wall time, is measured,
since other programs disturb that less; the best of three runs, in turns.

The second table is about policies of other sizes, written here: rule *i* has its own verb and target and blocks or asks, as in
bench-policy.py. There it is wall time of the whole process, start included, and peak memory.
"""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOUD = {"medium", "high", "critical"}
RUNS = 3
# Rules, runs, seconds after which agent-aegis is stopped.
SIZES = [(20, 15, 60), (1_000, 7, 300), (10_000, 3, 300)]


def run(command):
    """What a command prints and the processor time it took, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return json.loads(done.stdout) if done.stdout else None, spent * 1000


def defects(text):
    heads = [h for h in re.findall(r"^# expect: (.*)$", text, re.M) if h != "sound"]
    return [tuple(part.split("|") for part in head.split(" ", 1)) for head in heads]


def by_aegis(report):
    found = []
    for finding in report["findings"]:
        witnesses = (finding.get("proof") or {}).get("witnesses", [])
        names = set(re.findall("`([^`]+)`", finding["message"]))
        names |= {w["rule"] or "defaults" for w in witnesses}
        found.append((finding["rule"]["id"], names))
    return found


def by_peer(report, policy, aegis):
    found = []
    for finding in report["findings"]:
        action = ["--type", finding["action_type"], "--target", finding["action_target"]]
        answer, _ = run([aegis, "simulate", policy, "--format", "json", *action])
        decision = answer["actions"][0]
        auto = decision["approval"] == "auto"
        by = (decision["rule"] or {}).get("name", "defaults")
        found.append((None, {by} if auto else set()))
    return found


def is_found(defect, found):
    ids, rules = defect
    anything = "*" in rules
    return any(
        (identity is None or identity in ids) and names and (anything or names & {*rules})
        for identity, names in found
    )


def generated(rules):
    """A policy of so many rules."""
    lines = ['version: "1"', "defaults: {risk_level: medium, approval: approve}", "rules:"]
    for i in range(rules):
        approval = ("block", "approve")[i % 2]
        lines.append(f'  - {{name: r{i}, match: {{type: "svc{i}_*", target: "t{i}*"}}, risk_level: high, approval: {approval}}}')
    return "\n".join(lines) + "\n"


def whole(command, limit):
    """Wall time in milliseconds and peak memory in MB of a process; nothing if it takes longer than `limit` seconds."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        pid, status, used = os.wait4(child.pid, 0 if limit is None else os.WNOHANG)
        if pid:
            spent = (time.perf_counter() - start) * 1000
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode not in (0, 1):
                sys.exit(f"{' '.join(command)}: exit {child.returncode}")
            return spent, used.ru_maxrss / 1024
        if time.perf_counter() - start > limit:
            child.kill()
            child.wait()
            return None
        time.sleep(0.05)


def sizes(aegis, peer):
    print("| rules | Aegis, ms: median (best) | its peak memory | agent-aegis, once |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for rules, runs, limit in SIZES:
            path = Path(folder, f"{rules}.yaml")
            path.write_text(generated(rules))
            command = ["probe", str(path), "--format", "json"]
            ours = [whole([aegis, *command], None) for _ in range(runs)]
            walls = [wall for wall, _ in ours]
            theirs = whole([peer, *command], limit)
            said = f"{theirs[0]:,.0f} ms, {theirs[1]:.0f} MB" if theirs else f"stopped after {limit} s"
            memory = max(m for _, m in ours)
            print(f"| {rules:,} | {statistics.median(walls):.1f} ({min(walls):.1f}) | {memory:.0f} MB | {said} |", flush=True)


def main():
    aegis, peer, folder = sys.argv[1:]
    columns = {"Aegis": aegis, "agent-aegis": peer}
    total = dict.fromkeys(columns, 0)
    found = dict.fromkeys(columns, 0)
    false = dict.fromkeys(columns, 0)
    alarmed = dict.fromkeys(columns, 0)
    crashed = dict.fromkeys(columns, 0)
    times = {name: [] for name in columns}
    wrong = sound = 0
    for path in sorted(Path(folder).glob("*.yaml")):
        expected = defects(path.read_text())
        wrong += len(expected)
        sound += not expected
        best = dict.fromkeys(columns, float("inf"))
        for turn in range(RUNS):
            for name, binary in columns.items():
                report, spent = run([binary, "probe", str(path), "--format", "json"])
                best[name] = min(best[name], spent)
                if turn > 0:
                    continue
                if report is None:
                    crashed[name] += 1
                    continue
                if name == "Aegis":
                    said = by_aegis(report)
                else:
                    said = by_peer(report, str(path), aegis)
                loud = sum(f["severity"] in LOUD for f in report["findings"])
                total[name] += loud
                found[name] += sum(is_found(defect, said) for defect in expected)
                if not expected:
                    false[name] += loud
                    alarmed[name] += loud > 0
        for name, spent in best.items():
            times[name].append(spent)

    def row(title, cell):
        print(f"| {title} | " + " | ".join(cell(name) for name in columns) + " |")

    row("", lambda name: name)
    print("|---|" + "---|" * len(columns))
    row(f"known defects found, of {wrong}", lambda n: str(found[n]))
    row(f"sound policies with findings, of {sound}", lambda n: str(alarmed[n]))
    row("findings on sound policies", lambda n: str(false[n]))
    row("findings in all", lambda n: str(total[n]))
    row("policies on which it crashes", lambda n: str(crashed[n]))
    row("processor time of one policy, ms, median", lambda n: f"{statistics.median(times[n]):.0f}")
    print()
    sizes(aegis, peer)


main()
