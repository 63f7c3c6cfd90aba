#pragma once
// The subcommands, one file each: a row of a table and a function that adds options and returns what is to be done.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace cyclone::cli {

/// What a subcommand does once its options are read; the result is the exit code.
using Body = std::function<int()>;

struct Command {
    const char* name;
    const char* summary;
    Body (*setup)(Options&);  ///< the options live as long as the body
};

std::span<const Command> commands();
/// UsageError for an unknown name, with the nearest one.
const Command& command_named(std::string_view name);

/// Parses the arguments of a subcommand and runs it; the result is the exit code.
int run_command(const Command& command, const std::vector<std::string>& arguments);

Body setup_compare(Options& options);
Body setup_convert(Options& options);
Body setup_convert_weights(Options& options);
Body setup_evaluate(Options& options);
Body setup_find_lr(Options& options);
Body setup_lab(Options& options);
Body setup_predict(Options& options);
Body setup_report(Options& options);
Body setup_schedules(Options& options);
Body setup_tour(Options& options);
Body setup_train(Options& options);

}  // namespace cyclone::cli
