// What a schedule does in a run, and what is likely a mistake: asked of the schedule itself, never of its name.

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/preview.h>

#include <algorithm>
#include <cmath>

namespace cyclone::schedule {
namespace {

constexpr double kBudgetGap = 1000;
constexpr double kReached = 0.5;  // of the way from base to max
constexpr double kNarrow = 1.2;   // of highest to lowest rate
constexpr double kVeryHigh = 10;  // of a rate

std::string text(double value) {
    if (value >= 1000 && value < 1e15) return std::to_string(std::llround(value));
    return number_text::significant(value);
}

/// Walks through a schedule and its inner ones, each with the updates that the run leaves it.
class Inspector {
public:
    Inspector(std::uint64_t run, std::uint64_t updates_per_epoch, std::vector<std::string>& warnings)
        : run_(run), updates_per_epoch_(updates_per_epoch), warnings_(warnings) {}

    void inspect(const Schedule& s, std::uint64_t run) {
        const auto stages = s.stages();
        for (const NamedLength& length : s.lengths()) check_unit(s, length, !stages.empty());
        if (!stages.empty()) return inspect_stages(stages, s, run);
        const auto peak = s.peak();
        check_amplitude(s, peak);
        if (peak && *peak >= run)
            warn(s, "the highest rate, ", text(s.value(*peak)), ", would come at update ", *peak,
                 "; the run ends after ", run, " and gets to ", text(highest_of(s, run)));
        else if (const auto cycle = s.cycle_at(run))
            check_cycle(s, *cycle, run);
        else if (const auto length = s.length())
            check_end(s, *length, run);
        for (const NamedLength& length : s.lengths())
            if (length.marks == Marks::change && length.updates >= run)
                warn(s, length.name, " of ", length.given.describe(), ": the run of ", run, " updates ends before");
    }

private:
    template <class... Parts>
    void warn(const Schedule& s, const Parts&... parts) {
        warnings_.push_back(joined(s.name(), ": ", parts...));
    }

    void check_unit(const Schedule& s, const NamedLength& length, bool has_stages) {
        const double count = length.given.count(), per_epoch = static_cast<double>(updates_per_epoch_);
        const std::string what = (length.name.empty() ? "length" : length.name) + " of " + length.given.describe();
        if (updates_per_epoch_ <= 1) return;  // the two units are the same
        if (length.given.in_epochs()) {
            // Longer than the run, and as updates at least a good part of an epoch: nobody wants 2000 epochs of rise.
            if (length.updates > run_ && count <= static_cast<double>(run_) && count >= std::max(20.0, per_epoch / 4))
                warn(s, what, " is longer than the run of ", text(static_cast<double>(run_) / per_epoch),
                     " epochs; were ", format_number(count), " updates meant?");
            return;
        }
        // A sliver of an epoch whose number would make a usual length in epochs; not for a length of unknown meaning.
        const bool is_meant_for_a_run = has_stages || s.is_cyclical() || length.marks != Marks::nothing;
        if (is_meant_for_a_run && count * 10 < per_epoch && count * per_epoch <= static_cast<double>(run_))
            warn(s, what, " is ", text(100 * count / per_epoch), " % of an epoch of ", updates_per_epoch_,
                 " updates; were ", format_number(count), " epochs meant?");
    }

    /// A factor so small that the amplitude is gone before the first rise is done.
    void check_amplitude(const Schedule& s, std::optional<std::uint64_t> peak) {
        const auto height = peak ? s.height(*peak) : std::nullopt;
        if (height && *height < kReached)
            warn(s, "the amplitude falls faster than the rate rises: the highest rate, at update ", *peak, ", is ",
                 text(s.value(*peak)), ", ", text(100 * *height),
                 " % of the way from base to max (a factor nearer to 1)");
    }

    static double highest_of(const Schedule& s, std::uint64_t run) {
        double highest = 0;
        for (const Sample& sample : samples(s, run, 1000)) highest = std::max(highest, sample.value);
        return highest;
    }

    /// `cycle` is the one that would begin or continue after the run.
    void check_cycle(const Schedule& s, const Cycle& cycle, std::uint64_t run) {
        const std::uint64_t length = cycle.end - cycle.begin, behind = run - cycle.begin, ahead = cycle.end - run;
        // Epochs of an odd number of updates do not halve exactly: each half-cycle may be off by half an update.
        const auto lengths = s.lengths();
        const bool in_epochs = std::any_of(lengths.begin(), lengths.end(),
                                           [](const NamedLength& named) { return named.given.in_epochs(); });
        const std::uint64_t rounding = in_epochs ? std::min(cycle.number + 1, length / 4) : 0;
        const std::uint64_t tolerance = std::max(length / 100, rounding);
        const bool begins_high = s.value(cycle.begin) > s.value(cycle.end - 1);  // a restart
        if (ahead > tolerance && behind > (begins_high ? 1 : tolerance))
            warn(s, "the run ends in the middle of a cycle, after ",
                 text(static_cast<double>(cycle.number) + static_cast<double>(behind) / static_cast<double>(length)),
                 " cycles of ", length, " updates, at a rate of ", text(s.value(run - 1)),
                 " (a run should end with a cycle)");
    }

    void check_end(const Schedule& s, std::uint64_t length, std::uint64_t run) {
        const double fraction = static_cast<double>(run) / static_cast<double>(length);
        if (fraction < 0.99)
            warn(s, "it is made for ", length, " updates, the run ends after ", run, ": it gets ", text(100 * fraction),
                 " % of the way, to a rate of ", text(s.value(run - 1)));
        else if (fraction > 1.01 && s.value(run - 1) <= s.value(0) / 1000)
            warn(s, "it ends after ", length, " of ", run, " updates: the rest of the run has a rate of ",
                 text(s.value(run - 1)));
    }

    void inspect_stages(const std::vector<Stage>& stages, const Schedule& s, std::uint64_t run) {
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const Stage& stage = stages[i];
            if (stage.begin < run) {
                inspect(stage.schedule, std::min(run, stage.end.value_or(run)) - stage.begin);
                continue;
            }
            if (i == 0)
                warn(s, "the warm-up of ", stage.begin, " updates is as long as the run of ", run,
                     " or longer: ", stage.schedule.name(), " never begins");
            else
                warn(s, "the run ends before piece ", i + 1, " of ", stages.size(), " (", stage.schedule.name(), ")");
            return;
        }
    }

    std::uint64_t run_, updates_per_epoch_;
    std::vector<std::string>& warnings_;
};

}  // namespace

Preview preview(std::string name, const Schedule& schedule, std::uint64_t updates, std::uint64_t updates_per_epoch) {
    check(updates >= 1, name, "expected a run of at least one update, got ", updates);
    Preview p{.name = std::move(name),
              .schedule = schedule.with_updates_per_epoch(updates_per_epoch),
              .updates = updates,
              .warnings = {}};
    p.lowest = HUGE_VAL;
    p.highest = -1;
    for (std::uint64_t t = 0; t < updates; ++t) {
        const double value = p.schedule.value(t);
        p.sum += value;
        p.lowest = std::min(p.lowest, value);
        if (value > p.highest) p.highest = value, p.highest_at = t;
    }
    p.mean = p.sum / static_cast<double>(updates);
    p.first = p.schedule.value(0);
    p.last = p.schedule.value(updates - 1);
    Inspector(updates, updates_per_epoch, p.warnings).inspect(p.schedule, updates);
    const bool rises = p.schedule.height(p.highest_at).value_or(1) >= kReached;  // else it is told already
    if (p.schedule.is_cyclical() && rises && p.highest > p.lowest && p.highest < kNarrow * p.lowest)
        p.warnings.push_back(p.schedule.name() + ": a cycle from " + text(p.lowest) + " to " + text(p.highest) +
                             " is hardly one (usual: max three times base or more)");
    if (p.highest == 0) p.warnings.push_back(p.schedule.name() + ": every rate is 0, so nothing is trained");
    if (p.highest > kVeryHigh)
        p.warnings.push_back(p.schedule.name() + ": a rate of " + text(p.highest) +
                             " is beyond what networks usually bear");
    return p;
}

std::vector<std::string> budget_warnings(const std::vector<Preview>& previews) {
    std::vector<std::string> warnings;
    const auto largest = std::max_element(previews.begin(), previews.end(),
                                          [](const Preview& a, const Preview& b) { return a.sum < b.sum; });
    for (const Preview& p : previews)
        if (p.sum * kBudgetGap < largest->sum)
            warnings.push_back(p.name + ": its rates sum to " + text(p.sum) + ", those of " + largest->name + " to " +
                               text(largest->sum) +
                               (p.sum > 0 ? ", " + text(largest->sum / p.sum) + " times as much" : "") +
                               ": it hardly trains and is no baseline");
    return warnings;
}

std::vector<Sample> samples(const Schedule& schedule, std::uint64_t updates, std::size_t parts) {
    std::vector<Sample> list;
    if (updates <= 2 * parts) {
        for (std::uint64_t t = 0; t < updates; ++t) list.push_back({t, schedule.value(t)});
        return list;
    }
    const double width = static_cast<double>(updates) / static_cast<double>(parts);
    std::uint64_t begin = 0;
    for (std::size_t p = 0; p < parts; ++p) {
        const std::uint64_t end =
            p + 1 == parts ? updates : static_cast<std::uint64_t>(width * static_cast<double>(p + 1));
        Sample low{begin, schedule.value(begin)}, high = low;
        for (std::uint64_t t = begin + 1; t < end; ++t) {
            const double value = schedule.value(t);
            if (value < low.value) low = {t, value};
            if (value > high.value) high = {t, value};
        }
        list.push_back(low.update <= high.update ? low : high);
        if (low.update != high.update) list.push_back(low.update <= high.update ? high : low);
        begin = end;
    }
    return list;
}

}  // namespace cyclone::schedule
