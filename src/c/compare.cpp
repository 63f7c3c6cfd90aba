// Comparisons of schedules for C programs: lab::compare() into a folder that `cyclone report` reads.

#include <cyclone/analysis/results.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/batch.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/nn/parse.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/parse.h>

#include <algorithm>

#include "c/training.h"

using namespace cyclone;
using c::TrainingObject;

namespace {

void check_options(std::string_view where, const c::Job& job) {
    const c::Settings& s = job.s;
    check<UsageError>(job.data.validation.has_value(), where,
                      "expected images of CYCLONE_VALIDATION, on which each training is tested");
    check<UsageError>(job.data.train.classes() == 2, where, "expected images of two classes, got ",
                      job.data.train.classes());
    check<UsageError>(s.init.empty() && s.accumulate == 1 && !s.slice && !s.drop_last && s.patience == 0, where,
                      "expected no init, accumulate, slice, drop-last or patience, which comparisons do not have");
}

lab::ComparisonOptions options_of(const c::Job& job, const std::string& schedules) {
    const c::Settings& s = job.s;
    lab::ComparisonOptions options{.schedules = {},
                                   .rebalancings = {train::parse_rebalancing(s.rebalance)},
                                   .seeds = {},
                                   .epochs = s.epochs,
                                   .batch_size = s.batch_size,
                                   .jobs = num_threads(),
                                   .augmentation = job.augmentation,
                                   .model = {}};
    // Those of the comparison, also where a rebalancing method has longer or shorter ones.
    const auto per_epoch = static_cast<std::uint64_t>(data::batches_in(job.data.train.size(), s.batch_size));
    for (const std::string& name : split_at_commas("schedules", schedules)) {
        for (const lab::NamedSchedule& other : options.schedules)
            check<UsageError>(other.name != name, "schedules", quoted(name), " is given twice");
        options.schedules.push_back({name, job.schedule(name, per_epoch)});
    }
    for (std::int64_t i = 0; i < s.compare_seeds; ++i) options.seeds.push_back(s.seed + static_cast<std::uint64_t>(i));
    options.model = [&job] {
        return nn::parse_model(job.s.model, job.data.train.image_shape(), job.data.train.classes());
    };
    options.optimizer = [&job](const std::vector<Tensor>& parameters, const optim::Hyper& rate) {
        return job.optimizer(parameters, rate);
    };
    return options;
}

lab::ComparisonRecord record_of(const c::Job& job, const lab::ComparisonOptions& options) {
    const c::Settings& s = job.s;
    const std::vector<std::int64_t> counts = job.data.train.class_counts();
    lab::ComparisonRecord record{
        .program = "cyclone_compare",
        .data = "train: " + job.data.train.describe() + "; test: " + job.data.validation->describe(),
        .seeds = options.seeds,
        .rebalancings = {s.rebalance}};
    record.positive_fraction = static_cast<double>(counts[1]) / static_cast<double>(job.data.train.size());
    record.settings = {{"model", s.model},
                       {"optimizer", optim::with_options(s.optimizer, s.momentum, s.weight_decay)},
                       {"epochs", std::to_string(s.epochs)},
                       {"batch_size", std::to_string(s.batch_size)},
                       {"base_lr", schedule::format_number(s.base())},
                       {"max_lr", schedule::format_number(s.max_lr)},
                       {"step_size", s.step_size},
                       {"augment", s.augment},
                       {"precision", std::string(name_of(s.precision))}};
    for (const lab::NamedSchedule& named : options.schedules)
        record.schedules.emplace_back(named.name, named.schedule.describe());
    return record;
}

void run(std::string_view where, TrainingObject& training, const std::string& schedules, const std::string& path,
         cyclone_on_progress call, void* user) {
    const c::Job job(where, training);
    const c::CallersState state(job.s.threads);
    const PrecisionScope precision(job.s.precision);
    check_options(where, job);
    lab::ComparisonOptions options = options_of(job, schedules);
    const lab::ComparisonFolder folder(path, lab::FolderMode::create);
    const lab::ComparisonRecord record = record_of(job, options);
    const auto labels = job.data.validation->labels.values<std::int64_t>();
    folder.write_config(record);
    folder.write_test_labels(labels);
    std::mutex mutex;
    const std::size_t runs = options.schedules.size() * options.seeds.size();
    cyclone_progress progress{sizeof(cyclone_progress), 0,
                              runs * static_cast<std::uint64_t>(lab::updates_per_run(job.data.train.size(), options))};
    options.on_update = [&] {
        const std::lock_guard lock(mutex);
        ++progress.done;
        if (call && call(&progress, user) != 0) training.stop = true;
    };
    options.on_run = [&](const lab::Run& run, const train::History& history) {
        folder.write_history(run, history);
        folder.write_run(run);
    };
    options.stop = &training.stop;
    const std::vector<lab::Run> results = lab::compare(job.data.train, *job.data.validation, options);
    check(std::ranges::any_of(results, [](const auto& r) { return r.status == lab::RunStatus::finished; }), where,
          "no training was finished: ", training.stop ? "stopped" : results.front().message);
    folder.write_curves(results);
    analysis::write_results(folder.file("result.json"), analysis::analyse(results, labels, {.record = record}));
}

}  // namespace

extern "C" int32_t cyclone_compare(const cyclone_training* training, const char* schedules, const char* folder,
                                   cyclone_on_progress call, void* user) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<TrainingObject>(where, training);
        c::need(where, schedules, "names of schedules");
        c::need(where, folder, "a folder");
        const c::InUse use(where, *object);
        const c::StopOnce stop(*object);
        run(where, *object, schedules, folder, call, user);
    });
}
