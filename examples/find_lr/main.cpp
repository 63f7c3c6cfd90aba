// A learning-rate range test on the patches of fixed_vs_clr: which rates are worth a cycle? Options in options.cpp; the
// work is done by cyclone::lab.

#include <cyclone/cyclone.h>

#include "options.h"
#include "support/command_line.h"
#include "support/interrupt.h"
#include "support/output_folder.h"

#include <iostream>
#include <sstream>

using namespace cyclone;

namespace {

std::string in_shell_quotes(const std::string& text) {
    if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") ==
        std::string::npos)
        return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// The comparison on the same data with the rates that were found.
std::string comparison_command(const Settings& s, const analysis::RatePair& pair) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(2);
    text << "fixed_vs_clr";
    if (s.source.data != "synthetic") text << " --data " << in_shell_quotes(s.source.data);
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
    const double share = static_cast<double>(kImages) / static_cast<double>(validation.size());
    data::Dataset part = validation.split(share).train;
    part.standardization = validation.standardization;
    return part;
}

lab::RangeTest sweep(const Settings& s) {
    // Rates are chosen without the test set: what validates is a part of the training images.
    data::Dataset train = support::load_patches(s.source).train;
    data::Dataset validation;
    lab::RangeTestOptions options = s.test;
    if (options.metric != lab::RangeMetric::train_loss) {
        auto parts = train.split(0.8, s.source.data_seed);
        train = std::move(parts.train);
        validation = few(*parts.test, options.metric == lab::RangeMetric::balanced_accuracy);
        options.validation = &validation;
    }
    const auto make_model = support::study_model(s.source.data, train.image_shape());
    support::make_output_folder(s.out, "result.json", s.overwrite);
    if (!s.quiet) {
        std::cout << "train: " << train.describe() << '\n';
        if (options.validation) std::cout << "validation: " << validation.describe() << '\n';
        std::cout << options.seeds.size() << " sweeps of up to " << options.updates << " updates, "
                  << (options.sweep == lab::Sweep::linear ? "linearly" : "exponentially") << " from " << options.from
                  << " to " << options.to << "; " << backend_description() << "\n\n"
                  << std::flush;
    }
    train::Progress progress("find_lr", static_cast<std::int64_t>(options.seeds.size()) * options.updates,
                             s.quiet ? train::ProgressMode::off : train::ProgressMode::automatic);
    options.stop = &support::interrupted;
    options.on_update = [&progress] { progress.add(); };
    support::catch_interrupts();
    const lab::ModelFactory model = [&make_model] { return std::make_unique<nn::Sequential>(make_model()); };
    return lab::range_test(model, lab::sgd({.momentum = s.momentum}), train, options);
}

int find_rates(const Settings& s) {
    const lab::RangeTest test = sweep(s);
    const std::filesystem::path folder = s.out;
    std::filesystem::remove(folder / "curve.svg");  // of an earlier test: this one may have none
    io::write_file_atomically(folder / "curve.csv", report::range_test_csv(test));
    io::write_file_atomically(folder / "result.json", report::range_test_json(test, s.listed()));
    report::print_range_test(std::cout, test);
    const bool picture = test.curve.rate.size() >= 2;
    if (picture) report::plot_range_test(folder / "curve.svg", test);
    if (const auto pair = analysis::suggest_pair(test.curve))
        std::cout << "\nThe comparison with these rates:\n  " << comparison_command(s, *pair) << '\n';
    if (!s.quiet)
        std::cout << "\ncurve.csv, result.json" << (picture ? " and curve.svg" : "") << " are in " << s.out << '\n';
    if (!support::interrupted) return 0;
    std::cout << std::flush;
    std::cerr << "find_lr: stopped by a signal; the table holds what was measured\n";
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    support::CommandLine line("find_lr", "Measures which learning rates suit a net and its data (Smith's range test).");
    const Options options(line);
    return line.run(argc, argv, [&] { return find_rates(options.settings()); });
}
