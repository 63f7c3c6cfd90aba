#include <cyclone/base/read_number.h>

#include <cmath>
#include <string>

#include "support/catch.h"

using namespace cyclone;

#ifdef __cpp_lib_to_chars
TEST_CASE("numbers are read by strtod() as the standard library reads them") {
    for (const std::string text : {"0",        "-0",
                                   "1",        "1.5",
                                   "-1.5x",    ".5",
                                   "5.",       "-.",
                                   ".",        "",
                                   "-",        "+1",
                                   " 1",       "1e3",
                                   "1e",       "1e+",
                                   "1E-2",     "1e5.5",
                                   "0x10",     "1e400",
                                   "-1e400",   "1e-400",
                                   "0e999",    "1,5",
                                   "inf",      "-INF",
                                   "infinity", "infinit",
                                   "nan",      "-NaN",
                                   "nano",     "1 2",
                                   "e5",       "1..2",
                                   "00012",    "4.9e-324",
                                   "1e308",    "123456789012345678901234567890",
                                   "0.1",      "1e+07",
                                   "1.e2",     "--1"}) {
        INFO('\'' << text << '\'');
        double expected = -7, got = -7;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), expected);
        const auto mine = read_number_by_strtod(text.data(), text.data() + text.size(), got);
        CHECK(mine.ptr == end);
        CHECK(mine.ec == error);
        CHECK((got == expected || (std::isnan(got) && std::isnan(expected))));
        CHECK(std::signbit(got) == std::signbit(expected));
    }
}
#endif

TEST_CASE("a number ends where its text does") {
    const std::string text = "12.5 of 20";
    double value = 0;
    const auto read = read_number(text.data(), text.data() + 4, value);
    CHECK(value == 12.5);
    CHECK(read.ptr == text.data() + 4);
    int whole = 0;
    CHECK(read_number(text.data(), text.data() + 4, whole).ptr == text.data() + 2);
    CHECK(whole == 12);
}
