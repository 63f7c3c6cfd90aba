#include "bench/deep.h"

#include <cyclone/nn/models.h>

#include <cstdint>
#include <string>
#include <utility>

#include "bench/raw_network.h"
#include "bench/training.h"

namespace bench {
namespace {

cyclone::data::Dataset colour_images() {
    constexpr std::int64_t count = 1024;
    cyclone::data::Dataset data{.images = cyclone::Tensor::empty({count, 32, 32, 3}, cyclone::DType::u8),
                                .labels = cyclone::Tensor::zeros({count}, cyclone::DType::i64),
                                .class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                                .source = "pattern",
                                .standardization = cyclone::data::Standardization{{128, 128, 128}, {74, 74, 74}}};
    auto* pixels = data.images.tensor().mutable_data<std::uint8_t>();
    for (std::int64_t i = 0; i < data.images.numel(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7919 >> 3);
    auto* labels = data.labels.mutable_data<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) labels[i] = i % 10;
    return data;
}

}  // namespace

void add_deep(Report& report, const Rounds& rounds, bool brief) {
    const cyclone::data::Dataset data = colour_images();
    const auto add = [&](const std::string& name, std::int64_t batch, cyclone::nn::Sequential model, RawNetwork raw) {
        Training ours(data, batch, std::move(model));
        const Pair pair = measure([&] { ours.step(); }, [&] { raw.run(); }, rounds);
        const auto images = static_cast<double>(batch);
        report.add({"training, " + name + ", batch " + std::to_string(batch), images / pair.ours, "images/s",
                    images / pair.limit, pair.ratio, ">= 0.90"});
    };
    const auto projection = cyclone::nn::Shortcut::projection;
    add("ResNet-20", 128, cyclone::nn::resnet(20, {}, projection), raw_resnet(20, 128));
    if (brief) return;
    add("ResNet-56", 128, cyclone::nn::resnet(56, {}, projection), raw_resnet(56, 128));
    add("DenseNet-40-12", 64, cyclone::nn::densenet(40, 12), raw_densenet(40, 12, 64));
}

}  // namespace bench
