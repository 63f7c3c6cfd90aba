// A short run of every fuzz target, with any compiler: seeds, damaged in ways that depend on nothing but a number. The
// long runs, which libFuzzer leads to where they have not been, are `make fuzz`.

#define FUZZ_TARGET(name) static int fuzz_##name(const std::uint8_t* data, std::size_t size)

#include "fuzz/checkpoint.cpp"
#include "fuzz/cifar.cpp"
#include "fuzz/csv.cpp"
#include "fuzz/flat.cpp"
#include "fuzz/idx.cpp"
#include "fuzz/image.cpp"
#include "fuzz/npy.cpp"
#include "fuzz/npz.cpp"
#include "fuzz/onnx.cpp"
#include "fuzz/run_json.cpp"
#include "fuzz/safetensors.cpp"
#include "fuzz/schedule.cpp"

#include <cyclone/base/random.h>
#include <cyclone/data/open.h>

#include <sys/resource.h>
#include <sys/time.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <vector>

#include "support/catch.h"
#include "support/shared_files.h"

#ifdef CYCLONE_NO_MULTIVERSION  // sanitizer builds: one allocation beyond the limit is a finding as well
extern "C" {
const char* __asan_default_options() { return "max_allocation_size_mb=256:quarantine_size_mb=16"; }
void __sanitizer_set_death_callback(void (*callback)());
}
#endif

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kInputs = 1000;  // of each target
constexpr std::size_t kMostBytes = 4096;
constexpr long kMostMemory = 64L << 10;  // KB of growth of the process at its largest
constexpr long kMostSeconds = 1;         // of processor time for one input

// What was tried when the process ends.
struct {
    const char* target = "";
    std::uint64_t number = 0;
    const Bytes* bytes = nullptr;
} current;

// As a seed file is written, for printf.
void tell_input() {
    std::fprintf(stderr, "fuzz target %s, input %llu; as a seed: ", current.target,
                 static_cast<unsigned long long>(current.number));
    for (const std::uint8_t byte : *current.bytes) std::fprintf(stderr, "\\%03o", byte);
    std::fprintf(stderr, "\n");
}

[[noreturn]] void stop(int signal) {
    std::fputs(signal == SIGPROF ? "an input takes more than a second\n" : "an input ends the process\n", stderr);
    tell_input();
    std::_Exit(1);
}

void catch_signals() {
    std::signal(SIGPROF, stop);
    std::signal(SIGABRT, stop);
#ifdef CYCLONE_NO_MULTIVERSION
    __sanitizer_set_death_callback(tell_input);  // the other signals are the sanitizer's
#else
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, stop);
#endif
}

// Seeds called *.printf are formats for printf: octal numbers behind a backslash, and two backslashes for one.
Bytes seed_in(const std::filesystem::path& file) {
    const std::string text = test::whole_file(file);
    if (file.extension() != ".printf") return {text.begin(), text.end()};
    Bytes out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out.push_back(static_cast<std::uint8_t>(text[i]));
        } else if (text[i + 1] == '\\') {
            out.push_back('\\');
            ++i;
        } else {
            out.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i + 1, 3), nullptr, 8)));
            i += 3;
        }
    }
    return out;
}

std::vector<Bytes> seeds_of(const std::string& target) {
    std::map<std::string, Bytes> seeds;  // in the order of their names on every machine
    const std::filesystem::path folder = std::string(CYCLONE_SOURCE_DIR) + "/tests/fuzz/seeds/" + target;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        seeds[entry.path().filename().string()] = seed_in(entry.path());
    std::vector<Bytes> out;
    for (auto& [name, bytes] : seeds) out.push_back(std::move(bytes));
    return out;
}

/// Makes inputs from seeds; input k is always the same.
class Damage {
public:
    Damage(const std::vector<Bytes>& seeds, std::uint64_t number) : seeds_(seeds), random_(number) {
        bytes_ = any_seed();
        for (std::uint64_t edits = 1 + below(4); edits > 0; --edits) edit();
        if (bytes_.size() > kMostBytes) bytes_.resize(kMostBytes);
    }
    Bytes take() { return std::move(bytes_); }

private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(draw_++, bound); }
    const Bytes& any_seed() { return seeds_[below(seeds_.size())]; }
    std::ptrdiff_t place() { return static_cast<std::ptrdiff_t>(below(bytes_.size() + 1)); }

    void edit() {
        if (bytes_.empty()) bytes_ = any_seed();
        switch (below(8)) {
            case 0:
                bytes_[below(bytes_.size())] ^= static_cast<std::uint8_t>(1U << below(8));
                break;
            case 1:
                bytes_[below(bytes_.size())] = static_cast<std::uint8_t>(below(256));
                break;
            case 2:
                bytes_.resize(below(bytes_.size()));
                break;
            case 3:
                put_number();
                break;
            case 4:
                insert_text();
                break;
            case 5: {  // a piece of a seed, inserted or over what is there
                const Bytes& seed = any_seed();
                const std::uint64_t begin = below(seed.size() + 1), count = below(seed.size() - begin + 1);
                const auto from = seed.begin() + static_cast<std::ptrdiff_t>(begin);
                bytes_.insert(bytes_.begin() + place(), from, from + static_cast<std::ptrdiff_t>(count));
                break;
            }
            case 6: {
                const std::ptrdiff_t begin = place();
                const std::uint64_t count = below(std::min<std::uint64_t>(16, bytes_.size() - begin) + 1);
                bytes_.erase(bytes_.begin() + begin, bytes_.begin() + begin + static_cast<std::ptrdiff_t>(count));
                break;
            }
            default: {  // the beginning of one, the end of another
                const Bytes& seed = any_seed();
                bytes_.resize(static_cast<std::size_t>(place()));
                bytes_.insert(bytes_.end(), seed.begin() + static_cast<std::ptrdiff_t>(below(seed.size() + 1)),
                              seed.end());
            }
        }
    }

    // One of the numbers that sizes go wrong at, of 1 to 8 bytes in either order.
    void put_number() {
        constexpr std::uint64_t numbers[] = {0,           1,          2,          0x7F,        0x80,
                                             0xFF,        0x7FFF,     0xFFFF,     0x7FFF'FFFF, 0x8000'0000,
                                             0xFFFF'FFFF, 1ULL << 32, 1ULL << 40, ~0ULL >> 1,  ~0ULL};
        const std::uint64_t number = numbers[below(std::size(numbers))], width = 1ULL << below(4);
        const bool least_first = below(2) == 0;
        for (std::uint64_t i = 0, at = below(bytes_.size()); i < width && at < bytes_.size(); ++i, ++at)
            bytes_[at] = static_cast<std::uint8_t>(number >> 8 * (least_first ? i : width - 1 - i));
    }

    void insert_text() {
        constexpr std::string_view texts[] = {"0",     "-1",   "9",        "4294967296", "18446744073709551616",
                                              "1e999", "nan",  "[[",       "\"",         "\n",
                                              ":",     ",",    "{",        "'",          "\\",
                                              "%",     "1e-9", "\xFF\xFE", "null",       ".5",
                                              ")"};
        const std::string_view text = texts[below(std::size(texts))];
        bytes_.insert(bytes_.begin() + place(), text.begin(), text.end());
    }

    const std::vector<Bytes>& seeds_;
    Random random_;
    std::uint64_t draw_ = 0;
    Bytes bytes_;
};

long largest_memory() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

void set_alarm(long seconds) {
    const itimerval timer{{0, 0}, {seconds, 0}};
    setitimer(ITIMER_PROF, &timer, nullptr);
}

void run(const char* target, int (*one_input)(const std::uint8_t*, std::size_t)) {
    const std::vector<Bytes> seeds = seeds_of(target);
    REQUIRE(!seeds.empty());
    const long before = largest_memory();
    for (std::uint64_t k = 0; k < seeds.size() + kInputs; ++k) {
        const Bytes input = k < seeds.size() ? seeds[k] : Damage(seeds, k).take();
        current = {target, k, &input};
        set_alarm(kMostSeconds);
        try {
            one_input(input.data(), input.size());
        } catch (const std::exception& error) {
            tell_input();
            FAIL(target << ", input " << k << ": " << error.what());
        }
        set_alarm(0);
        if (largest_memory() <= before + kMostMemory) continue;
        tell_input();
        FAIL(target << ", input " << k << " takes too much memory");
    }
}

}  // namespace

TEST_CASE("a thousand damaged files for each reader are read or refused in time and memory") {
    catch_signals();
    run("checkpoint", fuzz_checkpoint);
    run("cifar", fuzz_cifar);
    run("csv", fuzz_csv);
    run("flat", fuzz_flat);
    run("idx", fuzz_idx);
    run("image", fuzz_image);
    run("npy", fuzz_npy);
    run("npz", fuzz_npz);
    run("onnx", fuzz_onnx);
    run("run_json", fuzz_run_json);
    run("safetensors", fuzz_safetensors);
    run("schedule", fuzz_schedule);
}

TEST_CASE("each format that open() reads has a fuzz target") {
    // HDF5 is read by a child process, which costs too much per input: tests/data/hostile_hdf5_test.cpp.
    const std::map<std::string, std::string> targets = {{"NPZ", "npz"},
                                                        {"NPY", "npy"},
                                                        {"CSV", "csv"},
                                                        {"flat file", "flat"},
                                                        {"HDF5", ""},
                                                        {"CIFAR", "cifar"},
                                                        {"folder of images", "image"},
                                                        {"MNIST's IDX folder", "idx"},
                                                        {"the study's HDF5 folder", ""}};
    for (const NamedItem& format : data::formats().names()) {
        INFO(format.name);
        const auto target = targets.find(format.name);
        REQUIRE(target != targets.end());
        if (!target->second.empty()) CHECK_FALSE(seeds_of(target->second).empty());
    }
}
