// cyclone train in several processes of a launcher, and under the real mpirun where there is one.

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include <unistd.h>

#include "cli/launcher_environment.h"
#include "cli/place.h"
#include "cli/ranks.h"
#include "cli/train_program.h"
#include "support/child.h"

using namespace cyclone;
using test::Environment;
namespace fs = std::filesystem;
using fs::path;
using test::run_train;
using test::whole_file;

namespace {

#ifdef CYCLONE_MPIRUN
const std::string kLauncher = CYCLONE_MPIRUN;
#else
const std::string kLauncher;
#endif
const std::string kQuick = test::kModel + "--batch-size 24 --slice 4 --augment shift:1,noise:0.1 --threads 1 ";

// The options that launchers of Open MPI and of MPICH (Hydra) need to start more processes than there are processors,
// as root as well; nothing: neither of them.
std::optional<std::string> find_launcher_options() {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "version").string();
    if (kLauncher.empty() || std::system((kLauncher + " --version > " + out + " 2>&1").c_str()) != 0)
        return std::nullopt;
    const std::string version = whole_file(out);
    if (version.find("open-mpi.org") != std::string::npos) return " --oversubscribe --allow-run-as-root";
    if (version.find("HYDRA") != std::string::npos) return "";
    return std::nullopt;
}

const std::optional<std::string>& launcher_options() {
    static const std::optional<std::string> options = find_launcher_options();
    return options;
}

bool has_mpirun() { return launcher_options().has_value(); }

std::string mpirun(int ranks) {
    return kLauncher + launcher_options().value() + " -n " + std::to_string(ranks) + " " + CYCLONE_PROGRAMS +
           "/cyclone train ";
}

test::ProgramResult run_ranks(int ranks, const std::string& arguments) {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "out").string(), err = (temporary / "err").string();
    const int status = std::system((mpirun(ranks) + arguments + " >" + out + " 2>" + err).c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, whole_file(out), whole_file(err)};
}

std::string history_without_times(const path& run) {
    std::istringstream in(whole_file(run / "history.csv"));
    std::string text;
    for (std::string line; std::getline(in, line);) {
        std::size_t column = 0;
        std::istringstream cells(line);
        for (std::string cell; std::getline(cells, cell, ',');)
            if (column++ != 4) text += cell + ',';
        text += '\n';
    }
    return text;
}

std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
}

// Whether a process ends within half a minute; one that nobody has waited for yet has ended.
bool ends(pid_t process) {
    for (int i = 0; i < 15'000; ++i, usleep(2000)) {
        std::ifstream in("/proc/" + std::to_string(process) + "/stat");
        const std::string stat{std::istreambuf_iterator<char>(in), {}};
        if (stat.empty() || stat.find(") Z ") != std::string::npos) return true;
    }
    return false;
}

// A job of mpirun that trains until it is stopped.
struct Job {
    Job(const path& data, const path& run, int ranks) : out(run.string() + ".out"), err(run.string() + ".err") {
        const std::string command = "exec " + mpirun(ranks) + data.string() + kQuick +
                                    "--epochs 100000 --schedule triangular --out " + run.string() + " >" + out + " 2>" +
                                    err;
        launcher = fork();
        if (launcher == 0) {
            execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
            _exit(127);
        }
        for (int i = 0; i < 30'000 && whole_file_if_there(out).find("epoch   2") == std::string::npos; ++i)
            usleep(2000);
    }
    static std::string whole_file_if_there(const path& file) {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    // In the order in which they were started: Open MPI's launcher starts them itself, Hydra through a proxy.
    std::vector<pid_t> ranks() const {
        std::vector<pid_t> found, processes{launcher};
        for (std::size_t i = 0; i < processes.size(); ++i) {
            const path process = "/proc/" + std::to_string(processes[i]);
            if (whole_file_if_there(process / "comm") == "cyclone\n") found.push_back(processes[i]);
            for (const auto& thread : fs::directory_iterator(process / "task")) {
                std::istringstream children(whole_file_if_there(thread.path() / "children"));
                for (pid_t child = 0; children >> child;) processes.push_back(child);
            }
        }
        return found;
    }
    ~Job() {
        if (launcher <= 0) return;
        kill(launcher, SIGTERM);
        test::wait_for(launcher, 10);
    }
    int wait() { return test::wait_for(std::exchange(launcher, 0), 60); }

    std::string out, err;
    pid_t launcher = 0;
};

}  // namespace

TEST_CASE("a process that a launcher started with others trains with them, or says what is missing") {
    const Environment two({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
    CHECK_THAT(cli::find_ranks().text,
               Catch::Contains("process 2 of 2 (Open MPI") && Catch::Contains("train together"));
    REQUIRE(cli::start_ranks == nullptr);
    CHECK_THROWS_WITH(cli::join_ranks(0), Catch::Contains("was built without MPI") && Catch::Contains("--ranks 1"));
    CHECK_THROWS_WITH(cli::join_ranks(2), Catch::Contains("was built without MPI"));
    CHECK_THROWS_WITH(cli::join_ranks(3), Catch::Contains("started, 2, got 3 (hint: mpirun -n 3"));
    CHECK_THROWS_WITH(cli::join_ranks(-1), Catch::Contains("--ranks: expected a number of processes"));
    CHECK(cli::join_ranks(1).is_first());
    // Each task of an array is a training of its own.
    const Environment array({{"SLURM_ARRAY_TASK_ID", "2"}, {"SLURM_ARRAY_TASK_COUNT", "4"}});
    CHECK(cli::find_ranks().count == 1);
    CHECK(cli::join_ranks(0).ranks == nullptr);
    CHECK_THROWS_WITH(cli::join_ranks(4), Catch::Contains("started, 1, got 4"));
}

TEST_CASE("mpirun trains in 2 and 3 processes with the bits of one, and one of them speaks and writes") {
    if (!has_mpirun()) CYCLONE_SKIP("needs a build with MPI, and mpirun of Open MPI or MPICH");
    const test::TemporaryFolder temporary;
    const path data = test::write_folder(temporary / "data", 40);
    const auto alone = run_train(data.string() + kQuick + "--epochs 4 --out " + (temporary / "1").string());
    REQUIRE(alone.code == 0);
    for (const int ranks : {2, 3}) {
        const path run = temporary / std::to_string(ranks);
        const auto result = run_ranks(ranks, data.string() + kQuick + "--epochs 4 --out " + run.string());
        INFO(result.out << result.err);
        REQUIRE(result.code == 0);
        for (const char* file : {"best.safetensors", "last.safetensors", "result.json"})
            CHECK(whole_file(run / file) == whole_file(temporary / "1" / file));
        CHECK(history_without_times(run) == history_without_times(temporary / "1"));
        CHECK(count(result.out, "Test images, weights of epoch") == 1);
        CHECK(count(result.out, "epoch   3 ") == 1);
        CHECK_THAT(result.out, Catch::Contains("process 1 of " + std::to_string(ranks)));
        CHECK(result.err.empty());
    }
}

TEST_CASE("averages under mpirun are those of one process, and only the first one writes files") {
    if (!has_mpirun()) CYCLONE_SKIP("needs a build with MPI, and mpirun of Open MPI or MPICH");
    const test::TemporaryFolder temporary;
    const std::string arguments = test::write_folder(temporary / "data", 40).string() + kQuick +
                                  "--epochs 4 --schedule triangular --step-size 1epochs --swa --ema 0.9 --snapshots "
                                  "--lookahead 5,0.5 --out ";
    REQUIRE(run_train(arguments + (temporary / "1").string()).code == 0);
    const auto result = run_ranks(2, arguments + (temporary / "2").string());
    INFO(result.out << result.err);
    REQUIRE(result.code == 0);
    std::size_t weights = 0;
    for (const auto& file : fs::directory_iterator(temporary / "1")) {
        const path there = temporary / "2" / file.path().filename();
        CHECK(fs::exists(there));
        if (there.extension() != ".safetensors") continue;
        ++weights;
        CHECK(whole_file(file.path()) == whole_file(there));
    }
    CHECK(weights >= 6);  // best, last, swa, ema and two snapshots
}

TEST_CASE("mistakes under mpirun are told once and end all processes") {
    if (!has_mpirun()) CYCLONE_SKIP("needs a build with MPI, and mpirun of Open MPI or MPICH");
    const test::TemporaryFolder temporary;
    const std::string data = test::write_folder(temporary / "data", 20).string(), out = (temporary / "run").string();
    const auto norm = run_ranks(2, data + " --model 'conv:4 batch-norm relu flatten linear:classes' --out " + out);
    INFO(norm.err);
    CHECK(norm.code == 2);
    CHECK(count(norm.err, "cyclone train: fit: several ranks share the slices of a batch") == 1);
    for (const std::string& wrong : {data + " --epochs none", (temporary / "nothing").string()}) {
        const auto result = run_ranks(2, wrong);
        INFO(result.err);
        CHECK(result.code != 0);
        CHECK(count(result.err, "cyclone train: ") == 1);
    }
}

TEST_CASE("a rank that is killed ends the job, and the training goes on in another number of processes") {
    if (!has_mpirun()) CYCLONE_SKIP("needs a build with MPI, and mpirun of Open MPI or MPICH");
    const test::TemporaryFolder temporary;
    const path run = temporary / "run";
    Job job(test::write_folder(temporary / "data", 40), run, 2);
    const auto ranks = job.ranks();
    REQUIRE(ranks.size() == 2);
    const auto start = std::chrono::steady_clock::now();
    kill(ranks[1], SIGKILL);
    const int code = job.wait();
    INFO(whole_file(job.err));
    CHECK(code != 0);
    CHECK(code != test::kTimedOut);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
    CHECK(ends(ranks[0]));
    CHECK_THAT(whole_file(job.err) + whole_file(job.out),
               Catch::Contains("(Killed)") || Catch::Contains("Killed (signal 9)"));
    const auto resumed = run_train("--resume --epochs 1 --out " + run.string());
    INFO(resumed.err);
    CHECK(resumed.code == 0);
}

TEST_CASE("a signal to one rank stops all of them with a checkpoint") {
    if (!has_mpirun()) CYCLONE_SKIP("needs a build with MPI, and mpirun of Open MPI or MPICH");
    const test::TemporaryFolder temporary;
    const path run = temporary / "run";
    Job job(test::write_folder(temporary / "data", 40), run, 2);
    REQUIRE(job.ranks().size() == 2);
    kill(job.ranks()[1], SIGTERM);
    CHECK(job.wait() == 1);
    INFO(whole_file(job.err));
    CHECK(count(whole_file(job.err), "cyclone train: stopped by a signal (") == 1);
    CHECK(count(whole_file(job.err), "cyclone train --resume --out") == 1);
    CHECK(std::distance(fs::directory_iterator(run / "checkpoints"), fs::directory_iterator()) >= 2);
}
