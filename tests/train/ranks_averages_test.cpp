// Averages, snapshots and Lookahead in several ranks: the bits of one process, on every rank, also when the training
// goes on in another number of ranks, of which the first alone has a folder.

#include <cyclone/train/averages.h>
#include <cyclone/train/ranks.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/shared_files.h"
#include "support/thread_ranks.h"
#include "train/training_by_slices.h"

using namespace cyclone;
using test::ThreadRanks;
using train::Control;
using train::Ranks;

namespace {

void append_bits(std::string& bits, const StateDict& state) {
    for (const NamedTensor& t : state) {
        bits += ' ' + t.name + ' ';
        bits.append(static_cast<const char*>(t.tensor.bytes()),
                    static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype()));
    }
}

// One of each kind, at times of its own.
struct Hooks {
    train::Lookahead lookahead{5, 0.5, {.buffers = true}};
    train::WeightAverage swa = train::WeightAverage::swa({.start = Iterations{8}});
    train::WeightAverage ema = train::WeightAverage::ema(0.9);
    train::Snapshots snapshots;

    std::vector<train::WeightHook*> all() { return {&lookahead, &swa, &ema, &snapshots}; }
    std::string bits() {
        std::string bits = std::to_string(swa.count()) + " " + std::to_string(ema.count());
        for (const train::Snapshots::Snapshot& snapshot : snapshots.all())
            bits += " " + std::to_string(snapshot.updates);
        append_bits(bits, swa.weights()), append_bits(bits, ema.weights());
        for (train::WeightHook* hook : all()) append_bits(bits, hook->state_dict());
        return bits;
    }
};

// What a training of 6 epochs of 6 updates, with cycles of 8, leaves: the weights, and all that the hooks have.
std::string trained(Ranks* ranks, const std::filesystem::path& folder = {}, std::uint64_t last = 99) {
    const test::Threads setting(num_threads());
    nn::Sequential model = test::small_model(5, num_threads());
    optim::Sgd sgd{
        model.parameters(),
        {.lr = schedule::triangular({.base = 0.01, .max = 0.1, .step_size = Iterations{4}}), .momentum = 0.9}};
    Hooks hooks;
    train::FitOptions options{.epochs = 6, .batch_size = 32, .slice = 8, .seed = 3, .weight_hooks = hooks.all()};
    options.ranks = ranks;
    if (!folder.empty()) {
        options.checkpoint.folder = !ranks || ranks->is_first() ? folder : "/dev/null/none";  // nobody may write there
        options.checkpoint.resume = true;
    }
    options.after_update = [last](const train::UpdateRow& row) {
        return row.update == last ? Control::stop : Control::proceed;
    };
    train::fit(model, sgd, test::small_patches().train, options);
    return test::bits_of(model) + (last == 99 ? hooks.bits() : "");
}

std::vector<std::string> on_ranks(int count, const std::filesystem::path& folder = {}, std::uint64_t last = 99) {
    std::vector<std::string> results(static_cast<std::size_t>(count));
    ThreadRanks::run(count, 1, [&](Ranks& ranks) {
        results[static_cast<std::size_t>(ranks.rank())] = trained(&ranks, folder, last);
    });
    return results;
}

}  // namespace

TEST_CASE("averages, snapshots and Lookahead have the bits of one process on each of several ranks") {
    const std::string one = trained(nullptr);
    CHECK_THAT(one, Catch::Contains("4 36 8 16 24 32"));  // SWA from update 8 on; snapshots after 8, 16, ...
    for (const int count : {2, 4}) {
        INFO(count << " ranks");
        for (const std::string& bits : on_ranks(count)) CHECK(bits == one);
    }
}

TEST_CASE("averages go on with another number of ranks, from the first one's checkpoint") {
    const std::string one = trained(nullptr);
    const test::TemporaryFolder temporary;
    on_ranks(2, temporary / "run", 9);
    trained(nullptr, temporary / "run", 20);
    for (const std::string& bits : on_ranks(4, temporary / "run")) CHECK(bits == one);
}

TEST_CASE("ranks with other averages are refused on all") {
    std::vector<std::string> messages(2);
    ThreadRanks::run(2, 1, [&](Ranks& ranks) {
        nn::Sequential model = test::small_model(5);
        optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
        auto ema = train::WeightAverage::ema(ranks.is_first() ? 0.9 : 0.8);
        const train::FitOptions options{.epochs = 1, .slice = 8, .weight_hooks = {&ema}, .ranks = &ranks};
        try {
            train::fit(model, sgd, test::small_patches().train, options);
        } catch (const UsageError& error) {
            messages[static_cast<std::size_t>(ranks.rank())] = error.what();
        }
    });
    for (const std::string& message : messages)
        CHECK_THAT(message, Catch::Contains("the ranks do not train the same") && Catch::Contains("ema(decay 0."));
}
