// One row of the table makes a layer known to every program.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/models.h>
#include <cyclone/nn/parse.h>

#include <cctype>
#include <optional>
#include <utility>

#include "base/text_arguments.h"

namespace cyclone::nn {
namespace {

constexpr std::size_t kLongestText = 10'000;
constexpr std::int64_t kMostElements = std::int64_t{1} << 28;  // of a weight, and of the output for one image
constexpr std::int64_t kMostWindow = 1'024;                    // kernel, stride, padding, dilation

/// The arguments of one layer by name. Every one that the layer has no use for is an error.
class Values {
public:
    /// `names`: those of the row, in the order of arguments without a name.
    Values(std::string_view text, const std::vector<std::string>& names) {
        for (std::size_t place = 0; !text.empty(); ++place) {
            const std::size_t comma = text.find(',');
            add(text.substr(0, comma), place, names);
            if (comma == std::string_view::npos) break;
            text.remove_prefix(comma + 1);
            check<UsageError>(!text.empty(), "arguments", "expected something after the last comma");
        }
    }

    std::optional<std::string_view> find(std::string_view name) const {
        for (const auto& [key, value] : given_)
            if (key == name) return value;
        return std::nullopt;
    }
    double number(std::string_view name, double otherwise) const {
        const auto text = find(name);
        return text ? parsed(name, *text) : otherwise;
    }
    std::int64_t count(std::string_view name, std::optional<std::int64_t> otherwise, std::int64_t most) const {
        const auto text = find(name);
        check<UsageError>(text || otherwise, name, "expected a number, got nothing");
        return text ? whole(name, *text, most) : *otherwise;
    }
    /// "3" or "3x5".
    Pair pair(std::string_view name, Pair otherwise) const {
        const auto text = find(name);
        if (!text) return otherwise;
        const std::size_t x = text->find('x');
        if (x == std::string_view::npos) return whole(name, *text, kMostWindow);
        return {whole(name, text->substr(0, x), kMostWindow), whole(name, text->substr(x + 1), kMostWindow)};
    }
    Padding padding(Padding otherwise) const {
        const auto text = find("padding");
        if (!text) return otherwise;
        if (*text == "same") return same;
        if (*text == "valid") return valid;
        return static_cast<std::int64_t>(count("padding", std::nullopt, kMostWindow));
    }

private:
    void add(std::string_view text, std::size_t place, const std::vector<std::string>& names) {
        const std::size_t equals = text.find('=');
        std::string name;
        if (equals != std::string_view::npos) {
            name = text.substr(0, equals);
            text.remove_prefix(equals + 1);
            std::string list;
            for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
            check<UsageError>(std::find(names.begin(), names.end(), name) != names.end(), "argument", "unknown name ",
                              quoted(name), list.empty() ? " (this layer takes none)" : " (known: ", list,
                              list.empty() ? "" : ")");
        } else {
            check<UsageError>(place < names.size(), "arguments", "expected at most ", names.size(), ", got ",
                              place + 1);
            name = names[place];
        }
        check<UsageError>(!find(name), name, "stands there twice");
        given_.emplace_back(name, text);
    }
    static double parsed(std::string_view name, std::string_view text) {
        std::string_view left = text;
        const auto value = take_number(left);
        check<UsageError>(value && left.empty(), name, "expected a number, got ", quoted(text));
        return *value;
    }
    static std::int64_t whole(std::string_view name, std::string_view text, std::int64_t most) {
        const double value = parsed(name, text);
        check<UsageError>(value >= 0 && value <= static_cast<double>(most) &&
                              value == static_cast<double>(static_cast<std::int64_t>(value)),
                          name, "expected a whole number from 0 to ", most, ", got ", quoted(text));
        return static_cast<std::int64_t>(value);
    }

    std::vector<std::pair<std::string, std::string_view>> given_;
};

/// Where a layer is put.
struct Site {
    Sequential& model;
    Shape in;  ///< for one image: (1, H, W, C) or (1, features)
    std::int64_t classes;
    Activation activation;  ///< the relu behind it, if it takes one
};

void need_images(const Site& site) {
    check<UsageError>(site.in.rank() == 4, "input", "expected images (height, width, channels)",
                      " (hint: flatten and the global pools come after all layers for images)");
}

void need_at_most(std::int64_t limit, const char* what, std::initializer_list<std::int64_t> factors) {
    double product = 1;
    for (const std::int64_t factor : factors) product *= static_cast<double>(factor);
    check<UsageError>(product <= static_cast<double>(limit), what, "expected at most ", limit, ", got ", product);
}

void add_conv(const Values& v, const Site& site) {
    need_images(site);
    const std::int64_t in = site.in[3], out = v.count("channels", std::nullopt, kMostElements);
    Conv2dOptions options{.kernel = v.pair("kernel", 3),
                          .stride = v.pair("stride", 1),
                          .padding = v.padding(same),
                          .dilation = v.pair("dilation", 1),
                          .groups = v.count("groups", 1, kMostElements),
                          .bias = v.count("bias", 1, 1) == 1,
                          .activation = site.activation};
    need_at_most(kMostElements, "weights", {out, options.kernel.h, options.kernel.w, in});
    const Padding& p = options.padding;
    need_at_most(kMostElements, "outputs", {site.in[1] + p.top + p.bottom, site.in[2] + p.left + p.right, out});
    site.model.add(Conv2d(in, out, std::move(options)));
}

void add_linear(const Values& v, const Site& site) {
    check<UsageError>(site.in.rank() == 2, "input", "expected one row of features an image",
                      " (hint: flatten, global-avg-pool or global-max-pool before it)");
    const auto units = v.find("units");
    const std::int64_t out =
        units && *units == "classes" ? site.classes : v.count("units", std::nullopt, kMostElements);
    need_at_most(kMostElements, "weights", {out, site.in[1]});
    site.model.add(Linear(site.in[1], out, {.bias = v.count("bias", 1, 1) == 1, .activation = site.activation}));
}

Pool2dOptions pool_options(const Values& v, const Site& site) {
    need_images(site);
    Pool2dOptions options;
    options.kernel = v.pair("kernel", 2);
    if (v.find("stride")) options.stride = v.pair("stride", 1);
    options.padding = v.padding(valid);
    return options;
}

struct Row {
    std::string name;
    const char* usage;                   // of the arguments
    std::vector<std::string> arguments;  // their names, in order
    const char* description;
    bool takes_relu;
    void (*add)(const Values&, const Site&);
};

const std::vector<Row>& table() {
    static const std::vector<Row> rows = {
        {"conv",
         ":CHANNELS[,KERNEL[,STRIDE[,PADDING]]]",
         {"channels", "kernel", "stride", "padding", "dilation", "groups", "bias"},
         "convolution; kernel 3, stride 1, padding same (or valid, or pixels); also dilation=, groups=, bias=0",
         true,
         add_conv},
        {"pool",
         "[:KERNEL[,STRIDE[,PADDING]]]",
         {"kernel", "stride", "padding"},
         "maximum over windows; kernel 2, stride as the kernel, padding valid",
         false,
         [](const Values& v, const Site& site) { site.model.add(MaxPool2d(pool_options(v, site))); }},
        {"avg-pool",
         "[:KERNEL[,STRIDE[,PADDING]]]",
         {"kernel", "stride", "padding"},
         "mean over windows",
         false,
         [](const Values& v, const Site& site) { site.model.add(AvgPool2d(pool_options(v, site))); }},
        {"global-avg-pool",
         "",
         {},
         "mean over the whole image, one feature a channel",
         false,
         [](const Values&, const Site& site) { need_images(site), site.model.add(GlobalAvgPool{}); }},
        {"global-max-pool",
         "",
         {},
         "maximum over the whole image, one feature a channel",
         false,
         [](const Values&, const Site& site) { need_images(site), site.model.add(GlobalMaxPool{}); }},
        {"batch-norm",
         "",
         {},
         "batch normalisation of each channel",
         true,
         [](const Values&, const Site& site) {
             site.model.add(BatchNorm(site.in[site.in.rank() - 1], {.activation = site.activation}));
         }},
        {"dropout",
         "[:RATE]",
         {"rate"},
         "in training each value 0 with probability RATE (0.5)",
         false,
         [](const Values& v, const Site& site) { site.model.add(Dropout(v.number("rate", 0.5))); }},
        {"flatten",
         "",
         {},
         "the image as one row of features",
         false,
         [](const Values&, const Site& site) { site.model.add(Flatten{}); }},
        {"linear",
         ":UNITS",
         {"units", "bias"},
         "dense layer; linear:classes is the last one of a network; also bias=0",
         true,
         add_linear},
        {"relu", "", {}, "max(x, 0)", false, [](const Values&, const Site& site) { site.model.add(Relu{}); }},
        {"leaky-relu",
         "[:SLOPE]",
         {"slope"},
         "x below 0 times SLOPE (0.01)",
         false,
         [](const Values& v, const Site& site) { site.model.add(LeakyRelu(v.number("slope", 0.01))); }},
        {"sigmoid",
         "",
         {},
         "1 / (1 + exp(-x))",
         false,
         [](const Values&, const Site& site) { site.model.add(Sigmoid{}); }},
        {"tanh", "", {}, "hyperbolic tangent", false, [](const Values&, const Site& site) { site.model.add(Tanh{}); }},
    };
    return rows;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool inside = false;
    for (const char c : text) {
        const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (!space && !inside) words.emplace_back();
        if (!space) words.back() += c;
        inside = !space;
    }
    return words;
}

std::string name_of(const std::string& word) {
    std::string name = word.substr(0, word.find(':'));
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

/// "28 x 28 x 1", "128".
std::string sizes(const Shape& shape) {
    std::string text;
    for (int axis = 1; axis < shape.rank(); ++axis) text += (axis > 1 ? " x " : "") + std::to_string(shape[axis]);
    return text;
}

void add_layer(const std::string& word, const Row& row, const Site& site) {
    const std::size_t colon = word.find(':');
    check<UsageError>(colon == std::string::npos || colon + 1 < word.size(), "arguments",
                      "expected something after the colon");
    row.add(Values(colon == std::string::npos ? std::string_view{} : std::string_view(word).substr(colon + 1),
                   row.arguments),
            site);
}

Sequential parse_layers(std::string_view text, const Shape& input, std::int64_t classes) {
    const std::vector<std::string> words = words_of(text);
    const NoGrad guard;
    Sequential model;
    Tensor x = Tensor::zeros({1, input[0], input[1], input[2]});
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string layer = "model: layer " + std::to_string(i + 1) + " '" + words[i].substr(0, 80) + "'";
        const Row* row = nullptr;
        try {
            row = &find_row("layer", table(), name_of(words[i]));
            const bool fused = row->takes_relu && i + 1 < words.size() && words[i + 1] == "relu";
            add_layer(words[i], *row, {model, x.shape(), classes, fused ? Activation(relu) : Activation()});
            Module& added = model[model.size() - 1];
            added.eval();
            x = added(x);
            added.train();
            if (fused) ++i;
        } catch (const Error& error) {
            fail<UsageError>(layer, error.what(), "; what comes in is ", sizes(x.shape()),
                             row ? " (usage: " + row->name + row->usage + ")" : "");
        }
    }
    check<UsageError>(x.shape() == Shape{1, classes}, "model", "expected one number for each of ", classes,
                      " classes at the end, got ", sizes(x.shape()), " (hint: end with linear:classes)");
    return model;
}

}  // namespace

Sequential parse_model(std::string_view text, const Shape& input, std::int64_t classes) {
    check(input.rank() == 3 && input.numel() > 0, "model", "expected an input (height, width, channels), got ", input);
    check(classes >= 2, "model", "expected at least two classes, got ", classes);
    check<UsageError>(text.size() <= kLongestText, "model", "expected at most ", kLongestText, " characters, got ",
                      text.size());
    if (text != "study") return parse_layers(text, input, classes);
    check<UsageError>(input[0] == input[1] && input[0] % 4 == 0, "model study",
                      "expected square images with a side divisible by 4, got ", input[0], " x ", input[1],
                      " (hint: other layers, or resize the images)");
    need_at_most(kMostElements, "model study: pixels", {input[0], input[1], 32});
    return study_cnn({.size = input[0], .channels = input[2], .classes = classes});
}

std::vector<LayerName> known_layers() {
    std::vector<LayerName> layers;
    for (const Row& row : table()) layers.push_back({row.name + row.usage, row.description});
    return layers;
}

}  // namespace cyclone::nn
