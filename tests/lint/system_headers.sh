#!/bin/sh
# Fails on a header of POSIX, Linux or Windows outside src/system, except in the files named below, and on what only GCC
# and clang know in cyclone::core and in public headers. (-Wpedantic has the other extensions. <fcntl.h> is everywhere.)
set -eu
cd "$(dirname "$0")/../.."

excepted='
src/cli/image_source.cpp: standard input as a file in memory
src/cli/place.cpp: processors of a launcher, by /proc
src/cli/process.cpp: signals, processors, the program started again
src/data/formats/weight_files.cpp: a file that libhdf5 opens by its name
src/data/hdf5/isolated.cpp: a child process with limits, for libhdf5
src/lab/claims.cpp: claims that processes of several machines respect, by locks, times and links
'
headers='(sys|net|netinet|arpa|linux|mach|asm)/[a-z_0-9/]*\.h|unistd\.h|pthread\.h|dlfcn\.h|poll\.h|sched\.h|spawn\.h|dirent\.h|glob\.h|ftw\.h|pwd\.h|grp\.h|netdb\.h|semaphore\.h|strings\.h|libgen\.h|termios\.h|langinfo\.h|alloca\.h|utime\.h|execinfo\.h|ucontext\.h|windows\.h|io\.h|process\.h|malloc\.h|direct\.h'
failed=0

found=$(grep -rlE "^[ \t]*#[ \t]*include[ \t]*<($headers)>" include src examples --include='*.h' --include='*.cpp' --include='*.c' |
    grep -v '^src/system/' | sort)
for file in $found; do
    case $excepted in
        *"
$file: "*) ;;
        *) echo "$file: only src/system includes headers of a system: $(grep -m1 -oE "<($headers)>" "$file")"; failed=1 ;;
    esac
done
for file in $(echo "$excepted" | sed -n 's/: .*//p'); do
    echo "$found" | grep -qx "$file" || { echo "tests/lint/system_headers.sh: $file needs no exception"; failed=1; }
done

core=$(awk '$2 == "core" && $1 !~ /^(#|system|onednn)/ { print "src/" $1 }' src/parts.txt)
# multiversion.h and c.h stand for the compilers that know them behind an #if; an attribute in [[gnu::...]] is skipped.
# shellcheck disable=SC2086  # a list of folders
if grep -rnE '__attribute__|__builtin_|__typeof|__int128|__extension__|\bssize_t\b|\balloca\(|&&[a-z_]+;.*goto' $core include \
    --include='*.h' --include='*.cpp' | grep -vE '^(src/kernels/multiversion|include/cyclone/c)\.h:'; then
    echo "only GCC and clang know that (see above)"
    failed=1
fi
[ $failed -eq 0 ] && echo "system headers: ok"
exit $failed
