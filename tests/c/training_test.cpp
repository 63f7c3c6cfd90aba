#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/io/weights.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/parse.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>

#include "c/handles.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

constexpr const char* kModel = "conv:4 relu pool flatten dropout:0.3 linear:classes";

data::Splits patches() {
    data::Splits parts =
        data::synthetic_patches({.positives = 24, .negatives = 48, .seed = 3, .size = 8}).split({.test = 0, .seed = 1});
    parts.standardize();
    return parts;
}

TrainingHandle with_validation(const data::Splits& parts, std::vector<std::pair<const char*, const char*>> options) {
    options.insert(options.begin(), {{"model", kModel}, {"threads", "1"}});
    TrainingHandle made = training(parts.train, options);
    const cyclone_images images = images_of(parts.validation->images.tensor());
    const auto labels = parts.validation->labels.values<std::int64_t>();
    ok(cyclone_training_data(made.get(), CYCLONE_VALIDATION, &images, labels.data(), labels.size()));
    return made;
}

struct Expected {
    train::History history;
    std::string file;
};

// What `cyclone train` does, written out: the oracle.
Expected in_cpp(const data::Splits& parts, const std::string& monitor, const TemporaryFolder& folder) {
    const auto method = train::parse_rebalancing("weights").for_data(parts.train.class_counts(), 16);
    const auto per_epoch = static_cast<std::uint64_t>(data::batches_in(parts.train.size(), 16));
    const Schedule rate =
        parse_schedule(
            "triangular",
            {.base = 0.1 / 15, .max = 0.1, .step_size = Epochs{1}, .total = Epochs{5}, .updates_per_epoch = per_epoch})
            .with_updates_per_epoch(per_epoch);
    manual_seed(7);
    Classifier c{.model = kModel,
                 .input = parts.train.image_shape(),
                 .pixels = DType::u16,
                 .class_names = parts.train.class_names,
                 .standardization = parts.train.standardization};
    c.network = nn::parse_model(kModel, c.input, 2);
    const auto sgd = optim::parse("sgd:momentum=0.9", c.network.parameters(), rate);
    train::FitOptions options{.epochs = 5, .batch_size = 16, .seed = 7, .validation = &*parts.validation};
    options.progress = train::ProgressMode::off;
    options.checkpoint.folder = folder / "checkpoints";
    if (monitor != "none") options.checkpoint.score = train::Monitor(monitor);
    method.apply(options);
    Expected expected{train::fit(c.network, *sgd, parts.train, options), (folder / "expected.safetensors").string()};
    if (monitor != "none") io::load(c.network, folder / "checkpoints/best.ckpt");
    const auto p = train::predictions(c.network, *parts.validation);
    c.threshold = metrics::tune_threshold(p.labels, p.positive(), metrics::goal::f1())->threshold;
    c.save(expected.file);
    return expected;
}

}  // namespace

TEST_CASE("a training through C has the bits of one in C++: weights, threshold, history") {
    set_num_threads(1);
    const data::Splits parts = patches();
    for (const std::string monitor : {"none", "max:val_auc"}) {
        INFO(monitor);
        const TemporaryFolder folder;
        const Expected expected = in_cpp(parts, monitor, folder);
        const TrainingHandle trained = with_validation(parts, {{"schedule", "triangular"},
                                                               {"max-lr", "0.1"},
                                                               {"step-size", "1epoch"},
                                                               {"momentum", "0.9"},
                                                               {"rebalance", "weights"},
                                                               {"epochs", "5"},
                                                               {"batch-size", "16"},
                                                               {"seed", "7"},
                                                               {"monitor", monitor.c_str()}});
        ok(cyclone_training_run(trained.get()));
        const std::string file = (folder / "c.safetensors").string();
        ok(cyclone_classifier_save(classifier_of(trained).get(), file.c_str()));
        CHECK(whole_file(file) == whole_file(expected.file));
        const auto losses = history(trained, "loss"), rates = history(trained, "learning_rate"),
                   aucs = history(trained, "validation_auc");
        REQUIRE(losses.size() == expected.history.updates().size());
        for (std::size_t i = 0; i < losses.size(); ++i) {
            CHECK(losses[i] == expected.history.updates()[i].loss);
            CHECK(rates[i] == expected.history.updates()[i].lr);
        }
        REQUIRE(aucs.size() == 5);
        for (std::size_t i = 0; i < aucs.size(); ++i) CHECK(aucs[i] == expected.history.epochs()[i].validation->auc);
    }
}

TEST_CASE("threads change no bit, and the calling thread keeps its own number and its denormal numbers") {
    const data::Splits parts = patches();
    std::vector<std::vector<double>> losses;
    std::fesetenv(FE_DFL_ENV);  // a fit() of another test may have changed it
    ok(cyclone_set_threads(2));
    for (const char* threads : {"1", "3"}) {
        const TrainingHandle trained =
            training(parts.train, {{"model", kModel}, {"epochs", "2"}, {"threads", threads}});
        ok(cyclone_training_run(trained.get()));
        losses.push_back(history(trained, "loss"));
        CHECK(cyclone_threads() == 2);
        volatile float small = std::numeric_limits<float>::min();
        small = small / 4;
        CHECK(small > 0);
    }
    ok(cyclone_set_threads(1));
    CHECK(losses[0] == losses[1]);
}

TEST_CASE("callbacks see every update and epoch, and stop the training") {
    const data::Splits parts = patches();
    const TrainingHandle trained = with_validation(parts, {{"epochs", "3"}, {"batch-size", "20"}});
    struct Seen {
        std::vector<double> losses, aucs;
        std::uint64_t stop_at = 1'000;
        cyclone_training* training = nullptr;
        std::int32_t busy = -1;
    } seen;
    seen.training = trained.get();
    const auto on_update = [](const cyclone_update* update, void* user) -> std::int32_t {
        auto& s = *static_cast<Seen*>(user);
        CHECK(update->struct_size == sizeof(cyclone_update));
        CHECK(update->updates == 12);
        CHECK(update->epochs == 3);
        CHECK(update->epoch == 1 + static_cast<std::int64_t>(update->update / 4));
        s.losses.push_back(update->loss);
        s.busy = cyclone_training_set(s.training, "epochs", "1");
        return update->update == s.stop_at;
    };
    const auto on_epoch = [](const cyclone_epoch* epoch, void* user) -> std::int32_t {
        static_cast<Seen*>(user)->aucs.push_back(epoch->validation_auc);
        return 0;
    };
    ok(cyclone_training_on_update(trained.get(), on_update, &seen));
    ok(cyclone_training_on_epoch(trained.get(), on_epoch, &seen));
    ok(cyclone_training_run(trained.get()));
    CHECK(seen.losses == history(trained, "loss"));
    CHECK(seen.aucs == history(trained, "validation_auc"));
    CHECK(seen.busy == CYCLONE_BUSY);
    seen.losses.clear();
    seen.stop_at = 6;
    ok(cyclone_training_run(trained.get()));  // anew
    CHECK(seen.losses.size() == 7);
    CHECK(history(trained, "epoch_loss").size() == 1);
    CHECK(classifier_of(trained) != nullptr);
}

TEST_CASE("another thread stops a training, frees it, and finds it busy") {
    const data::Splits parts = patches();
    TrainingHandle trained = training(parts.train, {{"model", kModel}, {"epochs", "100000"}, {"threads", "1"}});
    std::atomic<bool> runs{false};
    ok(cyclone_training_on_update(
        trained.get(),
        [](const cyclone_update*, void* user) -> std::int32_t {
            *static_cast<std::atomic<bool>*>(user) = true;
            return 0;
        },
        &runs));
    std::int32_t status = -1;
    const auto run = [&] {
        runs = false;
        return std::thread([&status, handle = trained.get()] { status = cyclone_training_run(handle); });
    };
    std::thread first = run();
    while (!runs) std::this_thread::yield();
    fails(cyclone_training_run(trained.get()), CYCLONE_BUSY, "cyclone_training_stop()");
    ok(cyclone_training_stop(trained.get()));
    first.join();
    CHECK(status == CYCLONE_OK);
    CHECK_FALSE(history(trained, "loss").empty());
    std::thread second = run();
    while (!runs) std::this_thread::yield();
    trained.reset();
    second.join();
    CHECK(status == CYCLONE_OK);
}

TEST_CASE("an exception of a callback does not cross, and the training can be used again") {
    const data::Splits parts = patches();
    const TrainingHandle trained = training(parts.train, {{"model", kModel}, {"epochs", "1"}, {"threads", "1"}});
    const auto throws = [](const cyclone_update*, void*) -> std::int32_t {
        throw std::runtime_error("of the program");
    };
    ok(cyclone_training_on_update(trained.get(), throws, nullptr));
    fails(cyclone_training_run(trained.get()), CYCLONE_INTERNAL, "cyclone_training_run: of the program");
    const auto throws_a_number = [](const cyclone_update*, void*) -> std::int32_t { throw 7; };
    ok(cyclone_training_on_update(trained.get(), throws_a_number, nullptr));
    fails(cyclone_training_run(trained.get()), CYCLONE_INTERNAL, "something other than an exception");
    cyclone_classifier* none = nullptr;
    fails(cyclone_training_classifier(trained.get(), &none), CYCLONE_USAGE, "nothing was trained");
    ok(cyclone_training_on_update(trained.get(), nullptr, nullptr));
    ok(cyclone_training_run(trained.get()));
    CHECK(classifier_of(trained) != nullptr);
}

TEST_CASE("a call that is refused leaves the results of the one before") {
    const data::Splits parts = patches();
    const TrainingHandle trained = training(parts.train, {{"model", kModel}, {"epochs", "1"}, {"threads", "1"}});
    ok(cyclone_training_run(trained.get()));
    const auto before = history(trained, "loss");
    REQUIRE_FALSE(before.empty());
    ok(cyclone_training_set(trained.get(), "base-lr", "1"));  // above the highest
    fails(cyclone_training_run(trained.get()), CYCLONE_USAGE, "base");
    ok(cyclone_training_set(trained.get(), "base-lr", "0.001"));
    ok(cyclone_training_set(trained.get(), "patience", "2"));
    fails(cyclone_training_run(trained.get()), CYCLONE_USAGE, "patience: expected a validation set");
    CHECK(history(trained, "loss") == before);
    CHECK(classifier_of(trained) != nullptr);
}

TEST_CASE("a training that diverges says so and keeps its history") {
    const data::Splits parts = patches();
    const TrainingHandle trained = training(
        parts.train,
        {{"model", kModel}, {"schedule", "constant:max"}, {"max-lr", "1e30"}, {"epochs", "3"}, {"threads", "1"}});
    fails(cyclone_training_run(trained.get()), CYCLONE_DIVERGED, "update");
    CHECK_FALSE(history(trained, "loss").empty());
}

TEST_CASE("without names classes are numbers, and without a validation set its columns are NaN") {
    const data::Splits parts = patches();
    cyclone_training* made = nullptr;
    ok(cyclone_training_new(&made));
    const TrainingHandle trained(made);
    const Tensor images = parts.train.images.tensor();
    const cyclone_images given = images_of(images);
    std::vector<std::int64_t> labels(static_cast<std::size_t>(images.size(0)));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int64_t>(i % 3);
    ok(cyclone_training_data(made, CYCLONE_TRAIN, &given, labels.data(), labels.size()));
    labels.assign(labels.size(), 99);  // copied
    for (const auto& [key, value] : {std::pair("model", "flatten linear:classes"), {"epochs", "2"}, {"threads", "1"}})
        ok(cyclone_training_set(made, key, value));
    ok(cyclone_training_run(made));
    const auto net = classifier_of(trained);
    const char* name = nullptr;
    ok(cyclone_classifier_class_name(net.get(), 2, &name));
    CHECK(name == std::string("2"));
    fails(cyclone_classifier_class_name(net.get(), 3, &name), CYCLONE_USAGE, "0 to 2");
    CHECK(std::isnan(history(trained, "validation_loss").at(1)));
    CHECK(history(trained, "epoch_seconds").at(0) > 0);
    CHECK(history(trained, "epoch").back() == 2);
}

TEST_CASE("mistakes in options and data are named") {
    const data::Splits parts = patches();
    const TrainingHandle t = training(parts.train, {{"threads", "1"}});
    const auto refused = [&](const char* key, const char* value, const std::string& message) {
        INFO(key << " " << value);
        fails(cyclone_training_set(t.get(), key, value), CYCLONE_USAGE, message);
    };
    refused("epoch", "3", "did you mean 'epochs'");
    refused("epochs", "0", "at least 1, got 0");
    refused("epochs", "three", "three");
    refused("epochs", "-1", "epochs");
    refused("max-lr", "nan", "max-lr");
    refused("max-lr", "0", "above 0, got 0");
    refused("momentum", "1", "in [0, 1), got 1");
    refused("schedule", "triangluar", "triangular");
    refused("optimizer", "sdg", "sgd");
    refused("rebalance", "weight", "weights");
    refused("augment", "flp", "flip");
    refused("monitor", "val_auc", "val_auc");
    refused("threshold", "f2", "f1");
    refused("step-size", "2 weeks", "2 weeks");
    refused("slice", "3", "multiple of 4");
    refused("drop-last", "maybe", "yes or no");
    refused("precision", "bf61", "bf16");
    refused("init-layout", "keras", "cyclone or pytorch");
    refused("threads", "1000000", "threads");

    ok(cyclone_training_set(t.get(), "model", "conv:4 relo flatten linear:classes"));
    fails(cyclone_training_run(t.get()), CYCLONE_USAGE, "did you mean 'relu'");
    ok(cyclone_training_set(t.get(), "model", "flatten linear:classes relu"));
    fails(cyclone_training_run(t.get()), CYCLONE_USAGE, "logits");
    ok(cyclone_training_set(t.get(), "model", kModel));
    ok(cyclone_training_set(t.get(), "base-lr", "1"));
    fails(cyclone_training_run(t.get()), CYCLONE_USAGE, "base-lr <= max-lr, got 1 and 0.03");
    ok(cyclone_training_set(t.get(), "base-lr", "0"));
    ok(cyclone_training_set(t.get(), "patience", "2"));
    fails(cyclone_training_run(t.get()), CYCLONE_USAGE, "patience");

    const cyclone_images images = images_of(parts.train.images.tensor());
    std::vector<std::int64_t> labels(static_cast<std::size_t>(images.shape[0]), 0);
    fails(cyclone_training_data(t.get(), 3, &images, labels.data(), labels.size()), CYCLONE_USAGE, "got 3");
    fails(cyclone_training_data(t.get(), CYCLONE_TRAIN, &images, labels.data(), 5), CYCLONE_USAGE, "got 5");
    labels[4] = -1;
    fails(cyclone_training_data(t.get(), CYCLONE_TRAIN, &images, labels.data(), labels.size()), CYCLONE_USAGE,
          "got -1 of image 4");
    double value = 0;
    fails(cyclone_training_history(t.get(), "validation_aucs", &value, 1, nullptr), CYCLONE_USAGE, "validation_auc");
    cyclone_training* empty = nullptr;
    ok(cyclone_training_new(&empty));
    fails(cyclone_training_run(empty), CYCLONE_USAGE, "CYCLONE_TRAIN");
    ok(cyclone_training_free(empty));
}

TEST_CASE("every option is listed in the help and has a value that is taken") {
    const std::pair<const char*, const char*> values[] = {{"model", "study"},
                                                          {"init", ""},
                                                          {"init-layout", "pytorch"},
                                                          {"schedule", "cosine"},
                                                          {"base-lr", "0"},
                                                          {"max-lr", "1"},
                                                          {"step-size", "100"},
                                                          {"optimizer", "adam"},
                                                          {"momentum", "0.5"},
                                                          {"weight-decay", "0"},
                                                          {"rebalance", "none"},
                                                          {"augment", "flip"},
                                                          {"epochs", "2"},
                                                          {"batch_size", "8"},
                                                          {"accumulate", "2"},
                                                          {"slice", "8"},
                                                          {"drop_last", "true"},
                                                          {"seed", "3"},
                                                          {"monitor", "none"},
                                                          {"patience", "0"},
                                                          {"threshold", "mcc"},
                                                          {"threads", "0"},
                                                          {"range-from", "1e-3"},
                                                          {"range_to", "1"},
                                                          {"range-updates", "50"},
                                                          {"range-seeds", "2"},
                                                          {"range-trials", "20"},
                                                          {"compare-seeds", "2"},
                                                          {"precision", "bf16-emulated"}};
    cyclone_training* made = nullptr;
    ok(cyclone_training_new(&made));
    const TrainingHandle t(made);
    const char* help = nullptr;
    ok(cyclone_help("options", &help));
    for (const auto& [key, value] : values) {
        INFO(key);
        ok(cyclone_training_set(made, key, value));
        std::string name = key;
        std::replace(name.begin(), name.end(), '_', '-');
        CHECK_THAT(help, Catch::Contains("  " + name + " "));
    }
}
