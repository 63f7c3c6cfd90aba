// What must never crash: NULL, handles that are none, structs of other versions, for every function of the header.

#include <cyclone/data/synthetic.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <thread>

#include "c/handles.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

/// Handles and arguments that are right, of which each call below has one that is wrong.
struct Right {
    std::vector<unsigned char> pixels = std::vector<unsigned char>(4 * 16);
    std::vector<std::int64_t> labels{0, 1, 0, 1};
    std::vector<double> scores{0.1, 0.9, 0.2, 0.8};
    cyclone_images images{sizeof(cyclone_images), pixels.data(), pixels.size(), {4, 4, 4, 1}, CYCLONE_U8, 0};
    cyclone_schedule_context context{sizeof(cyclone_schedule_context), 0.01, 0.1, "10", "100", 10};
    const char* names[2] = {"a", "b"};
    cyclone_training* training = nullptr;
    cyclone_classifier* classifier = nullptr;
    cyclone_schedule* schedule = nullptr;
    cyclone_range_test* range = nullptr;
    float p[8] = {};
    double values[8] = {};
    std::int64_t chosen[8] = {};
    const char* text = nullptr;

    Right() {
        for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i * 37 % 251);
        ok(cyclone_set_threads(1));
        ok(cyclone_training_new(&training));
        ok(cyclone_training_data(training, CYCLONE_TRAIN, &images, labels.data(), 4));
        for (const auto& [key, value] : {std::pair("model", "flatten linear:classes"),
                                         {"epochs", "1"},
                                         {"range-updates", "3"},
                                         {"range-seeds", "1"}})
            ok(cyclone_training_set(training, key, value));
        ok(cyclone_training_run(training));
        ok(cyclone_training_classifier(training, &classifier));
        ok(cyclone_range_test_run(training, &range));
        ok(cyclone_schedule_parse("triangular", &context, &schedule));
    }
    ~Right() {
        cyclone_training_free(training);
        cyclone_classifier_free(classifier);
        cyclone_schedule_free(schedule);
        cyclone_range_test_free(range);
    }
    Right(const Right&) = delete;
    Right& operator=(const Right&) = delete;
};

struct Call {
    std::string name;
    std::function<std::int32_t(Right&)> with_null;
};

std::vector<Call> calls_with_null() {
    using R = Right;
    return {
        {"cyclone_help", [](R& r) { return cyclone_help(nullptr, &r.text); }},
        {"cyclone_help", [](R&) { return cyclone_help("layers", nullptr); }},
        {"cyclone_classifier_load", [](R& r) { return cyclone_classifier_load(nullptr, &r.classifier); }},
        {"cyclone_classifier_load", [](R&) { return cyclone_classifier_load("x", nullptr); }},
        {"cyclone_classifier_load_memory",
         [](R& r) { return cyclone_classifier_load_memory(nullptr, 9, &r.classifier); }},
        {"cyclone_classifier_load_memory", [](R&) { return cyclone_classifier_load_memory("x", 1, nullptr); }},
        {"cyclone_classifier_describe",
         [](R&) {
             cyclone_classifier_info info{};
             info.struct_size = sizeof info;
             return cyclone_classifier_describe(nullptr, &info);
         }},
        {"cyclone_classifier_describe", [](R& r) { return cyclone_classifier_describe(r.classifier, nullptr); }},
        {"cyclone_classifier_class_name", [](R& r) { return cyclone_classifier_class_name(nullptr, 0, &r.text); }},
        {"cyclone_classifier_class_name", [](R& r) { return cyclone_classifier_class_name(r.classifier, 0, nullptr); }},
        {"cyclone_classifier_probabilities",
         [](R& r) { return cyclone_classifier_probabilities(nullptr, &r.images, r.p, 8, nullptr); }},
        {"cyclone_classifier_probabilities",
         [](R& r) { return cyclone_classifier_probabilities(r.classifier, nullptr, r.p, 8, nullptr); }},
        {"cyclone_classifier_probabilities",
         [](R& r) { return cyclone_classifier_probabilities(r.classifier, &r.images, nullptr, 8, nullptr); }},
        {"cyclone_classifier_probabilities",
         [](R& r) {
             r.images.pixels = nullptr;
             return cyclone_classifier_probabilities(r.classifier, &r.images, r.p, 8, nullptr);
         }},
        {"cyclone_classifier_classify",
         [](R& r) { return cyclone_classifier_classify(nullptr, &r.images, r.chosen, 8, nullptr); }},
        {"cyclone_classifier_classify",
         [](R& r) { return cyclone_classifier_classify(r.classifier, nullptr, r.chosen, 8, nullptr); }},
        {"cyclone_classifier_classify",
         [](R& r) { return cyclone_classifier_classify(r.classifier, &r.images, nullptr, 8, nullptr); }},
        {"cyclone_classifier_save", [](R&) { return cyclone_classifier_save(nullptr, "x"); }},
        {"cyclone_classifier_save", [](R& r) { return cyclone_classifier_save(r.classifier, nullptr); }},
        {"cyclone_schedule_parse", [](R& r) { return cyclone_schedule_parse(nullptr, &r.context, &r.schedule); }},
        {"cyclone_schedule_parse", [](R& r) { return cyclone_schedule_parse("cosine", nullptr, &r.schedule); }},
        {"cyclone_schedule_parse", [](R& r) { return cyclone_schedule_parse("cosine", &r.context, nullptr); }},
        {"cyclone_schedule_value", [](R& r) { return cyclone_schedule_value(nullptr, 0, r.values); }},
        {"cyclone_schedule_value", [](R& r) { return cyclone_schedule_value(r.schedule, 0, nullptr); }},
        {"cyclone_schedule_values", [](R& r) { return cyclone_schedule_values(nullptr, nullptr, 8, r.values); }},
        {"cyclone_schedule_values", [](R& r) { return cyclone_schedule_values(r.schedule, nullptr, 8, nullptr); }},
        {"cyclone_schedule_describe", [](R& r) { return cyclone_schedule_describe(nullptr, &r.text); }},
        {"cyclone_schedule_describe", [](R& r) { return cyclone_schedule_describe(r.schedule, nullptr); }},
        {"cyclone_training_new", [](R&) { return cyclone_training_new(nullptr); }},
        {"cyclone_training_set", [](R&) { return cyclone_training_set(nullptr, "epochs", "1"); }},
        {"cyclone_training_set", [](R& r) { return cyclone_training_set(r.training, nullptr, "1"); }},
        {"cyclone_training_set", [](R& r) { return cyclone_training_set(r.training, "epochs", nullptr); }},
        {"cyclone_training_data",
         [](R& r) { return cyclone_training_data(nullptr, CYCLONE_TRAIN, &r.images, r.labels.data(), 4); }},
        {"cyclone_training_data",
         [](R& r) { return cyclone_training_data(r.training, CYCLONE_TRAIN, nullptr, r.labels.data(), 4); }},
        {"cyclone_training_data",
         [](R& r) { return cyclone_training_data(r.training, CYCLONE_TRAIN, &r.images, nullptr, 4); }},
        {"cyclone_training_class_names", [](R& r) { return cyclone_training_class_names(nullptr, r.names, 2); }},
        {"cyclone_training_class_names", [](R& r) { return cyclone_training_class_names(r.training, nullptr, 2); }},
        {"cyclone_training_class_names",
         [](R& r) {
             r.names[1] = nullptr;
             return cyclone_training_class_names(r.training, r.names, 2);
         }},
        {"cyclone_training_on_update", [](R&) { return cyclone_training_on_update(nullptr, nullptr, nullptr); }},
        {"cyclone_training_on_epoch", [](R&) { return cyclone_training_on_epoch(nullptr, nullptr, nullptr); }},
        {"cyclone_training_run", [](R&) { return cyclone_training_run(nullptr); }},
        {"cyclone_training_stop", [](R&) { return cyclone_training_stop(nullptr); }},
        {"cyclone_training_history",
         [](R& r) { return cyclone_training_history(nullptr, "loss", r.values, 8, nullptr); }},
        {"cyclone_training_history",
         [](R& r) { return cyclone_training_history(r.training, nullptr, r.values, 8, nullptr); }},
        {"cyclone_training_history",
         [](R& r) { return cyclone_training_history(r.training, "loss", nullptr, 8, nullptr); }},
        {"cyclone_training_notes", [](R& r) { return cyclone_training_notes(nullptr, &r.text); }},
        {"cyclone_training_notes", [](R& r) { return cyclone_training_notes(r.training, nullptr); }},
        {"cyclone_training_classifier", [](R& r) { return cyclone_training_classifier(nullptr, &r.classifier); }},
        {"cyclone_training_classifier", [](R& r) { return cyclone_training_classifier(r.training, nullptr); }},
        {"cyclone_range_test_run", [](R& r) { return cyclone_range_test_run(nullptr, &r.range); }},
        {"cyclone_range_test_run", [](R& r) { return cyclone_range_test_run(r.training, nullptr); }},
        {"cyclone_range_test_curve",
         [](R& r) { return cyclone_range_test_curve(nullptr, r.values, nullptr, 8, nullptr); }},
        {"cyclone_range_test_curve",
         [](R& r) { return cyclone_range_test_curve(r.range, nullptr, nullptr, 8, nullptr); }},
        {"cyclone_range_test_rates",
         [](R&) {
             cyclone_rates rates{};
             rates.struct_size = sizeof rates;
             return cyclone_range_test_rates(nullptr, &rates);
         }},
        {"cyclone_range_test_rates", [](R& r) { return cyclone_range_test_rates(r.range, nullptr); }},
        {"cyclone_compare", [](R&) { return cyclone_compare(nullptr, "triangular", "x", nullptr, nullptr); }},
        {"cyclone_compare", [](R& r) { return cyclone_compare(r.training, nullptr, "x", nullptr, nullptr); }},
        {"cyclone_compare", [](R& r) { return cyclone_compare(r.training, "triangular", nullptr, nullptr, nullptr); }},
        {"cyclone_auc", [](R& r) { return cyclone_auc(nullptr, r.scores.data(), 4, 0.95, nullptr); }},
        {"cyclone_auc", [](R& r) { return cyclone_auc(r.labels.data(), nullptr, 4, 0.95, nullptr); }},
        {"cyclone_auc", [](R& r) { return cyclone_auc(r.labels.data(), r.scores.data(), 4, 0.95, nullptr); }},
        {"cyclone_average_precision",
         [](R& r) { return cyclone_average_precision(nullptr, r.scores.data(), 4, 0.95, 9, 1, nullptr); }},
        {"cyclone_average_precision",
         [](R& r) { return cyclone_average_precision(r.labels.data(), r.scores.data(), 4, 0.95, 9, 1, nullptr); }},
        {"cyclone_metric",
         [](R& r) { return cyclone_metric(nullptr, r.labels.data(), r.scores.data(), 2, 2, 0.5, r.values); }},
        {"cyclone_metric", [](R& r) { return cyclone_metric("f1", nullptr, r.scores.data(), 2, 2, 0.5, r.values); }},
        {"cyclone_metric", [](R& r) { return cyclone_metric("f1", r.labels.data(), nullptr, 2, 2, 0.5, r.values); }},
        {"cyclone_metric",
         [](R& r) { return cyclone_metric("f1", r.labels.data(), r.scores.data(), 2, 2, 0.5, nullptr); }},
    };
}

}  // namespace

TEST_CASE("NULL is an error of every function of the header, whichever argument it is") {
    // These take no pointer, or NULL means that there is nothing to free.
    std::set<std::string> seen{"cyclone_version",         "cyclone_version_text",  "cyclone_abi",
                               "cyclone_backend",         "cyclone_last_error",    "cyclone_threads",
                               "cyclone_set_threads",     "cyclone_training_free", "cyclone_classifier_free",
                               "cyclone_range_test_free", "cyclone_schedule_free"};
    for (const Call& call : calls_with_null()) {
        Right right;
        INFO(call.name);
        fails(call.with_null(right), CYCLONE_USAGE, call.name + ": expected ");
        CHECK_THAT(cyclone_last_error(), Catch::EndsWith(", got NULL"));
        seen.insert(call.name);
    }
    ok(cyclone_training_free(nullptr));
    ok(cyclone_classifier_free(nullptr));
    ok(cyclone_schedule_free(nullptr));
    ok(cyclone_range_test_free(nullptr));
    const std::string header = whole_file(CYCLONE_SOURCE_DIR "/include/cyclone/c.h");
    const std::regex declaration("CYCLONE_API [^;(]*?(cyclone_[a-z_]+)\\(");
    std::set<std::string> declared;
    for (std::sregex_iterator at(header.begin(), header.end(), declaration), end; at != end; ++at)
        declared.insert((*at)[1]);
    CHECK(declared == seen);
}

TEST_CASE("a handle that was freed, is of another kind or never was one is an error") {
    Right right;
    double value = 0;
    fails(cyclone_schedule_value(reinterpret_cast<cyclone_schedule*>(right.training), 0, &value), CYCLONE_USAGE,
          "expected a schedule, got another kind of handle");
    fails(cyclone_classifier_free(reinterpret_cast<cyclone_classifier*>(right.schedule)), CYCLONE_USAGE,
          "another kind");
    int elsewhere = 0;
    for (void* wrong : {static_cast<void*>(&elsewhere), reinterpret_cast<void*>(1), reinterpret_cast<void*>(-1)})
        fails(cyclone_training_run(static_cast<cyclone_training*>(wrong)), CYCLONE_USAGE, "freed or never made");
    cyclone_schedule* const schedule = right.schedule;
    ok(cyclone_schedule_free(schedule));
    fails(cyclone_schedule_value(schedule, 0, &value), CYCLONE_USAGE, "freed or never made");
    fails(cyclone_schedule_free(schedule), CYCLONE_USAGE, "freed or never made");
    ok(cyclone_schedule_parse("triangular", &right.context, &right.schedule));
    CHECK(right.schedule != schedule);  // never given twice
}

TEST_CASE("a struct of a later version is taken where what this one does not know is 0") {
    Right right;
    struct Later {
        cyclone_images images;
        std::int64_t more[3];
    } later{right.images, {0, 0, 0}};
    const auto ask = [&] {
        return cyclone_classifier_probabilities(right.classifier, &later.images, right.p, 8, nullptr);
    };
    later.images.struct_size = sizeof later;
    ok(ask());
    later.more[2] = 1;
    fails(ask(), CYCLONE_USAGE, "a newer libcyclone");
    for (const std::size_t size : {std::size_t{0}, sizeof(cyclone_images) - 1, std::size_t{1'000'000}, SIZE_MAX}) {
        later.images.struct_size = size;
        fails(ask(), CYCLONE_USAGE, "expected the struct_size of cyclone_images");
    }
    right.context.struct_size = 8;
    fails(cyclone_schedule_parse("cosine", &right.context, &right.schedule), CYCLONE_USAGE, "cyclone_schedule_context");
}

TEST_CASE("a struct that is filled keeps the size of the program, and what the library does not have becomes 0") {
    Right right;
    struct Later {
        cyclone_interval interval;
        double more;
    } later{};
    later.more = 7;
    later.interval.struct_size = sizeof later;
    ok(cyclone_auc(right.labels.data(), right.scores.data(), 4, 0.95, &later.interval));
    CHECK(later.interval.value == 1);
    CHECK(later.interval.struct_size == sizeof later);
    CHECK(later.more == 0);
    later.interval.struct_size = 3;
    fails(cyclone_auc(right.labels.data(), right.scores.data(), 4, 0.95, &later.interval), CYCLONE_USAGE,
          "expected the struct_size of cyclone_interval");
    cyclone_classifier_info info{};
    fails(cyclone_classifier_describe(right.classifier, &info), CYCLONE_USAGE, "cyclone_classifier_info");
    cyclone_rates rates{};
    fails(cyclone_range_test_rates(right.range, &rates), CYCLONE_USAGE, "cyclone_rates");
}

TEST_CASE("a message that is too long ends between two characters") {
    std::string path = "/";
    for (int i = 0; i < 3'000; ++i) path += "ä";
    cyclone_classifier* none = nullptr;
    CHECK(cyclone_classifier_load(path.c_str(), &none) != CYCLONE_OK);
    const std::string message = cyclone_last_error();
    CHECK(message.size() <= 4'095);
    CHECK(message.size() > 4'000);
    CHECK(message.substr(message.size() - 2) == "ä");
}

TEST_CASE("threads share a classifier, have messages of their own, and free it while others use it") {
    Right right;
    float expected[8];
    ok(cyclone_classifier_probabilities(right.classifier, &right.images, expected, 8, nullptr));
    std::atomic<int> wrong{0}, freed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            cyclone_set_threads(1);
            for (int i = 0; i < 300; ++i) {
                float p[8];
                const auto status = cyclone_classifier_probabilities(right.classifier, &right.images, p, 8, nullptr);
                if (status == CYCLONE_OK ? std::memcmp(p, expected, sizeof p) != 0 : status != CYCLONE_USAGE) ++wrong;
                const std::string path = "no file of thread " + std::to_string(t);
                cyclone_classifier* none = nullptr;
                if (cyclone_classifier_load(path.c_str(), &none) != CYCLONE_ERROR ||
                    std::string(cyclone_last_error()).find(path) == std::string::npos)
                    ++wrong;
                if (i == 200 && cyclone_classifier_free(right.classifier) == CYCLONE_OK) ++freed;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(freed == 1);
    right.classifier = nullptr;
}

TEST_CASE("version, backend, threads and help answer") {
    CHECK(cyclone_version() == CYCLONE_VERSION_NUMBER);
    CHECK(cyclone_version_text() == std::string(CYCLONE_VERSION));
    CHECK(cyclone_abi() == CYCLONE_ABI);
    CHECK(std::string(cyclone_backend()).size() > 3);
    fails(cyclone_set_threads(0), CYCLONE_USAGE, "got 0");
    fails(cyclone_set_threads(-5), CYCLONE_USAGE, "got -5");
    ok(cyclone_set_threads(1));
    CHECK(cyclone_threads() == 1);
    const char* text = nullptr;
    for (const auto& [topic, name] : {std::pair("schedules", "triangular"),
                                      {"networks", "resnet"},
                                      {"layers", "conv"},
                                      {"optimizers", "adamw"},
                                      {"rebalancing", "focal"},
                                      {"augmentation", "flip"},
                                      {"metrics", "auc"},
                                      {"thresholds", "mcc"},
                                      {"options", "max-lr"}}) {
        ok(cyclone_help(topic, &text));
        CHECK_THAT(text, Catch::Contains(name));
    }
    fails(cyclone_help("schedule", &text), CYCLONE_USAGE, "did you mean 'schedules'");
}
