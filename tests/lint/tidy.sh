#!/bin/sh
# tidy.sh BUILD_FOLDER JOBS quick|deep: clang-tidy with .clang-tidy over src and examples; any finding fails.
# The static analyzer takes three quarters of the time: quick is everything else, deep is the analyzer alone.
set -eu
cd "$(dirname "$0")/../.."
case $3 in
    quick) checks=-clang-analyzer-* ;;
    deep) checks=-*,clang-analyzer-core.*,clang-analyzer-cplusplus.* ;;
    *) echo "tidy.sh: expected quick or deep, got '$3'" >&2; exit 2 ;;
esac
find src examples -name '*.cpp' | sort | xargs -P "$2" -n 1 clang-tidy -p "$1" --quiet --checks="$checks" 2>/dev/null
echo "clang-tidy: ok"
