// Weights in, an answer for each image file out: all that a tool needs which uses a trained network.
// `cyclone predict` is the same with options, for any data.

#include <cyclone/cyclone.h>

#include <algorithm>
#include <iostream>

using namespace cyclone;

int main(int argc, char** argv) {
    try {
        check<UsageError>(argc >= 3, "usage", "classify WEIGHTS.safetensors IMAGE...");
        train::Classifier classifier = train::load_classifier(argv[1]);
        const data::ImageOptions options{.fit = classifier.fit,
                                         .height = classifier.input[0],
                                         .width = classifier.input[1],
                                         .channels = classifier.input[2],
                                         .bits = classifier.pixels == DType::u16 ? 16 : 8};
        for (int i = 2; i < argc; ++i) {
            const auto files = data::read_image_files({argv[i]}, options);
            check(files.skipped.empty(), argv[i], files.skipped.empty() ? "" : files.skipped.front().reason);
            const data::Dataset image{files.images, Tensor::zeros({1}, DType::i64), classifier.class_names, argv[i],
                                      classifier.standardization};
            const auto p = train::predict(classifier.network, image).to_vector<float>();
            const auto best = std::max_element(p.begin(), p.end());
            std::cout << argv[i] << ": " << classifier.class_names[static_cast<std::size_t>(best - p.begin())] << " ("
                      << *best << ")\n";
        }
        return 0;
    } catch (const Error& error) {
        std::cerr << "classify: " << error.what() << '\n';
        return 1;
    }
}
