#pragma once
// What a comparison or a training was asked for, as config.json of its folder holds it.

#include <cyclone/io/json_fields.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/train/rebalancing.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::lab {

/// Everything that a later start, or a reader, has to know besides the runs.
struct ComparisonRecord {
    std::string program = {};  ///< "cyclone compare"
    std::string command = {};  ///< the command line; those of later starts follow after " && "
    std::string data = {};     ///< one line: source, counts, shape
    std::vector<std::pair<std::string, std::string>> settings = {};   ///< name, value as text
    std::vector<std::pair<std::string, std::string>> schedules = {};  ///< name, Schedule::describe()
    std::vector<std::uint64_t> seeds = {};                            ///< each one a run per configuration
    std::vector<std::string> rebalancings = {train::kNoRebalancing};  ///< each schedule is trained with every one
    Provenance provenance = {};    ///< of the first start; also of runs whose files have none
    double positive_fraction = 0;  ///< of class 1 in the training set; 0: not known

    /// Whether any method is among them but the one that changes nothing.
    bool has_rebalancing() const { return rebalancings != std::vector<std::string>{train::kNoRebalancing}; }
};

/// The keys of config.json.
void fields(io::JsonFields& f, ComparisonRecord& record);

/// The same of a training.
struct TrainingRecord {
    std::string program = {};                                       ///< "cyclone train"
    std::string command = {};                                       ///< as in ComparisonRecord
    std::vector<std::pair<std::string, std::string>> options = {};  ///< those that were given, for a resume
    double base_lr = 0;                                             ///< in effect, after a range test
    double max_lr = 0;                                              ///< in effect, after a range test
    std::vector<std::pair<std::string, std::string>> facts = {};    ///< for people: data, network, schedule
    Provenance provenance = {};                                     ///< of the first start
};

/// The keys of config.json.
void fields(io::JsonFields& f, TrainingRecord& record);

}  // namespace cyclone::lab
