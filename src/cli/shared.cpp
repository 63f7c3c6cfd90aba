// The output folder, sizes in options.

#include "cli/shared.h"

#include <cyclone/base/arguments.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/ops/precision.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "system/system.h"

namespace cyclone::cli {
std::string time_stamp() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
    return text;
}

void make_output_folder(const std::filesystem::path& path, const std::string& result, bool overwrite) {
    namespace fs = std::filesystem;
    const std::string where = "--out " + path.string();
    try {
        if (fs::exists(path)) {
            check<UsageError>(fs::is_directory(path), where, "expected a folder, this is a file");
            check<UsageError>(!lab::kind_of_folder(path), where,
                              "holds a training or a comparison (hint: name another folder)");
            const bool ours = fs::exists(path / result);
            check<UsageError>(fs::is_empty(path) || (ours && overwrite), where,
                              ours ? "holds an earlier result (hint: another folder, or --overwrite to replace it)"
                                   : "is not empty and holds no earlier result (hint: name a new folder)");
        }
        fs::create_directories(path);
    } catch (const fs::filesystem_error& error) {
        fail(where, "cannot be written: ", error.code().message());
    }
}

Option& add_precision(Options& options, std::string& target) {
    return options.option("--precision NAME", target,
                          "of products in convolution and linear layers: f32; bf16, faster on processors with AMX; "
                          "automatic, bf16 where there is AMX; or bf16-emulated, slower, for measuring the accuracy of "
                          "bf16 on any processor");
}

std::string settled_precision(const std::string& name) {
    try {
        const Precision precision = usable(parse_precision(name));
        if (precision == Precision::bf16_emulated)
            std::cerr << "cyclone: --precision bf16-emulated computes what bf16 would, more slowly than f32: it is for "
                         "measuring accuracy\n";
        return std::string(name_of(precision));
    } catch (const UsageError& error) {
        fail<UsageError>("--precision", error.what());
    }
}

Option& add_memory_limit(Options& options, std::string& target) {
    return options
        .option("--memory-limit SIZE", target,
                "memory for the pixels of the data, such as 500MB or 2GB (default: half of what is free); a flat file "
                "is mapped and has no limit")
        .incidental();
}

std::uint64_t parse_memory_limit(const std::string& text) {
    if (text.empty()) return 0;
    std::string_view unit = text;
    const double number = take_number(unit).value_or(0);
    double factor = 0;
    for (const auto& [name, bytes] :
         {std::pair<std::string_view, double>{"MB", 1e6}, {"GB", 1e9}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}})
        if (unit == name) factor = bytes;
    const double bytes = number * factor;
    check<UsageError>(bytes >= 1 && bytes <= 1e18, "--memory-limit", "expected a size such as 500MB or 2GB, got '",
                      text, "'");
    return static_cast<std::uint64_t>(bytes);
}

std::vector<std::int64_t> parse_sizes(const std::string& option, const std::string& text, std::size_t least,
                                      std::size_t most) {
    std::vector<std::int64_t> sizes;
    std::string_view left = text;
    bool good = true;
    do {
        if (!sizes.empty()) left.remove_prefix(1);  // the x
        const std::string_view number = left.substr(0, left.find('x'));
        left.remove_prefix(number.size());
        good =
            !number.empty() && number.size() <= 5 && number.find_first_not_of("0123456789") == std::string_view::npos;
        sizes.push_back(good ? std::stoll(std::string(number)) : 0);
        good = good && sizes.back() >= 1 && sizes.back() <= 16'384;
    } while (good && !left.empty());
    check<UsageError>(good && sizes.size() >= least && sizes.size() <= most, option, "expected ",
                      most == 2 ? "HEIGHTxWIDTH" : "HEIGHTxWIDTH[xCHANNELS]", " in pixels, such as 28x28, got '", text,
                      "'");
    return sizes;
}

std::vector<std::string> without_effect(const Options& options, const std::vector<std::string>& schedules,
                                        const ScheduleContext& context,
                                        const std::vector<std::string>& used_elsewhere) {
    std::vector<std::string> sentences;
    std::string names;
    for (const std::string& schedule : schedules) names += (names.empty() ? "" : ", ") + schedule;
    for (const auto& [option, field] : {std::pair<const char*, std::string>{"--base-lr", "base"},
                                        {"--max-lr", "max"},
                                        {"--step-size", "step_size"}}) {
        const bool elsewhere = std::find(used_elsewhere.begin(), used_elsewhere.end(), option) != used_elsewhere.end();
        if (elsewhere || !options.given(option)) continue;
        const bool unused = std::all_of(schedules.begin(), schedules.end(), [&, &field = field](const auto& schedule) {
            const auto list = unused_context(schedule, context);
            return std::find(list.begin(), list.end(), field) != list.end();
        });
        if (unused)
            sentences.push_back(std::string(option) + " has no effect: " + names +
                                (schedules.size() > 1 ? " do" : " does") + " not use it");
    }
    return sentences;
}

void check_rates(const Options& options, double base, double max, const std::string& origin) {
    const bool base_given = options.given("--base-lr"), max_given = options.given("--max-lr");
    const std::string hint = base_given == max_given ? ""
                                                     : joined(" (hint: ", base_given ? "--max-lr " : "--base-lr ",
                                                              base_given ? max : base, " is ", origin, "; give both)");
    check<UsageError>(base >= 0 && base <= max && std::isfinite(max),
                      max_given && !base_given ? "--max-lr" : "--base-lr", "expected 0 <= base <= max, got base ", base,
                      " and max ", max, hint);
}

bool takes_colour() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value ? value : "");
    };
    const std::string locale = !variable("LC_ALL").empty()     ? variable("LC_ALL")
                               : !variable("LC_CTYPE").empty() ? variable("LC_CTYPE")
                                                               : variable("LANG");
    const bool utf8 = locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    return system::is_terminal(system::kOutput) && utf8 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

std::ostream& output_unless(bool silent) {
    static std::ostream nothing(nullptr);
    return silent ? nothing : std::cout;
}

}  // namespace cyclone::cli
