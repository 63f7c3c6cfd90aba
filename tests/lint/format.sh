#!/bin/sh
# Formats every source file; with --check only says which ones differ.
set -eu
cd "$(dirname "$0")/../.."
files=$(find include src tests examples -name '*.h' -o -name '*.cpp' | sort)
if [ "${1:-}" = --check ]; then
    # shellcheck disable=SC2086
    clang-format --dry-run -Werror $files
    echo "clang-format: ok"
else
    # shellcheck disable=SC2086
    clang-format -i $files
fi
