// Averages and snapshots in a comparison.

#include "lab/averaged.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>

#include <string_view>

namespace cyclone::lab {

Averaged::Averaged(const std::string& name, const train::WeightTimes& times) : name_(name) {
    constexpr std::string_view kEma = "ema:";
    if (name == "snapshots") {
        auto snapshots = std::make_unique<train::Snapshots>(times);
        snapshots_ = snapshots.get();
        hook_ = std::move(snapshots);
        return;
    }
    std::string_view text = name;
    std::optional<double> decay;
    if (text.starts_with(kEma)) {
        text.remove_prefix(kEma.size());
        decay = take_number(text);
    }
    check<UsageError>(name == "swa" || (decay && text.empty()), "averages",
                      "expected swa, snapshots or ema:DECAY such as ema:0.99, got '", name, "'");
    auto average = std::make_unique<train::WeightAverage>(decay ? train::WeightAverage::ema(*decay)
                                                                : train::WeightAverage::swa(times));
    average_ = average.get();
    hook_ = std::move(average);
}

std::uint64_t Averaged::taken() const { return average_ ? average_->count() : snapshots_->all().size(); }

void Averaged::each(nn::Module& model, const std::function<void()>& renew, const std::function<void()>& use) const {
    if (average_) {
        average_->copy_into(model);
        renew();
        use();
        return;
    }
    for (const auto& [updates, weights] : snapshots_->all()) {
        model.load_state_dict(weights);
        use();
    }
}

}  // namespace cyclone::lab
