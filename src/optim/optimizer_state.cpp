// The state of an optimizer: what an exact resume needs, saved and loaded.

#include <cyclone/optim/optimizer.h>

#include <algorithm>
#include <utility>

namespace cyclone::optim {
namespace {

constexpr const char* kClock = "clock";

}  // namespace

Tensor Optimizer::new_slot(std::size_t, const Tensor& parameter) const {
    return Tensor::zeros(parameter.shape(), parameter.dtype());
}

std::size_t Optimizer::state_tensors() const {
    std::size_t count = 0;
    for (const Parameter& p : parameters_)
        count += static_cast<std::size_t>(
            std::count_if(p.slots.begin(), p.slots.end(), [](const Tensor& slot) { return slot.defined(); }));
    return count;
}

std::string Optimizer::slot_name(std::size_t parameter, std::size_t slot) const {
    return std::to_string(parameter) + "." + slot_names_[slot];
}

StateDict Optimizer::state_dict() const {
    const auto as_i64 = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    StateDict out{
        {"counts",
         Tensor::from({static_cast<std::int64_t>(number_), as_i64(parameters_.size()), as_i64(state_tensors())}, {3})}};
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        for (std::size_t s = 0; s < slot_names_.size(); ++s)
            if (parameters_[i].slots[s].defined()) out.add(slot_name(i, s), parameters_[i].slots[s]);
    if (clock_.updates_per_epoch > 0 || clock_.epochs > 0)
        out.add(kClock, Tensor::from({as_i64(clock_.epochs), as_i64(clock_.updates_per_epoch), clock_.shift}, {3}));
    return out;
}

std::optional<Optimizer::Clock> Optimizer::read_clock(const StateDict& state, std::int64_t updates) const {
    const Tensor* const at = state.find(kClock);
    if (!at) return std::nullopt;
    check(dtype_and_shape(*at) == "i64 (3)", name_, "load_state_dict: expected a tensor 'clock' of i64 (3), got ",
          dtype_and_shape(*at));
    const auto values = at->to_vector<std::int64_t>();
    constexpr std::int64_t kMost = std::int64_t{1} << 53;
    const auto fits = [](std::int64_t x) { return x >= 0 && x <= kMost; };
    check(fits(values[0]) && fits(values[1]) && values[2] <= kMost && values[2] >= -updates, name_,
          "load_state_dict: 'clock' holds numbers out of range");
    return Clock{static_cast<std::uint64_t>(values[0]), static_cast<std::uint64_t>(values[1]), values[2]};
}

void Optimizer::load_state_dict(const StateDict& state) {
    check(!in_step_, name_, "a hook must not load a state");
    const Tensor* const counts_at = state.find("counts");
    check(counts_at && dtype_and_shape(*counts_at) == "i64 (3)", name_,
          "load_state_dict: expected a tensor 'counts' of i64 (3), got ",
          counts_at ? dtype_and_shape(*counts_at) : "none");
    const auto counts = counts_at->to_vector<std::int64_t>();
    check(counts[0] >= 0 && counts[1] == static_cast<std::int64_t>(parameters_.size()), name_,
          "load_state_dict: expected the state of ", parameters_.size(), " parameters, got ", counts[1],
          " parameters after ", counts[0],
          " updates (hint: before the state is loaded, make the groups that the optimizer had when it was saved)");

    StateDict loaded{{"counts", counts_at->clone()}};
    const std::optional<Clock> clock = read_clock(state, counts[0]);
    if (clock) loaded.add(kClock, state.find(kClock)->clone());
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        bool any = false;  // none: the parameter has not had a gradient yet
        for (std::size_t s = 0; s < slot_names_.size(); ++s) any |= state.find(slot_name(i, s)) != nullptr;
        for (std::size_t s = 0; any && s < slot_names_.size(); ++s)
            loaded.add(slot_name(i, s), new_slot(s, parameters_[i].tensor));
    }
    const StateDictReport report = loaded.compare(state);
    check(report.fits(), name_, "load_state_dict: ", report.str());
    const std::int64_t slots = static_cast<std::int64_t>(loaded.size()) - (clock ? 2 : 1);
    check(counts[2] == slots, name_, "load_state_dict: expected ", counts[2], " state tensors, got ", slots);

    state.copy_into(loaded);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        for (std::size_t s = 0; s < slot_names_.size(); ++s) {
            const Tensor* const slot = loaded.find(slot_name(i, s));
            parameters_[i].slots[s] = slot ? *slot : Tensor();
        }
    number_ = static_cast<std::uint64_t>(counts[0]);
    has_last_ = false;
    const std::uint64_t now = std::exchange(clock_, clock.value_or(Clock{})).updates_per_epoch;
    // Where the epochs have another length by now, the place in epochs stays.
    if (const std::uint64_t n = now > 0 ? now : clock_.updates_per_epoch; n > 0) set_updates_per_epoch(n);
}

}  // namespace cyclone::optim
