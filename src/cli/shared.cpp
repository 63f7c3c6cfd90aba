// Ctrl-C, the output folder, sizes in options.

#include "cli/shared.h"

#include <cyclone/base/arguments.h>

#include <csignal>
#include <ctime>
#include <iostream>

namespace cyclone::cli {
namespace {

extern "C" void on_interrupt(int signal) {
    interrupted = true;
    std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
}

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

std::ostream& output_unless(bool silent) {
    static std::ostream nothing(nullptr);
    return silent ? nothing : std::cout;
}

}  // namespace cyclone::cli
