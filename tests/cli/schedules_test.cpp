// cyclone schedules as a user meets it.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::lines_in;
using test::whole_file;

namespace {

namespace fs = std::filesystem;

test::ProgramResult schedules(const std::string& arguments) {
    return test::run_program("cyclone", "schedules " + arguments);
}

}  // namespace

TEST_CASE("schedules draws in the terminal, as CSV and as SVG, with its budgets") {
    const test::TemporaryFolder temporary;
    const auto shown = schedules("time-decay triangular");
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK_THAT(shown.out, Catch::Contains("384") && Catch::Contains("24000 updates") &&
                              Catch::Contains("warning: time-decay: its rates sum to") &&
                              Catch::Contains("triangular(base=0.002"));
    const fs::path csv = temporary / "rates.csv";
    CHECK(schedules("cosine step --updates 10 --csv " + csv.string()).code == 0);
    CHECK(lines_in(whole_file(csv)) == 1 + 2 * 10);
    CHECK_THAT(whole_file(csv), Catch::Contains("cosine,0,0.03\n"));
    const fs::path svg = temporary / "rates.svg";
    CHECK(schedules("triangular2 'warmup:1epoch:cosine' --svg " + svg.string()).code == 0);
    CHECK_THAT(whole_file(svg), Catch::Contains("<svg") && Catch::Contains("warmup:1epoch:cosine"));
    CHECK_THAT(schedules("--list").out, Catch::Contains("one-cycle-3"));
    CHECK_THAT(schedules("triangular --step-size 5epochs").out, Catch::Contains("middle of a cycle"));
    CHECK_THAT(schedules("exp-range:0.9").out, Catch::Contains("highest rate, at update 9, is 0.00202"));
    CHECK_THAT(schedules("one-cycle cosine --step-size 2epochs").out,
               Catch::Contains("--step-size has no effect: one-cycle, cosine do not use it"));
    CHECK_THAT(schedules("one-cycle triangular --step-size 2epochs").out, !Catch::Contains("no effect"));
}

TEST_CASE("schedules prints its budgets as JSON and nothing else") {
    const auto shown = schedules("time-decay triangular --epochs 12 --json");
    CHECK(shown.code == 0);
    const auto json = nlohmann::json::parse(shown.out);
    REQUIRE(json["schedules"].size() == 2);
    CHECK(json["schedules"][1]["name"] == "triangular");
    CHECK(json["schedules"][1]["sum"] == Approx(384));
    CHECK(json["schedules"][1]["highest"] == 0.03);
    CHECK(json["warnings"].size() == 1);
}

TEST_CASE("schedules answers every mistake in one line") {
    for (const test::Mistake& mistake : std::vector<test::Mistake>{
             {"triangluar", "triangular"},
             {"constant:-1", "constant"},
             {"--epochs 0", "--epochs"},
             {"--epochs nan", "--epochs"},
             {"--epochs 1e12", "--epochs: expected a run of at most"},
             {"--updates -1", "--updates"},
             {"--updates-per-epoch 0", "--updates-per-epoch"},
             {"--step-size 3parsecs", "--step-size"},
             {"--base-lr 0.5 --max-lr 0.1", "base <= max"},
             {"--max-lr 0.001", "--base-lr 0.002 is the default; give both"},
             {"--stepsize 3", "did you mean --step-size"},
         })
        test::check_mistake("schedules", mistake);
    const auto unwritable = schedules("--csv /proc/nothing/rates.csv");
    CHECK(unwritable.code == 1);
    CHECK(lines_in(unwritable.err) == 1);
}
