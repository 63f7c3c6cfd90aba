// What holds for every subcommand of cyclone: help, names, config files, quoting, exit codes.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/commands.h"
#include "cli/help.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::run_program;
using test::whole_file;

namespace {

namespace fs = std::filesystem;

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) widest = std::max(widest, line.size());
    return widest;
}

/// A subcommand with one option of each kind.
struct Sample {
    std::string data, name = "plain";
    std::int64_t count = 3;
    std::uint64_t seed = 1;
    std::optional<double> rate;
    std::vector<std::string> list;
    bool flag = false;
    cli::Options options{"sample", "Does nothing."};

    Sample() {
        options.option("DATA", data, "what to read").usual();
        options.option("--name", name, "a text");
        options.option("--count", count, "how many");
        options.option("--seed", seed, "of everything");
        options.option("--rate", rate, "a number (default: none)");
        options.option("--list", list, "texts");
        options.option("--flag", flag, "on or off");
        options.option("--rebalance", name, "a method");
        options.option("--out FOLDER", name, "where").incidental();
    }
    std::string error(const std::vector<std::string>& arguments) {
        try {
            options.parse(arguments);
        } catch (const UsageError& error) {
            return error.what();
        }
        return "";
    }
};

std::string error_of(const std::vector<std::string>& arguments) { return Sample().error(arguments); }

}  // namespace

TEST_CASE("options of every kind are read") {
    Sample s;
    s.options.parse({"photos", "--count=7", "--seed", "18446744073709551615", "--rate", "-1.5e3", "--list", "a",
                     "--list", "b", "--flag", "--name", ""});
    CHECK(s.data == "photos");
    CHECK(s.count == 7);
    CHECK(s.seed == 18446744073709551615u);
    CHECK(s.rate == -1500);
    CHECK(s.list == std::vector<std::string>{"a", "b"});
    CHECK(s.flag);
    CHECK(s.options.given("--seed"));
    CHECK_FALSE(s.options.given("--out"));
    CHECK(s.options.given_settings() == cli::Settings{{"DATA", "photos"},
                                                      {"--name", ""},
                                                      {"--count", "7"},
                                                      {"--seed", "18446744073709551615"},
                                                      {"--rate", "-1.5e3"},
                                                      {"--list", "a,b"},
                                                      {"--flag", "true"}});
}

TEST_CASE("what is wrong with options is told") {
    CHECK_THAT(error_of({"--count", "many"}), Catch::Contains("--count: expected a whole number, got many"));
    CHECK_THAT(error_of({"--seed", "-1"}), Catch::Contains("--seed: expected a whole number from 0 up, got -1"));
    CHECK_THAT(error_of({"--rate", "1x"}), Catch::Contains("--rate: expected a number, got 1x"));
    CHECK_THAT(error_of({"--count"}), Catch::Contains("--count"));
    CHECK_THAT(error_of({"--count", "1", "--count", "2"}), Catch::Contains("--count: is given twice"));
    CHECK_THAT(error_of({"a", "b"}), Catch::Contains("unexpected argument 'b'"));
    CHECK_THAT(error_of({"--cuont", "3"}), Catch::Contains("did you mean --count?"));
    CHECK_THAT(error_of({"--cuont=3"}), Catch::Contains("--cuont: unknown option, did you mean --count?"));
    CHECK_THAT(error_of({"3", "--cuont", "4"}), Catch::Contains("--cuont"));
    CHECK_THAT(error_of({"--qqqqqqq"}), Catch::Contains("--qqqqqqq: unknown option (see --help)"));
    CHECK_THAT(error_of({"-c", "4"}), Catch::Contains("-c"));
}

TEST_CASE("a former name tells the new one") {
    CHECK(error_of({"--balance", "weights"}) == "--balance: is now --rebalance");
    CHECK(error_of({"--data=photos"}) == "--data: is now the first argument: cyclone sample DATA");
    // Only where the new one is known.
    CHECK_THAT(error_of({"--batch", "3"}), !Catch::Contains("is now"));
}

TEST_CASE("a config file is read where the command line says nothing") {
    const test::TemporaryFolder temporary;
    const std::string file = (temporary / "c.toml").string();
    const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
    write(
        "# a comment\ndata = 'my photos, all'\ncount = 9  # of them\nlist = ['a b', \"c\"]\nflag = true\n"
        "[sample]\nrate = 0.5\n[train]\nepochs = 3\n");
    Sample s;
    s.options.parse({"--config", file, "--count", "4"});
    CHECK(s.data == "my photos, all");
    CHECK(s.count == 4);
    CHECK(s.list == std::vector<std::string>{"a b", "c"});
    CHECK(s.flag);
    CHECK(s.rate == 0.5);

    const auto config_error = [&](const std::string& text) {
        write(text);
        return error_of({"--config", file});
    };
    CHECK_THAT(config_error("cuont = 3\n"), Catch::Contains("c.toml") && Catch::Contains("did you mean --count?"));
    CHECK_THAT(config_error("count = many\n"), Catch::Contains("--count: expected a whole number"));
    CHECK_THAT(config_error("count = 3 4\n"), Catch::Contains("expected one value"));
    CHECK_THAT(config_error("count = 3\nrate = 2\ncount = 30\n"), Catch::Contains("count: is given twice"));
    CHECK_THAT(config_error("count = 3\n[sample]\ncount = 30\n"), Catch::Contains("count: is given twice"));
    CHECK_THAT(config_error("balance = weights\n"), Catch::Contains("is now --rebalance"));
    CHECK_THAT(config_error("\x01\xff = 3\n"), Catch::Contains("expected lines such as"));
    CHECK_THAT(config_error("config = other.toml\n"), Catch::Contains("names no other"));
    write("[trian]\nepochs = 3\n");
    CHECK_THAT(run_program("cyclone", "schedules --list --config " + file).err,
               Catch::Contains("did you mean 'train'"));
    CHECK_THAT(error_of({"--config", (temporary / "none").string()}), Catch::Contains("cannot read"));
    CHECK_THAT(error_of({"--config", temporary.path().string()}), Catch::Contains("--config"));
}

TEST_CASE("the settings in effect are written as a config file that gives the same settings") {
    const test::TemporaryFolder temporary;
    const std::string file = (temporary / "c.toml").string();
    Sample s;
    const std::vector<std::string> hard = {"conv:16,3 relu", "it's", "a \"b\"", "true", "photos#2", "a b#c"};
    std::vector<std::string> arguments = {"C:\\photos", "--count", "7", "--rate", "1e-3", "--flag"};
    for (const std::string& text : hard) arguments.insert(arguments.end(), {"--list", text});
    s.options.parse(arguments);
    std::ofstream(file) << s.options.config_file();
    INFO(whole_file(file));
    Sample again;
    again.options.parse({"--config", file});
    CHECK(again.data == s.data);
    CHECK(again.name == "plain");
    CHECK(again.count == 7);
    CHECK(again.rate == 0.001);
    CHECK(again.flag);
    CHECK(again.list == hard);
}

TEST_CASE("a command that was saved can be pasted into a shell") {
    const test::TemporaryFolder temporary;
    for (const std::string text :
         {"plain", "conv:16,3 relu pool", "it's", "$HOME `x` \"y\" \\ *", "", "a=b", "line\nbreak"}) {
        const std::string command = "printf %s " + cli::shell_quoted(text) + " >" + (temporary / "out").string();
        REQUIRE(std::system(command.c_str()) == 0);
        CHECK(whole_file(temporary / "out") == text);
    }
    CHECK(cli::shell_quoted("conv:16,3") == "conv:16,3");
    Sample s;
    s.options.parse({"my photos", "--count", "3"});
    CHECK(s.options.command_line() == "cyclone sample 'my photos' --count 3");
}

TEST_CASE("help fits 80 columns, is short, and knows the rest") {
    CHECK(widest_line(cli::overview()) <= 80);
    for (const cli::Command& command : cli::commands()) {
        INFO(command.name);
        CHECK_THAT(cli::overview(), Catch::Contains(command.name));
        const auto brief = run_program("cyclone", std::string(command.name) + " --help");
        const auto all = run_program("cyclone", std::string(command.name) + " --help-all");
        CHECK(brief.code == 0);
        CHECK(all.code == 0);
        CHECK(widest_line(brief.out) <= 80);
        CHECK(widest_line(all.out) <= 80);
        CHECK(test::lines_in(brief.out) <= 50);
        CHECK_THAT(brief.out, Catch::Contains("Examples:") && Catch::Contains("--help-all"));
        if (!cli::is_topic(command.name))
            CHECK(run_program("cyclone", std::string("help ") + command.name).out == all.out);
        cli::Options options(command.name, command.summary);
        command.setup(options);
        for (const cli::Option& option : options.all()) CHECK_THAT(all.out, Catch::Contains(option.name));
    }
    for (const cli::Topic& topic : cli::topics()) {
        const auto shown = run_program("cyclone", std::string("help ") + topic.name);
        INFO(topic.name);
        CHECK(shown.code == 0);
        CHECK(test::lines_in(shown.out) >= 3);
        CHECK(widest_line(shown.out) <= 80);
    }
    CHECK_THAT(run_program("cyclone", "help schedules").out, Catch::Contains("exp-range[:"));
    CHECK(run_program("cyclone", "--help").out == cli::overview());
}

TEST_CASE("the program says its version and what it does not know") {
    const auto version = run_program("cyclone", "--version");
    CHECK(version.code == 0);
    CHECK_THAT(version.out, Catch::StartsWith("Cyclone 0.1.0\n"));
    CHECK(test::lines_in(version.out) == 4);
    const auto nothing = run_program("cyclone", "");
    CHECK(nothing.code == 2);
    CHECK(nothing.out.empty());
    const auto unknown = run_program("cyclone", "convret a b");
    CHECK(unknown.code == 2);
    CHECK_THAT(unknown.err, Catch::Contains("did you mean 'convert'?"));
    CHECK(test::lines_in(unknown.err) == 1);
    CHECK_THAT(run_program("cyclone", "fixed_vs_clr").err, Catch::Contains("fixed_vs_clr: is now cyclone compare"));
    CHECK(run_program("cyclone", "help scheduels").code == 2);
}

TEST_CASE("a full standard output is a failure") {
    if (!fs::exists("/dev/full")) CYCLONE_SKIP("no /dev/full");
    for (const char* arguments :
         {"schedules", "--help", "--version", "train --help", "help formats", "completion bash"}) {
        INFO(arguments);
        const auto result = run_program("cyclone", std::string(arguments) + " >/dev/full");
        CHECK(result.code == 1);
        CHECK_THAT(result.err, Catch::Contains("standard output: cannot be written"));
    }
}

TEST_CASE("completion and the manual page know every subcommand and option") {
    const test::TemporaryFolder temporary;
    for (const std::string kind : {"bash", "zsh", "fish", "man"}) {
        const auto made = run_program("cyclone", "completion " + kind);
        INFO(kind);
        REQUIRE(made.code == 0);
        for (const cli::Command& command : cli::commands()) {
            cli::Options options(command.name, command.summary);
            command.setup(options);
            for (const cli::Option& option : options.all()) {
                if (option.is_positional() && kind != "man") continue;
                std::string name = kind == "fish" ? "-l " + option.name.substr(2) : option.name;
                if (kind == "man")
                    for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2)
                        name.insert(at, "\\");
                CHECK_THAT(made.out, Catch::Contains(name));
            }
        }
        CHECK_THAT(made.out, Catch::Contains("cosine"));
        const std::string file = (temporary / kind).string();
        CHECK(run_program("cyclone", "completion " + kind + " " + file).code == 0);
        CHECK(whole_file(file) == made.out);
    }
    const auto reads = [&](const std::string& program, const std::string& arguments) {
        if (std::system(("command -v " + program + " >/dev/null").c_str()) != 0) {
            std::cout << "no " << program << " here that could read its completion or page\n";
            return true;
        }
        return std::system((program + " " + arguments + " >/dev/null 2>&1").c_str()) == 0;
    };
    CHECK(reads("bash", "-n " + (temporary / "bash").string()));
    CHECK(reads("zsh", "-n " + (temporary / "zsh").string()));
    CHECK(reads("fish", "-n " + (temporary / "fish").string()));
    CHECK(reads("groff", "-man -ww -z " + (temporary / "man").string()));
    const std::string complete = ". " + (temporary / "bash").string() +
                                 "; COMP_WORDS=(cyclone train --sched); COMP_CWORD=2; _cyclone; echo ${COMPREPLY[*]}";
    CHECK(std::system(("bash -c '" + complete + "' >" + (temporary / "out").string()).c_str()) == 0);
    CHECK(whole_file(temporary / "out") == "--schedule\n");
    CHECK(run_program("cyclone", "completion tcsh").code == 2);
}
