// Checkpoints of a training: writing, resuming, returning to one.

#include "train/checkpoint_store.h"

#include <cyclone/base/threads.h>
#include <cyclone/io/input_file.h>
#include <cyclone/ops/backend.h>
#include <cyclone/train/ranks.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/guard.h"

namespace cyclone::train {
namespace {

// Recorded, not checked: with another thread count or backend, sums are rounded differently.
constexpr const char* kMachine = "computed by";

// Why a training ended after too many returns to a checkpoint; and that a checkpoint is one that was returned to.
constexpr const char *kGaveUp = "gave up", *kReturnedTo = "returned to";

const std::string* find(const io::Metadata& metadata, std::string_view key) {
    for (const auto& [name, value] : metadata)
        if (name == key) return &value;
    return nullptr;
}

// The state of each weight hook.
std::string prefix_of(const WeightHook& hook) { return "weights." + hook.name() + "."; }

std::string machine() {
    return backend_description() + " on " + std::to_string(num_threads()) +
           (num_threads() == 1 ? " thread" : " threads");
}

}  // namespace

CheckpointStore::CheckpointStore(nn::Module& model, optim::Optimizer& optimizer, const TrainingSet& train,
                                 const FitOptions& options)
    : model_(model),
      optimizer_(optimizer),
      options_(options),
      identity_(identity_of(model, optimizer, train, options)) {
    const double minutes = options.checkpoint.every_minutes;
    check<UsageError>(std::isfinite(minutes) && minutes >= 0, "fit",
                      "checkpoint.every_minutes: expected a number >= 0, got ", minutes);
    if (!options.ranks || options.ranks->is_first())
        folder_.emplace(options.checkpoint.folder, options.checkpoint.keep);
}

// What `load` gives the first rank. The file is sent: another machine may not see it yet.
template <class Load>
std::optional<io::StoredCheckpoint> CheckpointStore::for_all_ranks(Load load) const {
    std::optional<io::StoredCheckpoint> found;
    if (folder_) found = load();
    if (!options_.ranks) return found;
    std::string bytes;
    if (found) {
        io::InputFile file(found->path);
        bytes.resize(static_cast<std::size_t>(file.size()));
        file.read(bytes.data(), bytes.size());
    }
    bytes = options_.ranks->from_first(std::move(bytes));
    const std::string path = options_.ranks->from_first(found ? found->path.string() : "");
    const std::string number = options_.ranks->from_first(found ? std::to_string(found->number) : "");
    if (!folder_ && !number.empty()) found = {path, std::stoull(number), io::parse_checkpoint(bytes, path)};
    return found;
}

std::optional<io::StoredCheckpoint> CheckpointStore::load_newest() {
    return for_all_ranks(
        [&] { return folder_->load_newest([&](const auto& text) { notify(options_.report, text); }); });
}

bool CheckpointStore::resume(TrainingState& state) {
    if (!options_.checkpoint.resume) {
        check<UsageError>(!folder_ || folder_->numbers().empty(), options_.checkpoint.folder.string(),
                          "holds checkpoints of an earlier training (hint: resume it, or choose another folder)");
        return false;
    }
    const auto newest = load_newest();
    if (!newest) return false;
    restore(state, *newest);
    if (options_.checkpoint.keep_best) restore_best(state);
    const io::Metadata& written = newest->content.metadata;
    if (const std::string* by = find(written, kMachine); by && *by != machine())
        notify(options_.report, newest->path.string() + ": computed by " + *by + ", now " + machine() +
                                    ": the results can differ in rounding from those of an uninterrupted training");
    if (find(written, kReturnedTo)) rolled_back_to_ = newest->number;
    const DivergenceOptions& o = options_.divergence;
    const std::string* why = find(written, kGaveUp);
    check(!why || o.action != OnDivergence::roll_back || state.history.roll_backs() < o.max_roll_backs,
          newest->path.string(), "the training gave up and would do so again: ", why ? *why : "",
          " (hint: begin another one with a lower rate, from its best weights)");
    return true;
}

// best.ckpt may be of an epoch that the newest checkpoint does not know of, or be lost.
void CheckpointStore::restore_best(TrainingState& state) {
    state.best_score = -std::numeric_limits<double>::infinity();
    state.history.set_best({});
    const auto lost = [&](const Error& error) {
        notify(options_.report, std::string(error.what()) + "; the search for the best epoch starts again");
    };
    const auto file = for_all_ranks([&]() -> std::optional<io::StoredCheckpoint> {
        try {
            if (std::filesystem::exists(folder_->best_path()))
                return io::StoredCheckpoint{folder_->best_path(), 0, io::load_checkpoint(folder_->best_path())};
        } catch (const Error& error) {
            lost(error);
        }
        return std::nullopt;
    });
    if (!file) return;
    try {
        const TrainingState best = read_state(*file, without_groups(identity_), options_.validation);
        check(!best.history.epochs().empty(), file->path.string(), "holds no epoch");
        state.best_score = best.best_score;
        state.history.set_best(best.history.epochs().back());
    } catch (const Error& error) {
        lost(error);
    }
}

void CheckpointStore::restore(TrainingState& state, const io::StoredCheckpoint& checkpoint) {
    refresh_groups(identity_, model_, optimizer_);
    state = unpack(checkpoint, identity_, model_, optimizer_, options_.validation);
    try {
        for (WeightHook* hook : options_.weight_hooks)
            hook->load_state_dict(checkpoint.content.tensors.with_prefix(prefix_of(*hook)));
    } catch (const Error& error) {
        fail(checkpoint.path.string(), "is of another training: ", error.what());
    }
    default_generator() = state.generator;
    state.history.set_restored(state.history.epochs().size());
    if (options_.checkpoint.load_extra) options_.checkpoint.load_extra(state.extra);
    saved_at_ = Clock::now();
}

bool CheckpointStore::is_due() const {
    const CheckpointOptions& o = options_.checkpoint;
    if (o.every_updates > 0 && optimizer_.updates() % o.every_updates == 0) return true;
    return o.every_minutes > 0 && Clock::now() - saved_at_ > std::chrono::duration<double>(60 * o.every_minutes);
}

bool CheckpointStore::is_finite() const {
    std::string bad = first_not_finite(model_.state_dict());
    if (bad.empty() && !(bad = first_not_finite(optimizer_.state_dict())).empty()) bad = "the optimizer's " + bad;
    if (bad.empty()) return true;
    notify(options_.report,
           "fit: no checkpoint after update " + std::to_string(optimizer_.updates()) + ": " + bad + " is not finite");
    return false;
}

io::WeightsFile CheckpointStore::pack_now(TrainingState& state) const {
    state.generator = default_generator();
    state.lr_factor = optimizer_.lr_factor();
    if (options_.checkpoint.save_extra) state.extra = options_.checkpoint.save_extra();
    io::Metadata identity = identity_;
    refresh_groups(identity, model_, optimizer_);
    io::WeightsFile file = pack(model_, optimizer_, state, identity);
    const io::Metadata& more = options_.checkpoint.metadata;
    file.metadata.insert(file.metadata.end(), more.begin(), more.end());
    return file;
}

void CheckpointStore::save(TrainingState& state) {
    saved_at_ = Clock::now();
    if (!folder_ || !is_finite()) return;
    io::WeightsFile file = pack_now(state);
    for (const WeightHook* hook : options_.weight_hooks)
        file.tensors.add_with_prefix(prefix_of(*hook), hook->state_dict());
    file.metadata.emplace_back(kMachine, machine());
    if (rolled_back_to_ == optimizer_.updates())
        file.metadata.emplace_back(kReturnedTo, "yes");
    else
        rolled_back_to_.reset();
    folder_->save(optimizer_.updates(), file);
}

void CheckpointStore::give_up(const Diverged& why) {
    const std::string text = std::string(why.what()) + "; given up after " +
                             std::to_string(options_.divergence.max_roll_backs) + " returns to a checkpoint";
    if (auto newest = folder_ ? folder_->load_newest({}) : std::nullopt) {  // so that a resume does not repeat them
        std::erase_if(newest->content.metadata, [](const auto& entry) { return entry.first == kGaveUp; });
        newest->content.metadata.emplace_back(kGaveUp, text);
        folder_->save(newest->number, newest->content);
    }
    throw Diverged(text);
}

void CheckpointStore::epoch_ended(TrainingState& state, const EpochRow& row) {
    const CheckpointOptions& o = options_.checkpoint;
    const double score = o.score ? o.score(row) : -(row.validation ? row.validation->loss : row.train_loss);
    if (o.keep_best && score > state.best_score && is_finite()) {
        state.best_score = score;
        state.history.set_best(row);
        if (folder_) folder_->save_best(pack_now(state));
    }
    if (is_due()) save(state);
}

void CheckpointStore::roll_back(TrainingState& state, const Diverged& why) {
    const DivergenceOptions& o = options_.divergence;
    const std::int64_t skipped = state.history.skipped(), roll_backs = state.history.roll_backs() + 1;
    if (roll_backs > o.max_roll_backs) give_up(why);
    // Diverged again without a new checkpoint in between: that one came too late, take one from further back.
    if (folder_ && rolled_back_to_ && folder_->numbers().size() > 1) folder_->remove(*rolled_back_to_);
    const auto newest = load_newest();
    check<Diverged>(newest.has_value(), "fit", why.what(), "; there is no checkpoint to return to");
    // The best epoch was what it was, also where the checkpoint is older: best.ckpt has its weights.
    const double best_score = state.best_score;
    const std::optional<EpochRow> best = state.history.best();
    restore(state, *newest);
    state.best_score = best_score;
    state.history.set_best(best);
    // What callbacks did to the factor since the checkpoint comes again, earlier returns to it do not.
    double factor = state.lr_factor;
    for (std::int64_t i = state.history.roll_backs(); i < roll_backs; ++i) factor *= o.factor;
    optimizer_.set_lr_factor(factor);
    state.lr_factor = factor;
    state.history.set_incidents(skipped, roll_backs);
    rolled_back_to_ = newest->number;
    save(state);  // a training that is killed now resumes with the lower rate
    notify(options_.report,
           joined(why.what(), "; resuming from update ", newest->number, " with ", factor, " times the learning rate"));
}

}  // namespace cyclone::train
