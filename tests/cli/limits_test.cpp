// Settings of OpenMP, limits of the system, and signals: the program ends or works within ten seconds, and says why.

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <pty.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/child.h"
#include "support/programs.h"

using namespace cyclone;
namespace fs = std::filesystem;

namespace {

std::string data_in(const test::TemporaryFolder& folder) {
    const std::string data = (folder / "patches.cyc").string();
    REQUIRE(test::run_program("cyclone", "convert synthetic " + data + " --positives 20 --negatives 60 --quiet").code ==
            0);
    return data;
}

/// `cyclone` in a shell with `before` it: VARIABLE=VALUE, ulimit or a program that starts another.
test::ProgramResult cyclone_under(const std::string& before, const fs::path& folder, const std::string& arguments) {
    const std::string said = (folder / "said").string();
    const std::string command = before + " timeout -k 1 10 " + CYCLONE_PROGRAMS + "/cyclone " + arguments + " >" +
                                said + ".out 2>" + said + ".err";
    const int status = std::system(("( " + command + " )").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), test::whole_file(said + ".out"),
            test::whole_file(said + ".err")};
}

test::ProgramResult train_under(const std::string& before, const std::string& data, const fs::path& folder,
                                const std::string& arguments) {
    return cyclone_under(
        before, folder,
        "train " + data + " --epochs 1 --quiet --overwrite --out " + (folder / "run").string() + " " + arguments);
}

/// The names of the checkpoints that are whole, but for the best, which is written after the line of its epoch.
std::vector<std::string> checkpoints(const fs::path& out) {
    std::vector<std::string> names;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(out / "checkpoints", none_yet))
        if (entry.path().extension() == ".ckpt" && entry.path().stem() != "best")
            names.push_back(entry.path().filename());
    return names;
}

/// Starts `cyclone train` on a terminal, for so many epochs that it does not end, and waits for the first one.
pid_t start_endless(const std::string& data, const fs::path& out, int& terminal) {
    const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
        const std::string command = "exec " + std::string(CYCLONE_PROGRAMS) + "/cyclone train " + data +
                                    " --epochs 1000000 --threads 1 --model 'pool:4 flatten linear:classes' --out " +
                                    out.string();
        execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        _exit(127);
    }
    std::string said;
    char buffer[4096];
    for (ssize_t n = 0;
         said.find("validation loss") == std::string::npos && (n = read(terminal, buffer, sizeof buffer)) > 0;)
        said.append(buffer, static_cast<std::size_t>(n));
    INFO(said);
    REQUIRE_FALSE(checkpoints(out).empty());
    return child;
}

}  // namespace

TEST_CASE("settings of OpenMP and limits of the system let a training work, or end it with a reason") {
    const test::TemporaryFolder folder;
    const std::string data = data_in(folder);
    struct Case {
        std::string before, arguments = "";
        int code = 0;
        std::string says = "";
    };
    const std::vector<Case> cases{
        {"OMP_THREAD_LIMIT=1"},
        {"OMP_THREAD_LIMIT=3 OMP_NUM_THREADS=2 OMP_NESTED=true"},
        {"OMP_THREAD_LIMIT=2", "--threads 4", 0, "--threads asks for 4 threads, 2 are used"},
        {"OMP_DYNAMIC=true", "--threads 2"},
        {"OMP_MAX_ACTIVE_LEVELS=0", "--threads 2", 0, "--threads asks for 2 threads, 1 are used"},
        {"OMP_NUM_THREADS=1000", "", 0, "OMP_NUM_THREADS asks for 1000 threads"},
        {"OMP_NUM_THREADS=nonsense OMP_SCHEDULE=dynamic OMP_PROC_BIND=true OMP_PLACES=cores OMP_STACKSIZE=64k"},
        {"env -u OMP_WAIT_POLICY", "--threads 2"},  // it starts itself once more
        {"OMP_WAIT_POLICY=active GOMP_SPINCOUNT=1000", "--threads 2"},
        {"", "--threads 100000", 2, "--threads: expected 1 to "},
        {"ulimit -n 16;"},
        {"ulimit -f 0;", "", 1, ""},
    };
    for (const Case& c : cases) {
        INFO(c.before << " | " << c.arguments);
        const auto result = train_under(c.before, data, folder.path(), c.arguments);
        INFO(result.err);
        CHECK(result.code == c.code);
        if (c.says.empty() && c.code == 0)
            CHECK_THAT(result.out, Catch::Contains("AUC"));
        else
            CHECK_THAT(result.err, Catch::Contains(c.says));
        CHECK(test::lines_in(result.err) <= 2);
    }
}

#ifndef CYCLONE_NO_MULTIVERSION  // sanitizers need addresses without end

TEST_CASE("a training with little memory works, or ends with a reason, never by a signal") {
    const test::TemporaryFolder folder;
    const std::string data = data_in(folder);
    int good = 0;
    for (const int megabytes : {76, 84, 92, 100, 108, 112, 116, 120, 128, 150, 400}) {
        INFO(megabytes << " MB");
        const std::string limit = "ulimit -c 0; ulimit -v " + std::to_string(1000 * megabytes) + ";";
        // Where not even the libraries fit, the loader ends the process, or oneDNN's own start does, before main().
        if (cyclone_under(limit, folder.path(), "--version").code != 0) continue;
        const auto result = train_under(limit, data, folder.path(), "--threads 2");
        INFO(result.err);
        CHECK((result.code == 0 || result.code == 1));
        if (result.code != 0) CHECK((test::lines_in(result.err) >= 1 && test::lines_in(result.err) <= 2));
        good += result.code == 0;
    }
    CHECK(good > 0);
}

#endif

TEST_CASE("a training that may start no thread works") {
    const test::TemporaryFolder folder;
    const std::string data = data_in(folder);
    const bool root = geteuid() == 0;
    fs::permissions(folder.path(), fs::perms::all);
    if (root && std::system(("setpriv --reuid=54321 --clear-groups test -x " + std::string(CYCLONE_PROGRAMS) +
                             "/cyclone 2>/dev/null")
                                .c_str()) != 0)
        CYCLONE_SKIP("the program lies where only root may read, whom the limit does not bind");
    const fs::path out = folder / "out";
    fs::create_directories(out);
    fs::permissions(out, fs::perms::all);
    // A build with the address sanitizer looks for leaks in a process of its own, which may not start either.
    const std::string command = std::string("ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" timeout -k 1 10 ") +
                                (root ? "setpriv --reuid=54321 --clear-groups " : "") + "prlimit --nproc=1 " +
                                CYCLONE_PROGRAMS + "/cyclone train " + data + " --epochs 1 --quiet --threads 2 --out " +
                                (out / "run").string() + " >" + (out / "said").string() + " 2>&1";
    const int status = std::system(command.c_str());
    const std::string said = test::whole_file(out / "said");
    INFO(said);
    CHECK(WEXITSTATUS(status) == 0);
    CHECK_THAT(said, Catch::Contains("--threads asks for 2 threads, 1 are used (more cannot be had"));
    CHECK_THAT(said, Catch::Contains("AUC"));
}

TEST_CASE("a signal that comes twice at once is one: the training writes its checkpoint") {
    const test::TemporaryFolder folder;
    const std::string data = data_in(folder);
    int terminal = -1;
    const pid_t child = start_endless(data, folder / "run", terminal);
    const auto before = checkpoints(folder / "run");
    kill(child, SIGTERM);
    kill(child, SIGINT);
    std::string said;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(terminal, buffer, sizeof buffer)) > 0;)
        said.append(buffer, static_cast<std::size_t>(n));
    close(terminal);
    CHECK(test::wait_for(child) == 1);
    CHECK_THAT(said, Catch::Contains("stopped by a signal"));
    CHECK(checkpoints(folder / "run") != before);
}

TEST_CASE("a terminal that is closed leaves a checkpoint") {
    const test::TemporaryFolder folder;
    const std::string data = data_in(folder);
    int terminal = -1;
    const pid_t child = start_endless(data, folder / "run", terminal);
    const auto before = checkpoints(folder / "run");
    close(terminal);  // SIGHUP, and every write fails
    CHECK(test::wait_for(child) == 1);
    CHECK(checkpoints(folder / "run") != before);
}
