// Every case of learning_rate_golden.json (PyTorch's own scheduler tests, and the study's settings of the CLR
// callback).

#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/one_cycle.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using nlohmann::json;

namespace {

constexpr double kTight = 1e-12;

Schedule cyclic(const std::string& mode, double base, double max, int up, int down, double gamma) {
    const schedule::CyclicOptions o{
        .base = base, .max = max, .step_size = Iterations{up}, .step_size_down = Iterations{down}};
    if (mode == "triangular") return schedule::triangular(o);
    if (mode == "triangular2") return schedule::triangular2(o);
    REQUIRE(mode == "exp_range");
    return schedule::exp_range(
        {.base = base, .max = max, .step_size = o.step_size, .step_size_down = o.step_size_down, .gamma = gamma});
}

void check_values(const Schedule& schedule, const json& expected) {
    INFO(schedule.describe());
    REQUIRE(!expected.empty());
    for (std::size_t t = 0; t < expected.size(); ++t) {
        INFO("update " << t);
        CHECK(schedule.value(t) == Approx(expected[t].get<double>()).epsilon(kTight));
    }
}

void check_cyclic(const json& row) {
    const json& p = row["params"];
    check_values(
        cyclic(p["mode"], p["base_lr"], p["max_lr"], p["step_size_up"], p["step_size_down"], p.value("gamma", 1.0)),
        row["lr"]);
}

void check_momentum(const json& row) {
    const json& p = row["params"];
    const Schedule rate = cyclic(p["mode"], 0, 1, p["step_size_up"], p["step_size_down"], 1);
    check_values(schedule::against(rate, p["base_momentum"], p["max_momentum"]), row["momentum"]);
}

void check_one_cycle(const json& row) {
    const json& p = row["params"];
    const schedule::OneCycleOptions o{
        .max = p["max_lr"],
        .length = Iterations{p["total"].get<int>()},
        .pct_start = p.value("pct", 0.3),
        .div_factor = p.value("div", 25.0),
        .final_div_factor = p["fdiv"],
        .anneal = p.value("strategy", "cos") == "linear" ? schedule::Anneal::linear : schedule::Anneal::cosine,
        .three_phase = p.value("three", false)};
    check_values(schedule::one_cycle(o), row["lr"]);
    check_values(schedule::against(schedule::one_cycle(o), p["bm"], p["mm"]), row["momentum"]);
}

void check_study(const json& row) {
    const int step = row["step_size"];
    const Schedule rate = cyclic(row["mode"], 0.002, 0.03, step, step, 1);
    REQUIRE(!row["at"].empty());
    for (const auto& [t, value] : row["at"].items())
        CHECK(rate.value(std::stoull(t)) == Approx(value.get<double>()).epsilon(kTight));
}

}  // namespace

TEST_CASE("every golden case of the peers holds") {
    CYCLONE_NEED_SHARED("peer/learning_rate_golden.json");
    std::ifstream file(test::shared_file("peer/learning_rate_golden.json"));
    const json rows = json::parse(file);
    REQUIRE(rows.size() >= 16);
    for (const json& row : rows) {
        const std::string kind = row["kind"];
        INFO(kind << " " << row.value("name", row.value("mode", "")));
        if (kind == "CyclicLR") {
            check_cyclic(row);
        } else if (kind == "CyclicLR momentum (inverse)") {
            check_momentum(row);
        } else if (kind == "OneCycleLR") {
            check_one_cycle(row);
        } else if (kind == "CLR original example") {
            check_study(row);
        } else {
            FAIL("a kind of case that no test covers");
        }
    }
}
