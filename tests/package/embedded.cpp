// Embeds tensors, layers, an optimizer and a classifier with its weights file, and nothing that reads data.

#include <cyclone/autograd/backward.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/classifier.h>

#include <cstdio>
#include <string>

using namespace cyclone;

int main() {
    manual_seed(1);
    nn::Sequential model{nn::Conv2d{1, 4, {.kernel = 3, .padding = nn::same, .activation = relu}}, nn::MaxPool2d{2},
                         nn::Flatten{}, nn::Linear{4 * 4 * 4, 2}};
    optim::Sgd sgd{model.parameters(),
                   {.lr = schedule::triangular({.base = 0.01, .max = 0.1, .step_size = Iterations{10}})}};
    Tensor x = Tensor::zeros({8, 8, 8, 1});
    for (int i = 0; i < 4; ++i) x.rows(i, 1).fill(1);
    const Tensor y = Tensor::from<std::int64_t>({1, 1, 1, 1, 0, 0, 0, 0}, {8});
    double loss_value = 0;
    for (int update = 0; update < 40; ++update) {
        const Tensor loss = cross_entropy(model(x), y);
        sgd.zero_grad();
        backward(loss);
        sgd.step();
        loss_value = loss.item();
    }
    std::printf("loss %.4f\n", loss_value);
    if (loss_value >= 0.3) return 1;

    manual_seed(2);
    const std::string text = "conv:4 relu pool flatten linear:classes";
    Classifier trained{.model = text, .input = {8, 8, 1}, .class_names = {"dark", "bright"}};
    trained.network = nn::parse_model(text, trained.input, 2);
    trained.save("embedded.safetensors");
    Classifier loaded = Classifier::load("embedded.safetensors");
    const Classifier::Answer answer = loaded.classify(Tensor::zeros({8, 8, 1}, DType::u8));
    std::printf("%s %.3f\n", answer.name.c_str(), answer.probability);
    return answer.probability >= 0.5 ? 0 : 1;
}
