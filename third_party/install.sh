#!/bin/sh
# Installs what is missing for `make <group>`: build, test, bench, peers, lint, docs, fuzz, tsan, valgrind, web, arm or windows.
# Asks nothing of the network when nothing is missing. Debian and Ubuntu through apt-get; on other systems it names what to install.
set -eu
group=${1:-build}

have_command() { command -v "$1" >/dev/null 2>&1; }
have_header() {
    for dir in ${CPATH:+$(echo "$CPATH" | tr : ' ')} /usr/include /usr/local/include /usr/include/hdf5/serial \
        /usr/include/"$(uname -m)"-linux-gnu /opt/homebrew/include; do
        [ -e "$dir/$1" ] && return 0
    done
    return 1
}

missing=""
need_command() { have_command "$1" || missing="$missing $2"; }
need_header() { have_header "$1" || missing="$missing $2"; }

need_command c++ g++
need_command cmake cmake
need_header dnnl.hpp libdnnl-dev
need_header zlib.h zlib1g-dev
need_header zip.h libzip-dev
need_header stb/stb_image.h libstb-dev
need_header hdf5.h libhdf5-dev
need_header nlohmann/json.hpp nlohmann-json3-dev
need_header CLI/CLI.hpp libcli11-dev
need_header fmt/core.h libfmt-dev
need_catch2() {
    { have_header catch2/catch.hpp || have_header catch2/catch_all.hpp; } || missing="$missing catch2"
    need_header Random123/philox.h librandom123-dev  # an oracle
}
need_clang_openmp() {
    ls /usr/lib/llvm-*/lib/clang/*/include/omp.h >/dev/null 2>&1 || missing="$missing libomp-dev"
}
# The sanitizers and the fuzzer of clang, which Debian's clang only recommends.
need_clang_runtime() {
    ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.tsan-*.a >/dev/null 2>&1 || missing="$missing libclang-rt-dev"
}
# The tests of the Python package; Debian's interpreter, since others have their own packages.
need_python() {
    for python in python3 /usr/bin/python3; do
        "$python" -c "import $1" 2>/dev/null && return 0
    done
    missing="$missing python3 $2"
}
# What finds the libraries that a DEB made by cpack needs.
need_packager() {
    if have_command dpkg; then need_command dpkg-shlibdeps dpkg-dev; need_command file file; fi
}
# Debian's wine64 has its program beside the libraries; the package wine gives it a name.
need_wine() {
    have_command wine || missing="$missing wine wine64"
}
case $group in
    build | bench) ;;
    test) need_catch2; need_python "numpy, pytest" "python3-numpy python3-pytest"; need_packager ;;
    valgrind) need_catch2; need_command valgrind valgrind ;;
    lint) need_command clang-format clang-format; need_command clang-tidy clang-tidy; need_clang_openmp
        need_command abidiff abigail-tools ;;
    docs) need_command doxygen doxygen ;;
    peers) python3 -c "import ensurepip" 2>/dev/null || missing="$missing python3 python3-venv" ;;
    fuzz) need_command clang++ clang; need_clang_openmp; need_clang_runtime ;;
    tsan) need_catch2; need_command clang++ clang; need_clang_openmp; need_clang_runtime ;;
    arm) need_catch2; need_command aarch64-linux-gnu-g++ g++-aarch64-linux-gnu
        need_command qemu-aarch64-static qemu-user-static ;;
    windows) need_catch2; need_command x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix; need_wine ;;
    web) need_command emcmake emscripten ;;
    *) echo "install.sh: expected build, test, bench, peers, lint, docs, fuzz, tsan, valgrind, web, arm or windows, got '$group'" >&2; exit 2 ;;
esac
[ -z "$missing" ] && exit 0

if ! have_command apt-get; then
    echo "Cyclone needs, by their Debian names:$missing" >&2
    echo "Install them with your system's package manager and call make again." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    have_command sudo || { echo "install.sh: not root and no sudo; ask an administrator to install:$missing" >&2; exit 1; }
    as_root=sudo
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of package names
$as_root apt-get install -y -qq --no-install-recommends $missing
