// Schedules before any training: a picture, the budget, and what is likely a mistake.

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/report/plot.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/preview.h>

#include "support/command_line.h"
#include "text_plot.h"

#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

using namespace cyclone;

namespace {

constexpr std::uint64_t kLongestRun = 100'000'000;

struct Settings {
    std::vector<std::string> schedules = {"triangular", "triangular2", "exp-range"};
    double base = 0.002, max = 0.03, epochs = 12;
    std::int64_t updates = 0, updates_per_epoch = 2000;
    std::string step_size = "2epochs", svg, csv;
    bool list = false;
};

std::string schedule_list() {
    std::ostringstream out;
    for (const NamedItem& known : schedule::registry().names())
        out << "  " << std::left << std::setw(34) << known.usage << ' ' << known.description << '\n';
    return out.str();
}

std::vector<schedule::Preview> previews(const Settings& s) {
    check<UsageError>(s.updates_per_epoch >= 1, "--updates-per-epoch", "expected at least 1, got ",
                      s.updates_per_epoch);
    check<UsageError>(s.updates >= 0, "--updates", "expected at least 1, got ", s.updates);
    check<UsageError>(std::isfinite(s.epochs) && s.epochs > 0, "--epochs", "expected a number above 0, got ", s.epochs);
    const Length run = s.updates > 0 ? Length(Iterations{s.updates}) : Length(Epochs{s.epochs});
    const auto per_epoch = static_cast<std::uint64_t>(s.updates_per_epoch);
    const std::uint64_t updates = run.updates(per_epoch);
    check<UsageError>(updates <= kLongestRun, s.updates > 0 ? "--updates" : "--epochs", "expected a run of at most ",
                      kLongestRun, " updates, got ", updates);
    ScheduleContext context{
        .base = s.base, .max = s.max, .step_size = Epochs{1}, .total = run, .updates_per_epoch = per_epoch};
    try {
        context.step_size = parse_length(s.step_size);
    } catch (const UsageError& error) {
        fail<UsageError>("--step-size", error.what());
    }
    std::vector<schedule::Preview> list;
    for (const std::string& name : s.schedules)
        list.push_back(schedule::preview(name, parse_schedule(name, context), updates, per_epoch));
    return list;
}

std::string csv(const std::vector<schedule::Preview>& list) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << std::setprecision(9) << "schedule,update,learning_rate\n";
    for (const auto& p : list)
        for (std::uint64_t t = 0; t < p.updates; ++t) out << p.name << ',' << t << ',' << p.schedule.value(t) << '\n';
    return out.str();
}

void print_figures(const std::vector<schedule::Preview>& list) {
    std::size_t width = 8;
    for (const auto& p : list) width = std::max(width, p.name.size());
    const auto name = static_cast<int>(width) + 2;
    std::cout << std::left << std::setw(name) << "schedule" << std::right;
    for (const char* title : {"sum", "mean", "highest", "at update", "first", "last"})
        std::cout << std::setw(12) << title;
    std::cout << '\n' << std::setprecision(4);
    for (const auto& p : list)
        std::cout << std::left << std::setw(name) << p.name << std::right << std::setw(12) << p.sum << std::setw(12)
                  << p.mean << std::setw(12) << p.highest << std::setw(12) << p.highest_at << std::setw(12) << p.first
                  << std::setw(12) << p.last << '\n';
    std::cout << '\n';
    for (const auto& p : list) std::cout << p.name << " = " << p.schedule.describe() << '\n';
}

int show(const Settings& s) {
    if (s.list) {
        std::cout << schedule_list();
        return 0;
    }
    const auto list = previews(s);
    if (s.svg.empty() && s.csv.empty()) {
        print_text_plot(std::cout, list);
        std::cout << '\n';
    }
    print_figures(list);
    std::vector<std::string> warnings;
    for (const auto& p : list)
        for (const std::string& warning : p.warnings) warnings.push_back(warning);
    for (const std::string& warning : schedule::budget_warnings(list)) warnings.push_back(warning);
    if (!warnings.empty()) std::cout << '\n';
    for (const std::string& warning : warnings) std::cout << "warning: " << warning << '\n';
    if (!s.csv.empty()) io::write_file_atomically(s.csv, csv(list));
    if (!s.svg.empty()) report::plot_schedules(s.svg, list);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    support::CommandLine line("schedules", "Draws learning-rate schedules over a run and warns of likely mistakes.");
    Settings s;
    line.option("schedules", s.schedules, "what to draw, see below (default: the three cyclical ones)");
    line.show_defaults();
    line.option("--base-lr", s.base, "lowest rate of the cycle");
    line.option("--max-lr", s.max, "highest rate of the cycle");
    line.option("--step-size", s.step_size, "half a cycle: 2epochs, or 4000 (updates)");
    line.option("--epochs", s.epochs, "length of the run");
    line.option("--updates-per-epoch", s.updates_per_epoch, "training images / batch size");
    line.show_defaults(false);
    line.option("--updates", s.updates, "length of the run in updates, instead of --epochs");
    line.option("--svg", s.svg, "draw into this file");
    line.option("--csv", s.csv, "write every rate into this file: schedule, update, learning_rate");
    line.flag("--list", s.list, "list the schedules and end");
    line.footer("Schedules:\n" + schedule_list() +
                "\nExamples:\n"
                "  schedules\n"
                "  schedules time-decay constant:mean triangular --epochs 12 --updates-per-epoch 2000\n"
                "  schedules warmup:1epoch:cosine one-cycle --max-lr 0.1 --svg rates.svg\n"
                "Without --svg and --csv the picture is drawn in the terminal.\n"
                "Exit codes: 0 done (warnings included), 1 failed, 2 wrong options.");
    return line.run(argc, argv, [&] { return show(s); });
}
