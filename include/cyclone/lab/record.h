#pragma once
// What a comparison was asked for, as config.json and result.json hold it.

#include <cyclone/io/json_fields.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/train/rebalancing.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::lab {

struct ComparisonRecord {
    std::string program = {};
    std::string command = {};  ///< the command line; those of later starts follow after " && "
    std::string data = {};     ///< one line: source, counts, shape
    std::vector<std::pair<std::string, std::string>> settings = {};
    std::vector<std::pair<std::string, std::string>> schedules = {};  ///< name, Schedule::describe()
    std::vector<std::uint64_t> seeds = {};
    std::vector<std::string> rebalancings = {train::kNoRebalancing};  ///< each schedule is trained with every one
    Provenance provenance = {};  ///< of the first start; also of runs whose files have none

    bool has_rebalancing() const { return rebalancings != std::vector<std::string>{train::kNoRebalancing}; }
};

void fields(io::JsonFields& f, ComparisonRecord& record);

}  // namespace cyclone::lab
