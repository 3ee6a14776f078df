#!/usr/bin/env bash
# Measures Aegis beside its peers in one run and writes docs/benchmarks.md.
#
#   scripts/bench.sh            median of 5 runs each; takes about a quarter of an hour with the downloads
#   scripts/bench.sh --peers    also ast-grep and semgrep on the big tree
#   scripts/bench.sh --quick    one run each, written to target/bench/quick.md: shows that it works, no more
#
# Environment:
#   BIG_TREE, PLAIN_TREE   trees made by scripts/build-big-tree.sh; default target/bench/big, target/bench/plain
#   BENCH_VENV             virtual environment that holds or gets ruff; default target/bench/venv
#   AEGIS_CORPUS           checkouts of the labelled corpus, one folder OWNER__NAME per repository
#   AEGIS_CORPUS_LABELS    its labels: dev.jsonl, files-dev.txt, repos-dev.json, score.py
#   PYTHON                 the interpreter; 3.10 or newer
#
# Use a machine that does nothing else. Linux and macOS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=5
peers=()
out=docs/benchmarks.md
for arg in "$@"; do
  case $arg in
    --quick)
      runs=1
      out=target/bench/quick.md
      ;;
    --peers) peers=(--peers) ;;
    *)
      echo "usage: scripts/bench.sh [--quick] [--peers]" >&2
      exit 2
      ;;
  esac
done

work=target/bench
big=${BIG_TREE:-$work/big}
plain=${PLAIN_TREE:-$work/plain}
venv=${BENCH_VENV:-$work/venv}
python=${PYTHON:-python3}
mkdir -p "$work"

echo "== aegis" >&2
cargo build --release --locked
binary=${CARGO_TARGET_DIR:-target}/release/aegis

echo "== peers" >&2
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
need=()
[[ -x $venv/bin/ruff ]] || need+=(ruff==0.17.6)
if [[ ${#peers[@]} -gt 0 ]]; then
  [[ -x $venv/bin/ast-grep ]] || need+=(ast-grep-cli)
  [[ -x $venv/bin/semgrep ]] || need+=(semgrep)
fi
[[ ${#need[@]} -eq 0 ]] ||
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${need[@]}"

echo "== trees" >&2
PYTHON=$python scripts/build-big-tree.sh "$big" >&2
PYTHON=$python scripts/build-big-tree.sh --plain "$plain" >&2

echo "== measurements" >&2
"$python" scripts/bench.py --aegis "$binary" --venv "$venv" --big "$big" --plain "$plain" \
  --work "$work" --runs "$runs" --out "$out" ${peers[@]+"${peers[@]}"}
echo "written: $out" >&2
