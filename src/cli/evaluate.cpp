// cyclone evaluate: how good the weights that `cyclone train` wrote are on labelled images.

#include <cyclone/base/error.h>
#include <cyclone/data/open.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/results.h>

#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/image_source.h"
#include "cli/process.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateSettings {
    InputSettings input;
    bool json = false;
};

// Those of all DATA, one after another, and a line about each.
metrics::Predictions predictions_of(const EvaluateSettings& s, train::Classifier& c, std::string& description) {
    metrics::Predictions all{{}, {}, c.class_names};
    std::vector<data::SkippedFile> skipped;
    for (const std::string& path : s.input.data) {
        const data::Dataset set = open_labelled(path, s.input, c, skipped);
        const metrics::Predictions some = train::predictions(c, set);
        all.labels.insert(all.labels.end(), some.labels.begin(), some.labels.end());
        all.probabilities.insert(all.probabilities.end(), some.probabilities.begin(), some.probabilities.end());
        description += (description.empty() ? "" : "\n") + set.describe();
    }
    print_left_out("evaluate", skipped);
    return all;
}

int evaluate(const EvaluateSettings& s) {
    use_threads(0);
    train::Classifier c = load_weights(s.input);
    std::string description;
    const metrics::Predictions predictions = predictions_of(s, c, description);
    if (s.json) {
        std::cout << Json::parse(train::results_json(predictions, c.threshold)).dump(2) << '\n';
        return 0;
    }
    std::cout << description;
    if (c.class_names.size() == 2)
        std::cout << fmt::format("; threshold {:.4f}{}", c.threshold,
                                 s.input.cutoff || c.threshold == 0.5 ? "" : ", as tuned in the training");
    std::cout << "\n\n";
    train::print_results(std::cout, predictions, c.threshold);
    return 0;
}

}  // namespace

Body setup_evaluate(Options& options) {
    const auto s = std::make_shared<EvaluateSettings>();
    add_input_options(
        options, s->input,
        "labelled images: whatever cyclone train reads, with classes of the training; - is standard input");
    options.option("--most-bad", s->input.reading.images.most_bad,
                   "fraction of the image files that may be damaged; these are left out and named");
    options.option("--json", s->json, "print the metrics as JSON").usual();
    options.example("more_photos --weights run/best.safetensors");
    options.example("data.npz --weights run/best.safetensors --json");
    options.note("Exit codes: 0 done, 1 failed, 2 wrong use.");
    return [s] { return evaluate(*s); };
}

}  // namespace cyclone::cli
