// Trains the runs of a comparison.
#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/summary.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/renew_batch_statistics.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "lab/averaged.h"
#include "lab/run_checkpoint.h"
#include "lab/workers.h"

namespace cyclone::lab {
namespace {

constexpr std::int64_t kTestBatch = 128;          // keeps the memory of many jobs small
constexpr std::chrono::milliseconds kPause{200};  // before another process's runs are looked at again

class Comparison {
public:
    Comparison(const data::Dataset& train, const data::Dataset& test, const ComparisonOptions& options)
        : train_(train),
          test_(test),
          options_(options),
          updates_(updates_per_run(train.size(), options)),
          updates_per_epoch_(updates_ / options.epochs),
          provenance_(this_process(options.command)) {
        const auto counts = train.class_counts();
        for (const train::RebalancingMethod& method : options.rebalancings)
            rebalancings_.push_back(method.for_data(counts, options.batch_size));
        if (rebalancings_.empty())
            rebalancings_.push_back(
                train::parse_rebalancing(train::kNoRebalancing).for_data(counts, options.batch_size));
        for (const NamedSchedule& named : options.schedules)
            for (const train::Rebalancing& rebalancing : rebalancings_)
                for (const std::uint64_t seed : options.seeds) add_run(named.name, rebalancing.name, seed);
        // Seed by seed, so that an early stop leaves whole comparisons of the first seeds.
        std::stable_sort(open_.begin(), open_.end(), [&](std::size_t a, std::size_t b) {
            return a % options.seeds.size() < b % options.seeds.size();
        });
    }

    std::vector<Run> run_all() {
        while (!open_.empty() && !stopped() && pass()) {
        }
        return std::move(runs_);
    }

private:
    void add_run(const std::string& schedule, const std::string& rebalancing, std::uint64_t seed) {
        const auto known = std::find_if(options_.known.begin(), options_.known.end(), [&](const Run& k) {
            return k.schedule == schedule && k.rebalancing == rebalancing && k.seed == seed;
        });
        if (known != options_.known.end()) {
            runs_.push_back(*known);
            return;
        }
        Run& run = runs_.emplace_back();
        run.schedule = schedule;
        run.rebalancing = rebalancing;
        run.seed = seed;
        run.provenance = provenance_;
        run.message = "not started";
        for (const std::string& name : options_.averages) run.averages.push_back({name});
        open_.push_back(runs_.size() - 1);
    }

    // Each open run once. Those of other processes stay open; false: these are all that is left, and they live.
    bool pass() {
        std::vector<RunTurn> turns(open_.size(), RunTurn::elsewhere);
        run_jobs(open_.size(), options_.jobs, options_.threads, [&](std::size_t i) {
            if (stopped()) return;
            try {
                turns[i] = take_turn(runs_[open_[i]]);
            } catch (...) {
                failed_ = true;  // the other runs end at their next update
                throw;
            }
        });
        const auto any = [&](RunTurn turn) { return std::find(turns.begin(), turns.end(), turn) != turns.end(); };
        const bool progress = any(RunTurn::train) || any(RunTurn::done), unsure = any(RunTurn::unsure);
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < open_.size(); ++i)
            if (turns[i] == RunTurn::elsewhere || turns[i] == RunTurn::unsure) left.push_back(open_[i]);
        open_ = std::move(left);
        if (!progress && unsure) std::this_thread::sleep_for(kPause);
        return progress || unsure;
    }

    RunTurn take_turn(Run& run) {
        const Run fresh = run;
        const RunTurn turn = options_.turn ? options_.turn(run) : RunTurn::train;
        if (turn == RunTurn::train) {
            train_one(run);
            if (run.status != RunStatus::stopped || stopped()) return turn;
            run = fresh;  // lost
        }
        if (turn != RunTurn::done) run.message = "another process trains it";
        return turn == RunTurn::train ? RunTurn::elsewhere : turn;
    }

    // Whether another process has taken the run, as this one slept.
    bool is_lost(const Run& run) const { return options_.keeps && !options_.keeps(run); }

    bool stopped() const { return failed_ || (options_.stop && *options_.stop); }

    const Schedule& schedule_of(const Run& run) const {
        return std::find_if(options_.schedules.begin(), options_.schedules.end(),
                            [&](const NamedSchedule& named) { return named.name == run.schedule; })
            ->schedule;
    }

    const train::Rebalancing& rebalancing_of(const Run& run) const {
        return *std::find_if(rebalancings_.begin(), rebalancings_.end(), [&](const train::Rebalancing& rebalancing) {
            return rebalancing.name == run.rebalancing;
        });
    }

    train::FitOptions fit_options(const Run& run, const train::Rebalancing& rebalancing) const {
        const std::int64_t updates = data::batches_in(rebalancing.samples_per_epoch, options_.batch_size);
        train::FitOptions fit{.epochs = (updates_ + updates - 1) / updates,
                              .batch_size = options_.batch_size,
                              .seed = run.seed,
                              .augmentation = options_.augmentation};
        fit.progress = train::ProgressMode::off;
        rebalancing.apply(fit);
        return fit;
    }

    // From its checkpoint if there is a usable one, else from the start.
    void train_one(Run& run) {
        namespace fs = std::filesystem;
        const fs::path folder = options_.checkpoint_folder ? options_.checkpoint_folder(run) : fs::path();
        std::error_code ignored;
        const bool resumes = !folder.empty() && !fs::is_empty(folder, ignored) && !ignored;
        bool started = false;
        const Run fresh = run;
        try {
            train_in(folder, run, started);
        } catch (const Error& error) {
            // Whoever has a lost run removes its checkpoints when it is done.
            const bool taken = options_.turn && !folder.empty() && !fs::exists(folder, ignored);
            if (started && (taken || is_lost(run))) {
                run = fresh;
                return;
            }
            if (!resumes || started) throw;
            notify(options_.report, run.configuration() + ", seed " + std::to_string(run.seed) +
                                        ": ignoring an unusable checkpoint (" + error.what() + "); restarting");
            fs::remove_all(folder, ignored);
            run = fresh;
            train_in(folder, run, started);
        }
    }

    void train_in(const std::filesystem::path& folder, Run& run, bool& started) {
        const train::Rebalancing& rebalancing = rebalancing_of(run);
        manual_seed(run.seed);
        nn::Sequential model = options_.model();
        rebalancing.prepare(model);
        // In the epochs of the comparison, also where a rebalancing method has longer or shorter ones.
        const auto per_epoch = static_cast<std::uint64_t>(updates_per_epoch_);
        const auto optimizer = make_optimizer(model, schedule_of(run).with_updates_per_epoch(per_epoch));
        Stopwatch watch;
        train::FitOptions fit = fit_options(run, rebalancing);
        const std::vector<Averaged> averages = make_averages();
        for (const Averaged& average : averages) fit.weight_hooks.push_back(&average.hook());
        std::atomic<bool> done{false};  // a rebalanced epoch may end later than the run
        fit.stop = &done;
        fit.checkpoint = {.folder = folder,
                          .every_minutes = options_.checkpoint_minutes,
                          .keep = 2,
                          .keep_best = false,
                          .resume = true};
        fit.checkpoint.save_extra = [&] { return measured(run, watch); };
        fit.checkpoint.load_extra = [&](const train::CheckpointExtra& extra) {
            restore(extra, run, watch);
            done = optimizer->updates() >= static_cast<std::uint64_t>(updates_);
            if (options_.on_resume) options_.on_resume(run, optimizer->updates());
        };
        fit.after_update = [&](const train::UpdateRow& row) {
            started = true;
            const std::uint64_t updates = row.update + 1;
            if (is_multiple(updates, options_.evaluate_every)) add_auc(run, updates, model, watch);
            if (options_.evaluate_each_epoch && is_multiple(updates, updates_per_epoch_))
                run.epoch_auc.push_back(auc_of(model, watch));
            if (options_.on_update) options_.on_update();
            done = updates >= static_cast<std::uint64_t>(updates_);
            return stopped() || is_lost(run) ? train::Control::stop : train::Control::proceed;
        };
        train::History history;
        try {
            watch.start();
            history = train::fit(model, *optimizer, train_, fit);
            watch.pause();
            run.seconds = watch.seconds();
            const std::int64_t images = keep_losses(run, history, rebalancing.samples_per_epoch);
            run.images_per_second = static_cast<double>(images) / run.seconds;
            finish(run, model, history);
            if (run.status == RunStatus::finished) measure(run, model, averages, rebalancing);
            if (run.rebalancing != train::kNoRebalancing) set_priors(run, rebalancing);
        } catch (const train::Diverged& diverged) {
            if (diverged.history()) history = *diverged.history();
            keep_losses(run, history, rebalancing.samples_per_epoch);
            run.status = RunStatus::diverged;
            run.message = diverged.what();
            run.curve = thin_out(history.updates());
        }
        if (is_lost(run)) {  // its files are another process's
            run.status = RunStatus::stopped;
            return;
        }
        const std::lock_guard lock(mutex_);
        if (options_.on_run) options_.on_run(run, history);
    }

    std::unique_ptr<optim::Optimizer> make_optimizer(const nn::Sequential& model, const optim::Hyper& rate) const {
        if (options_.optimizer) return options_.optimizer(model.parameters(), rate);
        return std::make_unique<optim::Sgd>(model.parameters(),
                                            optim::SgdOptions{.lr = rate, .momentum = options_.momentum});
    }

    static bool is_multiple(std::uint64_t updates, std::int64_t of) {
        return of > 0 && updates % static_cast<std::uint64_t>(of) == 0;
    }

    // In epochs of the unchanged training set; `samples` are those of the loader's epoch. Returns the images seen.
    std::int64_t keep_losses(Run& run, const train::History& history, std::int64_t samples) const {
        const std::int64_t batches = data::batches_in(samples, options_.batch_size);
        run.epoch_loss.clear();
        double sum = 0;
        std::int64_t images = 0, all_images = 0;
        for (const train::UpdateRow& row : history.updates()) {
            const std::int64_t batch = static_cast<std::int64_t>(row.update) % batches;
            const std::int64_t size = std::min(options_.batch_size, samples - batch * options_.batch_size);
            sum += row.loss * static_cast<double>(size);
            images += size;
            all_images += size;
            if (!is_multiple(row.update + 1, updates_per_epoch_)) continue;
            run.epoch_loss.push_back(sum / static_cast<double>(images));
            sum = 0;
            images = 0;
        }
        return all_images;
    }

    // The AUC on the test set; its time does not count.
    double auc_of(nn::Module& model, Stopwatch& watch) const {
        watch.pause();
        const double auc = report_of(positive_probability(model, test_)).auc;
        watch.start();
        return auc;
    }

    void add_auc(Run& run, std::uint64_t updates, nn::Module& model, Stopwatch& watch) const {
        const double auc = auc_of(model, watch);
        run.auc_curve.push_back({updates, watch.seconds(), auc});
    }

    void finish(Run& run, nn::Sequential& model, const train::History& history) {
        run.updates = history.updates().size();
        if (static_cast<std::int64_t>(run.updates) < updates_) {
            run.message = "stopped after " + std::to_string(run.updates) + " updates";
            return;
        }
        for (const train::UpdateRow& row : history.updates()) run.sum_lr += row.lr;
        run.mean_lr = run.sum_lr / static_cast<double>(run.updates);
        run.train_loss = run.epoch_loss.back();
        run.curve = thin_out(history.updates());
        run.test_probability = positive_probability(model, test_);
        run.test = report_of(run.test_probability);
        if (options_.held_out)
            run.tuned_threshold = tuned_threshold(positive_probability(model, *options_.held_out), *options_.held_out);
        if (options_.evaluate_every > 0 && (run.auc_curve.empty() || run.auc_curve.back().updates < run.updates))
            run.auc_curve.push_back({run.updates, run.seconds, run.test.auc});
        run.status = RunStatus::finished;
        run.message.clear();
    }

    std::vector<Averaged> make_averages() const {
        std::vector<Averaged> all;
        for (const std::string& name : options_.averages)
            all.emplace_back(name, name == "snapshots" ? options_.snapshot_times : options_.swa_times);
        return all;
    }

    // The averages; the model has their weights afterwards.
    void measure(Run& run, nn::Sequential& model, const std::vector<Averaged>& averages,
                 const train::Rebalancing& rebalancing) const {
        const auto renew = [&] {
            train::renew_batch_statistics(
                model, train_,
                {.seed = run.seed, .sampler = rebalancing.sampler, .sampler_batch = options_.batch_size});
        };
        for (std::size_t i = 0; i < averages.size(); ++i) {
            check<UsageError>(averages[i].taken() > 0, "compare", averages[i].name(), ": no weights were taken in ",
                              run.updates, " updates");
            std::vector<std::vector<double>> test, held_out;
            averages[i].each(model, renew, [&] {
                test.push_back(positive_probability(model, test_));
                if (options_.held_out) held_out.push_back(positive_probability(model, *options_.held_out));
            });
            AverageResult& result = run.averages[i];
            result.taken = averages[i].taken();
            result.test_probability = mean_of(test);
            result.test = report_of(result.test_probability);
            if (options_.held_out) result.tuned_threshold = tuned_threshold(mean_of(held_out), *options_.held_out);
        }
    }

    // f32 values, as those of one model are.
    static std::vector<double> mean_of(const std::vector<std::vector<double>>& members) {
        std::vector<double> mean(members.front().size(), 0);
        for (const auto& member : members)
            for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += member[i];
        for (double& p : mean) p = static_cast<double>(static_cast<float>(p / static_cast<double>(members.size())));
        return mean;
    }

    void set_priors(Run& run, const train::Rebalancing& rebalancing) const {
        const auto counts = train_.class_counts();
        run.training_prior = static_cast<double>(counts[1]) / static_cast<double>(train_.size());
        if (!rebalancing.trained_prior.empty()) run.trained_prior = rebalancing.trained_prior[1];
    }

    double tuned_threshold(const std::vector<double>& probability, const data::Dataset& held_out) const {
        const auto tuned =
            metrics::tune_threshold(held_out.labels.values<std::int64_t>(), probability, options_.threshold_goal);
        return tuned ? tuned->threshold : std::numeric_limits<double>::quiet_NaN();
    }

    static std::vector<double> positive_probability(nn::Module& model, const data::Dataset& set) {
        const Tensor p = train::predict(model, set, {.batch_size = kTestBatch});
        std::vector<double> positive(static_cast<std::size_t>(set.size()));
        for (std::size_t i = 0; i < positive.size(); ++i) positive[i] = p.data<float>()[2 * i + 1];
        return positive;
    }

    metrics::BinaryReport report_of(const std::vector<double>& probability) const {
        return metrics::binary_report(test_.labels.values<std::int64_t>(), probability);
    }

    const data::Dataset& train_;
    const data::Dataset& test_;
    const ComparisonOptions& options_;
    std::int64_t updates_, updates_per_epoch_;  // of every run
    Provenance provenance_;
    std::vector<train::Rebalancing> rebalancings_;
    std::vector<Run> runs_;
    std::vector<std::size_t> open_;  // runs to train, in the order of their turns
    std::atomic<bool> failed_{false};
    std::mutex mutex_;  // of on_run
};

}  // namespace

void check_average(const std::string& name) { Averaged(name, {}); }

std::int64_t updates_per_run(std::int64_t samples, const ComparisonOptions& options) {
    return options.epochs * data::batches_in(samples, options.batch_size);
}

std::vector<Run> compare(const data::Dataset& train, const data::Dataset& test, const ComparisonOptions& options) {
    check(options.epochs >= 1 && options.batch_size >= 1, "compare",
          "expected at least one epoch and batches of one, got ", options.epochs, " and ", options.batch_size);
    check(!options.schedules.empty() && !options.seeds.empty(), "compare",
          "expected at least one schedule and one seed");
    check(options.jobs >= 1 && options.threads >= 1, "compare", "expected at least one job and one thread, got ",
          options.jobs, " and ", options.threads);
    check(options.evaluate_every >= 0, "compare", "expected evaluate_every >= 0, got ", options.evaluate_every);
    check(options.model != nullptr, "compare", "expected a function that builds the model");
    check(train.classes() == 2 && test.classes() == 2, "compare", "expected data of two classes, got ",
          train.classes());
    check(!options.held_out || options.held_out->classes() == 2, "compare",
          "expected held-out data of two classes, got ", options.held_out ? options.held_out->classes() : 0);
    return Comparison(train, test, options).run_all();
}

}  // namespace cyclone::lab
