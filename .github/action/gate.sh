#!/usr/bin/env bash
# Second step of the Action: finds the base, runs the gate and keeps what it wrote. Succeeds whatever
# the gate says, so that the last step can publish it. Sets the outputs `exit` and `files`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd -- "${INPUT_WORKING_DIRECTORY:-.}" ||
  fail "working-directory: there is no folder \`$INPUT_WORKING_DIRECTORY\`"
# mktemp puts random letters for the Xs.
files=$(mktemp -d "$(native_path "$RUNNER_TEMP")/aegis-gate.XXXXXX")
# Git for Windows would take some options for paths and rewrite them.
export MSYS_NO_PATHCONV=1

# Options that were given, by their name in the command line.
options=()
option() {
  if [[ -n $2 ]]; then
    options+=("--$1=$2")
  fi
}

# Fetches from `origin` with the credentials of the checkout, else with the token of the step.
fetch() {
  if GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --no-recurse-submodules origin "$@" </dev/null >/dev/null 2>&1; then
    return 0
  fi
  [[ -n ${GITHUB_TOKEN-} && -n ${GITHUB_SERVER_URL-} ]] || return 1
  local basic
  basic=$(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 | tr -d '\r\n')
  printf '::add-mask::%s\n' "$basic"
  # By the environment: arguments of a process can be seen by others.
  GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 \
    GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader" \
    GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $basic" \
    git fetch --quiet --no-tags --no-recurse-submodules origin "$@" </dev/null >/dev/null 2>&1
}

has_merge_base() {
  git merge-base "$1" HEAD >/dev/null 2>&1
}

# Makes the history between HEAD and the commit $1 known, a shallow clone as little as possible.
# If that cannot be done, the gate says what is missing.
reach() {
  local base=$1 head depth
  has_merge_base "$base" && return 0
  head=$(git rev-parse HEAD 2>/dev/null) || return 0
  if [[ $(git rev-parse --is-shallow-repository) != true ]]; then
    fetch "$base" || true
    return 0
  fi
  for depth in 1 20 400; do
    fetch "--deepen=$depth" "$base" "$head" || fetch "--deepen=$depth" "$base" || true
    has_merge_base "$base" && return 0
  done
  fetch --unshallow "$base" "$head" || true
}

# The same for the branch $1 of `origin`.
reach_branch() {
  local ref=refs/remotes/origin/$1 depth=() sha
  # A depth would make a full clone shallow.
  if [[ $(git rev-parse --is-shallow-repository 2>/dev/null) == true ]]; then
    depth=(--depth=1)
  fi
  fetch ${depth[@]+"${depth[@]}"} "+refs/heads/$1:$ref" || true
  if sha=$(git rev-parse --verify --quiet "$ref^{commit}"); then
    reach "$sha"
  fi
}

# From the event to options about the base.
base_of_event() {
  local name value event
  event=$("$AEGIS" github event "--allow-pull-request-head=${INPUT_ALLOW_PULL_REQUEST_HEAD:-false}" 2>"$files/event.log") ||
    fail "$(cat "$files/event.log")"
  while IFS= read -r value; do
    notice "${value#warning: }"
  done <"$files/event.log"
  if [[ $INPUT_BASE == none ]]; then
    options+=(--no-base)
    return
  elif [[ -n $INPUT_BASE ]]; then
    option base "$INPUT_BASE"
    return
  fi
  while IFS='=' read -r name value; do
    case $name in
      base)
        reach "$value"
        option base "$value"
        ;;
      base-branch)
        reach_branch "$value"
        option base "refs/remotes/origin/$value"
        ;;
      no-base)
        notice "nothing to compare with: $value"
        options+=(--no-base)
        ;;
    esac
  done <<<"$event"
}

# One path a line; white space around a path is not part of it.
paths() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    line=${line#"${line%%[![:space:]]*}"}
    line=${line%"${line##*[![:space:]]}"}
    if [[ -n $line ]]; then
      options+=("$line")
    fi
  done <<<"$INPUT_PATHS"
}

base_of_event
option policy "$INPUT_POLICY"
option baseline "$INPUT_BASELINE"
option fail-under "$INPUT_FAIL_UNDER"
option fail-under-new "$INPUT_FAIL_UNDER_NEW"
option max-drop "$INPUT_MAX_DROP"
option fail-on "$INPUT_FAIL_ON"
option fail-on-new "$INPUT_FAIL_ON_NEW"
option policy-looser "$INPUT_POLICY_LOOSER"
option output "json=$files/report.json"
option output "markdown=$files/report.md"
option output "html=$files/report.html"
case $INPUT_SARIF in
  upload | file) option output "sarif=$files/report.sarif" ;;
  none) ;;
  *) fail "sarif: \`$INPUT_SARIF\` is not known; expected \`upload\`, \`file\` or \`none\`" ;;
esac
options+=(--)
paths

# What the gate prints may quote the code it judges, so the runner must not read commands in it.
quiet=$(random_word)
status=0
printf '::stop-commands::%s\n' "$quiet"
"$AEGIS" gate "${options[@]}" 2>"$files/gate.log" || status=$?
cat "$files/gate.log"
printf '\n::%s::\n' "$quiet"

output exit "$status"
output files "$files"
