// Every file of the hostile collection is decoded in one child process under limits, and compared with what two other
// decoders say of it.
#ifdef CYCLONE_WITH_IMAGES

#include <cyclone/data/images/image_folder.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "data/child_answer.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitAddresses = false;
#else
constexpr bool kLimitAddresses = true;
#endif

const std::filesystem::path& root() {
    static const std::filesystem::path path = test::shared_file("hostile/images");
    return path;
}

std::vector<std::string> all_files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root()))
        if (entry.is_regular_file()) files.push_back(std::filesystem::relative(entry.path(), root()).string());
    std::sort(files.begin(), files.end());
    return files;
}

// In kilobytes, from /proc: 0 where there is none.
long status_value(const std::string& key) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(key)) return std::stol(line.substr(key.size()));
    return 0;
}

[[noreturn]] void decode_in_child(const std::vector<std::string>& files, int out) {
    const auto limit = [](int what, rlim_t value) {
        const rlimit r{value, value};
        setrlimit(static_cast<__rlimit_resource>(what), &r);
    };
    limit(RLIMIT_CPU, 60);
    limit(RLIMIT_CORE, 0);
    const auto now = static_cast<rlim_t>(status_value("VmSize:")) << 10;
    if (kLimitAddresses && now > 0) limit(RLIMIT_AS, now + (rlim_t{256} << 20));
    for (const std::string& file : files) {
        std::ostringstream line;
        try {
            const Shape shape = data::read_image(root() / file).shape();
            line << "R" << shape[1] << 'x' << shape[0];
        } catch (const Error& error) {
            line << 'E' << error.what();
        } catch (const std::exception& error) {
            line << 'X' << error.what();
        }
        const std::string text = line.str() + '\n';
        if (write(out, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(1);
    }
    const std::string peak = std::to_string(status_value("VmHWM:")) + '\n';
    _exit(write(out, peak.data(), peak.size()) == static_cast<ssize_t>(peak.size()) ? 0 : 1);
}

// A line for each file and at the end the peak of memory in kilobytes; fewer when the child died.
std::vector<std::string> decode_all(const std::vector<std::string>& files) {
    const auto [text, status] = test::answer_of_child([&](int out) { decode_in_child(files, out); });
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    CAPTURE(status, lines.size() < files.size() ? files[lines.size()] : "");
    REQUIRE(lines.size() == files.size() + 1);
    return lines;
}

// File -> "16x12", or "" where the decoder refuses it.
std::map<std::string, std::string> sizes_of_stb() {
    std::map<std::string, std::string> out;
    std::ifstream in(root() / "ORACLE_stb_image_2.30_asan.csv");
    for (std::string line; std::getline(in, line);) {
        const auto comma = line.find(',');
        const std::string rest = line.substr(comma + 1);
        out[line.substr(0, comma)] = rest.starts_with("ok ") ? rest.substr(3, rest.find(' ', 3) - 3) : "";
    }
    return out;
}

std::map<std::string, std::string> sizes_of_pillow() {
    std::map<std::string, std::string> out;
    std::ifstream in(root() / "ORACLE_pillow.csv");
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        std::string file, bytes, status, format, size;
        std::getline(fields, file, ',');
        std::getline(fields, bytes, ',');
        std::getline(fields, status, ',');
        std::getline(fields, format, ',');
        std::getline(fields, size, ',');
        out[file] = status == "ok" ? size : "";
    }
    return out;
}

}  // namespace

TEST_CASE("no file of the hostile image collection crashes or hangs or takes more than 256 MB") {
    CYCLONE_NEED_SHARED("hostile/images");
    const auto files = all_files();
    REQUIRE(files.size() > 500);
    const auto lines = decode_all(files);
    const auto stb = sizes_of_stb(), pillow = sizes_of_pillow();
    int read = 0, refused = 0, both_but_not_we = 0, neither_but_we = 0;
    const auto size_of = [](const std::map<std::string, std::string>& table, const std::string& file) {
        const auto at = table.find(file);
        return at == table.end() ? std::string() : at->second;
    };
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string &line = lines[i], file = files[i];
        CAPTURE(file, line);
        CHECK(line[0] != 'X');
        CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
        const std::string by_stb = size_of(stb, file), by_pillow = size_of(pillow, file);
        if (line[0] == 'R') {
            ++read;
            if (by_stb.empty() && by_pillow.empty()) {
                ++neither_but_we;
                if (std::getenv("CYCLONE_VERBOSE")) std::cout << "only we: " << file << ' ' << line << '\n';
            } else {
                CHECK((line.substr(1) == by_stb || line.substr(1) == by_pillow));
            }
        } else {
            ++refused;
            if (by_stb.empty() || by_pillow.empty()) continue;
            ++both_but_not_we;
            if (std::getenv("CYCLONE_VERBOSE")) std::cout << "not we: " << file << ' ' << line << '\n';
        }
    }
    std::cout << read << " read, " << refused << " refused, " << both_but_not_we << " that both others read, "
              << neither_but_we << " read that neither other reads, peak " << lines.back() << " kB\n";
    CHECK(read > 300);
    CHECK(both_but_not_we <= 13);  // wrong checksums, Apple's variant, a bad palette index and three damaged JPEGs
    if (kLimitAddresses) CHECK(std::stol(lines.back()) < 256 * 1024);
}

#endif
