// The data and the network of `cyclone train`, as the options name them.

#include "cli/train_inputs.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/data/open.h>
#include <cyclone/data/splits.h>
#include <cyclone/io/input_file.h>
#include <cyclone/optim/parse.h>

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kFraction = 0.15;

// The fraction that a text gives; none for a path.
std::optional<double> fraction_of(const std::string& text, const char* option) {
    std::string_view left = text;
    const auto value = take_number(left);
    if (!value || !left.empty()) return std::nullopt;
    check<UsageError>(*value >= 0 && *value < 1, option, "expected a fraction in [0, 1) or a path, got ", text);
    return value;
}

// Other data for one part, in the form and with the classes of the training images.
data::Dataset open_part(const std::string& path, const data::Dataset& train, const TrainSettings& s,
                        const char* option) {
    data::OpenOptions same = s.open;
    same.purpose = data::Purpose::evaluation;
    same.images.classes = train.class_names;
    same.image = train.image_shape();
    same.pixels = train.images.dtype();
    same.images.height = train.images.size(1);
    same.images.width = train.images.size(2);
    if (train.images.size(3) == 1 || train.images.size(3) == 3) same.images.channels = train.images.size(3);
    if (train.images.dtype() != DType::f32) same.images.bits = train.images.dtype() == DType::u16 ? 16 : 8;
    data::Splits parts = data::open(path, same);
    print_notes("train", parts.notes);
    print_left_out("train", parts.skipped);
    data::Dataset part = parts.test ? std::move(*parts.test) : std::move(parts.train);
    const std::string where = std::string(option) + " " + path;
    part.match_classes(train.class_names, where);
    check(part.image_shape() == train.image_shape() && part.images.dtype() == train.images.dtype(), where,
          "expected images like those trained on, ", train.describe(), "; got ", part.describe());
    return part;
}

// Makes the chosen one of two classes the second, which is the positive one.
void choose_positive(data::Splits& parts, const std::string& positive) {
    if (positive.empty()) return;
    const std::vector<std::string> names = parts.train.class_names;
    check<UsageError>(names.size() == 2, "--positive", "is for two classes, the data have ", names.size());
    if (class_called(positive, names) == 1) return;
    for (data::Dataset* set :
         {&parts.train, parts.validation ? &*parts.validation : nullptr, parts.test ? &*parts.test : nullptr})
        if (set) set->match_classes({names[1], names[0]}, positive);
}

// Classes without an image in a set, whose metrics then have no value.
void note_missing_classes(const data::Splits& parts) {
    for (const auto& [set, what] : {std::pair(&parts.validation, "validation"), {&parts.test, "testing"}}) {
        if (!*set) continue;
        std::vector<std::string> missing;
        const auto counts = (*set)->class_counts();
        for (std::size_t c = 0; c < counts.size(); ++c)
            if (counts[c] == 0) missing.push_back(parts.train.class_names[c]);
        if (!missing.empty())
            print_notes("train", {std::string("no image for ") + what + " is of the class " + first_few(missing) +
                                  ": its metrics have no value there"});
    }
}

std::string layers_text(const Json& layers, const std::string& where);

/// "( a b | c )".
std::string branches_text(const Json& branches, const std::string& where) {
    check<UsageError>(branches.is_array() && !branches.empty(), where,
                      "expected \"branches\" as a list of lists of layers");
    std::string text;
    for (const Json& branch : branches) text += (text.empty() ? "( " : " | ") + layers_text(branch, where);
    return text + " )";
}

std::string layer_text(const Json& layer, const std::string& where) {
    if (layer.is_string()) return layer.get<std::string>();
    check<UsageError>(layer.is_object() && layer.contains("layer") && layer["layer"].is_string(), where,
                      "expected layers like \"relu\" or {\"layer\": \"conv\", \"channels\": 32}, got ",
                      layer.dump().substr(0, 80));
    std::string text = layer["layer"].get<std::string>();
    char separator = ':';
    for (const auto& [key, value] : layer.items()) {
        if (key == "layer" || key == "branches") continue;
        text += separator + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
        separator = ',';
    }
    return layer.contains("branches") ? text + branches_text(layer["branches"], where) : text;
}

std::string layers_text(const Json& layers, const std::string& where) {
    check<UsageError>(layers.is_array(), where, "expected a list of layers, got ", layers.dump().substr(0, 80));
    std::string text;
    for (const Json& layer : layers) text += (text.empty() ? "" : " ") + layer_text(layer, where);
    return text;
}

}  // namespace

data::Splits load_data(const TrainSettings& s) {
    const auto validation = fraction_of(s.validation, "--validation"), test = fraction_of(s.test, "--test");
    check<UsageError>(!validation || *validation > 0, "--validation", "the best epoch and the threshold need one");
    const bool validates_on_other = !validation && !s.validation.empty(), tests_on_other = !test && !s.test.empty();
    data::OpenOptions own = s.open;
    if ((validates_on_other || tests_on_other) && own.images.height == 0)
        own.images.fit = data::ImageFit::exact;  // --fit is for those
    data::Splits parts = data::open(s.data, own);
    print_notes("train", parts.notes);
    print_left_out("train", parts.skipped);
    choose_positive(parts, s.positive);
    if (test || !s.test.empty()) parts.test.reset();
    if (validation || !s.validation.empty()) parts.validation.reset();
    data::SplitOptions fractions{.validation = 0, .test = 0, .seed = s.data_seed, .groups = parts.groups};
    if (!parts.validation && (validation || s.validation.empty()))
        fractions.validation = validation.value_or(kFraction);
    if (!parts.test && (test || s.test.empty())) fractions.test = test.value_or(kFraction);
    if (fractions.validation > 0 || fractions.test > 0) {
        data::Splits cut = parts.train.split(fractions);
        parts.train = std::move(cut.train);
        if (cut.validation) parts.validation = std::move(cut.validation);
        if (cut.test) parts.test = std::move(cut.test);
        parts.groups.clear();
    }
    if (validates_on_other) parts.validation = open_part(s.validation, parts.train, s, "--validation");
    if (tests_on_other) parts.test = open_part(s.test, parts.train, s, "--test");
    parts.standardize();
    parts.validate(s.data);
    note_missing_classes(parts);
    return parts;
}

std::string model_text(const std::string& option) {
    std::error_code error;
    const bool is_file = option.ends_with(".json") || std::filesystem::is_regular_file(option, error);
    if (!is_file) return option;
    const std::string where = "--model " + option;
    std::string file;
    try {
        file = io::read_text(option);
    } catch (const Error& problem) {
        fail<UsageError>("--model", problem.what());
    }
    const Json json = Json::parse(file, nullptr, false);
    check<UsageError>(!json.is_discarded(), where, "expected JSON");
    const Json& layers = json.is_object() && json.contains("layers") ? json["layers"] : json;
    check<UsageError>(layers.is_array() && !layers.empty(), where,
                      "expected a list of layers, {\"layers\": [\"conv:32,5\", \"relu\", ...]}");
    return layers_text(layers, where);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainSettings& s, const std::vector<Tensor>& parameters,
                                                 const optim::Hyper& rate) {
    return optim::parse(optim::with_options(s.optimizer, s.momentum, s.weight_decay), parameters, rate);
}

}  // namespace cyclone::cli
