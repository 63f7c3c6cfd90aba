// cyclone find-lr: a learning-rate range test: which rates are worth a cycle? The work is done by
// analysis::find_rates().

#include <cyclone/base/text_width.h>
#include <cyclone/cyclone.h>

#include <iostream>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/find_lr_options.h"
#include "cli/process.h"
#include "cli/search_progress.h"
#include "cli/shared.h"
#include "system/system.h"

namespace cyclone::cli {
namespace {

/// What uses the rates that were found: a comparison, or of many classes a training, on the same data.
std::string next_command(const FindLrSettings& s, std::int64_t classes, const analysis::RatePair& pair) {
    const bool many = classes > 2;
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << program << (many ? " train" : " compare");
    const auto add = [&text](bool wanted, const char* option, const auto& value) {
        if (wanted) text << ' ' << option << ' ' << value;
    };
    if (s.source.data != kSynthetic) text << ' ' << shell_quoted(s.source.data);
    add(s.source.positives > 0, "--positives", s.source.positives);
    add(s.source.negatives > 0, "--negatives", s.source.negatives);
    add(!s.source.positive_class.empty(), "--positive", shell_quoted(s.source.positive_class));
    add(s.source.imbalance > 0, "--imbalance", s.source.imbalance);
    add(s.source.difficulty != 1, "--difficulty", s.source.difficulty);
    add(s.source.data_seed != 1, "--data-seed", s.source.data_seed);
    text << s.reading.arguments();
    add(s.test.batch_size != 32, "--batch-size", s.test.batch_size);
    add(s.model != "study", "--model", shell_quoted(s.model));
    add(s.optimizer != "sgd", "--optimizer", shell_quoted(s.optimizer));
    add(s.momentum > 0, "--momentum", s.momentum);
    add(!s.rebalance.empty() && s.rebalance != train::kNoRebalancing, "--rebalance", s.rebalance);
    add(s.test.augmentation.any(), "--augment", s.augment);
    add(many, "--schedule", "triangular");
    text.precision(2);
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

/// What is found, and for what.
struct Found : analysis::FoundRates {
    std::int64_t classes = 0;
};

/// Sets the lengths of sweeps and trials in `s` to those that were needed.
Found find(FindLrSettings& s, bool updates_given) {
    // Rates are chosen without the test set: what validates is a part of the training images.
    if (s.test.metric != lab::RangeMetric::train_loss) s.source.held_out = kHeldOut;
    s.source.tries_rates = !s.trials || *s.trials > 0;
    data::Splits parts = load_patches(s.source);
    data::Dataset train = std::move(parts.train), validation;
    analysis::FindRatesOptions search{.sweep = s.test, .lengthen_sweeps = !updates_given, .trials = s.trials};
    lab::RangeTestOptions& options = search.sweep;
    if (parts.validation) {
        validation = few(*parts.validation, options.metric == lab::RangeMetric::balanced_accuracy);
        options.validation = &validation;
    }
    const auto make_model = model_of(s.model, s.source.data, train.image_shape(), train.classes());
    options.balance_batches = s.rebalance.empty();
    const auto method = train::parse_rebalancing(s.rebalance.empty() ? train::kNoRebalancing : s.rebalance);
    const auto counts = options.balanced > 0 ? lab::balanced_subset(train, options.balanced, 0).class_counts()
                                             : train.class_counts();  // of what is trained on
    const train::Rebalancing rebalancing = method.for_data(counts, options.batch_size);
    options.sampler = rebalancing.sampler;
    options.loss = rebalancing.loss;
    options.augmentation.validate("--augment", train.image_shape());
    make_output_folder(s.out, "result.json", s.overwrite);
    if (!s.silent()) {
        std::cout << "train: " << train.describe() << '\n';
        if (options.validation) std::cout << "validation: " << validation.describe() << '\n';
        std::cout << options.seeds.size() << " sweeps of up to " << options.updates << " updates, "
                  << (options.sweep == lab::Sweep::linear ? "linearly" : "exponentially") << " from " << options.from
                  << " to " << options.to << "; " << backend_description() << "\n\n"
                  << std::flush;
    }
    options.stop = &interrupted;
    catch_interrupts();
    const SearchProgress progress(search, s.silent());
    const auto model = [&] {
        auto network = std::make_unique<nn::Sequential>(make_model());
        rebalancing.prepare(*network);
        return network;
    };
    const auto optimizer = [make = optimizer_of(s.optimizer, s.momentum), rate = options.from](
                               const std::vector<Tensor>& parameters) { return make(parameters, rate); };
    Found found{analysis::find_rates(model, optimizer, train, search), train.classes()};
    s.test.updates = found.updates;
    if (found.trials) s.trials = found.trials->updates;
    return found;
}

void print_text(const FindLrSettings& s, const Found& found, bool picture) {
    report::print_range_test(std::cout, found.test, found.trials ? &*found.trials : nullptr,
                             terminal_columns(system::kOutput).value_or(80));
    if (found.pair)
        std::cout << (found.classes > 2 ? "\nA training" : "\nThe comparison") << " with these rates:\n  "
                  << next_command(s, found.classes, *found.pair) << '\n';
    if (s.quiet) return;
    std::cout << "\ncurve.csv, result.json" << (picture ? ", curve.svg" : "") << " and report.html are in " << s.out
              << '\n';
}

int find_rates(FindLrSettings s, Options& options) {
    use_threads(0);
    const Found found = find(s, options.given("--updates"));
    options.set("--updates", std::to_string(found.updates));
    const lab::RangeTest& test = found.test;
    const lab::TrialCycles* trials = found.trials ? &*found.trials : nullptr;
    const std::filesystem::path folder = s.out;
    std::filesystem::remove(folder / "curve.svg");  // of an earlier test: this one may have none
    const std::string json = report::range_test_json(test, s.listed(), trials);
    io::write_file_atomically(folder / "curve.csv", report::range_test_csv(test));
    io::write_file_atomically(folder / "result.json", json);
    io::write_file_atomically(folder / "config.toml", options.config_file());
    const bool picture = test.curve.rate.size() >= 2;
    if (picture) report::plot_range_test(folder / "curve.svg", test, trials);
    report::write_range_page(folder / "report.html", test, s.listed(), trials);
    if (s.json)
        std::cout << json;
    else
        print_text(s, found, picture);
    if (!interrupted && found.pair) return 0;
    std::cout << std::flush;
    std::cerr << "cyclone find-lr: "
              << (interrupted ? "stopped by a signal; the table holds what was measured"
                              : "no pair of rates: " + found.no_pair)
              << '\n';
    return 1;
}

}  // namespace

Body setup_find_lr(Options& options) {
    const auto find_lr_options = std::make_shared<FindLrOptions>(options);
    return [&options, find_lr_options] { return find_rates(find_lr_options->settings(), options); };
}

}  // namespace cyclone::cli
