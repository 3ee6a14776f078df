#!/usr/bin/env bash
# Probes the development set (fixtures/policies) with Aegis and with agent-aegis, and prints a table:
# known defects that each finds, findings on policies without defects, and time.
#
#   scripts/bench-probe.sh             prints the table as Markdown
#
# Environment:
#   AEGIS        the binary; default: a release build of this tree
#   BENCH_VENV   virtual environment that holds or gets agent-aegis; default target/bench/venv-policy
#   PYTHON       the interpreter; 3.10 or newer
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=${BENCH_VENV:-target/bench/venv-policy}
python=${PYTHON:-python3}
if [[ ! -x $venv/bin/aegis ]]; then
  "$python" -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet agent-aegis >&2
fi
if [[ -z ${AEGIS:-} ]]; then
  cargo build --release --quiet --bin aegis
  AEGIS=${CARGO_TARGET_DIR:-target}/release/aegis
fi
exec "$python" scripts/bench-probe.py "$AEGIS" "$venv/bin/aegis" fixtures/policies
