// cyclone convert-weights: the weights of a network from one format into another: Cyclone's, PyTorch's, Keras's,
// NumPy's, ONNX. It prints which tensor became which.

#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/formats/weight_files.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/io/input_file.h>
#include <cyclone/io/weights.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/parse.h>
#include <cyclone/nn/weight_map.h>
#include <cyclone/onnx/load.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/classifier_onnx.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/image_source.h"
#include "cli/process.h"
#include "cli/shared.h"
#include "cli/train_inputs.h"

namespace cyclone::cli {
namespace {

namespace fs = std::filesystem;
using nn::WeightOrder;

struct ConvertWeightsSettings {
    std::string input, output, model, image, from, to, like;
    std::int64_t classes = 0;
    std::string axes = "nhwc";
    bool logits = false, standardised = false, overwrite = false, quiet = false;
};

std::string ending_of(const std::string& path) {
    std::string ending = fs::path(path).extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending;
}

bool is_pickle(const std::string& path) {
    constexpr std::array kEndings{".pt", ".pth", ".bin", ".pkl", ".ckpt"};
    return std::find(kEndings.begin(), kEndings.end(), ending_of(path)) != kEndings.end() && !io::is_checkpoint(path);
}

[[noreturn]] void refuse_pickle(const std::string& path) {
    const std::string name = fs::path(path).filename().string(), stem = fs::path(path).stem().string();
    fail<UsageError>(
        path, "is a pickle, which can run any program when it is read, so it is not (hint: in Python, ",
        "import torch, safetensors.torch; state = torch.load('", name,
        "', map_location='cpu', weights_only=True); safetensors.torch.save_file({k: v.contiguous() for k, v in ",
        "state.items()}, '", stem, ".safetensors'))");
}

/// What a file holds, and what it says of itself.
struct Source {
    StateDict tensors;
    std::optional<WeightOrder> order;             // where the file says, or its format does
    std::optional<train::Classifier> classifier;  // of a file that Cyclone wrote
    std::vector<std::string> notes;
};

Source read_onnx(const ConvertWeightsSettings& s) {
    const Shape image = s.image.empty() ? Shape{} : Shape(parse_sizes("--input", s.image, 3, 3));
    onnx::Loaded loaded = onnx::load(s.input, {.image = image});
    check(loaded.has_layers, s.input, "its network is no chain or nest of layers: ", loaded.report.back(),
          " (hint: cyclone predict runs it as it is)");
    return {loaded.network.state_dict(), WeightOrder::cyclone, {}, loaded.report};
}

Source read_source(const ConvertWeightsSettings& s, const std::string& path) {
    const std::string ending = ending_of(path);
    if (is_pickle(path)) refuse_pickle(path);
    if (ending == ".onnx") return read_onnx(s);
    if (ending == ".npz") return {data::read_npz(path), {}, {}, {}};
    if (ending == ".h5" || ending == ".hdf5" || ending == ".keras")
        return {data::read_keras_weights(path), WeightOrder::keras, {}, {}};
    if (!model_of_weights(path).empty()) {
        train::Classifier c = train::Classifier::load(path);
        StateDict tensors = c.network.state_dict();
        return {std::move(tensors), WeightOrder::cyclone, std::move(c), {}};
    }
    io::WeightsFile file = io::load_weights(path);
    Source source{std::move(file.tensors), {}, {}, {}};
    for (const io::StoredTensor& t : file.left_out) source.notes.push_back("not used: " + t.name + ", " + t.type);
    if (!file.converted.empty())
        source.notes.push_back(std::to_string(file.converted.size()) + " tensors of 16 bits are read as f32");
    for (const auto& [key, value] : file.metadata)
        if (key.starts_with("cyclone.")) source.order = WeightOrder::cyclone;
    return source;
}

/// The order that --from names, that the file says, or that the shapes leave as the only one.
WeightOrder order_of(const ConvertWeightsSettings& s, const Source& source, const nn::Module& model) {
    if (!s.from.empty()) {
        const WeightOrder order = nn::parse_weight_order(s.from);
        check<UsageError>(!source.order || *source.order == order, "--from", "is ", s.from,
                          ", the file is in the order of ", name_of(*source.order));
        return order;
    }
    if (source.order) return *source.order;
    const std::vector<WeightOrder> possible = nn::possible_orders(model, source.tensors);
    if (possible.empty()) return WeightOrder::pytorch;  // whose error says what does not fit
    std::vector<std::string> names(possible.size());
    std::transform(possible.begin(), possible.end(), names.begin(), [](WeightOrder o) { return name_of(o); });
    check<UsageError>(possible.size() == 1, "--from", "expected one of ", first_few(names),
                      ", as the shapes in the file fit each of them");
    return possible[0];
}

/// The classifier that --model, --input and --classes describe, or that of the file.
train::Classifier described(const ConvertWeightsSettings& s, const Source& source) {
    if (source.classifier) {
        check<UsageError>(s.model.empty() && s.image.empty() && s.classes == 0, "--model",
                          "the file says which network it is of, expected no --model, --input or --classes");
        return *source.classifier;
    }
    check<UsageError>(!s.model.empty() && !s.image.empty() && s.classes >= 2, s.input,
                      "does not say which network it is of, expected --model, --input HxWxC and --classes");
    train::Classifier c;
    c.model = model_text(s.model);
    c.input = Shape(parse_sizes("--input", s.image, 3, 3));
    c.pixels = DType::f32;
    for (std::int64_t i = 0; i < s.classes; ++i) c.class_names.push_back(std::to_string(i));
    c.network = nn::parse_model(c.model, c.input, s.classes);
    return c;
}

/// Keras's usual epsilon is another one than ours.
void note_epsilon(const nn::Module& network) {
    for (const auto& [name, module] : network.named_modules())
        if (const auto* norm = dynamic_cast<const nn::BatchNorm*>(module); norm && norm->options().epsilon < 1e-3)
            return print_notes(
                "convert-weights",
                {"the batch norms of --model have an epsilon of " + fmt::format("{:g}", norm->options().epsilon) +
                 ", Keras's have 0.001 unless told otherwise (batch-norm:epsilon=0.001)"});
}

void print_mapping(const nn::MappedWeights& mapped, WeightOrder order) {
    std::size_t from = 4, stored = 5, to = 2;
    for (const nn::MappedTensor& t : mapped.tensors) {
        from = std::max(from, t.from.size());
        stored = std::max(stored, t.stored.str().size());
        to = std::max(to, t.to.size());
    }
    fmt::print("{:{}}  {:{}}    {:{}}  shape\n", "from", from, name_of(order), stored, "to", to);
    for (const nn::MappedTensor& t : mapped.tensors)
        fmt::print("{:{}}  {:{}} -> {:{}}  {}\n", t.from, from, t.stored.str(), stored, t.to, to, t.shape.str());
    fmt::print("{} tensors, mapped by {}\n", mapped.tensors.size(), mapped.by_name ? "name" : "order and shape");
}

void write_output(const ConvertWeightsSettings& s, const train::Classifier& c) {
    const std::string ending = ending_of(s.output);
    const WeightOrder to = s.to.empty() ? WeightOrder::cyclone : nn::parse_weight_order(s.to);
    const bool is_onnx = ending == ".onnx";
    check<UsageError>(is_onnx || ending == ".safetensors" || ending == ".npz", s.output,
                      "expected a name that ends in .safetensors, .npz or .onnx");
    check<UsageError>(!is_onnx || (s.to.empty() && s.like.empty()), "--to", "ONNX has an order and names of its own");
    if (is_onnx)
        return train::save_onnx(c, s.output,
                                {.axes = s.axes == "nchw" ? onnx::ImageAxes::nchw : onnx::ImageAxes::nhwc,
                                 .raw_pixels = !s.standardised,
                                 .softmax = !s.logits});
    if (ending == ".safetensors" && to == WeightOrder::cyclone && s.like.empty()) return c.save(s.output);
    std::optional<StateDict> like;
    if (!s.like.empty()) like = read_source(s, s.like).tensors;
    const StateDict state = nn::export_weights(c.network, to, like ? &*like : nullptr);
    if (ending == ".npz")
        data::write_npz(s.output, state);
    else
        io::save_weights(s.output, state, {{"format", to == WeightOrder::pytorch ? "pt" : "np"}});
}

// The first weights behind a flatten of images are ordered as the pixels are, and map_weights() does not know these.
void check_flatten(const ConvertWeightsSettings& s, const train::Classifier& c, WeightOrder from) {
    const bool pytorch =
        from == WeightOrder::pytorch || (!s.to.empty() && nn::parse_weight_order(s.to) == WeightOrder::pytorch);
    if (!pytorch || c.input[2] == 1) return;
    for (std::size_t i = 0; i < c.network.size(); ++i) {
        if (c.network[i].parameter_count() > 0) return;
        check<UsageError>(
            !dynamic_cast<const nn::Flatten*>(&c.network[i]), s.to.empty() ? "--from" : "--to",
            "the network begins with flatten over images of ", c.input[2],
            " channels, whose weights cannot be brought into PyTorch's order and back (hint: an ONNX file "
            "says what is computed)");
    }
}

int convert_weights(const ConvertWeightsSettings& s) {
    use_threads(1);
    std::error_code ignored;
    check<UsageError>(s.axes == "nchw" || s.axes == "nhwc", "--axes", "expected nchw or nhwc, got ", s.axes);
    for (const auto& [given, name] : {std::pair{s.logits, "--logits"}, std::pair{s.standardised, "--standardised"},
                                      std::pair{s.axes != "nhwc", "--axes"}})
        check<UsageError>(!given || ending_of(s.output) == ".onnx", name, "is for an OUTPUT that ends in .onnx, got ",
                          s.output);
    check<UsageError>(s.overwrite || !fs::exists(s.output, ignored), s.output,
                      "exists already (hint: another name, or --overwrite to replace it)");
    const Source source = read_source(s, weights_in(s.input));
    train::Classifier c = described(s, source);
    const WeightOrder order = order_of(s, source, c.network);
    check_flatten(s, c, order);
    nn::MappedWeights mapped;
    try {
        mapped = nn::map_weights(c.network, source.tensors, order);
    } catch (const Error& error) {
        fail(s.input, "does not fit the model: ", error.what());
    }
    c.network.load_state_dict(mapped.state);
    c.network.eval();
    write_output(s, c);
    if (!s.quiet) print_mapping(mapped, order);
    print_notes("convert-weights", source.notes);
    if (order == WeightOrder::keras) note_epsilon(c.network);
    if (!mapped.not_used.empty()) print_notes("convert-weights", {"not used: " + first_few(mapped.not_used, 10)});
    return 0;
}

}  // namespace

Body setup_convert_weights(Options& options) {
    const auto s = std::make_shared<ConvertWeightsSettings>();
    options
        .option(
            "WEIGHTS", s->input,
            "weights that Cyclone wrote, safetensors of PyTorch, .weights.h5 or .keras of Keras 3, .npz, .onnx; the "
            "folder of a training for its best.safetensors")
        .required();
    options.option("OUTPUT", s->output, "NAME.safetensors, NAME.npz or NAME.onnx").required();
    options.group("Weights of others");
    options.option("--model TEXT", s->model, std::string("the network: ") + kModelHelp).usual();
    options.option("--input HxWxC", s->image, "height, width and channels of its images").usual();
    options.option("--classes", s->classes, "number of classes").usual();
    options
        .option(
            "--from ORDER", s->from,
            "order of the elements in WEIGHTS: pytorch, keras or cyclone (default: what the file or its shapes say)")
        .usual();
    options.group("Output");
    options.option("--to ORDER", s->to, "order and names in OUTPUT: cyclone (default), pytorch or keras").usual();
    options.option("--like FILE", s->like, "take the names from this file of the same network, in the order of --to")
        .usual();
    options.option("--axes AXES", s->axes, "of the images that NAME.onnx takes: nhwc or nchw").usual();
    options.option("--logits", s->logits, "NAME.onnx gives logits instead of probabilities").usual();
    options.option("--standardised", s->standardised, "NAME.onnx takes standardised floats instead of pixels");
    options.option("--overwrite", s->overwrite, "replace OUTPUT").incidental();
    options.option("--quiet", s->quiet, "print nothing but errors and what was not used").incidental();
    options.example("run run.onnx");
    options.example("t.npz w.onnx --model study --input 16x16x1 --classes 2");
    options.example("w.safetensors torch.safetensors --to pytorch");
    options.note("Exit codes: 0 done, 1 failed (OUTPUT is as it was before), 2 wrong use.");
    return [s] { return convert_weights(*s); };
}

}  // namespace cyclone::cli
