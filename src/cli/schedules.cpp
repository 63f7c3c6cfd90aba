// cyclone schedules: schedules before any training: a picture, the budget, and what is likely a mistake.

#include <cyclone/base/error.h>
#include <cyclone/base/text_width.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/report/plot.h>
#include <cyclone/report/table.h>
#include <cyclone/report/text_plot.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/preview.h>

#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/shared.h"
#include "system/system.h"

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ScheduleSettings {
    std::vector<std::string> schedules = {"triangular", "triangular2", "exp-range"};
    double base = 0.002, max = 0.03, epochs = 12;
    std::optional<std::int64_t> updates;
    std::int64_t updates_per_epoch = 2000;
    std::string step_size = "2epochs", svg, csv;
    bool list = false, json = false;
};

std::vector<schedule::Preview> previews(const ScheduleSettings& s, const Options& options) {
    check_rates(options, s.base, s.max, "the default");
    check<UsageError>(s.updates_per_epoch >= 1, "--updates-per-epoch", "expected at least 1, got ",
                      s.updates_per_epoch);
    check<UsageError>(s.updates.value_or(1) >= 1, "--updates", "expected at least 1, got ", s.updates.value_or(0));
    check<UsageError>(std::isfinite(s.epochs) && s.epochs > 0, "--epochs", "expected a number above 0, got ", s.epochs);
    const Length run = s.updates ? Length(Iterations{*s.updates}) : Length(Epochs{s.epochs});
    const auto per_epoch = static_cast<std::uint64_t>(s.updates_per_epoch);
    const std::uint64_t updates = run.updates(per_epoch);
    check<UsageError>(updates <= schedule::kLongestPreview, s.updates ? "--updates" : "--epochs",
                      "expected a run of at most ", schedule::kLongestPreview, " updates, got ", updates);
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
    for (const std::string& sentence : without_effect(options, s.schedules, context))
        list.front().warnings.push_back(sentence);
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

void print_table(const std::vector<schedule::Preview>& list, std::size_t width) {
    report::Table table{.header = {"schedule", "sum", "mean", "highest", "at update", "first", "last"}};
    for (const auto& p : list)
        table.rows.push_back({p.name, report::Cell::significant(p.sum, 4), report::Cell::significant(p.mean, 4),
                              report::Cell::significant(p.highest, 4), report::Cell::count(p.highest_at),
                              report::Cell::significant(p.first, 4), report::Cell::significant(p.last, 4)});
    report::print(std::cout, table, width);
    std::cout << '\n';
    for (const auto& p : list) std::cout << p.name << " = " << p.schedule.describe() << '\n';
}

std::vector<std::string> warnings_of(const std::vector<schedule::Preview>& list) {
    std::vector<std::string> warnings;
    for (const auto& p : list) warnings.insert(warnings.end(), p.warnings.begin(), p.warnings.end());
    for (const std::string& warning : schedule::budget_warnings(list)) warnings.push_back(warning);
    return warnings;
}

void print_json(const std::vector<schedule::Preview>& list) {
    Json json{{"schedules", Json::array()}, {"warnings", warnings_of(list)}};
    for (const auto& p : list)
        json["schedules"].push_back({{"name", p.name},
                                     {"definition", p.schedule.describe()},
                                     {"updates", p.updates},
                                     {"sum", p.sum},
                                     {"mean", p.mean},
                                     {"highest", p.highest},
                                     {"highest_at", p.highest_at},
                                     {"first", p.first},
                                     {"last", p.last}});
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_text(const std::vector<schedule::Preview>& list, bool draw) {
    const std::size_t width = terminal_columns(system::kOutput).value_or(80);
    if (draw) {
        report::print_schedules(std::cout, list, width, takes_colour());
        std::cout << '\n';
    }
    print_table(list, width);
    const auto warnings = warnings_of(list);
    if (!warnings.empty()) std::cout << '\n';
    for (const std::string& warning : warnings) std::cout << "warning: " << warning << '\n';
}

int show(const ScheduleSettings& s, const Options& options) {
    if (s.list) {
        std::cout << topic_text("schedules");
        return 0;
    }
    const auto list = previews(s, options);
    if (s.json)
        print_json(list);
    else
        print_text(list, s.svg.empty() && s.csv.empty());
    if (!s.csv.empty()) io::write_file_atomically(s.csv, csv(list));
    if (!s.svg.empty()) report::plot_schedules(s.svg, list);
    return 0;
}

}  // namespace

Body setup_schedules(Options& options) {
    const auto s = std::make_shared<ScheduleSettings>();
    options.option("SCHEDULE", s->schedules, "what to draw (default: the three cyclical ones)").usual();
    options.option("--base-lr", s->base, "lowest rate of the cycle").usual();
    options.option("--max-lr", s->max, "highest rate of the cycle").usual();
    options.option("--step-size LENGTH", s->step_size, "half a cycle: 2epochs, or 4000 (updates)").usual();
    options.option("--epochs", s->epochs, "length of the run").usual();
    options.option("--updates", s->updates, "length of the run in updates, instead of --epochs").usual();
    options.option("--updates-per-epoch", s->updates_per_epoch, "training images / batch size").usual();
    options.option("--svg FILE", s->svg, "draw into this file instead of the terminal").usual();
    options.option("--csv FILE", s->csv, "write every rate into this file: schedule, update, learning_rate").usual();
    options.option("--json", s->json, "print the budgets and warnings as JSON").usual();
    options.option("--list", s->list, "list the schedules and end").usual();
    options.example("");
    options.example("time-decay constant:mean triangular");
    options.example("warmup:1epoch:cosine one-cycle --max-lr 0.1 --svg rates.svg");
    options.note("Warnings are guesses: nothing is refused, and the exit code stays 0.");
    options.topics({"schedules"});
    return [s, &options] { return show(*s, options); };
}

}  // namespace cyclone::cli
