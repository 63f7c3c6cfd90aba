// cyclone evaluate: how good the weights that `cyclone train` wrote are on labelled images.

#include <cyclone/base/error.h>
#include <cyclone/data/open.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/results.h>

#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/image_source.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateSettings {
    std::string data, weights, part, memory_limit;
    std::optional<double> cutoff;
    bool json = false;
};

int evaluate(const EvaluateSettings& s) {
    train::Classifier c = load_weights(s.weights, s.cutoff);
    const data::Dataset set = open_labelled(s.data, s.part, c, parse_memory_limit(s.memory_limit));
    const metrics::Predictions predictions = train::predictions(c.network, set);
    if (s.json) {
        std::cout << Json::parse(train::results_json(predictions, c.threshold)).dump(2) << '\n';
        return 0;
    }
    std::cout << set.describe();
    if (c.class_names.size() == 2)
        std::cout << fmt::format("; threshold {:.4f}{}", c.threshold, s.cutoff ? "" : ", as tuned in the training");
    std::cout << "\n\n";
    train::print_results(std::cout, predictions, c.threshold);
    return 0;
}

}  // namespace

Body setup_evaluate(Options& options) {
    const auto s = std::make_shared<EvaluateSettings>();
    options.option("DATA", s->data, "labelled images: whatever cyclone train reads, with the classes of the training")
        .required();
    options.option("--weights FILE", s->weights, "best.safetensors of a training").required();
    options
        .option("--part", s->part,
                "of data that come in parts: train, validation or test (default: test, else everything)")
        .usual();
    add_cutoff(options, s->cutoff);
    options.option("--json", s->json, "print the metrics as JSON").usual();
    add_memory_limit(options, s->memory_limit);
    options.example("more_photos --weights run/best.safetensors");
    options.example("data.npz --weights run/best.safetensors --json");
    options.note("Exit codes: 0 done, 1 failed, 2 wrong use.");
    return [s] { return evaluate(*s); };
}

}  // namespace cyclone::cli
