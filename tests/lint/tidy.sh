#!/bin/sh
# tidy.sh BUILD_FOLDER JOBS quick|deep: clang-tidy with .clang-tidy over src and examples; any finding fails.
# deep is what takes long and finds little: the static analyzer (three quarters of the whole time) and some checks that
# each look at every token or call of every header. quick is everything else.
set -eu
cd "$(dirname "$0")/../.."
slow="bugprone-reserved-identifier bugprone-stringview-nullptr bugprone-suspicious-semicolon bugprone-suspicious-string-compare
bugprone-assert-side-effect bugprone-multiple-statement-macro bugprone-undelegated-constructor bugprone-not-null-terminated-result"
case $3 in
    quick) checks=$(printf ',-%s' 'clang-analyzer-*' $slow) ;;
    deep) checks=-*$(printf ',%s' 'clang-analyzer-core.*' 'clang-analyzer-cplusplus.*' $slow) ;;
    *) echo "tidy.sh: expected quick or deep, got '$3'" >&2; exit 2 ;;
esac
# What needs MPI can be read only where the build found it.
if grep -q 'src/mpi/' "$1/compile_commands.json"; then without=; else
    without=src/mpi
    echo "clang-tidy: src/mpi: SKIPPED, MPI is not here"
fi
find src examples -name '*.cpp' -not -path "$without/*" | sort |
    xargs -P "$2" -n 1 clang-tidy -p "$1" --quiet --checks="$checks" 2>/dev/null
echo "clang-tidy: ok"
