// What is told of a finished training.

#include "cli/training.h"

#include <cyclone/cyclone.h>
#include <cyclone/io/input_file.h>

#include <iostream>

#include <fmt/format.h>

#include "cli/options.h"
#include "cli/shared.h"

namespace cyclone::cli {

void report_training(const lab::TrainingFolder& folder, bool quiet, bool json) {
    const auto record = folder.read_config();
    check(record.has_value(), folder.path().string(), "holds no training");
    const lab::Training training = folder.read_training();
    report::write(folder.path(), training, *record);
    if (json) {
        std::cout << io::read_text(folder.file("result.json"));
        return;
    }
    if (!training.gave_up.empty()) std::cout << "gave up: " << training.gave_up << "\n\n";
    metrics::Predictions shown = training.sets.back().predictions;
    shown.class_names = training.class_names;
    std::cout << fmt::format(
        "{} images, weights of epoch {} of {} ({})", training.sets.size() > 1 ? "Test" : "Validation",
        training.best_epoch, training.epochs.empty() ? 0 : training.epochs.back().epoch,
        training.chosen_by.empty() ? "the last: the metric to choose by has no value" : "best " + training.chosen_by);
    if (shown.classes() == 2 && training.threshold_goal.empty())
        std::cout << ", threshold 0.5: the validation images give none to tune";
    else if (shown.classes() == 2)
        std::cout << fmt::format(", threshold {:.4f} tuned on the validation images for {}", training.threshold,
                                 training.threshold_goal);
    std::cout << "\n\n";
    train::print_results(std::cout, shown, training.threshold);
    if (!training.others.empty()) {
        std::cout << '\n';
        report::print(std::cout, report::weights_table(training), 80);
    }
    if (quiet) return;
    std::cout << "\nreport.html, best.safetensors, " << (training.gave_up.empty() ? "last.safetensors, " : "")
              << "result.json and history.csv are in " << folder.path().string() << "\nUse them: " << program
              << " predict IMAGES --weights " << shell_quoted(folder.file("best.safetensors").string())
              << " --out predictions.csv\n";
}

}  // namespace cyclone::cli
