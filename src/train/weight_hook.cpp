// When weights are taken.

#include <cyclone/base/error.h>
#include <cyclone/train/weight_hook.h>

#include <algorithm>

namespace cyclone::train {
namespace {

// A place in the training, and a length, both in updates.
struct Place {
    std::uint64_t now, length;

    Place(Length l, std::uint64_t updates, const optim::Optimizer& optimizer)
        : now(l.in_epochs() ? optimizer.place_in_epochs(updates) : updates),
          length(l.updates(optimizer.updates_per_epoch())) {
        check(!l.in_epochs() || optimizer.updates_per_epoch() > 0, "weights",
              "expected to know the updates of an epoch (hint: Optimizer::set_updates_per_epoch(); fit() does it)");
    }
};

std::optional<Length> distance(const WeightTimes& times, const optim::Optimizer& optimizer) {
    if (times.every || optimizer.lr_is_cyclical()) return times.every;
    return Epochs{1};
}

}  // namespace

std::string WeightTimes::describe() const {
    const std::string from = start ? "from " + start->describe() + ", " : "";
    return from + (every ? "every " + every->describe() : "at the end of each cycle or epoch");
}

bool WeightTimes::at(std::uint64_t updates, const optim::Optimizer& optimizer) const {
    if (updates == 0) return false;
    if (start)
        if (const Place place(*start, updates, optimizer); place.now < place.length) return false;
    if (const auto length = distance(*this, optimizer)) {
        const Place place(*length, updates, optimizer);
        return place.now % place.length == 0;
    }
    const auto cycle = optimizer.lr_cycle(updates - 1);
    return cycle && cycle->end == updates;
}

std::uint64_t WeightTimes::look_at(std::uint64_t updates, const optim::Optimizer& optimizer) const {
    if (const auto length = distance(*this, optimizer)) {
        const Place place(*length, updates, optimizer);
        return updates + place.length - place.now % place.length;
    }
    const auto cycle = optimizer.lr_cycle(updates);
    return cycle ? std::max(cycle->end, updates + 1) : updates + 1;
}

std::uint64_t WeightTimes::count(std::uint64_t from, std::uint64_t to, const optim::Optimizer& optimizer) const {
    std::uint64_t n = 0;
    if (!every && optimizer.lr_is_cyclical()) to = std::min(to, optimizer.lr_ends().value_or(to));
    for (std::uint64_t u = look_at(from, optimizer); u <= to; u = look_at(u, optimizer)) n += at(u, optimizer) ? 1 : 0;
    return n;
}

bool WeightClock::strikes(const optim::Optimizer& optimizer) {
    const std::uint64_t made = optimizer.updates();
    if (made < look_at_) return false;
    look_at_ = times_.look_at(made, optimizer);
    return times_.at(made, optimizer);
}

}  // namespace cyclone::train
