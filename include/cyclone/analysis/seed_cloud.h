#pragma once
// What the verdicts of a comparison would have been with other numbers of seeds.

#include <cyclone/analysis/results.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// A difference of AUC as some of the seeds show it.
struct SeedDraw {
    std::vector<std::uint64_t> seeds;    ///< these; empty where the mean and the spread of all are taken to stay
    double mean = 0;                     ///< of the paired differences
    double low = 0;                      ///< as RunDifference::low
    double high = 0;                     ///< as RunDifference::high
    Verdict verdict = Verdict::too_few;  ///< by judge()
};

/// All differences with one number of seeds.
struct SeedCloud {
    std::int64_t seeds = 0;                    ///< how many
    std::vector<std::vector<SeedDraw>> draws;  ///< for each of Statistics::differences
};

/// With 2, 3, 5 and 10 seeds. Of fewer seeds than there are, up to twenty choices, the same for all differences; of
/// more, one that assumes that mean and standard deviation stay what they are. Nothing without two seeds in common.
std::vector<SeedCloud> seed_clouds(const Results& results);

}  // namespace cyclone::analysis
