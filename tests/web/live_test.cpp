// The training that the live page shows: the same numbers as fit(), and as the page itself in a browser.

#include "web/live.h"

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/layers.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

constexpr web::LiveOptions kSmall{
    .seed = 3, .positives = 24, .negatives = 72, .test_positives = 10, .test_negatives = 30, .batch_size = 32};
constexpr web::LiveRate kRate{.schedule = "triangular", .base = 0.002, .max = 0.05, .step_size = 4, .total = 20};

}  // namespace

TEST_CASE("the live training is that of fit") {
    web::Live live(kSmall);
    live.set_rate(kRate);
    CHECK(live.data().train.size() == 96);
    CHECK(live.data().test.size() == 40);

    manual_seed(3);
    nn::Sequential model{nn::Conv2d{1, 32, {.kernel = 3, .padding = nn::same, .activation = relu}}, nn::MaxPool2d{2},
                         nn::Flatten{}, nn::Linear{8 * 8 * 32, 2}};
    const auto schedule = schedule::triangular({.base = 0.002, .max = 0.05, .step_size = Iterations{4}});
    optim::Sgd sgd(model.parameters(), {.lr = schedule});
    const auto history =
        train::fit(model, sgd, live.data().train,
                   {.epochs = 4, .batch_size = 32, .slice = 0, .seed = 3, .progress = train::ProgressMode::off});
    REQUIRE(history.updates().size() == 12);
    for (const auto& row : history.updates()) {
        const web::LiveUpdate update = live.update();
        CHECK(update.rate == row.lr);
        CHECK(update.loss == row.loss);
    }
    CHECK(live.updates() == 12);
    const auto probabilities = live.probabilities();
    const auto expected = train::predict(model, live.data().test).values<float>();
    for (std::size_t i = 0; i < probabilities.size(); ++i) CHECK(probabilities[i] == Approx(expected[2 * i + 1]));
    CHECK(live.auc(probabilities) == Approx(train::evaluate(model, live.data().test).auc));
}

TEST_CASE("the rate of a live training changes under way, and the number of the update is its place") {
    web::Live live(kSmall);
    for (int i = 0; i < 6; ++i) live.update();
    live.set_rate(kRate);
    CHECK(live.update().rate == Approx(0.002 + 0.048 / 2));  // update 6: half-way down
    CHECK(live.rate_at(8) == Approx(0.002));
    CHECK_THROWS_WITH(live.set_rate({.schedule = "triangel"}), Catch::Contains("triangular"));
    CHECK_THROWS_AS(live.set_rate({.base = 2, .max = 1}), Error);
    CHECK(live.update().rate == Approx(0.002 + 0.048 / 4));  // still that of before
    live.set_rate({.schedule = "constant:max", .max = 1e30});
    double loss = 0;
    for (int i = 0; i < 4; ++i) loss = live.update().loss;
    CHECK_FALSE(std::isfinite(loss));
    CHECK(std::isnan(live.auc(live.probabilities())));
}

TEST_CASE("the live page trains in a browser with the numbers of this build") {
    const char* given = std::getenv("CYCLONE_LIVE_PAGE");
    const std::string page = given ? given : CYCLONE_SOURCE_DIR "/build/web/live.html";
    if (!std::filesystem::exists(page)) CYCLONE_SKIP("there is no " + page + " (make web, which needs emscripten)");
    std::string program;
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
        if (program.empty() && std::system(("command -v " + std::string(name) + " >/dev/null 2>&1").c_str()) == 0)
            program = name;
    if (program.empty()) CYCLONE_SKIP("chromium is not installed");
    if (std::system("command -v python3 >/dev/null 2>&1") != 0) CYCLONE_SKIP("python3 is not installed");

    web::Live live({.seed = 1});
    live.set_rate({.schedule = "constant:max", .max = std::pow(10, -1.7)});  // as the slider has it
    nlohmann::json expected;
    for (int i = 0; i < 20; ++i) {
        const web::LiveUpdate update = live.update();
        expected["rate"].push_back(update.rate);
        expected["loss"].push_back(update.loss);
    }
    const auto probabilities = live.probabilities();
    expected["auc"] = live.auc(probabilities);
    expected["probabilities"] = probabilities;
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "expected.json") << expected;
    const char* pictures = std::getenv("CYCLONE_PICTURES");  // a folder for screenshots to look at
    const std::string command = "python3 " CYCLONE_SOURCE_DIR "/tests/web/live_test.py " + program + " '" + page +
                                "' '" + (temporary / "expected.json").string() + "'" +
                                (pictures ? " " + std::string(pictures) : "");
    CHECK(std::system(command.c_str()) == 0);
}
