#include <cyclone/train/history.h>

#include <algorithm>
#include <clocale>
#include <fstream>
#include <limits>
#include <sstream>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

train::History two_epochs() {
    train::History history;
    history.reserve(3, 2);
    history.add(
        train::UpdateRow{.update = 0, .epoch = 1, .lr = 0.002, .loss = 0.69314718056, .images_per_second = 1234.5});
    history.add(train::UpdateRow{.update = 1, .epoch = 1, .lr = 1e-7, .loss = 0.5, .images_per_second = 2e6});
    history.add(train::EpochRow{.epoch = 1, .updates = 2, .train_loss = 0.25, .seconds = 1, .images_per_second = 64});
    history.add(train::UpdateRow{.update = 2, .epoch = 2, .lr = 1.0 / 3, .loss = 0.125, .images_per_second = 1});
    train::EpochRow last{.epoch = 2, .updates = 3, .train_loss = 0.125, .seconds = 1, .images_per_second = 1};
    last.validation.emplace();
    last.validation->loss = 0.5;
    last.validation->accuracy = 0.75;
    last.validation->auc = std::numeric_limits<double>::quiet_NaN();
    last.validation->average_precision = 0.25;
    last.validation->f1 = 1;
    last.validation->ece = 0.0625;
    history.add(last);
    return history;
}

const std::string kExpected =
    "update,epoch,learning_rate,loss,images_per_second,epoch_loss,validation_loss,validation_accuracy,validation_auc,"
    "validation_average_precision,validation_f1,validation_precision,validation_recall,validation_balanced_accuracy,"
    "validation_mcc,validation_brier,validation_log_loss,validation_ece\n"
    "0,1,0.002,0.693147181,1234.5,,,,,,,,,,,,,\n"
    "1,1,1e-07,0.5,2000000,0.25,,,,,,,,,,,,\n"
    "2,2,0.333333333,0.125,1,0.125,0.5,0.75,nan,0.25,1,0,0,0,0,0,0,0.0625\n";

}  // namespace

TEST_CASE("a history has a stable text with as many cells in every line") {
    const std::string text = two_epochs().csv();
    CHECK(text == kExpected);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(std::count(line.begin(), line.end(), ',') == 17);
}

TEST_CASE("a regression has a column for its mean absolute error, before those of recorders") {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    train::History history;
    history.add(train::UpdateRow{.update = 0, .epoch = 1, .lr = 1, .loss = 4, .images_per_second = 8});
    history.add(train::EpochRow{.epoch = 1, .updates = 1, .train_loss = 4});  // as an epoch without validation
    history.add(train::UpdateRow{.update = 1, .epoch = 2, .lr = 1, .loss = 2, .images_per_second = 8});
    history.add(train::UpdateRow{.update = 2, .epoch = 2, .lr = 1, .loss = 1, .images_per_second = 8});
    history.record("norm", 2, 0.25);
    train::EpochRow last{.epoch = 2, .updates = 3, .train_loss = 1.5};
    last.validation.emplace();
    for (const metrics::Metric& metric : metrics::table()) last.validation->set(metric, kNone);
    last.validation->loss = 0.75;
    last.validation->mean_absolute_error = 0.5;
    history.add(last);
    const std::string header = kExpected.substr(0, kExpected.find('\n'));
    CHECK(history.csv() == header +
                               ",validation_mean_absolute_error,norm\n"
                               "0,1,1,4,8,4,,,,,,,,,,,,,,\n"
                               "1,2,1,2,8,,,,,,,,,,,,,,,\n"
                               "2,2,1,1,8,1.5,0.75,,,,,,,,,,,,0.5,0.25\n");
}

TEST_CASE("numbers have a decimal point whatever the locale") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    const bool changed = std::setlocale(LC_ALL, "de_DE.UTF-8") || std::setlocale(LC_ALL, "fr_FR.UTF-8");
    const std::string text = two_epochs().csv();
    std::setlocale(LC_ALL, before.c_str());
    if (!changed) CYCLONE_SKIP("no locale with a decimal comma is installed");
    CHECK(text == kExpected);
}

TEST_CASE("a history is written whole or not at all") {
    const test::TemporaryFolder folder;
    two_epochs().write_csv(folder / "history.csv");
    const std::string text = test::whole_file(folder / "history.csv");
    CHECK(text == kExpected);
    CHECK_THROWS_WITH(two_epochs().write_csv(folder / "history.csv" / "below"), Catch::Contains("history.csv/below"));
}
