// Reads a model off a text.

#include <cyclone/nn/parse.h>

#include <cyclone/autograd/grad_mode.h>

#include <string>
#include <vector>

namespace cyclone::nn {
namespace {

constexpr std::size_t kLongestText = 10'000;
constexpr int kDeepest = 16;  // branches within branches

/// The words of a text; parentheses and bars are words of their own.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool apart = true;  // whether the next character begins a word
    for (const char c : text) {
        const bool is_space = std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
        const bool is_sign = c == '(' || c == ')' || c == '|';
        if (!is_space && (apart || is_sign)) words.emplace_back();
        if (!is_space) words.back() += c;
        apart = is_space || is_sign;
    }
    return words;
}

/// "28 x 28 x 1", "128".
std::string sizes(const Shape& shape) {
    std::string text;
    for (int axis = 1; axis < shape.rank(); ++axis) text += (axis > 1 ? " x " : "") + std::to_string(shape[axis]);
    return text;
}

/// Version 0.1 counted an argument without a name by its place among all arguments, Arguments counts it among those
/// without a name. They agree when these come first.
void check_order(const std::string& word) {
    bool named = false;
    for (std::size_t at = word.find(':'); at != std::string::npos; at = word.find_first_of(",:", at + 1)) {
        const std::string argument = word.substr(at + 1, word.find_first_of(",:", at + 1) - at - 1);
        const bool has_name = argument.find('=') != std::string::npos;
        check<UsageError>(has_name || !named, "layer " + cyclone::quoted(word),
                          "expected arguments without a name, such as ", cyclone::quoted(argument),
                          ", before those with a name");
        named = has_name;
    }
}

/// The output of a layer for one image of zeros; in evaluation mode, so that it draws no random numbers.
Tensor try_out(Module& layer, const Tensor& x, const std::string& word) {
    try {
        layer.eval();
        Tensor y = layer(x);
        layer.train();
        return y;
    } catch (const Error& error) {
        fail<UsageError>("layer " + cyclone::quoted(word), error.what());
    }
}

/// Reads chains of layers: chain = layer..., layer = word [ "(" chain { "|" chain } ")" ].
class Reader {
public:
    Reader(std::string_view text, std::int64_t classes) : words_(words_of(text)), classes_(classes) {}

    /// The model; `x` is what it gets, then what it gives.
    Sequential model(Tensor& x) {
        Sequential model = chain(x, "", 0);
        check<UsageError>(done(), "model", cyclone::quoted(done() ? "" : words_[at_]),
                          " stands outside parentheses, as word ", at_ + 1);
        return model;
    }

private:
    bool done() const { return at_ == words_.size(); }
    bool is_next(std::string_view word) const { return !done() && words_[at_] == word; }
    bool is_end_of_chain() const { return done() || is_next(")") || is_next("|"); }

    /// `inside` says behind "layer 3" where the chain stands.
    Sequential chain(Tensor& x, const std::string& inside, int depth) {
        Sequential model;
        for (int number = 1; !is_end_of_chain(); ++number)
            if (add_layer(model, x, "layer " + std::to_string(number) + inside, depth)) ++number;
        return model;
    }

    /// Whether the layer took the relu behind it.
    bool add_layer(Sequential& model, Tensor& x, const std::string& place, int depth) {
        const std::string word = words_[at_++];
        const auto located = [&](const auto& work) {
            try {
                work();
            } catch (const Error& error) {
                fail<UsageError>("model", error.what(), "; this is ", place, ", its input is ", sizes(x.shape()));
            }
        };
        located([&] { check_word(word); });
        std::vector<Branch> branches;
        const bool has_branches = is_next("(");
        if (has_branches) branches = read_branches(x, word, place, depth + 1);
        LayerContext context(x.shape(), classes_, is_next("relu"), has_branches ? &branches : nullptr, weights_);
        located([&] {
            model.add(layers().parse(word, context));
            check<UsageError>(!context.left_branches(), "layer " + cyclone::quoted(word),
                              "takes no layers in parentheses (hint: residual and concat do)");
            Module& layer = model[model.size() - 1];
            if (!has_branches) weights_ += layer.parameter_count();
            x = try_out(layer, x, word);
        });
        if (context.took_activation()) ++at_;
        return context.took_activation();
    }

    void check_word(const std::string& word) const {
        check<UsageError>(word != "(", "'('", "expected the name of a layer before it");
        check_order(word);
        const std::string name = name_in(word);
        if (layers().knows(name)) return;
        check<UsageError>(!networks().knows(name), "network " + cyclone::quoted(word),
                          "is a whole network and stands alone, expected a layer");
        std::vector<NamedItem> known = layers().names();
        if (words_.size() == 1)
            for (NamedItem& network : networks().names()) known.push_back(std::move(network));
        fail_unknown_name("layer", name, known);
    }

    std::vector<Branch> read_branches(const Tensor& x, const std::string& word, const std::string& place, int depth) {
        check<UsageError>(depth <= kDeepest, "model", "expected layers in at most ", kDeepest, " parentheses; this is ",
                          place);
        std::vector<Branch> branches;
        do {
            ++at_;  // "(" or "|"
            Tensor y = x;
            const std::string inside = " of branch " + std::to_string(branches.size() + 1) + " of " + place;
            Sequential layers = chain(y, inside, depth);
            branches.push_back({std::move(layers), y.shape()});
        } while (is_next("|"));
        check<UsageError>(is_next(")"), "model", "expected ')' for the '(' behind ", cyclone::quoted(word),
                          "; this is ", place);
        ++at_;
        return branches;
    }

    std::vector<std::string> words_;
    std::size_t at_ = 0;
    std::int64_t classes_, weights_ = 0;
};

Sequential parse_layers(std::string_view text, const Shape& input, std::int64_t classes) {
    const NoGrad guard;
    Tensor x = Tensor::zeros({1, input[0], input[1], input[2]});
    Sequential model = Reader(text, classes).model(x);
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
    const std::vector<std::string> words = words_of(text);
    if (words.size() == 1 && networks().knows(name_in(words[0]))) return networks().parse(words[0], input, classes);
    return parse_layers(text, input, classes);
}

}  // namespace cyclone::nn
