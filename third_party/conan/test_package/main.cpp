// Weights are saved, loaded and used.

#include <cyclone/nn/parse.h>
#include <cyclone/train/classifier.h>

#include <cstdio>

using namespace cyclone;

int main() {
    Classifier made{.model = "flatten linear:classes", .input = {4, 4, 1}, .class_names = {"no", "yes"}};
    made.network = nn::parse_model(made.model, made.input, 2);
    made.save("consumer.safetensors");
    auto loaded = Classifier::load("consumer.safetensors");
    const auto answer = loaded.classify(Tensor::zeros({4, 4, 1}, DType::u8));
    std::printf("%s %.3f\n", answer.name.c_str(), answer.probability);
}
