// Ranks of the program.

#include "cli/ranks.h"

#include <cyclone/base/error.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <streambuf>
#include <thread>

#include "cli/place.h"

namespace cyclone::cli {
namespace {

std::unique_ptr<train::Ranks> joined;
bool alone = false;  // --ranks 1

class Nothing : public std::streambuf {
    int_type overflow(int_type c) override { return traits_type::not_eof(c); }
    std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
};

// Not every launcher ends the others when a process fails that MPI does not know yet: MPICH's waits for them.
void join_to_end(const std::string& command) {
    if (!joined && !alone && start_ranks && command == "cyclone train" && find_ranks().shares()) joined = start_ranks();
}

}  // namespace

JoinedRanks join_ranks(int asked) {
    const Place place = find_ranks();
    check<UsageError>(asked >= 0, "--ranks", "expected a number of processes, or 0 for all, got ", asked);
    alone = asked == 1;
    if (alone || (asked == 0 && !place.shares())) return {};
    check<UsageError>(asked == 0 || asked == place.count, "--ranks",
                      "expected the number of processes that a launcher of MPI has started, ", place.count, ", got ",
                      asked, " (hint: mpirun -n ", asked, " cyclone train ...)");
    check<UsageError>(start_ranks != nullptr, "train", place.text,
                      ": this program was built without MPI, by which they would train together (hint: install "
                      "libopenmpi-dev or libmpich-dev and run cmake again; --ranks 1 trains in each of them alone, "
                      "which needs an --out for each)");
    joined = start_ranks();
    if (!joined->is_first()) {
        static auto* nothing = new Nothing;  // also for what the streams say at the very end
        std::cout.rdbuf(nothing);
        std::cerr.rdbuf(nothing);
    }
    check<UsageError>(joined->size() == place.count, "train", place.text, ", but MPI finds ", joined->size(),
                      " (hint: the launcher must be that of the MPI that the program was built with)");
    return {joined.get(), place.processors, place.text};
}

std::string let_first_rank_speak(const std::string& command) {
    const bool first = joined ? joined->is_first() : command != "cyclone train" || find_ranks().is_first;
    if (first) return "";
    join_to_end(command);
    std::this_thread::sleep_for(std::chrono::seconds(3));
    return joined ? "process " + std::to_string(joined->rank() + 1) + ": " : "";
}

void end_ranks(const std::string& command, int code) {
    join_to_end(command);
    if (joined) joined->abort(code);
}

void leave_ranks() { joined.reset(); }

}  // namespace cyclone::cli
