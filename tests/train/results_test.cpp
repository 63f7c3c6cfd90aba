#include <cyclone/train/results.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"

using namespace cyclone;
using Json = nlohmann::json;

namespace {

const metrics::Predictions kTwo{{0, 0, 1, 1}, {0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8}, {"no", "yes"}};
const metrics::Predictions kThree{{0, 1, 2, 2},
                                  {0.8, 0.1, 0.1,  //
                                   0.1, 0.8, 0.1,  //
                                   0.2, 0.7, 0.1,  //
                                   0.1, 0.1, 0.8},
                                  {"cat", "dög", "hippopotamus"}};

std::string printed(const metrics::Predictions& predictions, double threshold = 0.5) {
    std::ostringstream out;
    train::print_results(out, predictions, threshold);
    return out.str();
}

}  // namespace

TEST_CASE("results of two classes stand at half and at the tuned threshold") {
    CHECK_THAT(
        printed(kTwo, 0.3),
        Catch::Contains("positive class: yes\nAUC 0.7500  AP 0.8333  Brier 0.1581  log loss 0.4723  ECE 0.1375") &&
            Catch::Contains("called positive            p > 0.5       p > 0.3\n") &&
            Catch::Contains("recall                      0.5000        1.0000\n"));
    const Json json = Json::parse(train::results_json(kTwo, 0.3));
    CHECK(json["images"] == 4);
    CHECK(json["auc"] == 0.75);
    CHECK(json["accuracy"] == 0.75);
    CHECK(json["at_half"]["recall"] == 0.5);
    CHECK(json["tuned"]["recall"] == 1.0);
    CHECK(json["tuned"]["false_positives"] == 1);
    CHECK(json["confusion"] == Json({{2, 0}, {1, 1}}));
}

TEST_CASE("results of more classes are averages and a line per class") {
    CHECK_THAT(
        printed(kThree),
        Catch::Contains("accuracy                  0.7500\n") &&
            Catch::Contains("recall                    0.8333    0.7500\n") &&
            Catch::Contains("class                     images precision    recall        F1       AUC        AP\n") &&
            Catch::Contains("dög                            1    0.5000    1.0000    0.6667    1.0000    1.0000\n") &&
            Catch::Contains("true \\ predicted             cat       dög hippopota\n") &&
            Catch::Contains("hippopotamus                   0         1         1\n"));
    const Json json = Json::parse(train::results_json(kThree));
    CHECK(json["macro"]["recall"].get<double>() == Approx(2.5 / 3));
    CHECK(json["weighted"]["recall"] == 0.75);
    CHECK(json["classes"][2]["images"] == 2);
    CHECK_FALSE(json.contains("at_half"));
    const metrics::Predictions missing{{0, 1}, {0.8, 0.1, 0.1, 0.1, 0.8, 0.1}, {"a", "b", "c"}};
    CHECK(Json::parse(train::results_json(missing))["macro"]["auc"].is_null());
    CHECK_THAT(printed(missing), Catch::Contains("n/a"));
    const Json absent = Json::parse(train::results_json(missing))["classes"][2];
    for (const char* name : {"precision", "recall", "f1", "auc", "ap"}) CHECK(absent[name].is_null());
    const metrics::Predictions negatives{{0, 0}, {0.9, 0.1, 0.6, 0.4}, {"no", "yes"}};
    const Json none = Json::parse(train::results_json(negatives));
    CHECK(none["ap"].is_null());
    for (const char* name : {"precision", "recall", "f1"}) CHECK(none["at_half"][name].is_null());
}

TEST_CASE("the confusion matrix of many classes is written by its cells") {
    constexpr std::int64_t kClasses = 400;
    metrics::Predictions p;
    for (std::int64_t i = 0; i < kClasses; ++i) {
        p.labels.push_back(i);
        p.class_names.push_back(std::to_string(i));
        const std::int64_t predicted = i == 3 ? 7 : i;
        for (std::int64_t c = 0; c < kClasses; ++c) p.probabilities.push_back(c == predicted ? 1.0 : 0.0);
    }
    const std::string text = train::results_json(p);
    CHECK(text.size() < 100'000);  // the matrix alone would have 320,000
    const Json json = Json::parse(text);
    CHECK_FALSE(json.contains("confusion"));
    REQUIRE(json["confusion_cells"].size() == 400);
    CHECK(json["confusion_cells"][3] == Json({3, 7, 1}));
}
