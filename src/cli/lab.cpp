// cyclone lab: the laboratory: small experiments, each with a claim that it tests, a picture and an answer.

#include <cyclone/base/text_width.h>
#include <cyclone/report/laboratory.h>

#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/finding.h"
#include "cli/process.h"
#include "cli/shared.h"
#include "system/system.h"

namespace cyclone::cli {
namespace {

struct LabSettings {
    std::string name, out;
    std::int64_t seeds = 0;
    std::uint64_t first_seed = 1;
    int threads = 1;
    bool quick = false, json = false, quiet = false, overwrite = false;
};

int list_experiments() {
    std::cout << "Experiments, each with the claim that it tests (" << program << " lab NAME):\n"
              << lab::experiments().help(terminal_columns(system::kOutput).value_or(80));
    return 0;
}

int run_lab(const LabSettings& s) {
    if (s.name.empty()) return list_experiments();
    lab::experiments().parse(s.name);  // its errors come before anything is made
    check<UsageError>(s.seeds >= 0, "--seeds", "expected at least 1, got ", s.seeds);
    check_threads(s.threads);
    if (!s.out.empty()) make_output_folder(s.out, "result.json", s.overwrite);
    use_threads(1);  // for what is not shared out
    catch_interrupts();
    lab::ExperimentOptions options{
        .seeds = s.seeds,
        .first_seed = s.first_seed,
        .threads = s.threads,
        .quick = s.quick,
        .progress = s.json || s.quiet ? train::ProgressMode::off : train::ProgressMode::automatic,
        .stop = &interrupted};
    const lab::Finding finding = lab::run_experiment(s.name, options);
    if (!s.out.empty()) report::write(s.out, finding);
    print_finding(finding, s.json, s.quiet);
    if (!s.out.empty() && !s.json && !s.quiet)
        std::cout << "\nresult.json, picture.svg and page.html are in " << s.out << '\n';
    return 0;
}

}  // namespace

Body setup_lab(Options& options) {
    const auto s = std::make_shared<LabSettings>();
    options.option("NAME", s->name, "the experiment (default: lists them all)").usual();
    options.option("--out FOLDER", s->out, "write result.json, picture.svg and page.html there").usual();
    options.option("--seeds", s->seeds, "how many (default: as many as the experiment is made for)").usual();
    options.option("--first-seed", s->first_seed, "the others follow it").usual();
    options.option("--threads", s->threads, "runs side by side; the result does not depend on it").usual();
    options.option("--quick", s->quick, "a few seconds, to see that all works: no answer").usual();
    options.option("--json", s->json, "print the finding as JSON, nothing else").usual();
    options.option("--quiet", s->quiet, "print the answer only").usual();
    options.option("--overwrite", s->overwrite, "replace the finding that is in --out").usual();
    options.only_one_of({"--json", "--quiet"});
    options.example("");
    options.example("noise-floor");
    options.example("edge-of-stability --out runs/edge");
    options.note(
        "An answer is \"holds\", \"does not hold\" or \"the seeds cannot tell\"; the exit code is 0 for each.");
    options.topics({"experiments"});
    return [s] { return run_lab(*s); };
}

}  // namespace cyclone::cli
