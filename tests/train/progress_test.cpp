#include <cyclone/base/text_width.h>
#include <cyclone/train/progress.h>

#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "support/catch.h"

using namespace cyclone::train;

TEST_CASE("durations are short and plain") {
    CHECK(format_duration(0.4) == "0 s");
    CHECK(format_duration(59.4) == "59 s");
    CHECK(format_duration(59.6) == "1:00");
    CHECK(format_duration(725) == "12:05");
    CHECK(format_duration(12059) == "3:20:59");
    CHECK(format_duration(-1) == "?");
    CHECK(format_duration(0.0 / 0.0) == "?");
}

TEST_CASE("a progress line overwrites itself and is gone at the end") {
    std::ostringstream out;
    Progress progress("runs", 4, ProgressMode::on, out);
    progress.note("loss 0.5");
    progress.add();
    CHECK_THAT(out.str(), Catch::Contains("\rruns  25 %") && Catch::Contains("ETA") && Catch::Contains("loss 0.5"));
    CHECK(out.str().find('\n') == std::string::npos);
    progress.add(3);
    progress.finish();
    const std::string text = out.str();
    const std::string last = text.substr(text.rfind('\r', text.size() - 2) + 1);
    CHECK(text.back() == '\r');
    CHECK(last.find_first_not_of(" \r") == std::string::npos);
    progress.add();
    CHECK(out.str() == text);
}

TEST_CASE("a cleared progress line leaves the line to others and is drawn again") {
    std::ostringstream out;
    Progress progress("runs", 4, ProgressMode::on, out);
    progress.clear();
    CHECK(out.str().empty());
    progress.add();
    const std::size_t drawn = out.str().size();
    progress.clear();
    const std::string wiped = out.str().substr(drawn);
    CHECK(wiped.size() == drawn + 1);  // as many blanks, between two carriage returns
    CHECK(wiped.front() == '\r');
    CHECK(wiped.back() == '\r');
    CHECK(wiped.find_first_not_of(" \r") == std::string::npos);
    progress.clear();
    CHECK(out.str().size() == drawn + wiped.size());
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    progress.add();
    CHECK_THAT(out.str().substr(drawn + wiped.size()), Catch::Contains("50 %"));
}

TEST_CASE("nothing is drawn into a pipe or when it is off") {
    std::ostringstream out;
    {
        Progress automatic("a", 2, ProgressMode::automatic, out);
        Progress off("b", 2, ProgressMode::off, out);
        automatic.add(2);
        off.add(2);
        CHECK_FALSE(off.visible());
        CHECK(off.done() == 2);
    }
    CHECK(out.str().empty());
}

TEST_CASE("lines never wrap and are drawn at most ten times a second") {
    std::ostringstream out;
    {
        Progress progress(std::string(200, 'x'), 100'000, ProgressMode::on, out);
        for (int i = 0; i < 100'000; ++i) progress.add();
    }
    const std::string text = out.str();
    std::istringstream parts(text);
    std::size_t drawn = 0;
    for (std::string line; std::getline(parts, line, '\r'); ++drawn) CHECK(line.size() <= 79);
    CHECK(drawn < 60);  // 100,000 calls take milliseconds, seconds on a busy machine
}

TEST_CASE("the width of a line is what a terminal shows, not its bytes") {
    std::ostringstream out;
    std::string cats;
    for (int i = 0; i < 60; ++i) cats += "\xE7\x8C\xAB";  // two columns each
    Progress progress(cats, 4, ProgressMode::on, out);
    progress.add();
    CHECK(cyclone::display_width(out.str().substr(1)) == 79);  // 39 of them, no half one, and a blank
    const std::size_t drawn = out.str().size();
    progress.clear();
    CHECK(out.str().substr(drawn) == '\r' + std::string(79, ' ') + '\r');
    progress.note("never seen");
    CHECK(out.str().find("never") == std::string::npos);
}

TEST_CASE("several threads count together") {
    std::ostringstream out;
    Progress progress("threads", 40'000, ProgressMode::on, out);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) {
                progress.add();
                if (i % 1000 == 0) progress.note("x");
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(progress.done() == 40'000);
}

TEST_CASE("a total of nothing is no division by zero") {
    std::ostringstream out;
    Progress progress("none", 0, ProgressMode::on, out);
    progress.add(0);
    CHECK_THAT(out.str(), Catch::Contains("0 %"));
}
