// The example programs run and show what their READMEs say.

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"
#include "support/python.h"

using namespace cyclone;
using test::run_program;

TEST_CASE("the teaching examples run") {
    CHECK(run_program("tensor_tour", "").code == 0);
    CHECK(run_program("own_parts", "").code == 0);
    const auto digits = run_program("mnist", "");
    CHECK(digits.code == 0);
    const auto at = digits.out.find("test accuracy: ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(digits.out.substr(at + 15)) > 95);
}

TEST_CASE("the examples tell how they are used") {
    for (const std::string arguments : {"mnist --help", "mnist nowhere 0", "classify", "fixed_vs_clr --help",
                                        "super_convergence --epoch 3", "cifar10_speed a b"}) {
        const std::string program = arguments.substr(0, arguments.find(' '));
        const auto result = run_program(program, arguments.substr(std::min(arguments.size(), program.size() + 1)));
        INFO(arguments);
        CHECK(result.code == 2);
        CHECK(test::lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::Contains("usage: " + program));
    }
    for (const std::string program : {"super_convergence", "cifar10_speed"}) {
        const auto result = run_program(program, "--help");
        CHECK(result.code == 0);
        CHECK(result.err.empty());
        CHECK_THAT(result.out, Catch::StartsWith("usage: " + program) && Catch::Contains("examples:\n  " + program));
    }
}

TEST_CASE("super-convergence in small: both schedules train for the same updates") {
    const auto result =
        run_program("super_convergence", "--images 320 --epochs 2 --batch 32 --depth 8 --max-lr 6 --threads 1");
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK_THAT(result.out, Catch::Contains("triangular(base=0.0032, max=0.192") && Catch::Contains("multi_step(") &&
                               Catch::Contains("one cycle: test accuracy") && Catch::Contains("after 20 updates"));
    CHECK(test::lines_in(result.out) >= 8);
    const auto refused = run_program("super_convergence", "--schedule wave");
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Contains("--schedule: expected both, cycle or steps, got 'wave'"));
}

TEST_CASE("the table of when_cycles_pay shows comparisons by budget and by highest rate") {
    const test::TemporaryFolder temporary;
    const auto compare = [&](const std::string& name, const std::string& options) {
        const auto result =
            run_program("cyclone",
                        "compare --positives 12 --negatives 20 --schedules linear,constant:0.1 --seeds 2 "
                        "--evaluate-every 0 --quiet --out " +
                            (temporary / name).string() + options);
        INFO(result.err);
        REQUIRE(result.code == 0);
    };
    compare("study-budget-4", " --epochs 2");
    compare("study-rate-0.5", " --epochs 1 --max-lr 0.05");
    const auto table = test::run_python("../examples/when_cycles_pay/table.py", temporary / "");
    if (table.code == 127) CYCLONE_SKIP("needs python3");
    INFO(table.out);
    REQUIRE(table.code == 0);
    CHECK_THAT(table.out,
               Catch::StartsWith("| study, average_precision x 1000 | 2 updates |\n|---|---|\n| linear | ") &&
                   Catch::Contains("| study, highest rate | x 0.5 | x 1 |\n"));
    CHECK(std::count(table.out.begin(), table.out.end(), '\n') == 10);
    CHECK(test::run_python("../examples/when_cycles_pay/table.py", temporary / "none").code == 1);
    const auto unknown =
        test::run_python("../examples/when_cycles_pay/table.py", (temporary / "").string() + " --metric au");
    CHECK(unknown.code == 1);
    CHECK_THAT(unknown.out, Catch::StartsWith("--metric: expected one of auc, ") && Catch::Contains("got 'au'"));
}

TEST_CASE("the recipe of airbench in small learns digits") {
    const auto result = run_program("cifar10_speed", "--images 800 --epochs 2.5 --batch 128 --width 4 --threads 1");
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK_THAT(result.out, Catch::Contains("after 15 updates"));
    const auto at = result.out.find("test accuracy ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(result.out.substr(at + 14)) > 20);  // beyond chance
}

TEST_CASE("classify answers for image files with the weights of a training") {
    const test::TemporaryFolder temporary;
    for (const std::string name : {"dark", "light"}) {
        std::filesystem::create_directories(temporary / "data" / name);
        for (int i = 0; i < 20; ++i)
            std::ofstream(temporary / "data" / name / (std::to_string(i) + ".pgm"), std::ios::binary)
                << "P5 4 4 255\n"
                << std::string(16, static_cast<char>((name == "dark" ? 20 : 100) + i));
    }
    const std::string run = (temporary / "run").string();
    REQUIRE(run_program("cyclone", "train " + (temporary / "data").string() +
                                       " --model 'flatten linear:classes' --epochs 20 --max-lr 0.3 --batch-size 8 "
                                       "--threads 1 --quiet --out " +
                                       run)
                .code == 0);
    const std::string weights = run + "/best.safetensors ", image = (temporary / "data" / "light" / "3.pgm").string();
    const auto answer = run_program("classify", weights + image);
    INFO(answer.err);
    CHECK(answer.code == 0);
    CHECK(answer.out.starts_with(image + ": light ("));
    if (std::filesystem::exists(std::string(CYCLONE_PROGRAMS) + "/c_classify")) {
        const auto in_c = run_program("c_classify", weights + image);
        CHECK(in_c.code == 0);
        CHECK(in_c.out.starts_with(image + ": light ("));
        const auto none = run_program("c_classify", weights + weights);
        CHECK(none.code == 1);
        CHECK_THAT(none.err, Catch::Contains("expected a P5 file of 4 x 4 pixels"));
    }
    const auto wrong = run_program("classify", weights + weights);
    CHECK(wrong.code == 1);
    CHECK(test::lines_in(wrong.err) == 1);
}

TEST_CASE("the comparison example tells its usage of the folder") {
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "file") << "x";
    for (const std::string seeds : {"", " --seeds 5"}) {
        const auto refused = run_program("fixed_vs_clr", (temporary / "file").string() + seeds);
        CHECK(refused.code == 2);
        CHECK(test::lines_in(refused.err) == 1);
        CHECK(test::whole_file(temporary / "file") == "x");
    }
    for (const std::string wrong : {" --seeds", " --seeds many", " --seeds 5 6", " --seed 5"}) {
        const auto refused = run_program("fixed_vs_clr", (temporary / "new").string() + wrong);
        INFO(wrong);
        CHECK(refused.code == 2);
        CHECK(test::lines_in(refused.err) == 1);
        CHECK_FALSE(std::filesystem::exists(temporary / "new"));
    }
}
