#!/bin/sh
# Fails on an #include that points against the direction of the parts, on dnnl.hpp outside src/onednn, and on a
# third-party or private header inside a public one.
set -eu
cd "$(dirname "$0")/../.."

find include src -name '*.h' -o -name '*.cpp' | sort | xargs awk '
BEGIN {
    allowed["base"] = ""
    allowed["tensor"] = "base"
    allowed["autograd"] = "base tensor kernels"
    allowed["kernels"] = "base tensor"
    allowed["onednn"] = "base tensor kernels"
    allowed["ops"] = "base tensor autograd kernels onednn"
    allowed["nn"] = "base tensor autograd ops"
    allowed["schedule"] = "base"
    allowed["optim"] = "base tensor autograd schedule kernels"
    allowed["metrics"] = "base"
    allowed["io"] = "base tensor"
    allowed["data"] = "base tensor io"
    allowed["train"] = "base tensor autograd ops nn schedule optim metrics io data"
    allowed["lab"] = allowed["train"] " train"
    for (part in allowed) {
        count = split(allowed[part], list, " ")
        for (i = 1; i <= count; ++i) ok[part, list[i]] = 1
        ok[part, part] = 1
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
}
own == "cyclone.h" { next }
/^[ \t]*#[ \t]*include/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target)
    sub(/[>"].*/, "", target)
    if (!(own in allowed)) complain("part " own " is not known to tests/lint/include_directions.sh")
    if (target ~ /^dnnl|^oneapi/ && own != "onednn") complain("only src/onednn may include " target)
    if (public && target ~ /^(omp\.h|nlohmann|hdf5|zlib|zip\.h|stb|fmt|CLI|Random123|kernels|onednn)/)
        complain("a public header must not include " target)
    part = ""
    if (target ~ /^cyclone\/[a-z]+\//) { part = target; sub(/^cyclone\//, "", part); sub(/\/.*/, "", part) }
    else if (target ~ /^[a-z]+\// && target !~ /^(sys|catch2|nlohmann|stb)\//) {
        part = target; sub(/\/.*/, "", part)
        if (!(part in allowed)) part = ""
    }
    if (part != "" && !((own, part) in ok)) complain(own " must not include " target)
}
END { exit failed }'
echo "include directions: ok"
