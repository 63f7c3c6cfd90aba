// Reads a model off a text.

#include <cyclone/nn/parse.h>

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/nn/models.h>

#include <locale>
#include <sstream>
#include <string>
#include <vector>

namespace cyclone::nn {
namespace {

constexpr std::size_t kLongestText = 10'000;

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream in{std::string(text)};
    in.imbue(std::locale::classic());
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
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

Sequential parse_layers(std::string_view text, const Shape& input, std::int64_t classes) {
    const std::vector<std::string> words = words_of(text);
    const NoGrad guard;
    Sequential model;
    Tensor x = Tensor::zeros({1, input[0], input[1], input[2]});
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t number = i + 1;
        LayerContext context(x.shape(), classes, number < words.size() && words[number] == "relu");
        try {
            check_order(words[i]);
            model.add(layers().parse(words[i], context));
            x = try_out(model[model.size() - 1], x, words[i]);
        } catch (const Error& error) {
            fail<UsageError>("model", error.what(), "; this is layer ", number, ", its input is ", sizes(x.shape()));
        }
        if (context.took_activation()) ++i;
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
                      " (hint: other layers, --model, or another size of image files, --resize 32)");
    check<UsageError>(input[0] * input[1] <= (std::int64_t{1} << 28) / 32, "model study", "expected at most ",
                      (std::int64_t{1} << 28) / 32, " pixels, got ", input[0] * input[1]);
    return study_cnn({.size = input[0], .channels = input[2], .classes = classes});
}

}  // namespace cyclone::nn
