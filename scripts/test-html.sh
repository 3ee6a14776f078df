#!/usr/bin/env bash
# Opens the HTML report in a real browser: headless Chromium, driven by scripts/test-html.py.
#
#   scripts/test-html.sh [FOLDER]    screenshots go to FOLDER, target/html if it is left out
#
# CHROMIUM names the browser, AEGIS the program to test. On Debian and Ubuntu root gets the package
# `chromium` installed; where there is no browser and none can be installed, nothing is tested, and
# that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

find_browser() {
  local name
  for name in "${CHROMIUM-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [[ -n $name ]] && command -v "$name"; then
      return
    fi
  done
  return 1
}

if ! browser=$(find_browser); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing chromium"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
  fi
  if ! browser=$(find_browser); then
    echo "skipped: there is no Chromium (CHROMIUM names one)"
    exit 0
  fi
fi

if [[ -z ${AEGIS-} ]]; then
  cargo build --locked --quiet
  AEGIS=${CARGO_TARGET_DIR:-target}/debug/aegis
fi

exec "${PYTHON:-python3}" scripts/test-html.py "$browser" "$AEGIS" "${1:-target/html}"
