#!/bin/sh
# Builds the samples from source.
#
#   samples/build.sh                 all of them
#   samples/build.sh chatty words    those named
#   samples/build.sh --install ...   first installs what is missing (Debian, as root)
#
# C and C++ need clang, wasm-ld and wasi-libc (C++ also libc++ for wasm32); the
# first that works is taken, or what CC_WASM and CXX_WASM name.
# Rust needs cargo with the wasm32-wasip1 target (`rustup target add
# wasm32-wasip1`), or Debian's rustc-web with its sources, lld and wasi-libc.
set -eu

CLANG_VERSIONS="19 22 14"
ALL="fragment words json chatty simd hotloop library"
C_PACKAGES="clang-19 lld-19 libclang-rt-19-dev-wasm32 wasi-libc"
CXX_PACKAGES="libc++-19-dev-wasm32 libc++abi-19-dev-wasm32"
RUST_PACKAGES="rustc-web cargo-web rust-web-src lld-22 wasi-libc"
TARGET=wasm32-wasip1

samples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "build.sh: $*"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The newest program of the name $1-<version>, or nothing.
newest() {
    for dir in $(printf '%s' "$PATH" | tr ':' ' '); do
        for program in "$dir/$1"-[0-9]*; do
            if [ -x "$program" ]; then
                printf '%s %s\n' "${program##*-}" "$program"
            fi
        done
    done | sort -rn | sed -n '1s/^[^ ]* //p'
}

# Can this clang compile and link a program for WASI? $2 is the language.
works() {
    have "$1" || return 1
    printf 'int main(void) { return 0; }\n' >"$scratch/probe.c"
    printf '#include <vector>\nint main() { return (int)std::vector<int>(1)[0]; }\n' >"$scratch/probe.cc"
    "$1" --target=wasm32-wasi -fno-exceptions "$scratch/probe.$2" -o "$scratch/probe.wasm" 2>"$scratch/probe.log"
}

# Prints the first working compiler: find_clang clang c, find_clang clang++ cc.
find_clang() {
    for version in $CLANG_VERSIONS ''; do
        candidate=$1${version:+-$version}
        if works "$candidate" "$2"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

need_c() {
    cc=${CC_WASM:-$(find_clang clang c || :)}
    [ -n "$cc" ] || fail "no clang that can build for wasm32-wasi. On Debian: apt install --no-install-recommends $C_PACKAGES (or run with --install)"
}

need_cxx() {
    cxx=${CXX_WASM:-$(find_clang clang++ cc || :)}
    [ -n "$cxx" ] || fail "no clang++ with libc++ for wasm32-wasi. On Debian: apt install --no-install-recommends $C_PACKAGES $CXX_PACKAGES (or run with --install)"
}

# compile <compiler> <output> <options and sources...>, in the sample's folder;
# DWARF says "." for that folder, so that no module names the machine it is from.
compile() {
    compiler=$1
    output=$2
    shift 2
    say "  $compiler --target=wasm32-wasi -g -O2 -ffile-prefix-map=<here>=. $* -o $output"
    "$compiler" --target=wasm32-wasi -g -O2 "-ffile-prefix-map=$PWD=." "$@" -o "$output"
}

build_fragment() {
    need_c
    compile "$cc" before.wasm fragment.c
    compile "$cc" after.wasm -DMENDED fragment.c
}

build_chatty() {
    need_c
    compile "$cc" before.wasm chatty.c
    compile "$cc" after.wasm -DBATCHED chatty.c
}

# Unrolled by different factors the two loops would no longer have one body.
build_hotloop() {
    need_c
    compile "$cc" hotloop.wasm -fno-unroll-loops hotloop.c
}

# The scalar function must stay scalar, so the compiler may not vectorize it.
build_simd() {
    need_c
    compile "$cc" simd.wasm -msimd128 -fno-vectorize -fno-slp-vectorize simd.c
}

# Without -fno-optimize-sibling-calls half of fib's calls would become a loop.
build_library() {
    need_c
    compile "$cc" library.wasm -nostdlib -fno-optimize-sibling-calls -Wl,--no-entry library.c
}

build_words() {
    need_cxx
    compile "$cxx" words.wasm -fno-exceptions words.cpp
}

remapped() {
    printf '%s' "--remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
    printf '%s' " --remap-path-prefix=$("$1" --print sysroot)=rust --remap-path-prefix=/usr/src=rust"
}

rustup_target() {
    have rustup && rustup target list --installed 2>/dev/null | grep -qx "$TARGET"
}

# Debian's compiler and library source have to be of one version, hence its own
# cargo and rustc, by path: a rustup in front of them would not fit the source.
debian_rust() {
    linker=$(newest wasm-ld)
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -n "$linker" ] &&
        [ -d /usr/lib/rustlib/src/rust/library ] && [ -f /usr/lib/wasm32-wasi/crt1-command.o ]
}

build_json() {
    export CARGO_TARGET_DIR="$scratch/json"
    if rustup_target; then
        say "  cargo build --release --target $TARGET (rustup)"
        RUSTFLAGS="$(remapped rustc)" cargo build --quiet --release --target "$TARGET"
    elif debian_rust; then
        say "  cargo build --release -Zbuild-std=std,panic_abort --target $TARGET (Debian, $linker)"
        wasi=/usr/lib/wasm32-wasi
        link="-Clinker=$linker -Clink-self-contained=no -Clink-arg=-L$wasi -Clink-arg=$wasi/crt1-command.o"
        RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="$link $(remapped /usr/bin/rustc)" \
            /usr/bin/cargo build --quiet --release -Zbuild-std=std,panic_abort --target "$TARGET"
    else
        fail "no Rust for $TARGET. Either: rustup target add $TARGET. Or on Debian: apt install --no-install-recommends $RUST_PACKAGES (or run with --install)"
    fi
    cp "$CARGO_TARGET_DIR/$TARGET/release/json.wasm" json.wasm
}

# The packages that a sample lacks.
missing_for() {
    case $1 in
    json) rustup_target || debian_rust || printf '%s' "$RUST_PACKAGES " ;;
    words) find_clang clang++ cc >/dev/null || printf '%s' "$C_PACKAGES $CXX_PACKAGES " ;;
    *) find_clang clang c >/dev/null || printf '%s' "$C_PACKAGES " ;;
    esac
}

install_missing() {
    have apt-get || fail "--install knows Debian's apt only"
    packages=$(for sample in "$@"; do missing_for "$sample"; done)
    [ -n "$packages" ] || return 0
    say "installing: $packages"
    apt-get update
    # shellcheck disable=SC2086 # a list of words
    apt-get install -y --no-install-recommends $packages
}

install=no
wanted=
for argument in "$@"; do
    case $argument in
    --install) install=yes ;;
    -h | --help)
        sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    -*) fail "unknown option $argument" ;;
    *)
        argument=${argument%/}
        case " $ALL " in *" $argument "*) wanted="$wanted $argument" ;; *) fail "no sample $argument; there are: $ALL" ;; esac
        ;;
    esac
done
: "${wanted:=$ALL}"

if [ "$install" = yes ]; then
    # shellcheck disable=SC2086 # a list of words
    install_missing $wanted
fi
for sample in $wanted; do
    say "$sample"
    cd "$samples/$sample"
    "build_$sample"
    chmod 644 ./*.wasm
done
