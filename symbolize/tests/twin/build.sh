#!/bin/sh
# Optimises samples as a tool chain does that strips afterwards, by an older Binaryen and by a newer one:
#
#   fragment-O2.wasm
#   fragment-Os.wasm json-O3.wasm
#
# Debug information goes first, since wasm-opt leaves out what it cannot keep lines through. The names stay, so that
# the test knows them; it strips them itself. WASM_OPT and WASM_OPT_NEWER name other programs.
set -eu
cd "$(dirname -- "$0")"
trap 'rm -f plain.wasm' EXIT

# build <program> <sample> <level> <output>
build() {
    "$1" -g --strip-dwarf --strip-producers "../../../samples/$2.wasm" -o plain.wasm
    "$1" -g "-$3" --strip-target-features plain.wasm -o "$4.wasm"
    chmod 644 "$4.wasm"
}

OLDER=${WASM_OPT:-wasm-opt}
NEWER=${WASM_OPT_NEWER:-$OLDER}
build "$OLDER" fragment/before O2 fragment-O2
build "$NEWER" fragment/before Os fragment-Os
build "$NEWER" json/json O3 json-O3
