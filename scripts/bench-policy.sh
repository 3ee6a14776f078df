#!/usr/bin/env bash
# Measures a policy decision in Aegis beside Cedar, regorus and agent-aegis, over the same rules in
# the language of each, and prints the figures.
#
#   scripts/bench-policy.sh            three minutes, and a few more for the first build
#   scripts/bench-policy.sh --write    the same, and puts them into docs/benchmarks.md
#   scripts/bench-policy.sh --quick    short measurements: shows that it works, no more
#
# Environment:
#   BENCH_VENV   virtual environment that holds or gets agent-aegis; default target/bench/venv-policy
#   PYTHON       the interpreter; 3.10 or newer
#
# Use a machine that does nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=()
write=
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) quick=(--quick) ;;
    --write) write=docs/benchmarks.md ;;
    *)
      echo "usage: scripts/bench-policy.sh [--quick | --write]" >&2
      exit 2
      ;;
  esac
  shift
done
if [[ -n $write && ${#quick[@]} -gt 0 ]]; then
  echo "scripts/bench-policy.sh: short measurements are not written down; leave --quick or --write out" >&2
  exit 2
fi

work=target/bench
venv=${BENCH_VENV:-$work/venv-policy}
python=${PYTHON:-python3}
mkdir -p "$work"

echo "== build" >&2
cargo build --release --locked --manifest-path benches/peers/Cargo.toml --target-dir "$work/peers" >&2
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check agent-aegis==1.0.0 >&2

echo "== engines in Rust" >&2
"$work/peers/release/aegis-bench-peers" ${quick[@]+"${quick[@]}"} >"$work/policy-rust.tsv"
echo "== agent-aegis" >&2
"$venv/bin/python" scripts/bench-policy.py measure ${quick[@]+"${quick[@]}"} >"$work/policy-python.tsv"

"$python" scripts/bench-policy.py section "$work/policy-rust.tsv" "$work/policy-python.tsv" >"$work/policy.md"
cat "$work/policy.md"
if [[ -n $write ]]; then
  "$python" scripts/bench-section.py Policies "$work/policy.md" "$write"
fi
