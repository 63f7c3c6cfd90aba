// The program: finds the subcommand, calls it, and turns exceptions into one line and an exit code.

#include <cyclone/cli/cli.h>

#include <cyclone/base/out_of_memory.h>
#include <cyclone/base/profile.h>
#include <cyclone/base/registry.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <new>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/ranks.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

using Words = std::vector<std::string>;

constexpr std::array kCommands{
    Command{"compare", "Compares fixed with cyclical learning rates on two-class images.", setup_compare},
    Command{"report", "Prints and draws a comparison or a training again from its folder.", setup_report},
    Command{"find-lr", "Measures which learning rates suit a network and its data.", setup_find_lr},
    Command{"schedules", "Draws learning-rate schedules and warns of likely mistakes.", setup_schedules},
    Command{"lab", "Tests what is said of learning rates: a claim, a picture, an answer.", setup_lab},
    Command{"train", "Trains a network on images.", setup_train},
    Command{"evaluate", "Measures trained weights on labelled images.", setup_evaluate},
    Command{"predict", "Applies trained weights to images: a table of probabilities.", setup_predict},
    Command{"convert", "Writes data of any known format into one checked file.", setup_convert},
    Command{"convert-weights", "Writes weights in another format: PyTorch's, Keras's, ONNX, ...",
            setup_convert_weights},
    Command{"tour", "A course on cyclical learning rates: a picture per chapter, as a site.", setup_tour},
};

int help(const Words& words) {
    if (words.empty()) {
        std::cout << overview();
        return 0;
    }
    const std::string& name = words[0];
    const auto command =
        std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return name == c.name; });
    if (command != kCommands.end() && !is_topic(name)) return run_command(*command, {"--help-all"});
    std::cout << topic_text(name);
    return 0;
}

int dispatch(const Words& words) {
    if (words.empty()) {
        std::cerr << overview();
        return 2;
    }
    const std::string& first = words[0];
    const Words rest(words.begin() + 1, words.end());
    if (first == "--version") {
        std::cout << version_text();
        return 0;
    }
    if (first == "help" || first == "--help" || first == "-h" || first == "--help-all") return help(rest);
    if (first == "completion") {
        const std::string text = completion(rest.empty() ? "" : rest[0]);
        if (rest.size() > 1)
            io::write_file_atomically(rest[1], text);
        else
            std::cout << text;
        return 0;
    }
    return run_command(command_named(first), rest);
}

}  // namespace

int run_command(const Command& command, const Words& arguments) {
    Options options(command.name, command.summary);
    const Body body = command.setup(options);
    options.parse(arguments);
    for (const std::string& section : options.other_sections()) command_named(section);  // or it is an error
    if (options.wants_help()) {
        std::cout << options.help();
        return 0;
    }
    if (options.wants_profile()) profile::start();
    const int code = body();
    profile::print(std::cout);
    return code;
}

std::span<const Command> commands() { return kCommands; }

const Command& command_named(std::string_view name) {
    std::vector<NamedItem> known;
    for (const Command& command : kCommands) {
        if (name == command.name) return command;
        known.push_back({command.name, command.name, command.summary});
    }
    check<UsageError>(name != "fixed_vs_clr", name, "is now cyclone compare");
    fail_unknown_name("subcommand", name, known);
}

int run(int argc, char** argv, StartRanks start) {
    std::string name = "cyclone";
    start_ranks = start;
    if (argc > 0 && *argv[0] != '\0') program = shell_quoted(argv[0]);
    const auto report = [&name](const std::string& message, int code) {
        std::cout.flush();
        const std::string speaker = let_first_rank_speak(name);
        std::fprintf(stderr, "%s: %s%s\n", name.c_str(), speaker.c_str(), message.c_str());
        end_ranks(name, code);
        return code;
    };
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error like a full disk
    try {
        const Words words(argv + (argc > 0), argv + argc);
        for (const Command& command : kCommands)
            if (!words.empty() && words[0] == command.name) name += " " + words[0];
        const int code = dispatch(words);
        std::cout.flush();
        if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            return report("standard output: cannot be written (disk full?)", 1);
        leave_ranks();
        return code;
    } catch (const UsageError& error) {
        return report(error.what(), 2);
    } catch (const OutOfMemory& error) {
        return report(error.what(), 1);
    } catch (const std::bad_alloc&) {
        return report("out of memory", 1);
    } catch (const std::exception& error) {
        return report(error.what(), 1);
    }
}

}  // namespace cyclone::cli
