// Fields of protocol buffers; the bytes are those of the encoding's own description.

#include "onnx/wire.h"

#include "support/catch.h"

using namespace cyclone;
using onnx::Wire;
using onnx::WireReader;

namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values) out += static_cast<char>(value);
    return out;
}

std::vector<onnx::Field> fields(const std::string& text) {
    WireReader reader(text, "x");
    std::vector<onnx::Field> out;
    while (auto field = reader.next()) out.push_back(*field);
    return out;
}

std::string error_of(const std::string& text) {
    try {
        fields(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("fields are written and read as the encoding says") {
    onnx::WireWriter out;
    out.number(1, 150);
    out.bytes(2, "testing");
    out.real(3, 1);
    out.number(4, -1);
    const std::string expected =
        bytes({0x08, 0x96, 0x01, 0x12, 0x07, 't',  'e',  's',  't',  'i',  'n',  'g',  0x1D, 0,
               0,    0x80, 0x3F, 0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01});
    CHECK(out.text() == expected);
    const auto read = fields(expected);
    REQUIRE(read.size() == 4);
    CHECK((read[0].number == 1 && read[0].value == 150));
    CHECK((read[1].number == 2 && read[1].bytes == "testing"));
    CHECK(onnx::as_float(read[2], "x") == 1);
    CHECK(onnx::as_int(read[3], "x") == -1);
}

TEST_CASE("numbers may come one by one or packed") {
    std::vector<std::int64_t> numbers;
    const std::string whole = bytes({0x20, 0x03, 0x22, 0x05, 0x8E, 0x02, 0x9E, 0xA7, 0x05});  // what fields point into
    for (const auto& field : fields(whole)) onnx::read_numbers(field, "x", numbers);
    CHECK(numbers == std::vector<std::int64_t>{3, 270, 86942});
    std::vector<float> reals;
    const std::string halves = bytes({0x25, 0, 0, 0, 0x40, 0x22, 0x08, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x3F});
    for (const auto& field : fields(halves)) onnx::read_floats(field, "x", reals);
    CHECK(reals == std::vector<float>{2, 1, 0.5F});
}

TEST_CASE("damaged fields are errors that say what is wrong") {
    CHECK_THAT(error_of(bytes({0x08, 0x96})), Catch::Contains("x: ends within a number"));
    CHECK_THAT(error_of(bytes({0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2})),
               Catch::Contains("more than 64 bits"));
    CHECK_THAT(error_of(bytes({0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})),
               Catch::Contains("more than 64 bits"));
    CHECK(error_of(bytes({0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})).empty());
    CHECK_THAT(error_of(bytes({0x12, 0x07, 't'})), Catch::Contains("claims 7 bytes in field 2, only 1 are left"));
    CHECK_THAT(error_of(bytes({0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})), Catch::Contains("are left"));
    CHECK_THAT(error_of(bytes({0x0B})), Catch::Contains("kind 3"));
    CHECK_THAT(error_of(bytes({0x00, 0x01})), Catch::Contains("number 0"));
    CHECK_THAT(error_of(bytes({0x0D, 1, 2, 3})), Catch::Contains("ends within a number"));
}
