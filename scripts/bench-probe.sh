#!/usr/bin/env bash
# Probes the development set (fixtures/policies) with Aegis and with agent-aegis, and prints a table:
# known defects that each finds, findings on policies without defects, and time; then policies of 20, 1,000 and
# 10,000 rules.
#
#   scripts/bench-probe.sh             prints the tables as Markdown
#   scripts/bench-probe.sh --write     puts them into docs/benchmarks.md as well
#
# Environment:
#   AEGIS        the binary; default: a release build of this tree
#   BENCH_VENV   virtual environment that holds or gets agent-aegis; default target/bench/venv-policy
#   PYTHON       the interpreter; 3.10 or newer
#
# Use a machine that does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

write=
if [[ ${1:-} == --write && $# -eq 1 ]]; then
  write=docs/benchmarks.md
elif [[ $# -gt 0 ]]; then
  echo "usage: scripts/bench-probe.sh [--write]" >&2
  exit 2
fi

work=target/bench
venv=${BENCH_VENV:-$work/venv-policy}
python=${PYTHON:-python3}
mkdir -p "$work"
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check agent-aegis==1.0.0 >&2
if [[ -z ${AEGIS:-} ]]; then
  cargo build --release --locked --quiet --bin aegis
  AEGIS=${CARGO_TARGET_DIR:-target}/release/aegis
fi
"$python" scripts/bench-probe.py "$AEGIS" "$venv/bin/aegis" fixtures/policies | tee "$work/probe.txt"
if [[ -n $write ]]; then
  {
    printf '## Probe\n\n'
    echo "\`scripts/bench-probe.sh\` on $(date -u +%F), beside agent-aegis 1.0.0: the policies of \`fixtures/policies\`, then"
    echo "policies without defects of 20, 1,000 and 10,000 rules, whole process."
    echo
    cat "$work/probe.txt"
  } >"$work/probe.md"
  "$python" scripts/bench-section.py Probe "$work/probe.md" "$write"
fi
