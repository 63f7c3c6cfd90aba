#include "bench/bf16.h"

#include <string>

#include "bench/training.h"

namespace bench {
namespace {

using cyclone::Precision;
using cyclone::PrecisionScope;

template <class Work>
Pair against_f32(Work work, const Rounds& rounds) {
    const auto in = [&work](Precision precision) {
        return [&work, precision] {
            const PrecisionScope scope(precision);
            work(precision);
        };
    };
    return measure(in(Precision::bf16), in(Precision::f32), rounds);
}

Pair training(const cyclone::data::Dataset& data, std::int64_t batch, const Rounds& rounds) {
    cyclone::manual_seed(1);
    Training ours(data, batch), limit(data, batch);
    return against_f32([&](Precision p) { (p == Precision::bf16 ? ours : limit).step(); }, rounds);
}

Pair inference(std::int64_t batch, const Rounds& rounds) {
    cyclone::nn::Sequential model = cyclone::nn::study_cnn();
    model.eval();
    const cyclone::NoGrad guard;
    const cyclone::Tensor x = cyclone::Tensor::full({batch, 16, 16, 1}, 0.5);
    return against_f32([&](Precision) { model(x); }, rounds);
}

}  // namespace

void add_bf16(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds) {
    const bool amx = cyclone::usable(Precision::automatic) == Precision::bf16;  // the bars are for AMX
    const auto add = [&](const std::string& what, std::int64_t batch, const std::string& bar, const auto& pair) {
        const std::string name = what + " in bf16, batch " + std::to_string(batch);
        if (!cyclone::why_not_bf16().empty()) return report.skip(name, "bf16 " + cyclone::why_not_bf16());
        const Pair p = pair(batch);
        const auto images = static_cast<double>(batch);
        report.add({name, images / p.ours, "images/s", images / p.limit, p.ratio, amx ? bar : ""});
    };
    const auto train = [&](std::int64_t batch) { return training(data, batch, rounds); };
    const auto infer = [&](std::int64_t batch) { return inference(batch, rounds); };
    add("training", 32, ">= 1.30", train);
    add("training", 128, ">= 1.60", train);
    add("inference", 512, ">= 2.00", infer);
    add("inference", 1, "", infer);
}

}  // namespace bench
