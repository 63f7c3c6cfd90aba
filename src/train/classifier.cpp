#include <cyclone/base/error.h>
#include <cyclone/base/version.h>
#include <cyclone/io/weights.h>
#include <cyclone/nn/parse.h>
#include <cyclone/train/classifier.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/text_arguments.h"

namespace cyclone::train {
namespace {

using Json = nlohmann::json;

struct PixelName {
    const char* name;
    DType type;
};
constexpr std::array kPixels{PixelName{"u8", DType::u8}, PixelName{"u16", DType::u16}, PixelName{"f32", DType::f32}};

/// The metadata of one file; what is wrong with a value names file and key.
class Entries {
public:
    Entries(const io::Metadata& metadata, std::string file) : metadata_(metadata), file_(std::move(file)) {}

    const std::string& text(const std::string& key) const {
        for (const auto& [name, value] : metadata_)
            if (name == key) return value;
        fail(file_, "has no '", key,
             "' among its metadata, expected weights that the program train or save_classifier() wrote (hint: weights "
             "alone do not say which network and which standardisation they belong to)");
    }
    template <class T>
    T json(const std::string& key) const {
        const Json value = Json::parse(text(key), nullptr, false);
        try {
            return value.get<T>();
        } catch (const Json::exception&) {
            fail(file_, "its metadata '", key, "' make no sense: ", quoted(text(key)));
        }
    }
    void need(bool ok, const std::string& key) const {
        check(ok, file_, "its metadata '", key, "' make no sense: ", quoted(text(key)));
    }

private:
    const io::Metadata& metadata_;
    std::string file_;
};

Shape read_input(const Entries& entries) {
    const auto sizes = entries.json<std::vector<Json>>("cyclone.input");
    const auto fits = [](const Json& size) {  // asked first: the library converts 1e50 as it comes
        return size.is_number_unsigned() && size.get<std::uint64_t>() >= 1 && size.get<std::uint64_t>() <= 1 << 14;
    };
    entries.need(sizes.size() == 3 && std::all_of(sizes.begin(), sizes.end(), fits), "cyclone.input");
    return {sizes[0].get<std::int64_t>(), sizes[1].get<std::int64_t>(), sizes[2].get<std::int64_t>()};
}

std::optional<data::Standardization> read_standardization(const Entries& entries, std::int64_t channels) {
    const std::string key = "cyclone.standardization";
    if (entries.text(key) == "none") return std::nullopt;
    const auto [mean, scale] = entries.json<std::pair<std::vector<double>, std::vector<double>>>(key);
    const auto finite = [](double value) { return std::isfinite(value); };
    const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
    entries.need(static_cast<std::int64_t>(mean.size()) == channels && scale.size() == mean.size() &&
                     std::all_of(mean.begin(), mean.end(), finite) && std::all_of(scale.begin(), scale.end(), positive),
                 key);
    return data::Standardization{mean, scale};
}

}  // namespace

void save_classifier(const std::filesystem::path& path, const Classifier& c, const io::Metadata& more) {
    const auto pixels =
        std::find_if(kPixels.begin(), kPixels.end(), [&](const auto& row) { return row.type == c.pixels; });
    check(pixels != kPixels.end(), "save_classifier", "expected images of u8, u16 or f32");
    io::Metadata metadata{
        {"cyclone.version", version()},
        {"cyclone.model", c.model},
        {"cyclone.input", Json({c.input[0], c.input[1], c.input[2]}).dump()},
        {"cyclone.pixels", pixels->name},
        {"cyclone.image_fit", name_of(c.fit)},
        {"cyclone.classes", Json(c.class_names).dump()},
        {"cyclone.standardization",
         c.standardization ? Json(std::pair(c.standardization->mean, c.standardization->scale)).dump() : "none"},
        {"cyclone.threshold", Json(c.threshold).dump()},
    };
    metadata.insert(metadata.end(), more.begin(), more.end());
    io::save(c.network, path, metadata);
}

Classifier load_classifier(const std::filesystem::path& path) {
    const std::string where = path.string();
    const io::WeightsFile file = io::load_weights(path);
    const Entries entries(file.metadata, where);
    Classifier c;
    c.model = entries.text("cyclone.model");
    c.input = read_input(entries);
    c.class_names = entries.json<std::vector<std::string>>("cyclone.classes");
    entries.need(c.class_names.size() >= 2 && c.class_names.size() <= 1'000'000, "cyclone.classes");
    c.standardization = read_standardization(entries, c.input[2]);
    c.threshold = entries.json<double>("cyclone.threshold");
    entries.need(std::isfinite(c.threshold), "cyclone.threshold");
    try {
        c.pixels = find_row("pixels", kPixels, entries.text("cyclone.pixels")).type;
        c.fit = data::parse_image_fit(entries.text("cyclone.image_fit"));
        c.network = nn::parse_model(c.model, c.input, static_cast<std::int64_t>(c.class_names.size()));
        c.network.load_state_dict(file.tensors);
    } catch (const Error& error) {
        fail(where, error.what());
    }
    c.network.eval();
    return c;
}

}  // namespace cyclone::train
