// cyclone find-lr: a learning-rate range test on two-class images: which rates are worth a cycle? The work is done by
// cyclone::lab.

#include <cyclone/cyclone.h>

#include <iostream>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/find_lr_options.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

/// The comparison on the same data with the rates that were found.
std::string comparison_command(const FindLrSettings& s, const analysis::RatePair& pair) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(2);
    text << "cyclone compare";
    if (s.source.data != "synthetic") text << ' ' << shell_quoted(s.source.data);
    if (s.source.positives > 0) text << " --positives " << s.source.positives;
    if (s.source.negatives > 0) text << " --negatives " << s.source.negatives;
    if (s.source.positive_class >= 0) text << " --positive " << s.source.positive_class;
    if (s.source.imbalance > 0) text << " --imbalance " << s.source.imbalance;
    if (s.source.difficulty != 1) text << " --difficulty " << s.source.difficulty;
    if (s.source.data_seed != 1) text << " --data-seed " << s.source.data_seed;
    if (s.test.batch_size != 32) text << " --batch-size " << s.test.batch_size;
    if (s.momentum > 0) text << " --momentum " << s.momentum;
    text << " --base-lr " << pair.base << " --max-lr " << pair.max;
    return text.str();
}

/// At most a thousand images: it is measured often. Balanced ones estimate a balanced accuracy best.
data::Dataset few(const data::Dataset& validation, bool balanced) {
    constexpr std::int64_t kImages = 1'000;
    if (balanced) return lab::balanced_subset(validation, kImages / 2, 0);
    if (validation.size() <= kImages) return validation;
    const double fraction = static_cast<double>(kImages) / static_cast<double>(validation.size());
    data::Dataset part = validation.split(fraction).train;
    part.standardization = validation.standardization;
    return part;
}

lab::RangeTest sweep(const FindLrSettings& s) {
    // Rates are chosen without the test set: what validates is a part of the training images.
    data::Dataset train = load_patches(s.source).train;
    data::Dataset validation;
    lab::RangeTestOptions options = s.test;
    if (options.metric != lab::RangeMetric::train_loss) {
        auto parts = train.split(0.8, s.source.data_seed);
        train = std::move(parts.train);
        validation = few(*parts.test, options.metric == lab::RangeMetric::balanced_accuracy);
        options.validation = &validation;
    }
    const auto make_model = study_model(s.source.data, train.image_shape());
    make_output_folder(s.out, "result.json", s.overwrite);
    if (!s.silent()) {
        std::cout << "train: " << train.describe() << '\n';
        if (options.validation) std::cout << "validation: " << validation.describe() << '\n';
        std::cout << options.seeds.size() << " sweeps of up to " << options.updates << " updates, "
                  << (options.sweep == lab::Sweep::linear ? "linearly" : "exponentially") << " from " << options.from
                  << " to " << options.to << "; " << backend_description() << "\n\n"
                  << std::flush;
    }
    train::Progress progress("find-lr", static_cast<std::int64_t>(options.seeds.size()) * options.updates,
                             s.silent() ? train::ProgressMode::off : train::ProgressMode::automatic);
    options.stop = &interrupted;
    options.on_update = [&progress] { progress.add(); };
    catch_interrupts();
    const lab::ModelFactory model = [&make_model] { return std::make_unique<nn::Sequential>(make_model()); };
    return lab::range_test(model, lab::sgd({.momentum = s.momentum}), train, options);
}

void print_text(const FindLrSettings& s, const lab::RangeTest& test, bool picture) {
    report::print_range_test(std::cout, test);
    if (const auto pair = analysis::suggest_pair(test.curve))
        std::cout << "\nThe comparison with these rates:\n  " << comparison_command(s, *pair) << '\n';
    if (s.quiet) return;
    std::cout << "\ncurve.csv, result.json" << (picture ? " and curve.svg" : "") << " are in " << s.out << '\n';
}

int find_rates(const FindLrSettings& s, const Options& options) {
    const lab::RangeTest test = sweep(s);
    const std::filesystem::path folder = s.out;
    std::filesystem::remove(folder / "curve.svg");  // of an earlier test: this one may have none
    const std::string json = report::range_test_json(test, s.listed());
    io::write_file_atomically(folder / "curve.csv", report::range_test_csv(test));
    io::write_file_atomically(folder / "result.json", json);
    io::write_file_atomically(folder / "config.toml", options.config_file());
    const bool picture = test.curve.rate.size() >= 2;
    if (picture) report::plot_range_test(folder / "curve.svg", test);
    if (s.json)
        std::cout << json;
    else
        print_text(s, test, picture);
    if (!interrupted) return 0;
    std::cout << std::flush;
    std::cerr << "cyclone find-lr: stopped by a signal; the table holds what was measured\n";
    return 1;
}

}  // namespace

Body setup_find_lr(Options& options) {
    const auto find_lr_options = std::make_shared<FindLrOptions>(options);
    return [&options, find_lr_options] { return find_rates(find_lr_options->settings(), options); };
}

}  // namespace cyclone::cli
