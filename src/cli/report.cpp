// cyclone report: the tables and pages of a comparison, a training or an experiment of the laboratory again from its
// folder, without training.

#include <cyclone/base/error.h>
#include <cyclone/io/input_file.h>
#include <cyclone/io/json_fields.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/lab/laboratory.h>
#include <cyclone/report/laboratory.h>
#include <cyclone/report/report.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/comparison.h"
#include "cli/finding.h"
#include "cli/shared.h"
#include "cli/training.h"

namespace cyclone::cli {
namespace {

struct ReportSettings {
    std::string folder, baseline, memory_limit, live;
    std::optional<double> target_auc;
    std::optional<double> alike_within;
    bool quiet = false, json = false;
};

// The settings of a folder that `cyclone compare` made; a program that uses the library may have written others.
CompareSettings settings_of(const lab::ComparisonRecord& record) {
    try {
        return settings_of_folder(record.settings);
    } catch (const Error&) {
        CompareSettings none;
        none.can_grow = false;
        none.evaluate_every = 1;  // not known: the runs tell
        return none;
    }
}

// The data of the comparison, unless they are missing or have changed since.
std::optional<ComparisonData> load_again(const CompareSettings& s, const lab::ComparisonRecord& record) {
    try {
        ComparisonData data = load_comparison_data(s);
        const std::pair<std::string, std::string> fingerprint{
            "data_fingerprint", data::Splits{.train = data.train, .test = data.test}.fingerprint()};
        const auto& settings = record.settings;
        if (std::find(settings.begin(), settings.end(), fingerprint) != settings.end()) return data;
    } catch (const Error&) {
    }
    return std::nullopt;
}

int report_comparison_folder(const ReportSettings& given) {
    const lab::ComparisonFolder folder(given.folder, lab::FolderMode::read);
    const auto record = folder.read_config();
    check(record.has_value(), given.folder, "holds no comparison");
    CompareSettings s = settings_of(*record);
    s.out = given.folder;
    s.baseline = given.baseline;
    s.target_auc = given.target_auc;
    s.alike_within = given.alike_within.value_or(s.alike_within);
    s.reading.memory_limit = given.memory_limit;
    s.quiet = given.quiet;
    s.json = given.json;
    parse_memory_limit(s.reading.memory_limit);
    check_target_value(s);
    check_target(s);
    const auto labels = folder.read_test_labels();
    const lab::StoredRuns stored = folder.read_runs(*record, labels);
    std::ostream& out = output_unless(s.json);
    for (const std::string& sentence : stored.damaged)
        out << sentence << ": left out (cyclone compare --resume trains it again)\n";
    check(!stored.runs.empty(), given.folder, "there is no finished run");
    const auto data = load_again(s, *record);
    if (!given.live.empty()) report::add_live_page(given.folder, given.live);
    if (!data) out << "The data are missing, have changed or do not fit into memory: the report shows no images\n";
    report_comparison(s, folder, *record, stored.runs, labels, data ? &data->test : nullptr);
    return 0;
}

// Whether `cyclone lab` wrote the folder.
bool holds_finding(const std::filesystem::path& folder) {
    try {
        return !lab::kind_of_folder(folder) && io::JsonFields(io::read_text(folder / "result.json")).has("claim");
    } catch (const Error&) {
        return false;
    }
}

void report_finding(const ReportSettings& given) {
    const std::filesystem::path folder = given.folder, file = folder / "result.json";
    lab::Finding finding;
    io::from_json(io::read_text(file), file.string(), finding);
    lab::judge(finding);
    report::write(folder, finding);
    print_finding(finding, given.json, given.quiet);
}

int report_folder(const ReportSettings& given) {
    const bool is_finding = holds_finding(given.folder);
    if (!is_finding && lab::kind_of_folder(given.folder) != lab::FolderKind::training)
        return report_comparison_folder(given);
    for (const auto& [option, is_given] : {std::pair<const char*, bool>{"--baseline", !given.baseline.empty()},
                                           {"--target-auc", given.target_auc.has_value()},
                                           {"--alike-within", given.alike_within.has_value()},
                                           {"--memory-limit", !given.memory_limit.empty()},
                                           {"--live", !given.live.empty()}})
        check<UsageError>(!is_given, option, "is for comparisons, ", given.folder, " holds ",
                          is_finding ? "an experiment of the laboratory" : "a training");
    if (is_finding) {
        report_finding(given);
        return 0;
    }
    report_training(lab::TrainingFolder(given.folder, lab::FolderMode::read), given.quiet, given.json);
    return 0;
}

}  // namespace

Body setup_report(Options& options) {
    const auto s = std::make_shared<ReportSettings>();
    options.option("FOLDER", s->folder, "of a comparison, a training or an experiment of the laboratory").required();
    options
        .option("--baseline ROW", s->baseline,
                "schedule that the others are compared with (default: constant:mean if it is there, else the first)")
        .usual();
    options.option("--target-auc X", s->target_auc, "count the updates needed to reach it").usual();
    options.option("--alike-within X", s->alike_within, "differences of AUC and AP that do not matter (default 0.005)")
        .usual();
    options.option("--live PAGE", s->live, "put this page of `make web` beside the report and link it").usual();
    options.option("--quiet", s->quiet, "print the tables and the conclusion only").usual();
    options.option("--json", s->json, "print the results as JSON, nothing else").usual();
    add_memory_limit(options, s->memory_limit);
    options.example("runs/mine");
    options.example("runs/mine --baseline constant:0.05");
    options.note("Exit codes: 0 done, 1 failed, 2 wrong use.");
    return [s] { return report_folder(*s); };
}

}  // namespace cyclone::cli
