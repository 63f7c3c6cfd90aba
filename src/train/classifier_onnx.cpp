// Classifiers as ONNX files and back.

#include <cyclone/train/classifier_onnx.h>

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/error.h>
#include <cyclone/onnx/load.h>

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

namespace cyclone::train {
namespace {

using Json = nlohmann::json;

/// The value of an entry as JSON; none where it is missing or of another kind.
template <class T>
std::optional<T> entry(const io::Metadata& metadata, const char* key) {
    for (const auto& [name, text] : metadata) {
        if (name != key) continue;
        const Json value = Json::parse(text, nullptr, false);
        try {
            return value.get<T>();
        } catch (const Json::exception&) {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::int64_t outputs_of(nn::Module& network, const Shape& image, const std::string& where) {
    const NoGrad guard;
    const nn::Evaluating evaluating;
    const Tensor y = network(Tensor::zeros({1, image[0], image[1], image[2]}));
    check(y.rank() == 2 && y.size(0) == 1 && y.size(1) >= 2, where,
          "expected a network that gives at least two numbers per image, got ", y.shape());
    return y.size(1);
}

/// What was left to those who call the file: OnnxOptions::raw_pixels.
void take_standardization(const io::Metadata& metadata, Classifier& c) {
    using Numbers = std::vector<double>;
    const auto stored = entry<std::pair<Numbers, Numbers>>(metadata, "cyclone.standardization");
    const auto channels = static_cast<std::size_t>(c.input[2]);
    const bool fits = stored && stored->first.size() == channels && stored->second.size() == channels;
    for (const auto& [key, text] : metadata)
        if (fits && key == "cyclone.pixels" && (text == "u8" || text == "u16"))
            c.pixels = text == "u8" ? DType::u8 : DType::u16;
    if (fits) c.standardization = data::Standardization{stored->first, stored->second};
}

}  // namespace

void save_onnx(const Classifier& c, const std::filesystem::path& path, const OnnxOptions& options) {
    check(c.others.empty(), path.string(), "expected one network, got an ensemble of ", c.others.size() + 1,
          " (hint: write its members one by one)");
    onnx::SaveOptions save{.axes = options.axes, .softmax = options.softmax, .metadata = c.metadata()};
    if (options.raw_pixels) {
        save.pixels = c.pixels;
        if (c.standardization) save.mean = c.standardization->mean, save.scale = c.standardization->scale;
    }
    onnx::save(c.network, path, c.input, save);
}

Classifier load_onnx(const std::filesystem::path& path, const Shape& image) {
    const std::string where = path.string();
    onnx::Loaded loaded = onnx::load(path, {.image = image});
    const bool known = loaded.image.rank() == 3 && loaded.image.numel() > 0;
    check(known, where, "expected images of one size, got ", loaded.image,
          " (0: the file leaves it open; hint: load_onnx(path, {height, width, channels}))");
    Classifier c;
    c.input = loaded.image;
    c.pixels = loaded.pixels;
    if (!loaded.mean.empty()) {
        c.standardization = data::Standardization{loaded.mean, loaded.scale};
        const auto channels = static_cast<std::size_t>(loaded.image[2]);
        if (loaded.mean.size() == 1)
            c.standardization->mean.resize(channels, loaded.mean[0]),
                c.standardization->scale.resize(channels, loaded.scale[0]);
    }
    if (loaded.mean.empty() && loaded.pixels == DType::f32) take_standardization(loaded.metadata, c);
    const std::int64_t classes = outputs_of(loaded.network, c.input, where);
    const std::string bound = loaded.network.bounded_by();
    check(
        bound != "softmax", where,
        "ends in a softmax that cannot be left out: the file does not say that its output is (N, classes), its logits "
        "are read elsewhere too, or something follows it (hint: leave the softmax out of the file)");
    check(
        bound != "sigmoid", where,
        "ends in a sigmoid, so its classes do not exclude each other, which is not supported (hint: onnx::load() gives "
        "the network)");
    c.class_names =
        entry<std::vector<std::string>>(loaded.metadata, "cyclone.classes").value_or(std::vector<std::string>());
    if (static_cast<std::int64_t>(c.class_names.size()) != classes) {
        c.class_names.clear();
        for (std::int64_t i = 0; i < classes; ++i) c.class_names.push_back(std::to_string(i));
        c.notes.push_back("the file does not name its classes: they are called 0 to " + std::to_string(classes - 1));
    }
    if (const auto threshold = entry<double>(loaded.metadata, "cyclone.threshold");
        threshold && std::isfinite(*threshold))
        c.threshold = *threshold;
    for (const auto& [key, text] : loaded.metadata)
        if (key == "cyclone.image_fit") c.fit = data::parse_image_fit(text);
    c.network = std::move(loaded.network);
    return c;
}

}  // namespace cyclone::train
