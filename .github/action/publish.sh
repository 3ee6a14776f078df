#!/usr/bin/env bash
# Last step of the Action: shows the result on every surface, then ends as the gate did.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd -- "${INPUT_WORKING_DIRECTORY:-.}"
# Git for Windows would take some options for paths and rewrite them.
export MSYS_NO_PATHCONV=1
upload=false
[[ $INPUT_SARIF != upload ]] || upload=true

exec "$AEGIS" github publish \
  "--gate-exit=$GATE_EXIT" \
  "--report=$GATE_FILES/report.json" \
  "--markdown=$GATE_FILES/report.md" \
  "--sarif=$GATE_FILES/report.sarif" \
  "--log=$GATE_FILES/gate.log" \
  "--badge=$GATE_FILES/badge.svg" \
  "--file=report-file=$GATE_FILES/report.json" \
  "--file=html-file=$GATE_FILES/report.html" \
  "--file=sarif-file=$GATE_FILES/report.sarif" \
  "--file=badge-file=$GATE_FILES/badge.svg" \
  "--annotations=${INPUT_ANNOTATIONS:-true}" \
  "--upload=$upload" \
  "--comment=${INPUT_COMMENT:-changes}" \
  "--comment-key=${INPUT_COMMENT_KEY:-aegis}" \
  "--check-run=$INPUT_CHECK_RUN" \
  "--status=$INPUT_STATUS"
