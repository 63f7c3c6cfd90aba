// cyclone train with --freeze, --unfreeze and --parameter-groups.

#include <cyclone/io/safetensors.h>

#include <map>

#include "cli/train_program.h"
#include "support/catch.h"

using namespace cyclone;
using test::kModel;
using test::run_train;
using test::write_folder;

namespace {

namespace fs = std::filesystem;

std::map<std::string, std::vector<float>> tensors_of(const fs::path& weights) {
    std::map<std::string, std::vector<float>> all;
    for (const NamedTensor& t : io::load_weights(weights).tensors)
        if (t.tensor.dtype() == DType::f32) all[t.name] = t.tensor.to_vector<float>();
    return all;
}

}  // namespace

TEST_CASE("layers are frozen, rates differ, and a resumed training goes on so") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 20).string();
    const fs::path first = temporary / "first", second = temporary / "second";
    const std::string common = " --batch-size 8 --threads 1 --epochs 2 --quiet ";
    REQUIRE(run_train(data + kModel + common + "--out " + first.string()).code == 0);
    const auto trained =
        run_train(data + common + "--init " + first.string() + " --seed 5 --freeze 0 --parameter-groups " +
                  "'head:lr*3,*.bias:lr*0' --out " + second.string());
    INFO(trained.err);
    REQUIRE(trained.code == 0);
    const auto before = tensors_of(first / "best.safetensors"), after = tensors_of(second / "last.safetensors");
    CHECK(before.at("0.weight") == after.at("0.weight"));
    CHECK(before.at("0.bias") == after.at("0.bias"));
    const std::string head = std::prev(before.end())->first.substr(0, std::prev(before.end())->first.find('.'));
    CHECK(before.at(head + ".weight") != after.at(head + ".weight"));
    CHECK(before.at(head + ".bias") == after.at(head + ".bias"));  // a rate of 0
    const std::string groups = data + " --batch-size 8 --threads 1 --quiet --schedule constant:0.05 --init " +
                               first.string() + " --freeze 0 --parameter-groups 'head:lr*3,*.bias:lr*0' --out ";
    const fs::path whole = temporary / "whole", parts = temporary / "parts";
    REQUIRE(run_train(groups + whole.string() + " --epochs 4").code == 0);
    REQUIRE(run_train(groups + parts.string() + " --epochs 2").code == 0);
    REQUIRE(run_train("--resume --quiet --threads 1 --epochs 4 --out " + parts.string()).code == 0);
    CHECK(tensors_of(parts / "last.safetensors") == tensors_of(whole / "last.safetensors"));
}

TEST_CASE("unfreezing by cycles on the command line") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 20).string();
    const auto run = [&](const std::string& options, const char* out) {
        return run_train(data + kModel + "--batch-size 8 --threads 1 --schedule triangular --step-size 1epochs " +
                         options + " --out " + (temporary / out).string());
    };
    const auto good = run("--epochs 4 --unfreeze 'head,*'", "good");
    INFO(good.err);
    CHECK(good.code == 0);
    CHECK_THAT(good.out, Catch::Contains("unfreezing: head,*"));
    REQUIRE(run("--epochs 4", "all").code == 0);
    CHECK(tensors_of(temporary / "good" / "last.safetensors") != tensors_of(temporary / "all" / "last.safetensors"));
    const auto late = run("--epochs 2 --unfreeze 'head,*'", "late");
    CHECK(late.code == 2);
    CHECK_THAT(late.err, Catch::Contains("--unfreeze: expected at most 1 patterns, one per cycle of triangular"));
}

TEST_CASE("patterns that match nothing list the names before anything is written") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 6).string();
    const auto refused = [&](const std::string& options, const char* why) {
        const auto result = run_train(data + kModel + options + " --out " + (temporary / "out").string());
        CHECK(result.code == 2);
        CHECK_THAT(result.err, Catch::Contains(why));
        CHECK(!fs::exists(temporary / "out"));
    };
    refused("--freeze 'conv9.*'",
            "--freeze: conv9.*: expected a pattern of names, none of the 4 tensors matches (0.weight");
    refused("--freeze 0,", "--freeze: expected names separated by commas, got '0,'");
    refused("--unfreeze head,,0", "--unfreeze: expected names separated by commas, got 'head,,0'");
    refused("--freeze '*'", "leaves nothing to train");
    refused("--unfreeze 'head,7.*'", "--unfreeze: 7.*: expected a pattern of names");
    refused("--parameter-groups 'body:lr*10'", "--parameter-groups: body: expected a pattern of names");
    refused("--parameter-groups 'head:speed*10'", "(known: lr, momentum");
    refused("--parameter-groups 'head:lr*10' --find-lr", "cannot be combined with");
}
