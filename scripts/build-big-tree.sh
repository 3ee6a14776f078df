#!/usr/bin/env bash
# Builds a large tree of real Python source, for measuring scan speed and memory.
#
#   scripts/build-big-tree.sh DEST           AI SDKs and frameworks among large ordinary libraries:
#                                            about 22,800 .py files, 285 MB, 7.4 million lines
#   scripts/build-big-tree.sh --plain DEST   large ordinary libraries only:
#                                            about 5,600 .py files, 93 MB, 2.7 million lines
#
# The packages are pinned, come from the configured package index as wheels for CPython 3.11
# (whatever the local version) and are only unpacked: nothing is compiled or run, and their
# dependencies are left out. DEST/.complete holds the pins of a finished tree; a second call
# with the same pins only prints the totals. PYTHON names the interpreter whose pip is used.
set -euo pipefail

usage() {
  echo "usage: ${0##*/} [--plain] DEST" >&2
  exit 2
}

plain_pins=(
  django==5.2.19
  matplotlib==3.11.2
  networkx==3.6.1
  pandas==3.1.1
  scikit-learn==1.9.1
  sqlalchemy==2.1.9
  sympy==1.14.0
)

ai_pins=(
  ag2==1.2.1
  agno==3.1.10
  autogen-agentchat==0.7.5
  autogen-core==0.7.5
  autogen-ext==0.7.5
  autogenstudio==0.4.2.2
  boto3==1.44.8
  botocore==1.44.8
  crewai==1.15.30
  crewai-tools==1.15.30
  dspy==3.4.1
  google-genai==3.6.1
  haystack-ai==3.4.1
  langchain==1.5.2
  langchain-anthropic==1.7.10
  langchain-classic==1.0.8
  langchain-community==0.4.2
  langchain-core==1.8.4
  langchain-experimental==0.4.2
  langchain-openai==1.7.4
  langchain-text-splitters==1.1.3
  litellm==1.110.2
  llama-index-core==0.14.25
  mcp==2.3.0
  openai==3.57.0
  openai-agents==0.24.0
  pydantic-ai==2.66.0
  pydantic-ai-slim==2.68.0
  pydantic-graph==2.68.0
  semantic-kernel==1.45.0
  smolagents==1.26.0
  transformers==5.24.0
)

pins=("${plain_pins[@]}" "${ai_pins[@]}")
if [[ "${1:-}" == --plain ]]; then
  pins=("${plain_pins[@]}")
  shift
fi
[[ $# -eq 1 && -n "$1" && "$1" != -* ]] || usage
dest=${1%/}
[[ -n "$dest" ]] || usage
wanted=$(printf '%s\n' "${pins[@]}")

if [[ "$(cat "$dest/.complete" 2>/dev/null || true)" == "$wanted" ]]; then
  echo "$dest is already complete"
else
  if [[ -e "$dest" && ! -e "$dest/.complete" && ! -e "$dest/.partial" ]] &&
    [[ ! -d "$dest" || -n "$(ls -A "$dest")" ]]; then
    echo "${0##*/}: $dest exists and is not a tree made by this script" >&2
    exit 1
  fi
  rm -rf "$dest"
  mkdir -p "$dest"
  : >"$dest/.partial"
  "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-compile --only-binary=:all: --python-version 3.11 \
    --target "$dest" "${pins[@]}"
  rm "$dest/.partial"
  printf '%s\n' "$wanted" >"$dest/.complete"
fi

files=$(find "$dest" -type f -name '*.py' -printf . | wc -c)
read -r lines bytes < <(find "$dest" -type f -name '*.py' -exec cat {} + | wc -lc)
echo "$dest: $files .py files, $bytes bytes, $lines lines"
