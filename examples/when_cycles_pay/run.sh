#!/bin/sh
# When does a cycle pay? Comparisons of schedules at several budgets and at wrong maximum rates; see README.md.
# usage: run.sh OUT [small] with CYCLONE (the program), MNIST and CIFAR (their folders; left out where not set), JOBS.
set -eu

out=${1:?"usage: run.sh OUT [small]"}
size=${2:-full}
cyclone=${CYCLONE:-build/bin/cyclone}
schedules=triangular,one-cycle,cosine,linear,constant:mean

# compare NAME EPOCHS MAX_RATE SCHEDULES MORE_OPTIONS...: one comparison, which a second call resumes, and its tables.
compare() {
    name=$1 epochs=$2 max=$3 rows=$4
    shift 4
    folder=$out/$name
    how=
    if [ -d "$folder" ]; then how=--resume; fi
    echo "== $name: $epochs epochs, highest rate $max"
    # shellcheck disable=SC2086
    "$cyclone" compare "$@" --schedules "$rows" --seeds 3 --epochs "$epochs" --evaluate-every 0 \
        --max-lr "$max" --base-lr "$(scaled "$max" 0.0666667)" --step-size 0.5epochs \
        --jobs "${JOBS:-2}" --quiet --out "$folder" $how > "$out/$name.txt"
}

scaled() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.6g", a * b }'; }

# budgets NAME EPOCHS MAX_RATE MORE_OPTIONS...: a quarter, half, one and two of EPOCHS, then wrong rates at one.
budgets() {
    net=$1 full=$2 rate=$3
    shift 3
    for quarters in 1 2 4 8; do
        compare "$net-budget-$quarters" $((full * quarters / 4)) "$rate" "$schedules,constant:tuned" --tuned-rates 12 "$@" --average swa
    done
    for factor in $factors; do
        compare "$net-rate-$factor" "$full" "$(scaled "$rate" "$factor")" "$schedules" "$@"
    done
}

mkdir -p "$out"
if [ "$size" = small ]; then
    factors="0.125 8"
    budgets study 4 0.1 synthetic --positives 40 --negatives 216
    exit 0
fi
factors="0.125 0.25 0.5 2 4 8"
budgets study 8 0.1 synthetic
# As many images as make whole batches, so that a cycle per epoch fits into one epoch.
if [ -n "${MNIST:-}" ]; then
    budgets mnist 4 0.1 "$MNIST" --positive 8 --positives 1000 --negatives 8984 --momentum 0.9 \
        --model 'conv:16,3 relu pool conv:32,3 relu pool flatten linear:classes'
fi
if [ -n "${CIFAR:-}" ]; then
    images=$out/cifar16.cyc
    if [ ! -e "$images" ]; then "$cyclone" convert "$CIFAR" "$images" --resize 16 --quiet; fi
    budgets resnet20 8 0.2 "$images" --positive automobile --positives 500 --negatives 1996 --momentum 0.9 \
        --model resnet:20,bn-momentum=0.05 --batch-size 64 --augment flip-horizontal
fi
