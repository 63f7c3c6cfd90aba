// Classifier: its file, and its answers for tensors. Needs no reader of image files, see classifier_files.cpp.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/error.h>
#include <cyclone/base/registry.h>
#include <cyclone/base/utf8.h>
#include <cyclone/base/version.h>
#include <cyclone/data/pixels.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/io/input_file.h>
#include <cyclone/io/weights.h>
#include <cyclone/nn/parse.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

namespace cyclone::train {
namespace {

using Json = nlohmann::json;

// By pointers, as the header of the weights is read: one parser in the program.
Json parsed(std::string_view text) { return Json::parse(text.begin(), text.end(), nullptr, false); }

struct PixelName {
    const char* name;
    DType type;
};
constexpr std::array kPixels{PixelName{"u8", DType::u8}, PixelName{"u16", DType::u16}, PixelName{"f32", DType::f32}};

DType read_pixels(const std::string& name) {
    std::vector<NamedItem> names;
    for (const PixelName& row : kPixels) {
        if (name == row.name) return row.type;
        names.push_back({row.name, row.name, ""});
    }
    fail_unknown_name("pixels", name, names);
}

/// The metadata of one file; what is wrong with a value names file and key.
class Entries {
public:
    Entries(const io::Metadata& metadata, std::string file) : metadata_(metadata), file_(std::move(file)) {}

    const std::string& text(const std::string& key) const {
        for (const auto& [name, value] : metadata_)
            if (name == key) return value;
        fail(file_, "has no '", key,
             "' among its metadata, expected weights that `cyclone train` or Classifier::save() wrote (hint: weights "
             "alone do not say which network and which standardisation they belong to)");
    }
    bool has(const std::string& key) const {
        return std::any_of(metadata_.begin(), metadata_.end(), [&](const auto& entry) { return entry.first == key; });
    }
    template <class T>
    T json(const std::string& key) const {
        const Json value = parsed(text(key));
        try {
            return value.get<T>();
        } catch (const Json::exception&) {
            fail(file_, "has invalid metadata '", key, "': ", quoted(text(key)));
        }
    }
    void need(bool ok, const std::string& key) const {
        check(ok, file_, "has invalid metadata '", key, "': ", quoted(text(key)));
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

// (N, H, W, C) of the network's pixel type.
Tensor checked_images(const Tensor& images, const Classifier& c) {
    check(images.defined() && c.input.rank() == 3, "classifier", "expected images and a network that has an input");
    Tensor batch = images.dtype() == DType::f64 ? images.to(DType::f32) : images;
    Shape shape = batch.shape();
    const auto is = [&](std::initializer_list<std::int64_t> sizes) { return shape == Shape(sizes); };
    const std::int64_t h = c.input[0], w = c.input[1], channels = c.input[2];
    if (is({h, w, channels}) || (channels == 1 && is({h, w})))
        shape = {1, h, w, channels};
    else if (channels == 1 && shape.rank() == 3)
        shape = {shape[0], shape[1], shape[2], 1};
    check(shape.rank() == 4 && shape[0] >= 1 && shape == Shape({shape[0], h, w, channels}), "classifier",
          "expected images of ", c.input, " as the network was trained on, got ", images.shape());
    check(batch.dtype() == c.pixels, "classifier", "expected pixels of ", name_of(c.pixels),
          " as the network was trained on, got ", name_of(images.dtype()),
          " (hint: the standardisation belongs to that scale)");
    check(all_finite(batch), "classifier", "the images hold NaN or infinity");  // a relu would hide it
    return batch.viewed(shape);
}

Tensor standardized(const Tensor& images, const std::optional<data::Standardization>& s) {
    const auto channels = static_cast<std::size_t>(images.size(3));
    std::vector<double> mean(channels, 0), inverse(channels, 1);
    for (std::size_t c = 0; s && c < channels; ++c) mean[c] = s->mean.at(c), inverse[c] = 1 / s->scale.at(c);
    Tensor out = Tensor::empty(images.shape());
    data::visit_pixels(images.dtype(), "classifier", [&](auto zero) {
        using T = decltype(zero);
        data::standardize(images.data<T>(), out.mutable_data<float>(), images.numel(), mean, inverse);
    });
    return out;
}

// Of the network alone.
Tensor own_probabilities(Classifier& c, const Tensor& images, std::int64_t batch_size) {
    const Tensor batch = checked_images(images, c);
    const Slices slices;
    const auto classes = static_cast<std::int64_t>(c.class_names.size());
    Tensor out = Tensor::empty({batch.size(0), classes});
    for (std::int64_t row = 0; row < batch.size(0); row += batch_size) {
        const std::int64_t count = std::min(batch_size, batch.size(0) - row);
        const Tensor logits = slices.forward(c.network, standardized(batch.rows(row, count), c.standardization));
        check(logits.shape() == Shape{count, classes}, "classifier", "expected logits (", count, ", ", classes,
              "), the network gave ", logits.shape());
        check(all_finite(logits), "classifier", "the network's output is not finite");
        out.rows(row, count).copy_from(softmax(logits).to(DType::f32));
    }
    return out;
}

Classifier from_weights(io::WeightsFile file, const std::string& where) {
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
        c.pixels = read_pixels(entries.text("cyclone.pixels"));
        c.fit = data::parse_image_fit(entries.text("cyclone.image_fit"));
        c.network = nn::parse_model(c.model, c.input, static_cast<std::int64_t>(c.class_names.size()));
    } catch (const Error& error) {
        fail(where, error.what());
    }
    c.notes = io::load(c.network, std::move(file), where).notes;
    c.network.eval();
    return c;
}

struct EnsembleFile {
    std::vector<std::string> members;
    std::optional<double> threshold;
    std::vector<std::string> notes;
};

EnsembleFile read_ensemble(const std::filesystem::path& path) {
    const std::string where = path.string();
    const Json json = parsed(io::read_text(where));
    const auto is_name = [](const Json& name) {
        return name.is_string() && !name.get_ref<const std::string&>().empty();
    };
    const auto members = json.is_object() ? json.find("members") : json.end();
    check(json.is_object() && members != json.end() && members->is_array() && !members->empty() &&
              std::all_of(members->begin(), members->end(), is_name),
          where, "expected an ensemble, {\"members\": [\"a.safetensors\", \"b.safetensors\"]}");
    EnsembleFile file{members->get<std::vector<std::string>>(), {}, {}};
    for (const auto& [key, value] : json.items()) {
        if (key == "threshold") {
            check(value.is_number() && std::isfinite(value.get<double>()), where, "expected a number as threshold");
            file.threshold = value.get<double>();
        } else if (key != "members") {
            file.notes.push_back("not used: " + quoted(key));
        }
    }
    return file;
}

std::string form_of(const Classifier& c) {
    std::string names;
    for (const std::string& name : c.class_names) names += (names.empty() ? "\"" : ",\"") + name + '"';
    return joined(c.input, " of ", name_of(c.pixels), " in the classes [", names, "]");
}

bool have_one_form(const Classifier& a, const Classifier& b) {
    return a.input == b.input && a.pixels == b.pixels && a.class_names == b.class_names;
}

Classifier load_ensemble(const std::filesystem::path& path) {
    const EnsembleFile file = read_ensemble(path);
    std::vector<Classifier> all;
    double thresholds = 0;
    for (std::size_t i = 0; i < file.members.size(); ++i) {
        const std::string& name = file.members[i];
        const std::string where = path.string() + ": member " + quoted(name);
        check(std::count(file.members.begin(), file.members.end(), name) == 1, where, "is listed twice");
        const std::filesystem::path member = path.parent_path() / name;
        check(member.extension() != ".json", where, "expected weights, an ensemble has no ensembles as members");
        try {
            all.push_back(Classifier::load(member));
        } catch (const Error& error) {
            fail(where, error.what());
        }
        check(have_one_form(all[i], all[0]), where, "expected images ", form_of(all[0]), " as ",
              quoted(file.members[0]), " has them, got ", form_of(all[i]));
        for (std::string& note : all[i].notes) note = name + ": " + note;
        thresholds += all[i].threshold;
    }
    Classifier c = std::move(all[0]);
    c.threshold = file.threshold.value_or(thresholds / static_cast<double>(all.size()));
    c.others.assign(std::make_move_iterator(all.begin() + 1), std::make_move_iterator(all.end()));
    for (const Classifier& other : c.others) c.notes.insert(c.notes.end(), other.notes.begin(), other.notes.end());
    c.notes.insert(c.notes.end(), file.notes.begin(), file.notes.end());
    return c;
}

}  // namespace

io::Metadata Classifier::metadata() const {
    const auto known =
        std::find_if(kPixels.begin(), kPixels.end(), [&](const auto& row) { return row.type == pixels; });
    check(known != kPixels.end(), "classifier", "expected images of u8, u16 or f32, got ", name_of(pixels));
    std::vector<std::string> names;
    for (const std::string& name : class_names) names.push_back(valid_utf8(name));
    return {
        {"cyclone.version", version()},
        {"cyclone.model", model},
        {"cyclone.input", Json({input[0], input[1], input[2]}).dump()},
        {"cyclone.pixels", known->name},
        {"cyclone.image_fit", name_of(fit)},
        {"cyclone.classes", Json(names).dump()},
        {"cyclone.standardization",
         standardization ? Json(std::pair(standardization->mean, standardization->scale)).dump() : "none"},
        {"cyclone.threshold", Json(threshold).dump()},
    };
}

void Classifier::save(const std::filesystem::path& path, const io::Metadata& more) const {
    check(!model.empty(), path.string(),
          "expected a network with a text that load() could make it of, got none (hint: weights of an ONNX file keep "
          "that form; io::save() writes the weights alone)");
    io::Metadata metadata = this->metadata();
    metadata.insert(metadata.end(), more.begin(), more.end());
    io::save_weights(path, network.state_dict(), metadata);
}

Classifier Classifier::load(const std::filesystem::path& path) {
    if (path.extension() == ".json") return load_ensemble(path);
    const std::string where = path.string();
    if (!io::is_checkpoint(path)) return from_weights(io::load_weights(path), where);
    io::WeightsFile file = io::load_checkpoint(path);
    check(Entries(file.metadata, where).has("cyclone.model"), where,
          "is a checkpoint of a training and does not say which network it is of (hint: `cyclone train` writes "
          "best.safetensors beside it; io::load() reads the weights alone)");
    file.tensors = file.tensors.with_prefix(io::kModelPrefix);
    return from_weights(std::move(file), where);
}

Classifier Classifier::parse(std::string_view bytes, const std::string& name) {
    return from_weights(io::parse_weights(bytes, name), name);
}

void Classifier::save_ensemble(const std::filesystem::path& path, const std::vector<std::string>& members,
                               double threshold) {
    const Json json{{"members", members}, {"threshold", threshold}};
    io::write_file_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Tensor Classifier::probabilities(const Tensor& images, std::int64_t batch_size) {
    check<UsageError>(batch_size >= 1, "classifier", "expected a batch size of at least 1, got ", batch_size);
    const nn::Evaluating evaluating;
    const NoGrad guard;
    const PrecisionScope scope(precision.value_or(cyclone::precision()));
    if (others.empty()) return own_probabilities(*this, images, batch_size);
    Tensor sum = own_probabilities(*this, images, batch_size).to(DType::f64);
    for (Classifier& other : others) sum = sum + own_probabilities(other, images, batch_size).to(DType::f64);
    return (sum * (1.0 / static_cast<double>(1 + others.size()))).to(DType::f32);
}

Classifier::Answer Classifier::answer(std::span<const float> p) const {
    check(p.size() == class_names.size() && p.size() >= 2, "classifier", "expected the probabilities of ",
          class_names.size(), " classes of one image, got ", p.size());
    auto best = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    if (p.size() == 2) best = static_cast<double>(p[1]) > threshold ? 1 : 0;
    return {static_cast<std::int64_t>(best), class_names[best], static_cast<double>(p[best])};
}

Classifier::Answer Classifier::classify(const Tensor& image) { return answer(probabilities(image).values<float>()); }

std::vector<Classifier::Answer> Classifier::classify_all(const Tensor& images) {
    const Tensor p = probabilities(images);
    std::vector<Answer> answers;
    for (std::int64_t i = 0; i < p.size(0); ++i) answers.push_back(answer(p.rows(i, 1).values<float>()));
    return answers;
}

}  // namespace cyclone::train
