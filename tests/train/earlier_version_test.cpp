// Checkpoints that earlier versions wrote are resumed.

#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/train/fit.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::bits_of;
using test::bytes_of;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;
using train::Control;
namespace fs = std::filesystem;

namespace {

// The run state of a checkpoint as version 0.1 wrote it: fixed metrics, and a report of two classes instead of their
// confusion matrix.
io::WeightsFile as_version_0_1(io::WeightsFile file, const train::History& history,
                               const std::vector<train::EpochRow>& epochs) {
    std::erase_if(file.metadata, [](const auto& entry) {
        const std::string later[] = {
            "metrics", "parameters of the optimizer", "other groups", "best epoch by", "accumulate", "drop last"};
        return std::find(std::begin(later), std::end(later), entry.first) != std::end(later);
    });
    file.tensors.erase("optimizer.clock");
    std::vector<std::int64_t> integers = file.tensors.find("run.integers")->to_vector<std::int64_t>();
    std::vector<double> reals = file.tensors.find("run.reals")->to_vector<double>();
    integers.resize(7);  // epochs, batches, images, seed and position of the generator, skipped, roll-backs
    reals.resize(4);     // sum of losses, seconds, best score, factor on the rate
    integers.push_back(static_cast<std::int64_t>(history.updates().size()));
    for (const train::UpdateRow& row : history.updates()) {
        integers.insert(integers.end(), {static_cast<std::int64_t>(row.update), row.epoch});
        reals.insert(reals.end(), {row.lr, row.loss, row.images_per_second});
    }
    integers.push_back(static_cast<std::int64_t>(epochs.size()));
    for (const train::EpochRow& row : epochs) {
        const train::Evaluation& e = *row.validation;
        integers.insert(integers.end(), {row.epoch, static_cast<std::int64_t>(row.updates), 1, e.samples});
        reals.insert(reals.end(), {row.train_loss, row.seconds, row.images_per_second, e.loss, e.accuracy});
        if (e.classes() == 2) {
            const auto c = e.confusion->one_vs_rest(1);
            integers.insert(integers.end(), {1, c.positives(), c.negatives(), c.true_positives, c.false_positives,
                                             c.false_negatives, c.true_negatives, 0});
            reals.insert(reals.end(), {0, 0, 0, 0, 0, e.auc, e.average_precision, e.brier, e.log_loss, e.ece, 0.5,
                                       e.precision, e.recall, e.f1, e.accuracy, e.balanced_accuracy, e.mcc});
            continue;
        }
        reals.insert(reals.end(), {e.balanced_accuracy, e.precision, e.recall, e.f1, e.auc});
        integers.insert(integers.end(), {0, e.classes()});
        for (std::int64_t i = 0; i < e.classes() * e.classes(); ++i)
            integers.push_back((*e.confusion)(i / e.classes(), i % e.classes()));
    }
    file.tensors.set("run.integers", Tensor::from(integers, {static_cast<std::int64_t>(integers.size())}));
    file.tensors.set("run.reals", Tensor::from(reals, {static_cast<std::int64_t>(reals.size())}));
    return file;
}

// Four updates of the training below, written by version 0.1.0 on 2026-11-24. What reads it now must read it for ever.
constexpr std::string_view kStored =
    "4359434c4f4e450a01000000000000008805000000000000b0030000000000007b225f5f6d657461646174615f5f223a7b22"
    "636f6e74656e74223a226120747261696e696e6720696e2070726f6772657373222c226d6f64656c223a223020466c617474"
    "656e3b2031204c696e6561722834202d3e203229222c226f7074696d697a6572223a22536764286c723d747269616e67756c"
    "617228626173653d302e30312c206d61783d302e30352c20737465705f73697a653d312065706f6368203d20322075706461"
    "746573292c206d6f6d656e74756d3d302e3929222c2262617463682073697a65223a2234222c2273656564223a2239222c22"
    "73616d706c6572223a22706c61696e222c226175676d656e746174696f6e223a226e6f6e65222c2264617461223a22382069"
    "6d61676573206f662028322c20322c20312920753820696e203220636c6173736573222c22636865636b73756d206f662074"
    "68652064617461223a2239383839366339656661326136666437222c2276616c69646174696f6e223a226e6f6e65222c2263"
    "6865636b73756d206f66207468652076616c69646174696f6e2064617461223a226e6f6e65222c22636f6d70757465642062"
    "79223a226f6e65444e4e20322e362e33206f6e203120746872656164227d2c226d6f64656c2e312e776569676874223a7b22"
    "6474797065223a22463332222c227368617065223a5b322c345d2c22646174615f6f666673657473223a5b302c33325d7d2c"
    "226d6f64656c2e312e62696173223a7b226474797065223a22463332222c227368617065223a5b325d2c22646174615f6f66"
    "6673657473223a5b33322c34305d7d2c226f7074696d697a65722e636f756e7473223a7b226474797065223a22493634222c"
    "227368617065223a5b335d2c22646174615f6f666673657473223a5b34302c36345d7d2c226f7074696d697a65722e302e6d"
    "6f6d656e74756d223a7b226474797065223a22463332222c227368617065223a5b322c345d2c22646174615f6f6666736574"
    "73223a5b36342c39365d7d2c226f7074696d697a65722e312e6d6f6d656e74756d223a7b226474797065223a22463332222c"
    "227368617065223a5b325d2c22646174615f6f666673657473223a5b39362c3130345d7d2c2272756e2e696e746567657273"
    "223a7b226474797065223a22493634222c227368617065223a5b32335d2c22646174615f6f666673657473223a5b3130342c"
    "3238385d7d2c2272756e2e7265616c73223a7b226474797065223a22463634222c227368617065223a5b32325d2c22646174"
    "615f6f666673657473223a5b3238382c3436345d7d7d20202020b227f63ecda343bf2c860e3e8cb2d43e2c3d9fbe45b7ce3d"
    "6eb2c1be8d34a93e449bc9bc449bc93c0400000000000000020000000000000002000000000000009048c03f60a7bc3c4dbf"
    "dc3f23549f3f9048c0bf62a7bcbc4ebfdcbf24549fbf09cd533e08cd53be0200000000000000000000000000000000000000"
    "0000000003000000000000000200000000000000000000000000000000000000000000000400000000000000000000000000"
    "0000010000000000000001000000000000000100000000000000020000000000000002000000000000000300000000000000"
    "0200000000000000020000000000000001000000000000000200000000000000000000000000000002000000000000000400"
    "000000000000000000000000000000000000000000000000000000000000000000000000f0ff000000000000f03f7b14ae47"
    "e17a843f0000000024c1f73f3d4ce9d57aad6440b81e85eb51b89e3f0000008051a9f93fa1917996725601419a9999999999"
    "a93f00000080e08700403599bc502685e140b81e85eb51b89e3f000000008447e93fd492768d01272541000000c03ab5f83f"
    "122cc590c7cc983f8f0cdba52da5744000000080c1d9f63ff7a6b4c133e81e3f7084369cd890f040c2aa131e701cd6f7";

}  // namespace

TEST_CASE("a checkpoint of version 0.1 resumes with its metrics") {
    const int classes = GENERATE(2, 3);
    const data::Dataset data = tiny_data(1, 23, classes), validation = tiny_data(2, 11, classes);
    train::FitOptions options = tiny_options(&validation);
    TinyTraining whole(Recipe::adam, 1, classes);
    const train::History expected = whole.fit(data, options);
    const test::TemporaryFolder folder;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    options.after_update = [](const train::UpdateRow& row) {
        return row.update == 99 ? Control::stop : Control::proceed;
    };
    std::vector<train::EpochRow> rows;  // with their confusion matrices
    options.after_epoch = [&](const train::EpochRow& row) { return rows.push_back(row), Control::proceed; };
    TinyTraining part(Recipe::adam, 1, classes);
    const train::History seen = part.fit(data, options);
    {
        io::CheckpointFolder checkpoints(options.checkpoint.folder);
        checkpoints.save(100, as_version_0_1(checkpoints.load_newest()->content, seen, rows));
    }
    options.after_update = {};
    options.after_epoch = {};
    TinyTraining resumed(Recipe::adam, 7, classes);
    const train::History history = resumed.fit(data, options);
    if (classes == 2) CHECK((bits_of(resumed, history) == bits_of(whole, expected)));
    REQUIRE(history.epochs().size() == expected.epochs().size());
    for (std::size_t i = 0; i < history.epochs().size(); ++i) {
        const train::Evaluation &is = *history.epochs()[i].validation, &was = *expected.epochs()[i].validation;
        CHECK(is.f1 == was.f1);
        CHECK(is.mcc == was.mcc);
        CHECK((is.auc == was.auc || std::isnan(was.auc)));
        CHECK(is.confusion.has_value() == (classes == 2));
        if (classes == 2) CHECK((*is.confusion)(1, 0) == (*was.confusion)(1, 0));
        const bool known = classes == 2 || i >= seen.epochs().size();
        CHECK(std::isnan(is.brier) == !known);
    }
}

TEST_CASE("a training stored by version 0.1.0 goes on") {
    const test::TemporaryFolder folder;
    fs::create_directories(folder / "run");
    std::ofstream(folder / "run" / "checkpoint-000000000004.ckpt", std::ios::binary) << bytes_of(kStored);
    set_num_threads(1);
    nn::Sequential model{nn::Flatten{}, nn::Linear{4, 2}};
    const Schedule lr = schedule::triangular({.base = 0.01, .max = 0.05, .step_size = Epochs{1}});
    optim::Sgd sgd{model.parameters(), {.lr = lr, .momentum = 0.9}};
    const data::Dataset data = tiny_data(1, 8);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 2;  // they are done
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    options.report = [](const std::string&) {};  // of another machine, perhaps
    const train::History history = train::fit(model, sgd, data, options);
    REQUIRE(history.updates().size() == 4);
    const double losses[] = {1.4846534729003906, 1.6038374900817871, 2.0663461685180664, 0.78997993469238281};
    const double rates[] = {0.01, 0.03, 0.05, 0.03};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(history.updates()[i].loss == losses[i]);
        CHECK(history.updates()[i].lr == Approx(rates[i]));
    }
    CHECK(history.epochs().at(1).train_loss == 1.4281630516052246);
    const std::vector<float> weight = {0.480771601F,  -0.764218152F, 0.1391837F,    0.415424705F,
                                       -0.311013579F, 0.100935496F,  -0.378314435F, 0.330479056F};
    CHECK(model.state_dict()[0].tensor.to_vector<float>() == weight);
    CHECK(sgd.updates() == 4);
    CHECK(sgd.state_dict()[1].tensor.data<float>()[0] == std::bit_cast<float>(0x3fc04890U));
    options.epochs = 3;
    CHECK(train::fit(model, sgd, data, options).updates().size() == 6);
    CHECK(sgd.updates() == 6);

    // That version did not write whether the momentum was Nesterov's.
    fs::create_directories(folder / "again");
    std::ofstream(folder / "again" / "checkpoint-000000000004.ckpt", std::ios::binary) << bytes_of(kStored);
    options.checkpoint.folder = folder / "again";
    optim::Sgd nesterov{model.parameters(), {.lr = lr, .momentum = 0.9, .nesterov = true}};
    CHECK(train::fit(model, nesterov, data, options).updates().size() == 6);
}

TEST_CASE("a training whose schedule an earlier version settled in epochs of its own resumes") {
    const Schedule lr =
        schedule::triangular({.base = 0.01, .max = 0.05, .step_size = Epochs{1}}).with_updates_per_epoch(3);
    const Schedule as_before = schedule::Definition("with_fixed_epochs")
                                   .text("schedule", lr.describe())
                                   .formula([lr](std::uint64_t t, const schedule::Parts&) { return lr.value(t); });
    const test::TemporaryFolder folder;
    const data::Dataset data = tiny_data(1, 8);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 1;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    nn::Sequential model{nn::Flatten{}, nn::Linear{4, 2}};
    optim::Sgd before{model.parameters(), {.lr = as_before, .momentum = 0.9}};
    train::fit(model, before, data, options);
    options.epochs = 2;
    optim::Sgd now{model.parameters(), {.lr = lr, .momentum = 0.9}};
    CHECK(train::fit(model, now, data, options).updates().size() == 4);
    CHECK(now.last_lr() == lr.value(3));
    optim::Sgd other{model.parameters(), {.lr = lr, .momentum = 0.8}};
    CHECK_THROWS_WITH(train::fit(model, other, data, options), Catch::Contains("of another training"));
    optim::Sgd nesterov{model.parameters(), {.lr = lr, .momentum = 0.9, .nesterov = true}};
    CHECK_THROWS_WITH(train::fit(model, nesterov, data, options), Catch::Contains("nesterov=1"));
}
