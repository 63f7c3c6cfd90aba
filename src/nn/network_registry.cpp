// The networks with a name. One row makes a network known to every program.

#include <cyclone/nn/models.h>
#include <cyclone/nn/parse.h>

#include "nn/limits.h"

namespace cyclone::nn {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 20;

NetworkOptions network_options(Arguments& a, const Shape& image, std::int64_t classes) {
    NetworkOptions options{.channels = image[2], .classes = classes};
    options.width = a.number_or("width", options.width);
    options.norm.momentum = a.number_or("bn-momentum", options.norm.momentum);
    options.norm.ghost = a.count_or("ghost", options.norm.ghost, kMost);
    return options;
}

Shortcut shortcut_or(Arguments& a, Shortcut otherwise) {
    const auto text = a.optional_text("shortcut");
    if (!text) return otherwise;
    if (*text == "A" || *text == "a") return Shortcut::subsample;
    check<UsageError>(*text == "B" || *text == "b", "shortcut", "expected A (no weights) or B (1x1 convolutions), got ",
                      cyclone::quoted(*text));
    return Shortcut::projection;
}

/// UsageError unless both sides of the images have at least `side` pixels.
void need_side(const Shape& image, std::int64_t side) {
    check<UsageError>(image[0] >= side && image[1] >= side, "images", "expected at least ", side, " x ", side,
                      " pixels, got ", image[0], " x ", image[1],
                      " (hint: a network with fewer stages, or another size of image files, --resize 32)");
}

Sequential make_study(Arguments& a, const Shape& image, std::int64_t classes) {
    constexpr std::int64_t kPixels = (std::int64_t{1} << 28) / 32;
    check<UsageError>(image[0] == image[1] && image[0] % 4 == 0, "images",
                      "expected square images with a side divisible by 4, got ", image[0], " x ", image[1],
                      " (hint: another network, --model, or another size of image files, --resize 32)");
    const std::int64_t width = a.count_or("width", 1, 64);
    check<UsageError>(image[0] * image[1] * width * width <= kPixels, "images", "expected at most ", kPixels,
                      " pixels (times the square of the width), got ", image[0] * image[1]);
    need_at_most(kMostElements, "weights", {image[0], image[1], 512, width, width});  // of the first dense layer
    return study_cnn({.size = image[0],
                      .channels = image[2],
                      .classes = classes,
                      .dropout = a.number_or("dropout", StudyCnnOptions{}.dropout),
                      .width = width});
}

Sequential make_resnet(Arguments& a, const Shape& image, std::int64_t classes) {
    need_side(image, 8);
    const std::int64_t depth = a.count_or("depth", 20, kMost);
    const Shortcut shortcut = shortcut_or(a, Shortcut::subsample);
    return resnet(depth, network_options(a, image, classes), shortcut);
}

Sequential make_resnet18(Arguments& a, const Shape& image, std::int64_t classes) {
    need_side(image, 16);
    const Shortcut shortcut = shortcut_or(a, Shortcut::projection);
    return resnet18(network_options(a, image, classes), shortcut);
}

Sequential make_densenet(Arguments& a, const Shape& image, std::int64_t classes) {
    need_side(image, 8);
    const std::int64_t depth = a.count_or("depth", 40, kMost), growth = a.count_or("growth", 12, kMost);
    return densenet(depth, growth, network_options(a, image, classes));
}

Sequential make_vgg(Arguments& a, const Shape& image, std::int64_t classes) {
    need_side(image, 16);
    const std::int64_t depth = a.count_or("depth", 11, kMost);
    return vgg_like(depth, network_options(a, image, classes));
}

Sequential make_mobilenet(Arguments& a, const Shape& image, std::int64_t classes) {
    need_side(image, 16);
    return mobilenet_like(network_options(a, image, classes));
}

}  // namespace

Registry<Sequential(Arguments&, const Shape&, std::int64_t)>& networks() {
    static Registry<Sequential(Arguments&, const Shape&, std::int64_t)> registry(
        "network",
        {
            {"study", "[:WIDTH]",
             "the CNN of the study, for square images; WIDTH (1) times the channels; also dropout=0.5", make_study},
            {"resnet", "[:DEPTH[,SHORTCUT[,WIDTH]]]",
             "residual network for small images; DEPTH 6n + 2: 20, 32, 44, 56, 110; SHORTCUT A (no weights) or B (1x1 "
             "convolutions); WIDTH (1) times the channels; also bn-momentum=0.1 (weight of a batch in the running "
             "values) and ghost=N (images per ghost batch), as for all below",
             make_resnet},
            {"resnet18", "[:SHORTCUT[,WIDTH]]", "ResNet-18 for images of 28 to 64 pixels; SHORTCUT B", make_resnet18},
            {"densenet", "[:DEPTH[,GROWTH[,WIDTH]]]",
             "DenseNet without bottlenecks; DEPTH 3n + 4: 40, 100; GROWTH 12 channels per layer", make_densenet},
            {"vgg-like", "[:DEPTH[,WIDTH]]", "3x3 convolutions with batch norm; DEPTH 11, 13, 16 or 19", make_vgg},
            {"mobilenet-like", "[:WIDTH]", "convolutions per channel and 1x1 convolutions in turn", make_mobilenet},
        },
        ",:");
    return registry;
}

}  // namespace cyclone::nn
