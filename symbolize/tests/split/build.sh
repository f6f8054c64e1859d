#!/bin/sh
# Builds the program of this folder whole and split, in DWARF 4 and 5, and packs the split files:
#
#   whole4.wasm
#   split4.wasm digest4.dwo runs4.dwo split4.dwp
#
# The code is the same in all. CLANG, WASM_LD and DWP name other programs.
set -eu
cd "$(dirname -- "$0")"
trap 'rm -f digest?.o runs?.o' EXIT

# build <whole or split> <version> <options...>
build() {
    name=$1$2
    version=$2
    shift 2
    for file in digest runs; do
        "${CLANG:-clang-19}" --target=wasm32 -O2 -g "-gdwarf-$version" -ffreestanding "$@" \
            "-ffile-prefix-map=$PWD=." -fdebug-compilation-dir=. -c "$file.c" -o "$file$version.o"
    done
    "${WASM_LD:-wasm-ld-19}" --no-entry "digest$version.o" "runs$version.o" -o "$name.wasm"
    chmod 644 "$name.wasm"
}

for version in 4 5; do
    build whole "$version"
    build split "$version" -gsplit-dwarf
    "${DWP:-llvm-dwp-19}" "digest$version.dwo" "runs$version.dwo" -o "split$version.dwp"
done
