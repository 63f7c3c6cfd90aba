#include <cyclone/base/error.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

template <class T>
std::string by_stream(const T& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

enum Plain { first, second };

struct WithStreamOnly {
    int value;
};
std::ostream& operator<<(std::ostream& out, const WithStreamOnly& w) { return out << "number " << w.value; }

}  // namespace

TEST_CASE("values stand in messages as streams write them") {
    for (const double x : {0.0, -0.0, 1.0, 0.1, 1.0 / 3, 123456.0, 1234567.0, 1e-5, -2.5e-300, 1e300,
                           std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        CHECK(joined(x) == by_stream(x));
        CHECK(joined(static_cast<float>(x)) == by_stream(static_cast<float>(x)));
    }
    for (const std::int64_t n : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
                                 std::numeric_limits<std::int64_t>::min()}) {
        CHECK(joined(n) == by_stream(n));
        CHECK(joined(static_cast<std::uint64_t>(n)) == by_stream(static_cast<std::uint64_t>(n)));
        CHECK(joined(static_cast<int>(n)) == by_stream(static_cast<int>(n)));
        CHECK(joined(static_cast<std::uint16_t>(n)) == by_stream(static_cast<std::uint16_t>(n)));
    }
    const char* text = "text";
    char buffer[8] = "buffer";
    CHECK(joined(true, false, 'x', static_cast<unsigned char>('y'), text, buffer, std::string("s"),
                 std::string_view("v"), second) == "10xytextbuffersv1");
    CHECK(joined(Shape{2, 3}, ' ', DType::u8, ' ', WithStreamOnly{7}, std::vector<bool>{true}[0]) ==
          "(2, 3) u8 number 71");
    CHECK(joined(std::filesystem::path("a b")) == by_stream(std::filesystem::path("a b")));
    CHECK(joined(-std::numeric_limits<double>::quiet_NaN()) == "nan");  // without a sign
    CHECK(joined() == "");
}

TEST_CASE("an error says where and what, and is of the type that was asked for") {
    CHECK_NOTHROW(check<UsageError>(true, "here", "nothing"));
    try {
        check<UsageError>(false, "conv2d", "expected ", 3, " channels, got ", Shape{1, 2});
        FAIL("no error");
    } catch (const UsageError& error) {
        CHECK(std::string(error.what()) == "conv2d: expected 3 channels, got (1, 2)");
    }
}
