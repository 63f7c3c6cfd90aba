// Hyper-parameters and the values of a group.

#include <cyclone/base/error.h>
#include <cyclone/optim/hyper.h>
#include <cyclone/schedule/compose.h>

#include <algorithm>

namespace cyclone::optim {

std::string Hyper::describe() const { return schedule_ ? schedule_->describe() : joined(number_); }

Hyper Hyper::scaled(double factor) const {
    return schedule_ ? Hyper(schedule::scale(*schedule_, factor)) : Hyper(factor * number_);
}

std::size_t GroupValues::index_of(std::string_view name) const {
    for (std::size_t i = 0; i < specs_.size(); ++i)
        if (specs_[i].name == name) return i;
    std::string known;
    for (const HyperSpec& spec : specs_) known += (known.empty() ? "" : ", ") + std::string(spec.name);
    fail("hyper-parameter", "the optimizer has none called '", name, "' (known: ", known, ")");
}

bool GroupValues::has(std::string_view name) const {
    return std::any_of(specs_.begin(), specs_.end(), [&](const HyperSpec& spec) { return spec.name == name; });
}

}  // namespace cyclone::optim
