// Loads a network and answers for an image: all that an inference tool needs, with cyclone::core alone.

#include <cyclone/train/classifier.h>

#include <cstdio>

int main(int, char** argv) {
    auto c = cyclone::Classifier::load(argv[1]);
    const auto answer = c.classify(cyclone::Tensor::zeros(c.input, c.pixels));
    std::printf("%s %.3f\n", answer.name.c_str(), answer.probability);
}
