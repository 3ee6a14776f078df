#!/usr/bin/env bash
# Packs a built program as the Action expects it: target/package/aegis-VERSION-TARGET.tar.gz with one
# folder of that name.
#
#   cargo build --locked --profile dist --target TARGET
#   scripts/package.sh VERSION TARGET
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $# -ne 2 ]]; then
  echo "usage: scripts/package.sh VERSION TARGET" >&2
  exit 2
fi
name=aegis-$1-$2
program=${CARGO_TARGET_DIR:-target}/$2/dist/aegis
if [[ $2 == *windows* ]]; then
  program+=.exe
fi

folder=target/package/$name
rm -rf -- "$folder"
mkdir -p -- "$folder"
cp -- "$program" LICENSE README.md CHANGELOG.md "$folder"
tar -czf "target/package/$name.tar.gz" -C target/package "$name"
rm -rf -- "$folder"
echo "target/package/$name.tar.gz"
