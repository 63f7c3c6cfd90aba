// Free memory, as systems with control groups of version 1, 2 and both describe it.

#include "data/free_memory.h"

#include <cyclone/data/memory_budget.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

using Files = std::map<std::string, std::string>;

constexpr std::uint64_t kMB = 1'000'000;

// free_memory() of a system with these files and 8 GB available.
std::uint64_t free_with(const Files& files) {
    const test::TemporaryFolder root;
    const auto write = [&](const std::string& name, const std::string& text) {
        std::filesystem::create_directories((root / name).parent_path());
        std::ofstream(root / name) << text;
    };
    write("proc/meminfo", "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n");
    for (const auto& [name, text] : files) write(name, text);
    return data::free_memory_of(root.path());
}

const std::string kMountV1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n",
                  kMountV2 = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
                  kMountCpu = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";

}  // namespace

TEST_CASE("free memory is what the limits of all control groups leave") {
    struct Case {
        const char* name;
        Files files;
        std::uint64_t expected;
    };
    const std::string none = "9223372036854771712\n";
    const std::vector<Case> cases{
        {"no control group", {}, 8192 * kMB},
        {"version 2, the group itself",
         {{"proc/self/mountinfo", kMountV2},
          {"proc/self/cgroup", "0::/user/job\n"},
          {"sys/fs/cgroup/user/job/memory.max", "500000000\n"},
          {"sys/fs/cgroup/user/job/memory.stat", "file 300000000\nanon 100000000\n"}},
         400 * kMB},
        {"version 2, the group above, and max",
         {{"proc/self/mountinfo", kMountV2},
          {"proc/self/cgroup", "0::/user/job\n"},
          {"sys/fs/cgroup/user/job/memory.max", "max\n"},
          {"sys/fs/cgroup/user/memory.max", "300000000\n"},
          {"sys/fs/cgroup/user/memory.stat", "anon 100000000\n"}},
         200 * kMB},
        {"version 2, the limit at which the system begins to slow it down",
         {{"proc/self/mountinfo", kMountV2},
          {"proc/self/cgroup", "0::/\n"},
          {"sys/fs/cgroup/memory.high", "70000000\n"}},
         70 * kMB},
        {"version 1",
         {{"proc/self/mountinfo", kMountCpu + kMountV1},
          {"proc/self/cgroup", "5:cpu:/other\n4:memory:/user/job\n1:name=systemd:/\n"},
          {"sys/fs/cgroup/memory/user/job/memory.limit_in_bytes", "80000000\n"},
          {"sys/fs/cgroup/memory/user/job/memory.stat", "rss 1\ntotal_rss 30000000\n"},
          {"sys/fs/cgroup/memory/user/memory.limit_in_bytes", none},
          {"sys/fs/cgroup/memory/memory.limit_in_bytes", none}},
         50 * kMB},
        {"version 1, the group above, with other controllers beside it",
         {{"proc/self/mountinfo", "35 31 0:32 / /cg/both rw - cgroup cgroup rw,cpu,memory\n"},
          {"proc/self/cgroup", "4:cpu,memory:/user/job\n"},
          {"cg/both/user/job/memory.limit_in_bytes", none},
          {"cg/both/user/memory.limit_in_bytes", "90000000\n"}},
         90 * kMB},
        {"version 1 and 2 side by side",
         {{"proc/self/mountinfo", kMountV1 + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"},
          {"proc/self/cgroup", "4:memory:/job\n0::/job\n"},
          {"sys/fs/cgroup/memory/job/memory.limit_in_bytes", "60000000\n"},
          {"sys/fs/cgroup/unified/job/cgroup.procs", "1\n"}},
         60 * kMB},
        {"a container that sees its own group as the root",
         {{"proc/self/mountinfo", "35 31 0:32 /docker/7f /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"},
          {"proc/self/cgroup", "4:memory:/docker/7f\n"},
          {"sys/fs/cgroup/memory/memory.limit_in_bytes", "40000000\n"}},
         40 * kMB},
        {"a part of the hierarchy, and a path outside of it",
         {{"proc/self/mountinfo", "35 31 0:32 /docker /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"},
          {"proc/self/cgroup", "4:memory:/dockerless/7f\n"},
          {"sys/fs/cgroup/memory/memory.limit_in_bytes", "30000000\n"},
          {"sys/fs/cgroup/memory/less/7f/memory.limit_in_bytes", "1\n"}},
         30 * kMB},
        {"more in use than the limit",
         {{"proc/self/mountinfo", kMountV2},
          {"proc/self/cgroup", "0::/job\n"},
          {"sys/fs/cgroup/job/memory.max", "1000\n"},
          {"sys/fs/cgroup/job/memory.stat", "anon 2000\n"}},
         0},
        {"lines that are none",
         {{"proc/self/mountinfo", "\nx\n35 31 - cgroup\n" + kMountV1}, {"proc/self/cgroup", "nothing\n\n:\n"}},
         8192 * kMB},
    };
    for (const Case& c : cases) {
        INFO(c.name);
        CHECK(free_with(c.files) == c.expected);
    }
}
