// Every file of the hostile collection is read in a child process under limits, so that a crash of the HDF5 library
// itself is seen and named instead of ending the tests.
#ifdef CYCLONE_WITH_HDF5

#include <cyclone/data/hdf5/hdf5_file.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <vector>

#include "data/child_answer.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

// Sanitizers reserve terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitAddresses = false;
#else
constexpr bool kLimitAddresses = true;
#endif

enum class Outcome { read, refused, crashed };

struct Verdict {
    Outcome outcome = Outcome::crashed;
    std::string text;  // "(N, H, W, C) dtype sum", the error, or the signal
};

[[noreturn]] void read_in_child(const std::filesystem::path& file, int out) {
    const auto limit = [](int what, rlim_t value) {
        const rlimit r{value, value};
        setrlimit(static_cast<__rlimit_resource>(what), &r);
    };
    limit(RLIMIT_CPU, 10);
    limit(RLIMIT_CORE, 0);
    if (kLimitAddresses) limit(RLIMIT_AS, rlim_t{2} << 30);
    std::ostringstream text;
    try {
        const Tensor images = data::read_hdf5_images(file);
        double sum = 0;
        visit_dtype(images.dtype(), [&](auto zero) {
            for (const auto v : images.values<decltype(zero)>()) sum += static_cast<double>(v);
        });
        text << 'R' << images.shape() << ' ' << images.dtype() << ' ' << sum;
    } catch (const Error& error) {
        text << 'E' << error.what();
    } catch (const std::exception& error) {
        text << 'X' << error.what();
    }
    const std::string all = text.str();
    const bool written = write(out, all.data(), all.size()) == static_cast<ssize_t>(all.size());
    _exit(written ? 0 : 1);
}

Verdict read_safely(const std::filesystem::path& file) {
    const auto [text, status] = test::answer_of_child([&](int out) { read_in_child(file, out); });
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || text.empty() || text[0] == 'X')
        return {Outcome::crashed, WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : text};
    return {text[0] == 'R' ? Outcome::read : Outcome::refused, text.substr(1)};
}

}  // namespace

TEST_CASE("made-up bad HDF5 files give clean errors") {
    CYCLONE_NEED_SHARED("hostile/hdf5/made_bitflip.h5");
    const std::map<std::string, std::string> expected = {
        {"made_bitflip.h5", "cannot be read, the file is damaged"},
        {"made_empty_dataset.h5", "expected images, got a dataset of none"},
        {"made_external_link.h5", "a link to another file, which is refused for safety"},
        {"made_external_storage.h5", "got storage in another file, which is refused for safety"},
        {"made_float64_two_keys.h5", "expected one dataset, got 2: a, b"},
        {"made_nan_wrongrank.h5", "expected a dataset N x H x W or N x H x W x C, got 2 dimensions"},
        {"made_shape_bomb.h5", "images but stores none"},
        {"made_truncated.h5", "expected a whole HDF5 file, got a damaged or truncated one"}};
    for (const auto& [name, why] : expected) {
        const Verdict verdict = read_safely(test::shared_file("hostile/hdf5/" + name));
        CAPTURE(name);
        CHECK(verdict.outcome == Outcome::refused);
        CHECK_THAT(verdict.text, Catch::Contains(name + ": ") && Catch::Contains(why));
    }
    // Images need not be square: this one is a good file.
    CHECK_THAT(read_safely(test::shared_file("hostile/hdf5/made_nonsquare.h5")).text,
               Catch::Contains("(3, 16, 12, 1) u8"));
}

TEST_CASE("no file of the hostile HDF5 collection crashes the reader") {
    CYCLONE_NEED_SHARED("hostile/hdf5");
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(test::shared_file("hostile/hdf5")))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    REQUIRE(files.size() > 50);
    int read = 0, refused = 0;
    for (const auto& file : files) {
        const Verdict verdict = read_safely(file);
        CAPTURE(file.string(), verdict.text);
        CHECK(verdict.outcome != Outcome::crashed);
        read += verdict.outcome == Outcome::read;
        refused += verdict.outcome == Outcome::refused;
        if (std::getenv("CYCLONE_VERBOSE")) std::cout << verdict.text << '\n';
    }
    CHECK(read >= 1);
    CHECK(refused >= 50);
}

#endif
