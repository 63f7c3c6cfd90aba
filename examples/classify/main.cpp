// Weights in, an answer for each image file out: all that a tool needs which uses a trained network.
// `cyclone predict` is the same with options, for any data.

#include <cyclone/cyclone.h>

#include <iostream>

using namespace cyclone;

int main(int argc, char** argv) {
    try {
        check<UsageError>(argc >= 3, "usage", "classify WEIGHTS.safetensors IMAGE...");
        auto classifier = Classifier::load(argv[1]);
        for (int i = 2; i < argc; ++i) {
            const auto answer = classifier.classify(argv[i]);
            std::cout << argv[i] << ": " << answer.name << " (" << answer.probability << ")\n";
        }
        return 0;
    } catch (const UsageError& error) {
        std::cerr << "classify: " << error.what() << '\n';
        return 2;
    } catch (const Error& error) {
        std::cerr << "classify: " << error.what() << '\n';
        return 1;
    }
}
