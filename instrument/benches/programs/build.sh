#!/bin/sh
# Builds the bench programs from source.
#
#   build.sh                       all of them
#   build.sh fib markdown          those named
#
# C needs clang, wasm-ld and wasi-libc (on Debian: clang-19 lld-19
# libclang-rt-19-dev-wasm32 wasi-libc); CC_WASM names another clang.
# Rust needs rustup's target: rustup target add wasm32-wasip1.
set -eu

C_PROGRAMS="ackermann binary_trees fib simd_blur"
RUST_PROGRAMS="blake3_tree compress markdown regex_scan"
TARGET=wasm32-wasip1

programs=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$programs"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Without -fno-optimize-sibling-calls half of the calls would become loops.
build_c() {
    "${CC_WASM:-clang-19}" --target=wasm32-wasi -O2 -msimd128 -fno-optimize-sibling-calls \
        -Wl,--strip-debug "$1/$1.c" -o "$1/$1.wasm"
}

# No module names the machine that it is from, nor where its crates came from.
remapped() {
    printf '%s' "--remap-path-prefix=$programs=. --remap-path-prefix=$(rustc --print sysroot)=rust"
    for crates in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
        printf '%s' " --remap-path-prefix=$crates=crates"
    done
}

build_rust() {
    cargo fetch --quiet --locked --target "$TARGET"
    CARGO_TARGET_DIR="$scratch" RUSTFLAGS="$(remapped)" \
        cargo build --quiet --locked --release --target "$TARGET" --bin "$1"
    cp "$scratch/$TARGET/release/$1.wasm" "$1/$1.wasm"
}

[ "$#" -gt 0 ] || set -- $C_PROGRAMS $RUST_PROGRAMS
for program in "$@"; do
    case " $C_PROGRAMS " in
    *" $program "*) build_c "$program" ;;
    *) build_rust "$program" ;;
    esac
    chmod 644 "$program/$program.wasm"
done
