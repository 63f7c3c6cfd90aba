#pragma once
// What several subcommands share: the output folder, sizes in options.

#include <cyclone/schedule/parse.h>

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <cyclone/lab/run_folder.h>

#include "cli/options.h"

namespace cyclone::cli {

/// What --model may be, for --help.
inline constexpr const char* kModelHelp =
    "study (the study's CNN), resnet:20 or another network, layers such as 'conv:32,5 relu pool flatten "
    "linear:classes', or a JSON file with them";

/// What --tensorboard does, for --help.
inline constexpr const char* kTensorboardHelp = "event files for TensorBoard in --out (tensorboard --logdir FOLDER)";

/// "20181004-153012", local time.
std::string time_stamp();

/// Makes the folder. UsageError if something is there already, unless it holds `result` of an earlier run and
/// `overwrite` is set.
void make_output_folder(const std::filesystem::path& path, const std::string& result, bool overwrite);

/// Opens a run's folder; its errors name the options that help.
template <class Folder>
void open_folder(std::optional<Folder>& folder, const std::string& path, lab::FolderMode mode) {
    try {
        folder.emplace(path, mode);
    } catch (const UsageError& error) {
        const bool earlier = mode == lab::FolderMode::create && lab::kind_of_folder(path);
        throw UsageError(std::string("--out ") + error.what() + (earlier ? " (--resume, --overwrite)" : ""));
    } catch (const Error& error) {
        throw Error(std::string("--out ") + error.what());
    }
}

/// --precision.
Option& add_precision(Options& options, std::string& target);
/// The name of what `name` comes down to on this machine: automatic is settled. UsageError for an unknown one and for
/// bf16 where it is not possible. Says on standard error what bf16-emulated is for.
std::string settled_precision(const std::string& name);

/// --memory-limit.
Option& add_memory_limit(Options& options, std::string& target);
/// Bytes: "500MB" is 500,000,000; MiB and GiB are powers of two. 0 of an empty text.
std::uint64_t parse_memory_limit(const std::string& text);

/// The numbers of "16x24" or "16x24x3", each from 1 to 16384; UsageError unless there are between `least` and `most`.
std::vector<std::int64_t> parse_sizes(const std::string& option, const std::string& text, std::size_t least,
                                      std::size_t most);

/// The program as it was called, quoted for a shell: for commands that are printed to be pasted.
inline std::string program = "cyclone";

/// "--step-size has no effect: ..." for each of --base-lr, --max-lr and --step-size that was given and that none of the
/// schedules depends on.
/// An option in `used_elsewhere` has its effect in any case.
std::vector<std::string> without_effect(const Options& options, const std::vector<std::string>& schedules,
                                        const ScheduleContext& context,
                                        const std::vector<std::string>& used_elsewhere = {});

/// UsageError unless 0 <= base <= max; where only one of --base-lr and --max-lr was given it names the other one, whose
/// value comes from `origin`: "the preset's".
void check_rates(const Options& options, double base, double max, const std::string& origin);

/// Whether standard output shows braille dots in colour: a terminal that knows UTF-8 (no-color.org turns it off).
bool takes_colour();

/// Standard output, or a stream that swallows everything.
std::ostream& output_unless(bool silent);

}  // namespace cyclone::cli
