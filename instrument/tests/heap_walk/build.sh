#!/bin/sh
# Builds the modules with AssemblyScript 0.28: each runtime that collects, and how much the compiler inlines.
set -eu
cd "$(dirname "$0")"
for build in incremental-O0 incremental-O1 incremental-O3 minimal-O0 minimal-O2; do
    npx --yes --package assemblyscript@0.28 asc blocks.ts "-${build#*-}" --debug --runtime "${build%-*}" -o "$build.wasm"
done
