#!/usr/bin/env bash
# Measures a policy decision in Aegis beside Cedar, regorus and agent-aegis, over the same rules in
# the language of each, and prints one table.
#
#   scripts/bench-policy.sh            takes about five minutes, and a few more for the first build
#   scripts/bench-policy.sh --quick    short measurements: shows that it works, no more
#   scripts/bench-policy.sh --out FILE writes the table to a file as well
#
# Environment:
#   BENCH_VENV   virtual environment that holds or gets agent-aegis; default target/bench/venv-policy
#   PYTHON       the interpreter; 3.10 or newer
#
# Use a machine that does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=()
out=
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) quick=(--quick) ;;
    --out)
      [[ $# -gt 1 ]] || { echo "--out needs a file" >&2; exit 2; }
      out=$2
      shift
      ;;
    *)
      echo "usage: scripts/bench-policy.sh [--quick] [--out FILE]" >&2
      exit 2
      ;;
  esac
  shift
done

work=target/bench
venv=${BENCH_VENV:-$work/venv-policy}
python=${PYTHON:-python3}
mkdir -p "$work"

echo "== engines in Rust" >&2
cargo build --release --locked --manifest-path benches/peers/Cargo.toml --target-dir "$work/peers" >&2
"$work/peers/release/aegis-bench-peers" ${quick[@]+"${quick[@]}"} >"$work/policy-rust.tsv"

echo "== agent-aegis" >&2
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check agent-aegis==1.0.0 >&2
"$venv/bin/python" scripts/bench-policy.py measure ${quick[@]+"${quick[@]}"} >"$work/policy-python.tsv"

"$python" scripts/bench-policy.py table "$work/policy-rust.tsv" "$work/policy-python.tsv" | tee ${out:+"$out"}
