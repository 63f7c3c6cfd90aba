#!/bin/sh
# run.sh BUILD SECONDS [TARGET...]: runs every fuzz target of a build, or those named, for SECONDS each, from its seeds
# and from what earlier runs found.
# A crash, a leak, more than a second for one input or more than 256 MB at once is a failure; the input is kept in
# BUILD/fuzz/<target>/.
set -eu
build=$1
seconds=$2
seeds=$(cd "$(dirname "$0")" && pwd)/seeds
shift 2
if [ $# -eq 0 ]; then
    for program in "$build"/bin/fuzz_*; do set -- "$@" "${program##*/fuzz_}"; done
fi
for target; do
    mkdir -p "$build/fuzz/$target/found" "$build/fuzz/$target/seeds"
    for seed in "$seeds/$target"/*; do
        into=$build/fuzz/$target/seeds/$(basename "$seed" .printf)
        case $seed in
            # shellcheck disable=SC2059  # binary seeds are kept as printf formats
            *.printf) printf "$(cat "$seed")" >"$into" ;;
            *) cp "$seed" "$into" ;;
        esac
    done
    log=$build/fuzz/$target/log
    if ! "$build/bin/fuzz_$target" -max_total_time="$seconds" -timeout=1 -malloc_limit_mb=256 -rss_limit_mb=1024 \
        -max_len=4096 -artifact_prefix="$build/fuzz/$target/" "$build/fuzz/$target/found" "$build/fuzz/$target/seeds" >"$log" 2>&1; then
        tail -40 "$log" >&2
        exit 1
    fi
    echo "fuzz $target: ok, $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log") inputs in $seconds s"
done
