#!/usr/bin/env bash
# Measures one action through the runtime of Aegis and of agent-aegis in the same run, with and
# without a record on disk, beside a bare sync of the disk, and prints one table.
#
#   scripts/bench-runtime.sh            takes about two minutes after the build
#   scripts/bench-runtime.sh --write    puts it into docs/benchmarks.md as well
#
# Environment:
#   BENCH_VENV   virtual environment that holds or gets agent-aegis; default target/bench/venv-policy
#   PYTHON       the interpreter; 3.11 or newer
#
# The stores lie in crates/aegis-runtime, so that is the disk that is measured. Use a machine that
# does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

write=
case ${1-} in
  --write) write=docs/benchmarks.md ;;
  "") ;;
  *)
    echo "usage: scripts/bench-runtime.sh [--write]" >&2
    exit 2
    ;;
esac

work=target/bench
venv=${BENCH_VENV:-$work/venv-policy}
python=${PYTHON:-python3}
mkdir -p "$work"

cargo bench --locked -p aegis-runtime --bench run >"$work/runtime-rust.txt"
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check agent-aegis==1.0.0 >&2
"$venv/bin/python" scripts/bench-runtime.py "$work/runtime-rust.txt" crates/aegis-runtime | tee "$work/runtime.md"
if [[ -n $write ]]; then
  {
    printf '## Runtime\n\n'
    cat "$work/runtime.md"
  } >"$work/runtime-section.md"
  "$python" scripts/bench-section.py Runtime "$work/runtime-section.md" "$write"
fi
