// --precision of train, compare, predict and evaluate.

#include <cyclone/ops/precision.h>

#include <cstdlib>
#include <string>

#include "cli/comparison_program.h"
#include "cli/launcher_environment.h"
#include "cli/train_program.h"

using namespace cyclone;
using test::run_program;
using test::run_train;
using test::whole_file;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// More than 16 channels in the second layer: the first stays in f32.
const std::string kWide = " --model 'conv:16 relu pool flatten linear:classes' --epochs 2 --batch-size 8 --threads 1 ";
const std::string kEmulated = " --precision bf16-emulated ";

// oneDNN in a child process takes a processor with AVX2 at most to be there.
const test::Variables kNoBf16 = {{"ONEDNN_MAX_CPU_ISA", "AVX2"}};

std::string trained(const fs::path& folder, const fs::path& data, const std::string& more) {
    const auto result = run_train(data.string() + kWide + "--out " + folder.string() + more);
    INFO(result.err);
    REQUIRE(result.code == 0);
    return result.out + result.err;
}

}  // namespace

TEST_CASE("bf16 on a processor without it is refused by all programs before they begin") {
    const test::TemporaryFolder temporary;
    const fs::path data = test::write_folder(temporary / "data", 12), out = temporary / "run";
    trained(temporary / "f32", data, "");
    const std::string weights = " --weights " + (temporary / "f32").string();
    const test::Environment environment(kNoBf16);
#ifdef CYCLONE_WITH_ONEDNN
    const std::string missing =
        "--precision: bf16: needs AVX512_CORE_BF16 or AVX512_CORE_AMX instructions, oneDNN found AVX2 (the environment "
        "has ONEDNN_MAX_CPU_ISA=AVX2)";
#else
    const std::string missing = "--precision: bf16: needs oneDNN";
#endif
    for (const std::string command : {"train", "compare"}) {
        test::check_mistake(command, {data.string() + " --precision bf16 --out " + out.string(), missing});
        CHECK_FALSE(fs::exists(out));
    }
    for (const std::string command : {"predict", "evaluate"})
        test::check_mistake(command, {data.string() + weights + " --precision bf16", missing});
    test::check_mistake("train", {data.string() + " --precision bf61", "did you mean 'bf16'"});
}

TEST_CASE("automatic is f32 on a processor without AMX, and the folder says so") {
    const test::TemporaryFolder temporary;
    const fs::path data = test::write_folder(temporary / "data", 12);
    const test::Environment environment(kNoBf16);
    trained(temporary / "automatic", data, " --precision automatic");
    trained(temporary / "f32", data, "");
    CHECK(json::parse(whole_file(temporary / "automatic/result.json"))["precision"] == "f32");
    CHECK_THAT(whole_file(temporary / "automatic/config.toml"), Catch::Contains("precision = 'f32'"));
    CHECK(whole_file(temporary / "automatic/last.safetensors") == whole_file(temporary / "f32/last.safetensors"));
}

TEST_CASE("a training in emulated bf16 says so, is resumed in it, and its weights serve in any precision") {
    const test::TemporaryFolder temporary;
    const fs::path data = test::write_folder(temporary / "data", 12), out = temporary / "run";
    const std::string said = trained(out, data, kEmulated);
    CHECK_THAT(said, Catch::Contains("more slowly than f32") && Catch::Contains("products in bf16-emulated"));
    CHECK(json::parse(whole_file(out / "result.json"))["precision"] == "bf16-emulated");
    CHECK(json::parse(whole_file(out / "config.json"))["machine"]["precision"] == "bf16-emulated");
    CHECK_THAT(whole_file(out / "report.html"), Catch::Contains("bf16-emulated"));
    trained(temporary / "f32", data, "");
    CHECK(whole_file(temporary / "f32/last.safetensors") != whole_file(out / "last.safetensors"));

    const std::string weights = " --json --weights " + out.string();
    const auto emulated = run_program("cyclone", "evaluate " + data.string() + weights + kEmulated);
    const auto f32 = run_program("cyclone", "evaluate " + data.string() + weights);
    CHECK(json::parse(emulated.out)["images"] == 24);
    CHECK(json::parse(emulated.out)["log_loss"] != json::parse(f32.out)["log_loss"]);
    const auto predicted =
        run_program("cyclone", "predict " + data.string() + " --weights " + out.string() + kEmulated);
    CHECK(predicted.code == 0);
    CHECK(predicted.out != run_program("cyclone", "predict " + data.string() + " --weights " + out.string()).out);

    CHECK(run_train("--resume --quiet --out " + out.string()).code == 0);
    test::check_mistake("train", {"--resume --precision f32 --out " + out.string(), "the training in"});
}

TEST_CASE("a comparison in emulated bf16 is resumed in it; a folder without the setting is in f32") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run", f32 = temporary / "f32";
    const std::vector<std::string> small = {"--model", "conv:16 relu pool flatten linear:classes"};
    auto emulated = small;
    emulated.insert(emulated.end(), {"--precision", "bf16-emulated"});
    REQUIRE(test::compare(test::tiny(out, emulated)).code == 0);
    REQUIRE(test::compare(test::tiny(f32, small)).code == 0);
    const json result = test::result_of(out);
    CHECK(result["provenance"][0]["precision"] == "bf16-emulated");
    CHECK(test::figures(result)[0] != test::figures(test::result_of(f32))[0]);
    CHECK_THAT(whole_file(out / "config.json"), Catch::Contains("bf16-emulated"));

    CHECK(test::resume(out, {"--seeds", "2"}).code == 0);
    CHECK(test::result_of(out)["provenance"].size() >= 1);
    const auto mixed = test::resume(out, {"--precision", "f32"});
    CHECK(mixed.code == 2);
    CHECK_THAT(mixed.err, Catch::Contains("precision: bf16-emulated there, asked for was f32"));

    CHECK(json::parse(whole_file(f32 / "config.json"))["settings"].dump().find("precision") == std::string::npos);
    CHECK(test::resume(f32, {"--precision", "f32"}).code == 0);
    const auto changed = test::resume(f32, {"--precision", "bf16-emulated"});
    CHECK(changed.code == 2);
    CHECK_THAT(changed.err, Catch::Contains("precision: f32 there, asked for was bf16-emulated"));
}
