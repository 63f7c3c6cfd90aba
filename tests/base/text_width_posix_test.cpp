// The width of a terminal.

#include <cyclone/base/text_width.h>

#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("without a terminal the variable COLUMNS says how wide it is") {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    for (const auto& [text, expected] :
         {std::pair<const char*, std::size_t>{"50", 50}, {"x", 0}, {"-3", 0}, {"0", 0}}) {
        ::setenv("COLUMNS", text, 1);
        CHECK(terminal_columns(pipe[1]).value_or(0) == expected);
    }
    ::unsetenv("COLUMNS");
    CHECK_FALSE(terminal_columns(pipe[1]));
    ::close(pipe[0]);
    ::close(pipe[1]);
}
