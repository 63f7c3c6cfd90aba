// What follows the weights of a training, as the options name it.

#include "cli/train_averages.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>

#include <cmath>

#include "cli/shared.h"

namespace cyclone::cli {
namespace {

train::Lookahead parse_lookahead(const std::string& text) {
    std::string_view left = text;
    const auto k = take_number(left);
    const bool comma = left.starts_with(',');
    if (comma) left.remove_prefix(1);
    const auto alpha = comma ? take_number(left) : std::nullopt;
    check<UsageError>(
        k && alpha && left.empty() && *k == std::floor(*k) && *k >= 1 && *k < 1e9 && *alpha > 0 && *alpha <= 1,
        "--lookahead", "expected K,ALPHA, such as 5,0.5: every 5 updates half of the way, got '", text, "'");
    return train::Lookahead(static_cast<std::int64_t>(*k), *alpha);
}

}  // namespace

TrainAverages::TrainAverages(const TrainSettings& s) {
    check<UsageError>(s.average_start.empty() || s.swa || s.snapshots, "--average-start",
                      "is for --swa and --snapshots, of which none is given");
    const auto epochs = static_cast<double>(s.epochs);
    if (!s.lookahead.empty()) lookahead.emplace(parse_lookahead(s.lookahead));
    if (s.swa) swa.emplace(train::WeightAverage::swa({.start = average_start(s, epochs, true)}));
    if (s.snapshots) snapshots.emplace(train::WeightTimes{.start = average_start(s, epochs, false)});
    check<UsageError>(!s.ema || (*s.ema >= 0 && *s.ema < 1), "--ema", "expected a decay in [0, 1), got ",
                      s.ema.value_or(0), " (hint: 0.999 averages over some 1000 updates)");
    if (!s.unfreeze.empty()) unfreezing.emplace(split_at_commas("--unfreeze", s.unfreeze));
    if (s.ema) ema.emplace(train::WeightAverage::ema(*s.ema));
}

std::vector<train::WeightHook*> TrainAverages::hooks() {
    std::vector<train::WeightHook*> all;
    if (lookahead) all.push_back(&*lookahead);
    if (swa) all.push_back(&*swa);
    if (ema) all.push_back(&*ema);
    if (snapshots) all.push_back(&*snapshots);
    if (unfreezing) all.push_back(&*unfreezing);
    return all;
}

std::string TrainAverages::describe() const {
    std::string text;
    for (const train::WeightHook* hook : const_cast<TrainAverages*>(this)->hooks())
        if (hook != (unfreezing ? &*unfreezing : nullptr)) text += (text.empty() ? "" : "; ") + hook->describe();
    return text.empty() ? "none" : text;
}

std::vector<std::string> TrainAverages::check_run(const Job& job, nn::Module& network,
                                                  optim::Optimizer& optimizer) const {
    const Schedule schedule = job.schedule();
    check<UsageError>(!snapshots || schedule.is_cyclical(), "--snapshots",
                      "takes the weights at the end of each cycle, and ", schedule.describe(),
                      " has no cycles (hint: --schedule triangular --step-size 2epochs)");
    optimizer.set_updates_per_epoch(job.updates_per_epoch);
    std::vector<std::string> sentences;
    const auto check_one = [&](const std::string& option, const train::WeightTimes& times) {
        const std::uint64_t count = times.count(0, job.updates(), optimizer);
        const std::string at = schedule.is_cyclical() ? "cycle of " + schedule.describe() : "epoch";
        const std::string from = times.start ? " from " + times.start->describe() + " on" : "";
        check<UsageError>(count > 0, option, "would take no weights:", from, " no ", at, " ends within the ",
                          job.s.epochs, " epochs (hint: an earlier --average-start",
                          schedule.is_cyclical() ? ", or a shorter --step-size)" : ")");
        if (count == 1)
            sentences.push_back(option + " takes the weights only once:" + from + " one " + at +
                                " ends in the run (an earlier --average-start" +
                                (schedule.is_cyclical() ? ", or a shorter --step-size, gives more)" : " gives more)"));
    };
    if (swa) check_one("--swa", swa->times());
    if (snapshots) check_one("--snapshots", snapshots->times());
    if (unfreezing) {
        try {
            train::GradualUnfreezing(split_at_commas("--unfreeze", job.s.unfreeze)).begin(network, optimizer);
        } catch (const UsageError& error) {
            fail<UsageError>("--unfreeze", error.what());
        }
        const std::uint64_t more = unfreezing->times().count(0, job.updates() - 1, optimizer);
        check<UsageError>(more + 1 >= unfreezing->parts(), "--unfreeze", "expected at most ", more + 1,
                          " patterns, one per ", schedule.is_cyclical() ? "cycle of " + schedule.describe() : "epoch",
                          " in the run, got ", unfreezing->parts());
    }
    if (!job.s.freeze.empty() && job.s.init.empty() && !job.s.resume)
        sentences.push_back("--freeze without --init: the frozen layers keep their random weights");
    return sentences;
}

}  // namespace cyclone::cli
