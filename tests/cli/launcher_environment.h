#pragma once
// The environment that a launcher gives its processes.

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace cyclone::test {

using Variables = std::map<std::string, std::string>;

// The environment of a launcher, and nothing of the one that the tests run under.
class Environment {
public:
    explicit Environment(const Variables& variables) {
        for (const char* name :
             {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "PMI_RANK", "PMI_SIZE",
              "MPI_LOCALNRANKS", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_NODES",
              "SLURM_NNODES", "SLURM_STEP_ID", "SLURM_STEPID", "SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID",
              "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"})
            unsetenv(name);
        for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
        for (const auto& variable : variables) set_.push_back(variable.first);
    }
    ~Environment() {
        for (const std::string& name : set_) unsetenv(name.c_str());
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    std::vector<std::string> set_;
};

}  // namespace cyclone::test
