#!/bin/sh
# Builds program.wasm with AssemblyScript 0.28.
set -eu
cd "$(dirname "$0")"
npx --yes --package assemblyscript@0.28 asc program.ts -O2 --debug --runtime incremental -o program.wasm
