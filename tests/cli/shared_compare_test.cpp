// cyclone compare in several processes that share the runs: launchers, shards, plain shells, and processes that die.

#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sched.h>

#include "cli/comparison_program.h"
#include "cli/launcher_environment.h"
#include "cli/place.h"
#include "support/child.h"

using namespace cyclone;
using test::as_compare;
using test::compare;
using test::Environment;
using test::lines_in;
using test::names_in;
using test::result_of;
using test::start;
using test::tiny;
using test::Variables;
using Result = test::ProgramResult;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Two schedules and two seeds.
std::vector<std::string> four_runs(const fs::path& out, const std::vector<std::string>& more = {}) {
    auto arguments = tiny(out, more);
    arguments[7] = "2";
    std::erase(arguments, "--quiet");
    return arguments;
}

void erase_provenance(json& value) {
    if (value.is_object())
        for (const char* key : {"seconds", "auc_seconds", "seconds_to_target", "images_per_second", "machine",
                                "command", "time", "provenance", "run_provenance", "add_seeds", "add_schedules"})
            value.erase(key);
    if (!value.is_structured()) return;
    for (json& part : value) {
        erase_provenance(part);
        // A command that names the folder.
        if (part.is_string() && part.get<std::string>().starts_with("More seeds: ")) part = "";
    }
}

// result.json without times and provenance.
std::string result(const fs::path& out) {
    json value = result_of(out);
    erase_provenance(value);
    return value.dump(1);
}

bool has_table(const std::string& text) { return text.find("Highest mean AUC") != std::string::npos; }

const std::string& one_process_result() {
    static const std::string text = [] {
        const Environment none({});
        const test::TemporaryFolder temporary;
        REQUIRE(compare(four_runs(temporary / "run")).code == 0);
        return result(temporary / "run");
    }();
    return text;
}

bool has_result_of_one_process(const fs::path& out) { return result(out) == one_process_result(); }

struct Started {
    pid_t child;
    fs::path out, err;
};

Started start_in(const test::TemporaryFolder& temporary, int number, const Variables& variables,
                 const std::vector<std::string>& arguments) {
    const Environment environment(variables);
    const fs::path out = temporary / ("out" + std::to_string(number)),
                   err = temporary / ("err" + std::to_string(number));
    return {start(as_compare(arguments), out.string(), err.string()), out, err};
}

// Number `i` of `n` processes: environment, and options besides.
struct Way {
    std::string name;
    std::function<Variables(int i, int n)> variables;
    std::function<std::vector<std::string>(int i, int n)> options;
};

std::vector<Way> ways() {
    const auto text = [](int number) { return std::to_string(number); };
    const auto no_variables = [](int, int) { return Variables(); };
    const auto no_options = [](int, int) { return std::vector<std::string>(); };
    return {
        {"Open MPI",
         [=](int i, int n) {
             return Variables{{"OMPI_COMM_WORLD_RANK", text(i)},
                              {"OMPI_COMM_WORLD_SIZE", text(n)},
                              {"OMPI_COMM_WORLD_LOCAL_SIZE", text(n)}};
         },
         no_options},
        {"Slurm array",
         [=](int i, int n) {
             return Variables{{"SLURM_ARRAY_TASK_ID", text(3 + 4 * i)},
                              {"SLURM_ARRAY_TASK_COUNT", text(n)},
                              {"SLURM_ARRAY_TASK_MIN", "3"}};
         },
         no_options},
        {"--shard", no_variables,
         [=](int i, int n) {
             return std::vector<std::string>{"--shard", text(i + 1) + "/" + text(n)};
         }},
        {"plain shells", no_variables, [](int, int) { return std::vector<std::string>{"--resume"}; }},
    };
}

// As if a process of another machine had made the claim, so many seconds ago.
void put_claim(const fs::path& out, const std::string& name, const std::string& text, int seconds_ago) {
    fs::create_directories(out / "claims");
    const fs::path file = out / "claims" / name;
    std::ofstream(file) << text;
    const auto then = fs::last_write_time(file) - std::chrono::seconds(seconds_ago);
    fs::last_write_time(file, then);
}

const std::string kOtherMachine = "00000000-1111-2222-3333-444444444444 node7 1234\n";

}  // namespace

TEST_CASE("processes of every launcher share the runs; one prints the table, which is that of one process") {
    for (const Way& way : ways()) {
        INFO(way.name);
        const test::TemporaryFolder temporary;
        const fs::path out = temporary / "run";
        std::vector<Started> started;
        for (int i = 2; i >= 0; --i)
            started.push_back(start_in(temporary, i, way.variables(i, 3), four_runs(out, way.options(i, 3))));
        int tables = 0;
        for (const Started& s : started) {
            const int code = test::wait_for(s.child, 60);
            INFO(test::whole_file(s.out) << test::whole_file(s.err));
            CHECK(code == 0);
            CHECK(test::whole_file(s.err).empty());
            tables += has_table(test::whole_file(s.out));
            if (way.options(0, 3).empty()) CHECK_THAT(test::whole_file(s.out), Catch::Contains("(" + way.name + ", "));
        }
        CHECK(tables == 1);
        CHECK(has_result_of_one_process(out));
        CHECK(names_in(out / "runs").size() == 4);
        CHECK(fs::exists(out / "report.html"));
        CHECK_FALSE(fs::exists(out / "claims"));
        CHECK_FALSE(fs::exists(out / "checkpoints"));
    }
}

TEST_CASE("tasks of an array that come one after another: the first does all, the others end") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "run";
    const auto task = [&](const std::string& id) {
        const Environment environment(
            {{"SLURM_ARRAY_TASK_ID", id}, {"SLURM_ARRAY_TASK_COUNT", "3"}, {"SLURM_ARRAY_TASK_MIN", "1"}});
        return compare(four_runs(out));
    };
    const Result first = task("2");
    INFO(first.err);
    REQUIRE(first.code == 0);
    CHECK(has_table(first.out));
    CHECK(has_result_of_one_process(out));
    const auto written = fs::last_write_time(out / "result.json");
    const std::string config = test::whole_file(out / "config.json");
    for (const char* id : {"1", "3"}) {
        const Result later = task(id);
        INFO(later.err);
        CHECK(later.code == 0);
        CHECK_FALSE(has_table(later.out));
        CHECK_THAT(later.out, Catch::Contains("all 4 runs are there, and reported"));
    }
    CHECK(fs::last_write_time(out / "result.json") == written);
    CHECK(test::whole_file(out / "config.json") == config);
    // Killed after the last run and before the table: the next one tells.
    fs::remove(out / "result.json");
    CHECK(has_table(task("3").out));
    CHECK(has_result_of_one_process(out));
    // A process that works alone and asks again gets it again, as ever.
    const Environment none({});
    CHECK(has_table(test::resume(out).out));
}

// CYCLONE_KILLS=200 is the long form.
TEST_CASE("one of several processes is killed at any time: the others or a later start finish its runs") {
    const test::TemporaryFolder temporary;
    const auto arguments = [](const fs::path& out, const std::string& shard) {
        return four_runs(out, {"--checkpoint-minutes", "0.0005", "--shard", shard});
    };
    one_process_result();
    const char* asked = std::getenv("CYCLONE_KILLS");
    const int rounds = asked ? std::atoi(asked) : 4;
    const Random random(11);
    int finished_by_others = 0;
    for (int round = 0; round < rounds; ++round) {
        const fs::path out = temporary / ("run" + std::to_string(round));
        std::vector<Started> started;
        for (int i = 0; i < 3; ++i)
            started.push_back(start_in(temporary, i, {}, arguments(out, std::to_string(i + 1) + "/3")));
        const auto r = static_cast<std::uint64_t>(round);
        usleep(static_cast<useconds_t>(random.uniform(2 * r) * 250'000));
        const auto victim = static_cast<std::size_t>(3 * random.uniform(2 * r + 1));
        kill(started[victim].child, SIGKILL);
        for (const Started& s : started) {
            const int code = test::wait_for(s.child, 60);
            INFO("round " << round << ": " << test::whole_file(s.err));
            CHECK((code == 0 || s.child == started[victim].child));
        }
        finished_by_others += fs::exists(out / "result.json");
        const Result last = compare(arguments(out, "2/3"));
        INFO("round " << round << ": " << last.err);
        REQUIRE(last.code == 0);
        CHECK(last.err.empty());
        CHECK(has_result_of_one_process(out));
        CHECK_FALSE(fs::exists(out / "claims"));
        for (const fs::path& folder : {out, out / "runs", out / "history"})
            for (const std::string& name : names_in(folder)) CHECK(name.find(".tmp.") == std::string::npos);
    }
    if (asked) std::printf("%d of %d rounds were finished by the others\n", finished_by_others, rounds);
}

TEST_CASE("a process that is killed in the middle of a long run loses nothing but the time since its checkpoint") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "run";
    auto arguments = tiny(out, {"--checkpoint-minutes", "0.0002", "--resume"});
    arguments[5] = "8";  // epochs
    std::erase(arguments, "--quiet");
    const Started first = start_in(temporary, 1, {}, arguments);
    const fs::path checkpoints = out / "checkpoints" / "constant-0.01-seed1";
    const auto has_some = [&] {
        if (!fs::is_directory(checkpoints)) return false;
        const auto names = names_in(checkpoints);
        return std::count_if(names.begin(), names.end(), [](const auto& n) { return n.ends_with(".ckpt"); }) > 1;
    };
    for (int i = 0; i < 30'000 && !has_some(); ++i) usleep(2'000);
    kill(first.child, SIGSTOP);  // so that it cannot finish
    const Started second = start_in(temporary, 2, {}, arguments);
    for (int i = 0; i < 30'000 && !fs::exists(out / "claims" / "triangular-seed1.1"); ++i) usleep(2'000);
    kill(first.child, SIGKILL);
    test::wait_for(first.child);
    CHECK(test::wait_for(second.child, 60) == 0);
    CHECK_THAT(test::whole_file(second.out), Catch::Contains("constant:0.01, seed 1: resumes after update"));
    CHECK(has_table(test::whole_file(second.out)));
    auto whole = arguments;
    whole[whole.size() - 4] = (temporary / "whole").string();
    REQUIRE(whole[whole.size() - 5] == "--out");
    REQUIRE(compare(whole).code == 0);
    CHECK((result(out) == result(temporary / "whole")));
}

TEST_CASE("a process that is stopped gives its claims up, and another one goes on") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "run";
    auto arguments = tiny(out, {"--shard", "1/2"});
    arguments[5] = "100000";  // epochs, to be stopped long before
    const Started first = start_in(temporary, 1, {}, arguments);
    const fs::path claim = out / "claims" / "constant-0.01-seed1.1";
    for (int i = 0; i < 30'000 && !fs::exists(claim); ++i) usleep(2'000);
    for (int i = 0; i < 30'000 && !fs::exists(out / "checkpoints" / "constant-0.01-seed1"); ++i) usleep(2'000);
    kill(first.child, SIGTERM);
    CHECK(test::wait_for(first.child, 60) == 1);
    CHECK_THAT(test::whole_file(first.err),
               Catch::Contains("stopped by a signal (") && Catch::Contains("cyclone compare --resume --out"));
    CHECK(lines_in(test::whole_file(first.err)) == 1);
    CHECK_FALSE(has_table(test::whole_file(first.out)));
    CHECK_FALSE(fs::exists(out / "result.json"));
    CHECK_FALSE(fs::exists(out / "claims"));
    CHECK(fs::exists(out / "checkpoints" / "constant-0.01-seed1"));
}

TEST_CASE("claims that dead processes left are taken over, and what nobody asks for stays") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "run";
    REQUIRE(compare(four_runs(out)).code == 0);
    for (const char* run : {"constant-0.01-seed1", "triangular-seed1", "triangular-seed2"})
        fs::remove(out / "runs" / (run + std::string(".json")));
    put_claim(out, "constant-0.01-seed1.1", kOtherMachine, 3600);
    put_claim(out, "triangular-seed1.1", "", 3600);
    put_claim(out, "triangular-seed2.1", kOtherMachine, 3600);
    put_claim(out, "triangular-seed2.2", kOtherMachine.substr(0, 20), 3600);
    put_claim(out, "config.1", kOtherMachine, 3600);
    put_claim(out, "result.1", kOtherMachine, -3600);
    bool other_lives = false;
    SECTION("nobody else works there") { put_claim(out, "no-such-run-seed7.1", kOtherMachine, 3600); }
    SECTION("a process of another machine works on other runs") {
        put_claim(out, "no-such-run-seed7.1", kOtherMachine, 0);
        other_lives = true;
        const Result refused = compare(four_runs(out, {"--overwrite"}));
        CHECK(refused.code == 1);
        CHECK_THAT(refused.err, Catch::Contains("another process is working in this folder"));
    }
    const Result again = compare(four_runs(out, {"--shard", "2/2"}));
    INFO(again.err << again.out);
    CHECK(again.code == 0);
    CHECK(has_table(again.out));
    CHECK(has_result_of_one_process(out));
    CHECK(fs::exists(out / "claims") == other_lives);
    if (other_lives) CHECK(names_in(out / "claims") == std::vector<std::string>{"no-such-run-seed7.1"});
}

TEST_CASE("what is no claim is named, and what was asked for otherwise is refused by name") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "run";
    REQUIRE(compare(four_runs(out)).code == 0);
    const std::string config = test::whole_file(out / "config.json");
    auto other = four_runs(out, {"--shard", "2/2"});
    other[5] = "3";
    const Result refused = compare(other);
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Contains("epochs: 1 there, asked for was 3"));
    CHECK(lines_in(refused.err) == 1);
    CHECK(test::whole_file(out / "config.json") == config);

    fs::create_directories(out / "claims" / "config.1");
    const Result named = compare(four_runs(out, {"--shard", "2/2"}));
    CHECK(named.code == 1);
    CHECK_THAT(named.err, Catch::Contains("config.1: expected a file by which a process claims"));
    CHECK(lines_in(named.err) == 1);
}

TEST_CASE("processes with other seeds and schedules that come at the same time are all heard") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "run";
    auto more = four_runs(out, {"--resume"});
    more[7] = "3";
    auto other = four_runs(out, {"--resume"});
    other[11] = "cosine";
    const Started a = start_in(temporary, 1, {}, more), b = start_in(temporary, 2, {}, other);
    CHECK(test::wait_for(a.child, 60) == 0);
    CHECK(test::wait_for(b.child, 60) == 0);
    const json record = json::parse(test::whole_file(out / "config.json"));
    CHECK(record["seeds"].size() == 3);
    const Result last = test::resume(out);
    CHECK(last.code == 0);
    CHECK(result_of(out)["runs"].size() == 9);
}

TEST_CASE("shards are counted from 1") {
    for (const char* shard : {"0/8", "9/8", "8", "a/b", "1/8/2", "-1/8", "1/0", "1/", "/8", "1 /8", "1.5/8"}) {
        const test::Mistake mistake{std::string("--shard '") + shard + "' --out /dev/null/x",
                                    "--shard: expected I/N, the I-th of N processes, with I from 1 to N"};
        test::check_mistake("compare", mistake);
    }
    test::check_mistake("compare", {"--shard 0/8 --out /dev/null/x", "counted from 1"});
    test::check_mistake("compare", {"--shard 1/2", "--out: expected the folder that the processes share"});
    test::check_mistake("compare", {"--shard 1/2 --out x --overwrite", "--overwrite: one process would remove"});
}

TEST_CASE("what a launcher says is found, and what is there by accident changes nothing") {
    struct Case {
        Variables variables;
        int count;
        bool is_first;
        std::string text;
    };
    const std::vector<Case> cases = {
        {{}, 1, true, ""},
        {{{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "4"}}, 4, false, "process 3 of 4 (Open MPI"},
        {{{"PMI_RANK", "0"}, {"PMI_SIZE", "4"}}, 4, true, "process 1 of 4 (MPICH or Intel MPI, PMI_RANK)"},
        {{{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}, 2, false, "process 2 of 2 (Slurm, SLURM_PROCID)"},
        // The shell of `salloc -n 8`, and `srun --pty bash` in it.
        {{{"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "7"}}, 1, true, ""},
        {{{"SLURM_PROCID", "0"},
          {"SLURM_NTASKS", "8"},
          {"SLURM_JOB_ID", "7"},
          {"SLURM_STEP_ID", "0"},
          {"SLURM_STEP_NUM_TASKS", "1"}},
         1,
         true,
         "which is alone"},
        // A batch script of 8 tasks without srun, and a step of it.
        {{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "7"}}, 1, true, "process 1 of 1 (Slurm"},
        {{{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "0"}},
         8,
         false,
         "process 4 of 8 (Slurm"},
        {{{"SLURM_ARRAY_TASK_ID", "1"}, {"SLURM_ARRAY_TASK_COUNT", "1"}, {"SLURM_ARRAY_TASK_MIN", "1"}},
         1,
         true,
         "which is alone"},
        {{{"SLURM_ARRAY_TASK_ID", "5"}, {"SLURM_ARRAY_TASK_COUNT", "3"}, {"SLURM_ARRAY_TASK_MIN", "5"}},
         3,
         true,
         "a task of 3 (Slurm array, SLURM_ARRAY_TASK_ID=5)"},
        // mpirun -n 1 in each task of an array.
        {{{"OMPI_COMM_WORLD_RANK", "0"},
          {"OMPI_COMM_WORLD_SIZE", "1"},
          {"SLURM_ARRAY_TASK_ID", "4"},
          {"SLURM_ARRAY_TASK_COUNT", "3"},
          {"SLURM_ARRAY_TASK_MIN", "2"}},
         3,
         false,
         "SLURM_ARRAY_TASK_ID=4"},
        // Damaged or of half a launcher.
        {{{"PMI_RANK", "0"}}, 1, true, ""},
        {{{"PMI_RANK", "x"}, {"PMI_SIZE", "4"}}, 1, true, ""},
        {{{"PMI_RANK", "4"}, {"PMI_SIZE", "4"}}, 1, true, ""},
        {{{"PMI_RANK", "-1"}, {"PMI_SIZE", "4"}}, 1, true, ""},
        {{{"OMPI_COMM_WORLD_RANK", ""}, {"OMPI_COMM_WORLD_SIZE", "99999999999999"}}, 1, true, ""},
    };
    for (const Case& c : cases) {
        const Environment environment(c.variables);
        const cli::Place place = cli::find_place("");
        INFO(c.text << ": " << place.text);
        CHECK(place.count == c.count);
        CHECK(place.is_first == c.is_first);
        CHECK_THAT(place.text, Catch::Contains(c.text));
        CHECK(place.text.empty() == c.text.empty());
        CHECK(place.processors <= available_processors());
    }
    const Environment environment({{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}});
    CHECK(cli::find_place("3/5").count == 5);
    CHECK_FALSE(cli::find_place("1/1").shares());
    CHECK_THAT(cli::find_place("1/1").text, Catch::Contains("process 2 of 4") && Catch::Contains("not used"));
}

TEST_CASE("a process alone under a launcher prints its table as ever, and says what was found") {
    const test::TemporaryFolder temporary;
    const Environment environment({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}});
    const Result result = compare(four_runs(temporary / "run"));
    CHECK(result.code == 0);
    CHECK(has_table(result.out));
    CHECK(test::lines_in(result.out.substr(0, result.out.find("train: "))) == 1);
    CHECK_THAT(result.out, Catch::StartsWith("process 1 of 1 (Slurm, SLURM_PROCID), which is alone; "));
    CHECK(compare(four_runs(temporary / "run", {"--overwrite"})).code == 0);
}

TEST_CASE("processes of one machine share its processors, or have what the launcher binds them to") {
    const int all = available_processors();
    const Variables ranks{
        {"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "8"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
    {
        const Environment environment(ranks);
        const cli::Place place = cli::find_place("");
        CHECK(place.processors == std::max(1, all / 2));
        CHECK_THAT(place.text,
                   Catch::Contains("of " + std::to_string(all)) && Catch::Contains("shared by 2 processes"));
    }
    {
        const Environment environment(
            {{"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "7"}, {"SLURM_STEP_NUM_NODES", "4"}});
        CHECK(cli::find_place("").processors == std::max(1, all / 2));
    }
    if (all < 2) CYCLONE_SKIP("needs two processors");
    cpu_set_t before, one;
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_ZERO(&one);
    for (int i = 0; CPU_COUNT(&one) == 0; ++i)
        if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
    const test::TemporaryFolder temporary;
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    const Environment environment(ranks);  // this process binds its child, and its own parent is the launcher
    const cli::Place place = cli::find_place("");
    REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
    CHECK(place.processors == 1);
    CHECK_THAT(place.text,
               Catch::Contains("1 processor of " + std::to_string(all) + ", to which the launcher binds it"));
}
