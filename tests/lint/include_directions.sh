#!/bin/sh
# Fails on an #include that points against the directions of src/parts.txt, on another part's private header, on
# dnnl.hpp outside src/onednn, on a third-party header inside a public one, and on files that include each other in a
# circle (a header with its source counts as one file).
set -eu
cd "$(dirname "$0")/../.."

find include src -name '*.h' -o -name '*.cpp' | sort | xargs awk '
BEGIN {
    while ((getline line < "src/parts.txt") > 0) {
        sub(/#.*/, "", line)
        count = split(line, word, " ")
        if (count < 3) continue
        part = word[1]
        known[part] = 1
        ok[part, part] = 1
        for (i = 3; i <= count; ++i) {
            if (word[i] == "-") continue
            if (!(word[i] in known)) { print "src/parts.txt: " part " may include " word[i] ", which is not above it"; failed = 1 }
            for (other in known) if ((word[i], other) in ok) ok[part, other] = 1
        }
    }
}
function complain(text) { print FILENAME ":" FNR ": " text; failed = 1 }
FNR == 1 {
    path = FILENAME
    public = path ~ /^include\//
    sub(/^include\/cyclone\//, "", path)
    sub(/^src\//, "", path)
    own = path
    sub(/\/.*/, "", own)
    if (own == "c.h") own = "c"
    if (own != "cyclone.h" && !(own in known)) complain("part " own " is not in src/parts.txt")
}
own == "cyclone.h" { next }
/^[ \t]*#[ \t]*include/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target)
    sub(/[>"].*/, "", target)
    if (target ~ /^dnnl|^oneapi/ && own != "onednn") complain("only src/onednn may include " target)
    if (public && target ~ /^(omp\.h|nlohmann|hdf5|zlib|zip\.h|stb|fmt|CLI|Random123|kernels|onednn|system)/)
        complain("a public header must not include " target)
    exported = target ~ /^cyclone\//
    part = target
    sub(/^cyclone\//, "", part)
    if (part !~ /\//) next
    sub(/\/.*/, "", part)
    if (!(part in known)) next
    if (!((own, part) in ok)) complain(own " must not include " target " (see src/parts.txt)")
    if (!exported && public) complain("a public header must not include " target)
    if (!exported && part != own && part != "kernels" && part != "onednn" && part != "system")
        complain(target " is private to " part)
}
END { exit failed }'
echo "include directions: ok"

# Files as rooms: path without include/cyclone/, src/ and ending. A Schedule is made by a Definition, which holds
# Schedules: that circle is inherent.
circles=$(find include src -name '*.h' -o -name '*.cpp' | sort | xargs awk '
FNR == 1 {
    own = FILENAME
    sub(/^include\/cyclone\//, "", own); sub(/^src\//, "", own); sub(/\.[a-z]*$/, "", own)
}
/^[ \t]*#[ \t]*include/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target); sub(/[>"].*/, "", target)
    if (target !~ /\.h$/ || target !~ /\//) next
    sub(/^cyclone\//, "", target); sub(/\.h$/, "", target)
    if (own " " target == "schedule/schedule schedule/definition") next
    if (own != target) print own, target
}' | sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //' || true)
if [ -n "$circles" ]; then
    echo "files that include each other in a circle:"
    echo "$circles"
    exit 1
fi
echo "circles: none"
