#pragma once
// What all experiments share: their runs side by side, progress, stopping, tables over seeds.

#include <cyclone/lab/laboratory.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lab/workers.h"

namespace cyclone::lab {

/// One value per configuration and seed.
template <class T>
using OverSeeds = std::vector<std::vector<T>>;

class Bench {
public:
    Bench(const ExperimentOptions& options, const Finding& finding) : options_(options), finding_(finding) {}

    /// job(configuration, seed) for each of them, in threads of their own: table[configuration][place of the seed].
    template <class Job>
    auto run(std::size_t configurations, Job job) const {
        using T = decltype(job(std::size_t{0}, std::uint64_t{0}));
        const std::size_t seeds = finding_.seeds.size(), count = configurations * seeds;
        OverSeeds<T> table(configurations, std::vector<T>(seeds));
        train::Progress progress("lab " + finding_.name, static_cast<std::int64_t>(count), options_.progress);
        run_jobs(count, options_.threads, 1, [&](std::size_t i) {
            check_stop();
            const std::size_t seed = i / configurations, configuration = i % configurations;
            table[configuration][seed] = job(configuration, finding_.seeds[seed]);
            progress.add();
        });
        return table;
    }

    void check_stop() const { check(!options_.stop || !*options_.stop, "lab " + finding_.name, "stopped"); }
    const std::atomic<bool>* stop() const { return options_.stop; }
    bool quick() const { return options_.quick; }
    /// `full`, or `few` of a quick run.
    std::int64_t size(std::int64_t full, std::int64_t few) const { return options_.quick ? few : full; }

private:
    const ExperimentOptions& options_;
    const Finding& finding_;
};

/// Value by value.
std::vector<double> ratios(const std::vector<double>& above, const std::vector<double>& below);
double mean_of(const std::vector<double>& values);
/// Of values above 0.
double geometric_mean(const std::vector<double>& values);

/// get(value) of each.
template <class T, class Get>
std::vector<double> each(const std::vector<T>& values, Get get) {
    std::vector<double> list;
    list.reserve(values.size());
    for (const T& value : values) list.push_back(get(value));
    return list;
}

/// Curves of several seeds, of equal length, as their mean, and a band from the lowest to the highest.
void add_curves(PicturePanel& panel, const std::string& name, Hue hue, int tone, const std::vector<double>& x,
                const std::vector<std::vector<double>>& curves);

/// A point of a line, and a dot beside it for each seed.
void add_point(PictureMark& line, PictureMark& dots, double x, double y, const std::vector<double>& of_seeds);

/// The values of each curve at the updates x.
std::vector<std::vector<double>> at_updates(const std::vector<std::vector<double>>& curves,
                                            const std::vector<double>& x);

// The experiments, a file each.
Experiment valley();
Experiment edge_of_stability();
Experiment noise_floor();
Experiment super_convergence();
Experiment large_rates();
Experiment batch_ratio();
Experiment step_size();
Experiment momentum();
Experiment wrong_maximum();
Experiment averages();
Experiment imbalance();
Experiment sharpness();
Experiment walk();

}  // namespace cyclone::lab
