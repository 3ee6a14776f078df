#!/usr/bin/env bash
# First step of the Action: finds the program to run. Sets the output `binary`.
#
# It is the one that the input `binary` names, or an archive of a release of the repository that the
# Action comes from. An archive is run only if its SHA-256 is in the table beside this script, which
# is part of the pinned Action; a cached archive is checked like a downloaded one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

table=$(dirname "${BASH_SOURCE[0]}")/checksums.txt

# The functions below set variables, so that `fail` ends the script and not a subshell.
binary=
version=
target=

find_given() {
  local path=$INPUT_BINARY
  if [[ ! -f $path && $path != */* ]] && command -v -- "$path" >/dev/null; then
    path=$(command -v -- "$path")
  fi
  [[ -f $path ]] || fail "binary: there is no file \`$INPUT_BINARY\`"
  [[ -x $path ]] || fail "binary: \`$INPUT_BINARY\` cannot be executed"
  binary=$(cd -- "$(dirname -- "$path")" && pwd)/$(basename -- "$path")
}

# The release to run, without `v`.
find_version() {
  local exact='^v?([0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?)$'
  if [[ -n ${INPUT_VERSION-} ]]; then
    [[ $INPUT_VERSION =~ $exact ]] ||
      fail "version: \`$INPUT_VERSION\` is not a release; expected one such as \`0.1.0\`"
    version=${BASH_REMATCH[1]}
  elif [[ ${ACTION_REF-} =~ $exact ]]; then
    version=${BASH_REMATCH[1]}
  else
    # A branch, a major version or a commit: the table of that commit says what belongs to it.
    version=$(sed -n 's/^version //p' "$table" | head -n 1)
    [[ -n $version && $version != none ]] ||
      fail "this version of the Action (\`${ACTION_REF:-a local path}\`) belongs to no release: use a release tag, or build aegis and give the input \`binary\`"
  fi
}

# What the archive of this machine is called.
find_target() {
  local os=${RUNNER_OS-} arch=${RUNNER_ARCH-}
  [[ -n $os ]] || os=$(uname -s)
  [[ -n $arch ]] || arch=$(uname -m)
  case $arch in
    X64 | x86_64 | amd64) arch=x86_64 ;;
    ARM64 | arm64 | aarch64) arch=aarch64 ;;
    *) fail "there is no release for the architecture \`$arch\`: build aegis and give the input \`binary\`" ;;
  esac
  case $os in
    Linux) target=$arch-unknown-linux-musl ;;
    macOS | Darwin) target=$arch-apple-darwin ;;
    # Windows on ARM runs programs for x86-64.
    Windows | MINGW* | MSYS* | CYGWIN*) target=x86_64-pc-windows-msvc ;;
    *) fail "there is no release for the system \`$os\`: build aegis and give the input \`binary\`" ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1"
  else
    shasum -a 256 <"$1"
  fi | cut -d ' ' -f 1
}

# Loads $1 into the file $2 from the host of this run, else from github.com, where the Actions of an
# Enterprise host may come from.
download() {
  local host protocol='=https'
  [[ ${GITHUB_SERVER_URL-} != http://* ]] || protocol='=http,https'
  for host in "${GITHUB_SERVER_URL:-https://github.com}" https://github.com; do
    if curl --fail --silent --show-error --location --proto "$protocol" --proto-redir "$protocol" \
      --retry 3 --connect-timeout 20 --max-time 300 --max-filesize 209715200 \
      --output "$2" "$host/$1"; then
      return 0
    fi
    [[ $host != https://github.com ]] || break
  done
  return 1
}

find_released() {
  local archive want cache file part have dir
  find_version
  find_target
  archive=aegis-$version-$target.tar.gz
  want=$(awk -v name="$archive" '$2 == name { print $1; exit }' "$table")
  [[ $want =~ ^[0-9a-f]{64}$ ]] ||
    fail "the checksum table of this version of the Action has no entry for \`$archive\`: use a tag of the Action that has it, or give the input \`binary\`"
  [[ ${ACTION_REPOSITORY-} =~ ^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$ ]] ||
    fail "the Action is used from a local path, so it is not known which repository it comes from: give the input \`binary\`"

  cache=$(unix_path "${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}")/aegis/$version
  file=$cache/$archive
  if [[ -f $file ]] && [[ $(sha256 "$file") != "$want" ]]; then
    notice "the cached \`$archive\` is not the released one and is loaded again"
    rm -f -- "$file"
  fi
  if [[ ! -f $file ]]; then
    mkdir -p -- "$cache"
    # Beside its place and then moved, so that another job never finds half of it.
    part=$file.$$.part
    download "$ACTION_REPOSITORY/releases/download/v$version/$archive" "$part" ||
      fail "\`$archive\` cannot be loaded from \`$ACTION_REPOSITORY\`; without a network, give the input \`binary\`"
    have=$(sha256 "$part")
    if [[ $have != "$want" ]]; then
      rm -f -- "$part"
      fail "\`$archive\` is not the released one: its SHA-256 is $have and should be $want"
    fi
    mv -f -- "$part" "$file"
  fi
  # mktemp puts random letters for the Xs.
  dir=$(mktemp -d "$(unix_path "$RUNNER_TEMP")/aegis-bin.XXXXXX")
  tar -xzf "$file" -C "$dir"
  binary=$dir/aegis-$version-$target/aegis
  [[ $target != *windows* ]] || binary+=.exe
  [[ -f $binary ]] || fail "\`$archive\` does not hold the program"
  chmod +x "$binary"
}

if [[ -n ${INPUT_BINARY-} ]]; then
  find_given
else
  find_released
fi
"$binary" --version || fail "\`$binary\` cannot be run here"
output binary "$binary"
