#include <cyclone/base/error.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/preview.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace cyclone::schedule {
namespace {

constexpr double kBudgetGap = 1000;
constexpr std::uint64_t kLookAhead = 2'000'000;  // updates beyond the run that are worth a look for a maximum

std::string text(double value) {
    if (value >= 1000 && value < 1e15) return std::to_string(std::llround(value));
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(3);
    out << value;
    return out.str();
}

bool one_of(const std::string& name, std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* other) { return name == other; });
}

/// Walks through a schedule and its inner ones, each with the updates that the run leaves it.
class Inspector {
public:
    Inspector(std::uint64_t run, std::uint64_t updates_per_epoch, std::vector<std::string>& warnings)
        : run_(run), updates_per_epoch_(updates_per_epoch), warnings_(warnings) {}

    void inspect(const Schedule& s, std::uint64_t run) {
        const std::string& name = s.name();
        const auto lengths = s.lengths();
        for (const NamedLength& length : lengths) check_unit(s, length);
        if (one_of(name, {"triangular", "triangular2", "exp_range", "cyclic"}))
            check_cycle(s, lengths, run);
        else if (name == "cosine_warm_restarts")
            check_restarts(s, lengths[0].updates, run);
        else if (name == "one_cycle")
            check_end(s, lengths[0].updates, run, true);
        else if (one_of(name, {"linear", "polynomial", "cosine"}))
            check_end(s, lengths[0].updates, run, false);
        else if (one_of(name, {"step", "multi_step"}))
            check_falls(s, lengths, run);
        else if (name == "warmup")
            inspect_warmup(s, lengths[0].updates, run);
        else if (name == "join")
            inspect_join(s, lengths, run);
        else if (one_of(name, {"clamp", "scale"}))
            inspect(s.inner()[0], run);
    }

private:
    template <class... Parts>
    void warn(const Schedule& s, const Parts&... parts) {
        std::ostringstream out;
        out << s.name() << ": ";
        (out << ... << parts);
        warnings_.push_back(out.str());
    }

    void check_unit(const Schedule& s, const NamedLength& length) {
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
        // A sliver of an epoch whose number would make a usual length in epochs.
        if (s.name() != "exponential" && count * 10 < per_epoch && count * per_epoch <= static_cast<double>(run_))
            warn(s, what, " is ", text(100 * count / per_epoch), " % of an epoch of ", updates_per_epoch_,
                 " updates; were ", format_number(count), " epochs meant?");
    }

    void warn_if_peak_comes_later(const Schedule& s, std::uint64_t peak, std::uint64_t run) {
        if (peak < run) return;
        warn(s, "the highest rate, ", text(s.value(peak)), ", would come at update ", peak, "; the run ends after ",
             run, " and gets to ", text(highest_of(s, run)));
    }

    static double highest_of(const Schedule& s, std::uint64_t run) {
        double highest = 0;
        for (const Sample& sample : samples(s, run, 1000)) highest = std::max(highest, sample.value);
        return highest;
    }

    void check_cycle(const Schedule& s, const std::vector<NamedLength>& lengths, std::uint64_t run) {
        const std::uint64_t up = lengths.front().updates,
                            cycle = up + lengths[std::min<std::size_t>(1, lengths.size() - 1)].updates;
        if (up >= run) return warn_if_peak_comes_later(s, up, run);
        // Epochs of an odd number of updates do not halve exactly: each half-cycle may be off by half an update.
        const std::uint64_t over = run % cycle, distance = std::min(over, cycle - over);
        const std::uint64_t rounding = lengths.front().given.in_epochs() ? std::min(run / cycle + 1, cycle / 4) : 0;
        if (distance > std::max(cycle / 100, rounding))
            warn(s, "the run ends in the middle of a cycle, after ",
                 text(static_cast<double>(run) / static_cast<double>(cycle)), " cycles of ", cycle,
                 " updates, at a rate of ", text(s.value(run - 1)), " (a run should end with a cycle)");
    }

    void check_restarts(const Schedule& s, std::uint64_t period, std::uint64_t run) {
        if (run < period) return check_end(s, period, run, false);
        for (const std::uint64_t t : {run - 1, run, run + 1})
            if (t > 0 && s.value(t) > s.value(t - 1)) return;  // a restart: between restarts the rate falls
        warn(s, "the run ends in the middle of a cycle, at a rate of ", text(s.value(run - 1)),
             " (a run should end with a cycle)");
    }

    void check_end(const Schedule& s, std::uint64_t length, std::uint64_t run, bool rises_first) {
        if (rises_first && length > run && length <= kLookAhead) {
            std::uint64_t peak = 0;
            double highest = -1;
            for (std::uint64_t t = 0; t < length; ++t)
                if (const double value = s.value(t); value > highest) highest = value, peak = t;
            if (peak >= run) return warn_if_peak_comes_later(s, peak, run);
        }
        const double share = static_cast<double>(run) / static_cast<double>(length);
        if (share < 0.99)
            warn(s, "it is made for ", length, " updates, the run ends after ", run, ": it gets ", text(100 * share),
                 " % of the way, to a rate of ", text(s.value(run - 1)));
        else if (share > 1.01 && s.value(run - 1) <= s.value(0) / 1000)
            warn(s, "it ends after ", length, " of ", run, " updates: the rest of the run has a rate of ",
                 text(s.value(run - 1)));
    }

    void check_falls(const Schedule& s, const std::vector<NamedLength>& lengths, std::uint64_t run) {
        for (const NamedLength& length : lengths)
            if (length.updates >= run)
                warn(s, length.name, " of ", length.given.describe(), ": the run of ", run, " updates ends before");
    }

    void inspect_warmup(const Schedule& s, std::uint64_t length, std::uint64_t run) {
        if (length < run) return inspect(s.inner()[0], run - length);
        warn(s, "the warm-up of ", length, " updates is as long as the run of ", run,
             " or longer: ", s.inner()[0].name(), " never begins");
    }

    void inspect_join(const Schedule& s, const std::vector<NamedLength>& lengths, std::uint64_t run) {
        const auto pieces = s.inner();
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (run == 0)
                return warn(s, "the run ends before piece ", i + 1, " of ", pieces.size(), " (", pieces[i].name(), ")");
            const std::uint64_t part = i < lengths.size() ? std::min(run, lengths[i].updates) : run;
            inspect(pieces[i], part);
            run -= part;
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
