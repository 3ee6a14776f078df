#!/usr/bin/env bash
# Measures durable audit events of Aegis beside a bare sync of the disk and beside agent-aegis, then
# verification and searching.
#
#   scripts/bench-audit.sh                  with a million events
#   scripts/bench-audit.sh --events N       with another number; 10000000 is a year, and takes about 10 GB
#   scripts/bench-audit.sh [...] --write    puts the figures into docs/benchmarks.md as well
#
# Environment:
#   BENCH_FOLDER  folder on the disk to measure; default target/bench
#   BENCH_VENV    virtual environment that holds or gets agent-aegis; default target/bench/venv-policy
#   PYTHON        the interpreter; 3.11 or newer
#
# Use a machine that does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

events=1000000
write=
while [[ $# -gt 0 ]]; do
  case $1 in
    --events)
      events=${2:?--events needs a number}
      shift
      ;;
    --write) write=docs/benchmarks.md ;;
    *)
      echo "usage: scripts/bench-audit.sh [--events N] [--write]" >&2
      exit 2
      ;;
  esac
  shift
done

work=${BENCH_FOLDER:-target/bench}
venv=${BENCH_VENV:-target/bench/venv-policy}
python=${PYTHON:-python3}
mkdir -p "$work"

cargo build --release --locked -p aegis-audit --example figures >&2
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check agent-aegis==1.0.0 >&2

{
  "$venv/bin/python" scripts/bench-audit.py "$work"
  "${CARGO_TARGET_DIR:-target}/release/examples/figures" "$work" "$events"
} | tee "$work/audit.txt"
if [[ -n $write ]]; then
  {
    printf '## Audit\n\n'
    echo "\`scripts/bench-audit.sh --events $events\`: one run, on the disk that the stores lie on."
    printf '\n```text\n'
    cat "$work/audit.txt"
    echo '```'
  } >"$work/audit.md"
  "$python" scripts/bench-section.py Audit "$work/audit.md" "$write"
fi
