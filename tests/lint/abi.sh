#!/bin/sh
# The binary interface of libcyclone against the stored description, libcyclone.abi beside this file. With --update it
# writes the description: after functions were added, or with a new CYCLONE_ABI. What is compared is a library of empty
# functions made from the header, which takes a second; a test compares the names that the real one exports.
set -eu
cd "$(dirname "$0")/../.."
for program in cc abidw abidiff; do
    command -v $program > /dev/null || { echo "libcyclone's interface: SKIPPED, there is no $program"; exit 0; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    echo '#include <cyclone/c.h>'
    tr '\n' ' ' < include/cyclone/c.h | grep -o 'CYCLONE_API [^;"]*cyclone_[a-z_]*([^;]*);' | sed 's/^CYCLONE_API //; s/;$/ { __builtin_trap(); }/'
} > "$folder/functions.c"
(cd "$folder" && cc -std=c99 -g -shared -fPIC -I"$OLDPWD/include" -Wl,--version-script="$OLDPWD/src/c/exports.map" \
    -Wl,-soname,libcyclone.so.1 functions.c -o libcyclone.so)
describe="--no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed"
if [ "${1:-}" = --update ]; then
    # shellcheck disable=SC2086
    abidw $describe "$folder/libcyclone.so" | sed "s| path='[^']*'||" > tests/lint/libcyclone.abi
    echo "tests/lint/libcyclone.abi: $(grep -c '<function-decl' tests/lint/libcyclone.abi) functions"
    exit 0
fi
abidiff --no-added-syms tests/lint/libcyclone.abi "$folder/libcyclone.so" || {
    echo "programs built with an earlier header would break: keep what is there and add to it, or raise CYCLONE_ABI" >&2
    echo "(tests/lint/abi.sh --update then writes the new description)" >&2
    exit 1
}
echo "libcyclone's interface: ok"
