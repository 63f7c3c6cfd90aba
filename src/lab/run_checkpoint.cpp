// What the checkpoint of a run holds besides its training.

#include "lab/run_checkpoint.h"

#include <cyclone/base/error.h>

#include <vector>

namespace cyclone::lab {
namespace {

// Version 0.1 had one list: seconds, number of epochs, their AUCs, then three numbers per point of the curve.
void name_numbers(const std::vector<double>& list, train::CheckpointExtra& extra) {
    check(list.size() >= 2 && list[1] >= 0 && list[1] <= static_cast<double>(list.size() - 2), "checkpoint",
          "it contains an invalid run state");
    const auto epochs = list.begin() + 2 + static_cast<std::ptrdiff_t>(list[1]);
    extra = {{"seconds", {list[0]}}, {"epoch_auc", {list.begin() + 2, epochs}}};
    for (auto p = epochs; list.end() - p >= 3; p += 3) {
        extra["auc_updates"].push_back(p[0]);
        extra["auc_seconds"].push_back(p[1]);
        extra["auc"].push_back(p[2]);
    }
}

}  // namespace

train::CheckpointExtra measured(const Run& run, const Stopwatch& watch) {
    train::CheckpointExtra extra{{"seconds", {watch.seconds()}}, {"epoch_auc", run.epoch_auc}};
    for (const AucPoint& p : run.auc_curve) {
        extra["auc_updates"].push_back(static_cast<double>(p.updates));
        extra["auc_seconds"].push_back(p.seconds);
        extra["auc"].push_back(p.auc);
    }
    return extra;
}

void restore(train::CheckpointExtra extra, Run& run, Stopwatch& watch) {
    if (extra.count("") > 0) name_numbers(std::vector<double>(extra[""]), extra);
    const auto &updates = extra["auc_updates"], &seconds = extra["auc_seconds"], &auc = extra["auc"];
    check(extra["seconds"].size() == 1 && seconds.size() == auc.size() && updates.size() == auc.size(), "checkpoint",
          "it contains an invalid run state");
    watch.add(extra["seconds"].front());
    run.epoch_auc = extra["epoch_auc"];
    run.auc_curve.clear();
    for (std::size_t i = 0; i < auc.size(); ++i)
        run.auc_curve.push_back({static_cast<std::uint64_t>(updates[i]), seconds[i], auc[i]});
}

}  // namespace cyclone::lab
