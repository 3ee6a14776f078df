#!/usr/bin/env python3
"""The measurements of scripts/bench.sh, which builds what is needed and calls this. Standard library only.

Programs that are compared run in turns, so that what the machine does meanwhile meets both. A ratio is the median of
the ratios of the turns. Wall time, user time and peak memory are those of the process and its children.
"""

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

# From this line on, docs/benchmarks.md is written by hand and kept.
BY_HAND = "<!-- By hand from here on. -->"
PEER_RULES = """\
rules:
  - {id: a, languages: [python], severity: INFO, message: m, pattern: "$C.chat.completions.create(...)"}
  - {id: b, languages: [python], severity: INFO, message: m, pattern: "$C.messages.create(...)"}
  - {id: c, languages: [python], severity: INFO, message: m, pattern: "$C.responses.create(...)"}
  - {id: d, languages: [python], severity: INFO, message: m, pattern: "$C.kickoff(...)"}
"""
AST_GREP_RULES = "\n---\n".join(
    f"id: {name}\nlanguage: python\nrule: {{pattern: {pattern}($$$)}}"
    for name, pattern in (
        ("a", "$C.chat.completions.create"),
        ("b", "$C.messages.create"),
        ("c", "$C.responses.create"),
        ("d", "$C.kickoff"),
    )
)


class Run:
    """One execution of a program."""

    def __init__(self, command, limit=3600, cwd=None, codes=(0,)):
        started = time.perf_counter()
        self.stopped = False
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=cwd) as process:

            def stop():
                self.stopped = True
                process.kill()

            timer = threading.Timer(limit, stop)
            timer.start()
            errors = process.stderr.read()
            timer.cancel()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.perf_counter() - started
        self.user = usage.ru_utime
        # KiB on Linux, bytes on macOS.
        self.memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        if process.returncode not in codes and not self.stopped:
            sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{errors.decode(errors='replace')}")


class Measured:
    """Several executions of one program."""

    def __init__(self, runs):
        self.runs = runs
        self.wall = statistics.median(r.wall for r in runs)
        self.user = statistics.median(r.user for r in runs)
        self.memory = max(r.memory for r in runs)


def measure(commands, runs, **how):
    """Runs the commands in turns, after one turn that is not counted."""
    results = [[] for _ in commands]
    for turn in range(runs + (runs > 1)):
        for command, result in zip(commands, results):
            run = Run(command, **how)
            if turn or runs == 1:
                result.append(run)
    return [Measured(r) for r in results]


def ratio(a, b):
    return statistics.median(x.wall / y.wall for x, y in zip(a.runs, b.runs))


def output(command, cwd=None):
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def megabytes(value):
    return f"{value / 1e6:,.0f} MB"


def copy_source(source, to, metadata=False):
    """Copies what a scan reads, on demand with the folders that say what is installed; a complete copy is kept."""
    mark = to / ".copied"
    if mark.exists() and mark.stat().st_mtime > source.stat().st_mtime:
        return
    shutil.rmtree(to, ignore_errors=True)
    for folder, _, names in os.walk(source):
        wanted = [n for n in names if n.endswith((".py", ".ipynb")) or n in ("pyproject.toml", "Dockerfile")]
        if metadata and folder.endswith(".dist-info"):
            wanted = names
        if wanted:
            below = to / os.path.relpath(folder, source)
            below.mkdir(parents=True, exist_ok=True)
            for name in wanted:
                shutil.copyfile(os.path.join(folder, name), below / name)
    mark.touch()


MODULE = '''\
"""Part {n} of the store."""

import dataclasses
import logging
from datetime import datetime, timedelta
{imports}

log = logging.getLogger(__name__)


@dataclasses.dataclass
class Order{n}:
    """An order of department {n}."""

    number: int
    customer: str
    lines: list[tuple[str, int, float]] = dataclasses.field(default_factory=list)
    created: datetime = dataclasses.field(default_factory=datetime.now)

    def add(self, article: str, count: int, price: float) -> "Order{n}":
        if count <= 0:
            raise ValueError(f"{{count}} of {{article}}")
        self.lines.append((article, count, price))
        return self

    def total(self, discount: float = 0.0) -> float:
        amount = sum(count * price for _, count, price in self.lines)
        return round(amount * (1 - discount), 2)

    def is_late(self, now: datetime | None = None) -> bool:
        return (now or datetime.now()) - self.created > timedelta(days={days})


class Repository{n}:
    def __init__(self, connection, limit: int = {limit}):
        self.connection = connection
        self.limit = limit
        self.cache: dict[int, Order{n}] = {{}}

    def find(self, number: int) -> Order{n} | None:
        if number in self.cache:
            return self.cache[number]
        row = self.connection.execute("select * from orders_{n} where number = ?", (number,)).fetchone()
        if row is None:
            log.info("no order %s", number)
            return None
        order = Order{n}(number=row["number"], customer=row["customer"])
        self.cache[number] = order
        return order

    def save(self, order: Order{n}) -> None:
        with self.connection:
            for article, count, price in order.lines:
                self.connection.execute("insert into lines_{n} values (?, ?, ?)", (article, count, price))
        self.cache[order.number] = order
        while len(self.cache) > self.limit:
            self.cache.pop(next(iter(self.cache)))


def summary(orders: list[Order{n}]) -> dict[str, float]:
    result: dict[str, float] = {{}}
    for order in orders:
        result[order.customer] = result.get(order.customer, 0.0) + order.total()
    try:
        return dict(sorted(result.items(), key=lambda item: -item[1]))
    finally:
        log.debug("%d customers", len(result))
'''


def make_project(root, home, files):
    """A product of `files` Python files: the support desk, the detection fixtures, and plain modules that import each other."""
    shutil.rmtree(root, ignore_errors=True)
    copy_source(home / "fixtures/projects/support-desk", root)
    for program in sorted((home / "fixtures/detection").iterdir()):
        if program.is_dir() and len(list(program.rglob("*.py"))) == 1:
            copy_source(program, root / "examples" / program.name.replace("-", "_"))
    store = root / "src/store"
    store.mkdir(parents=True)
    (store / "__init__.py").write_text("")
    for n in range(files - len(list(root.rglob("*.py")))):
        imports = [f"from store.part{i} import Repository{i}" for i in (n // 2, n - 1) if 0 <= i < n]
        if n % 10 == 0:
            imports.append("from support_desk import clients")
        text = MODULE.format(n=n, imports="\n".join(dict.fromkeys(imports)), days=n % 9 + 1, limit=100 + n)
        (store / f"part{n}.py").write_text(text)
    return len(list(root.rglob("*.py")))


def make_repository(root, home, changed):
    """Makes a folder a git repository with a policy and one commit, and changes one file since: two ungoverned calls are new."""
    shutil.copyfile(home / "fixtures/projects/support-desk/policy.yaml", root / "policy.yaml")
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgSign=false"]
    shutil.rmtree(root / ".git", ignore_errors=True)
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "base"]):
        output(git + arguments, cwd=root)
    with (root / changed).open("a", encoding="utf-8") as file:
        file.write(CHANGE)


CHANGE = """

def _ask_again(text):
    from anthropic import Anthropic
    from openai import OpenAI

    OpenAI().responses.create(model="gpt-5", input=text)
    return Anthropic().messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=[text])
"""


def machine():
    model = platform.processor() or platform.machine()
    memory = ""
    if Path("/proc/cpuinfo").exists():
        names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
        model = names[0] if names else model
        kib = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1))
        memory = f", {kib / (1 << 20):.0f} GB of memory"
    return f"{model}, {os.cpu_count()} cores{memory}, {platform.system()} {platform.release()}"


def corpus_table(aegis, work):
    """Scans every repository of the corpus and scores it; the text of the scorer and its figures."""
    root, labels = os.environ.get("AEGIS_CORPUS"), os.environ.get("AEGIS_CORPUS_LABELS")
    if not root or not labels:
        return None
    root, labels = Path(root), Path(labels)
    found, figures = work / "findings.jsonl", work / "score.json"
    found.unlink(missing_ok=True)
    for repository in sorted(p for p in root.iterdir() if p.is_dir() and "__" in p.name):
        sarif = work / "corpus.sarif"
        output([aegis, "scan", ".", "-q", "--no-config", "-o", f"sarif={sarif}"], cwd=repository)
        name = repository.name.replace("__", "/", 1)
        output([sys.executable, labels / "score.py", "convert", sarif, "--repo", name, "--append", "--out", found])
    text = output(
        [sys.executable, labels / "score.py", "score"]
        + ["--truth", labels / "dev.jsonl", "--files", labels / "files-dev.txt", "--corpus", root]
        + ["--findings", found, "--ext", "py,ipynb", "--whole-negatives", labels / "repos-dev.json"]
        + ["--by-repo", "--json", figures]
    )
    return text.rstrip(), json.loads(figures.read_text())


def fixtures(home):
    """Programs and call sites with a known verdict, and whether the tests pass."""
    rows = []
    for family, test in (
        ("governance", "every_governance_verdict_is_right"),
        ("detection", "values_are_followed_and_look_alikes_are_silent"),
    ):
        lists = sorted((home / "fixtures" / family).glob("*/expected.yaml"))
        sites = sum(len(re.findall(r"^\s*-\s", p.read_text(), re.M)) for p in lists)
        command = ["cargo", "test", "--locked", "-p", "aegis-scan", "--test", "governance", "--", "--exact", test]
        done = subprocess.run(command, capture_output=True, text=True, cwd=home, check=False)
        wrong = re.search(r"(\d+) of \d+ programs are judged wrongly", done.stdout)
        if done.returncode != 0 and not wrong:
            sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        rows.append((family, len(lists), sites, int(wrong.group(1)) if wrong else 0))
    return rows


class Page:
    """The text of docs/benchmarks.md, and what misses its budget."""

    def __init__(self):
        self.lines = []
        self.missed = []
        self.budgets = []

    def add(self, *lines):
        self.lines += lines

    def table(self, header, rows):
        self.add("", "| " + " | ".join(header) + " |", "|" + "---|" * len(header))
        self.add(*("| " + " | ".join(str(c) for c in row) + " |" for row in rows), "")

    def budget(self, what, value, limit, show, at_least=False):
        met = value >= limit if at_least else value <= limit
        word = "at least" if at_least else "at most"
        self.budgets.append((what, show(value), f"{word} {show(limit)}", "yes" if met else "**no**"))
        if not met:
            self.missed.append(f"{what}: {show(value)}, should be {word} {show(limit)}.")


def count_of(runs):
    return "1 run" if runs == 1 else f"{runs} runs"


def times(x):
    return f"{x:.2f}"


def percent(x):
    return f"{100 * x:.1f} %"


def pair(page, title, aegis, ruff, a, r):
    page.table(
        [title, "wall", "user", "peak memory", "files"],
        [
            ("`aegis scan`", seconds(a.wall), seconds(a.user), megabytes(a.memory), aegis),
            ("`ruff check --select F`", seconds(r.wall), seconds(r.user), megabytes(r.memory), ruff),
        ],
    )
    page.add(f"Aegis takes **{ratio(a, r):.2f} times** the time of ruff.")


def main():
    parser = argparse.ArgumentParser()
    for name in ("aegis", "venv", "big", "plain", "work", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--peers", action="store_true")
    args = parser.parse_args()
    home = Path(__file__).resolve().parent.parent
    aegis, venv, work, runs = args.aegis.resolve(), args.venv.absolute(), args.work.resolve(), args.runs
    big, plain = args.big.resolve(), args.plain.resolve()
    ruff = venv / "bin/ruff"
    page = Page()

    def say(text):
        print(text, file=sys.stderr)

    def scan(*paths):
        return [aegis, "scan", *paths, "-q", "--format", "json"]

    def lint(*paths):
        return [ruff, "check", "--select", "F", "--no-cache", "--isolated", "-q", "--exit-zero", *paths]

    def summary(*paths):
        return json.loads(output(scan(*paths)))["summary"]

    def counted(*paths):
        """Files seen by aegis and by ruff: figures of different trees are not compared."""
        files = summary(*paths)["files"]
        shown = len(output([ruff, "check", "--isolated", "--show-files", *paths]).splitlines())
        if not 0.9 < files["analysed"] / max(shown, 1) < 1.1:
            sys.exit(f"{paths}: aegis reads {files['analysed']} files, ruff {shown}")
        return files, f"{files['analysed']:,}", f"{shown:,}"

    say("big tree")
    files, of_aegis, of_ruff = counted(big)
    a, r = measure([scan(big), lint(big)], runs)
    once, big_ratio = a, ratio(a, r)
    page.add("## A large tree", "")
    page.add(
        "AI SDKs and frameworks among large libraries: `scripts/build-big-tree.sh target/bench/big`, "
        f"{files['bytes'] / 1e6:,.0f} MB. Aegis has to parse {files['parsed']:,} of its files."
    )
    pair(page, "large tree", of_aegis, of_ruff, a, r)
    page.budget("Large tree, time in units of ruff, aim", big_ratio, 1.0, times)
    page.budget("Large tree, time in units of ruff, limit", big_ratio, 2.0, times)
    page.budget("Large tree, peak memory", a.memory, 500e6, megabytes)
    if args.peers:
        say("other peers")
        rules = work / "peers.yaml"
        rules.write_text(PEER_RULES)
        semgrep = [venv / "bin/semgrep", "scan", "--metrics=off", "--disable-version-check", "-q", "-j", str(os.cpu_count())]
        semgrep += ["--no-git-ignore", "--json", "--config", rules, big]
        rows = []
        for name, command in (
            ("ast-grep, 4 patterns", [venv / "bin/ast-grep", "scan", "--inline-rules", AST_GREP_RULES, "--json=stream", big]),
            ("semgrep, 4 patterns", semgrep),
        ):
            run = Run(command)
            rows.append((name, seconds(run.wall), seconds(run.user), megabytes(run.memory)))
        page.add("", "One run each, four patterns of calls, no values followed:")
        page.table(["tool", "wall", "user", "peak memory of one process"], rows)

    say("ordinary tree")
    product = work / "plain-with-product"
    copy_source(plain, product)
    shutil.rmtree(product / "support-desk", ignore_errors=True)
    copy_source(home / "fixtures/projects/support-desk", product / "support-desk")
    files, of_aegis, of_ruff = counted(product)
    a, r = measure([scan(product), lint(product)], runs)
    page.add("", "## An ordinary tree", "")
    page.add(
        "Large libraries without AI (`scripts/build-big-tree.sh --plain target/bench/plain`) and a small agent product, "
        f"`fixtures/projects/support-desk`: {files['bytes'] / 1e6:,.0f} MB, {files['parsed']:,} files parsed."
    )
    pair(page, "ordinary tree", of_aegis, of_ruff, a, r)
    page.budget("Ordinary tree, time in units of ruff", ratio(a, r), 0.5, times)
    alone = summary(home / "fixtures/projects/support-desk")["call_sites"]
    within = summary(product)["call_sites"]
    told = f"{within['total']} call sites, {within['governed']} governed; the support desk alone has {alone['total']}, {alone['governed']} governed."
    page.add("", f"Found: {told}")
    if alone != within:
        page.missed.append(f"Ordinary tree: {told}")

    say("project")
    project = work / "project"
    count = make_project(project, home, 200)
    files, of_aegis, of_ruff = counted(project)
    many = 4 * runs if runs > 1 else 1
    a, r = measure([scan(project), lint(project)], many)
    page.add("", "## A project", "")
    page.add(
        f"{count} Python files: the support desk, the programs of one file of `fixtures/detection`, and plain modules that "
        f"import each other, made by `scripts/bench.py`; {files['bytes'] / 1e3:,.0f} KB, {files['parsed']:,} files parsed. {count_of(many)}."
    )
    pair(page, "project", of_aegis, of_ruff, a, r)
    page.budget("Project of 200 files", a.wall, 0.05, seconds)

    say("gate")
    page.add("", "## A gate with a base", "")
    page.add(
        "`aegis gate . --base HEAD --policy policy.yaml` beside `aegis scan .`, in turns, in a git repository where one file was changed",
        "since: two ungoverned calls are new, so the gate fails, as it must.",
    )
    repositories = []
    project = work / "gate-project"
    make_project(project, home, 500)
    make_repository(project, home, "src/store/part7.py")
    repositories.append(("a project of 500 files", project, many, 2.2))
    tree = work / "gate-big"
    copy_source(big, tree, metadata=True)
    shutil.copyfile(big / "agents/run.py", tree / "agents/run.py")
    make_repository(tree, home, "agents/run.py")
    repositories.append(("the large tree", tree, runs, 1.3))
    rows = []
    for name, root, count, limit in repositories:
        gate = [aegis, "gate", ".", "-q", "--format", "json", "--base", "HEAD", "--policy", "policy.yaml"]
        plain_scan, gated = measure([scan("."), gate], count, cwd=root, codes=(0, 1))
        verdict = subprocess.run(gate, capture_output=True, text=True, cwd=root, check=False)
        new = len(json.loads(verdict.stdout)["change"]["new"])
        if verdict.returncode != 1 or new != 2:
            sys.exit(f"{root}: the gate answers {verdict.returncode} with {new} new findings; 1 and 2 are right\n{verdict.stderr}")
        taken = ratio(gated, plain_scan)
        rows.append((name, seconds(plain_scan.wall), seconds(gated.wall), times(taken), megabytes(gated.memory)))
        page.budget(f"Gate, {name}, time in units of one scan", taken, limit, times)
        if count == many:
            page.budget(f"Gate, {name}, time", gated.wall, 1.0, seconds)
    page.table(["repository", "scan", "gate", "gate in units of the scan", "peak memory of the gate"], rows)

    say("start-up")
    empty = work / "empty.py"
    empty.write_text("")
    version, ruff_version, nothing, lint_nothing = measure(
        [[aegis, "--version"], [ruff, "--version"], scan(empty), lint(empty)], many
    )
    page.add("", "## Start-up", "", f"{count_of(many)}, wall time.")
    page.table(
        ["", "aegis", "ruff"],
        [
            ("`--version`", seconds(version.wall), seconds(ruff_version.wall)),
            ("an empty file", seconds(nothing.wall), seconds(lint_nothing.wall)),
        ],
    )
    page.budget("Start-up, `--version`", version.wall, 0.01, seconds)
    page.budget("Start-up, scan of an empty file", nothing.wall, 0.01, seconds)

    say("growth")
    second = work / "second"
    copy_source(big, second, metadata=True)
    page.add("", "## Growth", "", "The large tree once, and twice side by side, in turns.")
    one, two = measure([scan(big), scan(big, second)], min(runs, 3))
    growth = ratio(two, one)
    page.table(
        ["", "wall", "user", "peak memory"],
        [
            ("once", seconds(one.wall), seconds(one.user), megabytes(one.memory)),
            ("twice", seconds(two.wall), seconds(two.user), megabytes(two.memory)),
        ],
    )
    page.add(f"Twice the tree takes **{growth:.2f} times** the time.")
    page.budget("Twice the large tree, time in units of once", growth, 2.2, times)

    say("without shortcuts")
    bare = work / "bare"
    copy_source(big, bare)
    limit = 300 if runs > 1 else 60
    desk = home / "fixtures/projects/support-desk"
    page.add("", "## The large tree without its shortcuts", "")
    page.add(
        "The large tree is a folder that packages were installed into: `*.dist-info` folders lie beside them. There, and in a",
        "large tree that uses no governor, a file is judged by what it imports itself and its neighbours are not followed",
        "([ARCHITECTURE.md](../ARCHITECTURE.md)). The figures above are figures of that mode. This is the same source as other",
        f"trees have it, one run each, stopped after {limit} seconds:",
    )
    rows = []
    for name, paths in (
        ("as installed, and the support desk beside it", (big, desk)),
        ("without `*.dist-info`", (bare,)),
        ("without `*.dist-info`, and the support desk, which uses governors, beside it", (bare, desk)),
    ):
        run = Run(scan(*paths), limit)
        wall = f"stopped after {limit} s" if run.stopped else seconds(run.wall)
        rows.append((name, wall, seconds(run.user), megabytes(run.memory)))
        if run.stopped or run.wall > 2 * once.wall or run.memory > 500e6:
            page.missed.append(f"Large tree {name}: {wall}, {megabytes(run.memory)}.")
    page.table(["tree", "wall", "user", "peak memory"], rows)

    say("accuracy")
    page.add("", "## Accuracy", "", "Programs with known call sites and verdicts, run by `cargo test -p aegis-scan --test governance`:")
    rows = fixtures(home)
    page.table(
        ["fixtures", "programs", "call sites", "programs judged wrongly"],
        [(f"`fixtures/{f}`", n, s, w) for f, n, s, w in rows],
    )
    for family, _, _, wrong in rows:
        page.budget(f"Programs of `fixtures/{family}` judged wrongly", wrong, 0, str)
    scored = corpus_table(aegis, work)
    if scored:
        text, figures = scored
        page.add("Public repositories with labels made by hand, `.py` files and notebooks; the labels are not part of this repository.", "")
        page.add("```text", text, "```", "")
        for kind, f in figures["kinds"].items():
            whole = kind == "overall"
            for word, limit in (("recall", 0.95 if whole else 0.9), ("precision", 0.97 if whole else 0.9)):
                if f[word] is not None:
                    page.budget(f"Corpus, {word}, {kind}", f[word], limit, percent, at_least=True)
        negative = re.search(r"^whole-repository negatives .*: (\d+) findings", text, re.M)
        if negative:
            page.budget("Corpus, findings in repositories without AI", int(negative.group(1)), 0, str)
    else:
        page.add("The labelled corpus was not at hand (`AEGIS_CORPUS`, `AEGIS_CORPUS_LABELS`).", "")

    write(page, args.out, home, aegis, ruff, venv if args.peers else None, runs)


def write(page, out, home, aegis, ruff, venv, runs):
    def first(command):
        return output(command, cwd=home).strip().splitlines()[0]

    revision = first(["git", "rev-parse", "--short=12", "HEAD"])
    dirty = " with local changes" if output(["git", "status", "--porcelain", "-uno"], cwd=home).strip() else ""
    versions = [f"{first([aegis, '--version'])} ({revision}{dirty})", first([ruff, "--version"]), first(["rustc", "--version"])]
    versions.append(f"Python {platform.python_version()}")
    if venv:
        versions += [first([venv / "bin/ast-grep", "--version"]), f"semgrep {first([venv / 'bin/semgrep', '--version'])}"]
    today = datetime.date.today().isoformat()
    head = Page()
    head.add("# Benchmarks", "")
    if runs == 1:
        head.add("**A quick run, one measurement each: these are no figures to quote.**", "")
    head.add(
        f"Written by `scripts/bench.sh` on {today}. Everything was measured in the same run; programs that are compared ran in",
        "turns. Times differ from machine to machine and with what else runs there, ratios much less.",
        "",
        f"- Machine: {machine()}",
        f"- Versions: {', '.join(versions)}",
        f"- Figures: medians of {count_of(runs)} with warm caches unless marked; peak memory is the highest of all runs; a ratio is the median",
        "  of the ratios of the turns",
        "- Commands: `aegis scan TREE -q --format json > /dev/null` and",
        "  `ruff check --select F --no-cache --isolated -q --exit-zero TREE`",
        "",
        "## Budgets",
    )
    head.table(["", "measured", "budget", "met"], page.budgets)
    head.add("What is not as good as we want:", "")
    head.add(*(f"- {m}" for m in page.missed or ["Nothing that has a budget."]), "")
    text = "\n".join(head.lines + page.lines)
    text = re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"
    before = (home / "docs/benchmarks.md").read_text(encoding="utf-8") if (home / "docs/benchmarks.md").exists() else ""
    if BY_HAND in before:
        text += "\n" + before[before.index(BY_HAND) :]
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
