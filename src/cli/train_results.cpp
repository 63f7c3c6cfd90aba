// Weights and results of a finished training.

#include "cli/train_results.h"

#include <cyclone/cyclone.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

/// A network with what it is worth.
struct Trained {
    std::int64_t epoch = 0;
    double threshold = 0.5;
    std::string threshold_goal = {};  ///< empty: none was tuned
    std::vector<lab::PredictedSet> sets = {};
};

/// Tunes the threshold of two classes on the validation set.
void tune(const Job& job, Trained& t) {
    if (job.classes() != 2) return;
    const auto& p = t.sets.front().predictions;
    if (const auto tuned = metrics::tune_threshold(p.labels, p.positive(), job.goal))
        t.threshold = tuned->threshold, t.threshold_goal = job.goal.name;
}

/// Tunes, tests, and writes the weights.
Trained measure(const Job& job, nn::Sequential& network, std::int64_t epoch, const fs::path& file) {
    Trained t{.epoch = epoch, .sets = {{"validation", train::predictions(network, *job.data.validation)}}};
    tune(job, t);
    if (job.data.test) t.sets.push_back({"test", train::predictions(network, *job.data.test)});
    job.classifier(network, t.threshold)
        .save(file, {{"cyclone.threshold_goal", t.threshold_goal.empty() ? "none" : t.threshold_goal},
                     {"cyclone.epoch", std::to_string(epoch)},
                     {"cyclone.balance", job.balance.name}});
    return t;
}

Json as_json(const Trained& t, const std::string& weights) {
    Json json{{"weights", weights}, {"epoch", t.epoch}, {"threshold", t.threshold}};
    for (const auto& [name, predictions] : t.sets)
        json[name] = Json::parse(train::results_json(predictions, t.threshold));
    return json;
}

/// For people; empty where no epoch has a value of the metric.
std::string chosen_by(const Job& job, const train::History& history) {
    if (!history.best()) return {};
    const auto& rows = history.epochs();
    const bool there = std::any_of(rows.begin(), rows.end(), [&](const train::EpochRow& row) {
        return row.epoch == history.best()->epoch && row.train_loss == history.best()->train_loss;
    });
    return job.s.monitor + (there ? "" : ", before a return to a checkpoint");
}

/// What the page is drawn from; `gave_up` says why a training diverged.
void store(const Job& job, const lab::TrainingFolder& folder, const train::History& history, Trained chosen,
           std::vector<lab::OtherWeights> others, const std::string& gave_up = {}) {
    folder.write_training({.data = job.s.data,
                           .class_names = job.data.train.class_names,
                           .best_epoch = chosen.epoch,
                           .chosen_by = chosen_by(job, history),
                           .threshold = chosen.threshold,
                           .threshold_goal = chosen.threshold_goal,
                           .curve = lab::thin_out(history.updates()),
                           .epochs = history.epochs(),
                           .sets = std::move(chosen.sets),
                           .others = std::move(others),
                           .recorded = lab::thin_out(history.series()),
                           .gave_up = gave_up});
}

/// What result.json and the page tell of weights besides the best ones.
struct Measured {
    Json json;
    std::vector<lab::OtherWeights> others;
};

std::string epoch_text(std::int64_t epoch) { return "weights of epoch " + std::to_string(epoch); }

/// What was recorded, as in training.json; nothing where nothing was.
void add_recorded(Json& json, const train::History& history) {
    for (const lab::RecordedSeries& series : lab::thin_out(history.series()))
        json["recorded"].push_back({{"name", series.name}, {"update", series.update}, {"value", series.value}});
}

lab::OtherWeights other(const std::string& file, const std::string& what, const Trained& t) {
    return {file, what, metrics::evaluate(metrics::MetricInput(t.sets.back().predictions))};
}

void measure_averages(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network, std::int64_t epoch,
                      const TrainAverages& averages, Measured& measured) {
    for (const auto* average : {&averages.swa, &averages.ema}) {
        if (!*average) continue;
        const std::string name = (*average)->name(), file = name + ".safetensors";
        const std::uint64_t count = (*average)->count();
        if (count == 0) {
            std::cerr << "cyclone train: --" << name << ": the training ended before weights were averaged\n";
            continue;
        }
        (*average)->copy_into(network);
        train::renew_batch_statistics(
            network, job.data.train,
            {.seed = job.s.seed, .sampler = job.balance.sampler, .sampler_batch = job.s.images_per_update()});
        const Trained t = measure(job, network, epoch, folder.file(file));
        measured.json[name] = as_json(t, file);
        measured.json[name]["averaged"] = count;
        measured.others.push_back(other(file, "mean of " + std::to_string(count), t));
    }
}

/// Each snapshot, and the ensemble of all.
void measure_snapshots(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network,
                       const train::Snapshots& snapshots, Measured& measured) {
    if (snapshots.all().empty()) {
        std::cerr << "cyclone train: --snapshots: the training ended before the end of a cycle\n";
        return;
    }
    constexpr const char* kEnsemble = "ensemble.json";
    std::vector<std::string> files;
    std::vector<Trained> members;
    for (const auto& [updates, weights] : snapshots.all()) {
        files.push_back("snapshot-" + std::to_string(files.size() + 1) + ".safetensors");
        network.load_state_dict(weights);
        const auto epoch = static_cast<std::int64_t>(updates / job.updates_per_epoch);
        members.push_back(measure(job, network, epoch, folder.file(files.back())));
        Json json = as_json(members.back(), files.back());
        json["updates"] = updates;
        measured.json["snapshots"].push_back(std::move(json));
        measured.others.push_back(other(files.back(), "after " + std::to_string(updates) + " updates", members.back()));
    }
    Trained ensemble{.epoch = members.back().epoch};
    for (std::size_t set = 0; set < members[0].sets.size(); ++set) {
        std::vector<metrics::Predictions> all;
        all.reserve(members.size());
        for (const Trained& member : members) all.push_back(member.sets[set].predictions);
        ensemble.sets.push_back({members[0].sets[set].name, metrics::mean_of(all)});
    }
    tune(job, ensemble);
    train::Classifier::save_ensemble(folder.file(kEnsemble), files, ensemble.threshold);
    measured.json["ensemble"] = as_json(ensemble, kEnsemble);
    measured.json["ensemble"]["members"] = files;
    measured.others.push_back(other(
        kEnsemble, "ensemble of " + std::to_string(files.size()) + (files.size() == 1 ? " snapshot" : " snapshots"),
        ensemble));
}

}  // namespace

std::string salvage(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network,
                    const train::Diverged& diverged) {
    constexpr const char* kBest = "best.safetensors";
    const train::History& history = *diverged.history();
    if (!history.best()) return "there is no epoch to keep weights of";
    io::load(network, folder.file("checkpoints/best.ckpt"));
    const std::int64_t epoch = history.best()->epoch;
    Trained chosen = measure(job, network, epoch, folder.file(kBest));
    Json json{{"monitor", job.s.monitor},
              {"precision", job.s.precision},
              {"gave_up", true},
              {"roll_backs", history.roll_backs()},
              {"best", as_json(chosen, kBest)}};
    add_recorded(json, history);
    folder.write("result.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    store(job, folder, history, std::move(chosen), {}, diverged.what());
    report::write(folder.path(), folder.read_training(), folder.read_config().value());
    return folder.file(kBest).string() + " has the weights of epoch " + std::to_string(epoch) + ", the best before";
}

void finish(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network, const train::History& history,
            const TrainAverages& averages) {
    constexpr const char *kBest = "best.safetensors", *kLast = "last.safetensors";
    const std::optional<train::EpochRow>& best = history.best();
    const std::int64_t last_epoch = history.epochs().back().epoch;
    const Trained last = measure(job, network, last_epoch, folder.file(kLast));
    Measured measured{{{"monitor", job.s.monitor},
                       {"precision", job.s.precision},
                       {"epochs", last_epoch},
                       {"stopped_early", history.stopped()},
                       {"roll_backs", history.roll_backs()}},
                      {}};
    if (averages.average()) {
        measured.others.push_back(other(kLast, epoch_text(last_epoch), last));
        measure_averages(job, folder, network, last_epoch, averages, measured);
    }
    if (averages.snapshots) measure_snapshots(job, folder, network, *averages.snapshots, measured);
    io::load(network, folder.file(best ? "checkpoints/best.ckpt" : kLast));  // averages stand in it
    Trained chosen = measure(job, network, best ? best->epoch : last_epoch, folder.file(kBest));
    measured.json["best"] = as_json(chosen, kBest);
    measured.json["last"] = as_json(last, kLast);
    add_recorded(measured.json, history);
    folder.write("result.json", measured.json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    store(job, folder, history, std::move(chosen), std::move(measured.others));
}

}  // namespace cyclone::cli
