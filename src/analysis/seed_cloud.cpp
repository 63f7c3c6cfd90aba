// Verdicts over the number of seeds.
#include <cyclone/analysis/seed_cloud.h>
#include <cyclone/base/random.h>

#include <algorithm>
#include <cmath>

namespace cyclone::analysis {
namespace {

constexpr std::size_t kMostChoices = 20;
constexpr std::uint64_t kChoiceStream = 0x5EED;
using Seeds = std::vector<std::uint64_t>;

// Seeds that the runs of every difference share.
Seeds common_seeds(const Statistics& statistics) {
    Seeds common = statistics.differences.front().seeds;
    for (const BaselineDifference& d : statistics.differences)
        std::erase_if(common, [&](std::uint64_t seed) {
            return std::find(d.seeds.begin(), d.seeds.end(), seed) == d.seeds.end();
        });
    return common;
}

// Choices of `count` out of the seeds: all of them, or kMostChoices drawn at random, as the first in order are alike.
std::vector<Seeds> choices(const Seeds& seeds, std::size_t count) {
    std::vector<bool> taken(seeds.size(), false);
    std::fill_n(taken.begin(), count, true);
    std::vector<Seeds> list;
    do {
        Seeds& choice = list.emplace_back();
        for (std::size_t i = 0; i < seeds.size(); ++i)
            if (taken[i]) choice.push_back(seeds[i]);
    } while (list.size() <= kMostChoices && std::prev_permutation(taken.begin(), taken.end()));
    if (list.size() <= kMostChoices) return list;
    list.assign(kMostChoices, {});
    for (std::size_t k = 0; k < kMostChoices; ++k)
        for (const std::int64_t i :
             random_choice(std::ssize(seeds), static_cast<std::int64_t>(count), Random(k, kChoiceStream)))
            list[k].push_back(seeds[static_cast<std::size_t>(i)]);
    return list;
}

double auc_of(const Results& results, const std::string& configuration, std::uint64_t seed) {
    for (const lab::Run& run : results.runs)
        if (run.seed == seed && run.status == lab::RunStatus::finished && run.configuration() == configuration)
            return run.test.auc;
    return std::nan("");
}

// judge() with another number of seeds; it asks for no more than these fields.
void add_draws(const Results& results, const Seeds& choice, std::int64_t seeds, SeedCloud& cloud) {
    Statistics statistics;
    statistics.level = results.statistics.level;
    statistics.alike_within = results.statistics.alike_within;
    for (const BaselineDifference& d : results.statistics.differences) {
        BaselineDifference& other = statistics.differences.emplace_back();
        for (RunDifference* of : {&other.auc, &other.average_precision, &other.f1})
            of->paired = {{std::nan(""), std::nan(""), 0}, std::nan(""), std::nan(""), std::nan(""), std::nan("")};
        other.test_set.p_value = std::nan("");
        other.seeds.assign(static_cast<std::size_t>(seeds), 0);
        other.auc.paired.difference = d.auc.paired.difference;
        other.auc.paired.p_value = d.auc.paired.p_value;
        if (choice.empty()) continue;
        std::vector<double> values;
        for (const std::uint64_t seed : choice)
            values.push_back(auc_of(results, d.schedule, seed) - auc_of(results, d.baseline, seed));
        other.auc.paired.difference = metrics::mean_sd(values);
    }
    judge(statistics);
    for (std::size_t i = 0; i < statistics.differences.size(); ++i) {
        const RunDifference& auc = statistics.differences[i].auc;
        cloud.draws[i].push_back({choice, auc.paired.difference.mean, auc.low, auc.high, auc.verdict});
    }
}

}  // namespace

std::vector<SeedCloud> seed_clouds(const Results& results) {
    std::vector<SeedCloud> clouds;
    if (results.statistics.differences.empty()) return clouds;
    const Seeds common = common_seeds(results.statistics);
    if (common.size() < 2) return clouds;
    for (const std::size_t seeds : {2, 3, 5, 10}) {
        SeedCloud& cloud = clouds.emplace_back();
        cloud.seeds = static_cast<std::int64_t>(seeds);
        cloud.draws.resize(results.statistics.differences.size());
        if (seeds > common.size())
            add_draws(results, {}, cloud.seeds, cloud);
        else
            for (const Seeds& choice : choices(common, seeds)) add_draws(results, choice, cloud.seeds, cloud);
    }
    return clouds;
}

}  // namespace cyclone::analysis
