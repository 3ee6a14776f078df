#!/usr/bin/env bash
# Adds the archives of a release to the checksum table of the Action, newest release first, and makes
# it the release that this version of the Action runs. Earlier releases come from the newest tag, so
# that they can still be asked for by `version:`.
#
#   scripts/release-table.sh VERSION SHA256SUMS
set -euo pipefail

if [[ $# -ne 2 ]]; then
  echo "usage: scripts/release-table.sh VERSION SHA256SUMS" >&2
  exit 2
fi
version=$1
sums=$(cat -- "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
table=.github/action/checksums.txt

if [[ ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
  echo "scripts/release-table.sh: \`$version\` is not a version" >&2
  exit 2
fi
while read -r digest name; do
  if [[ ! $digest =~ ^[0-9a-f]{64}$ || $name != "aegis-$version-"*.tar.gz ]]; then
    echo "scripts/release-table.sh: \`$digest $name\` is no archive of $version" >&2
    exit 2
  fi
done <<<"$sums"

newest=$(git tag --list 'v[0-9]*.*' --sort=-version:refname | head -n 1)
if [[ -n $newest ]]; then
  earlier=$(git show "$newest:$table")
else
  earlier=$(cat -- "$table")
fi
if grep -q "  aegis-$version-" <<<"$earlier"; then
  echo "scripts/release-table.sh: $version is in the table of $newest already" >&2
  exit 1
fi
{
  grep '^#' -- "$table"
  echo "version $version"
  echo "$sums"
  grep -E '^[0-9a-f]{64}  ' <<<"$earlier" || true
} >"$table.new"
mv -- "$table.new" "$table"
