#include <cyclone/base/utf8.h>

#include "support/catch.h"

using cyclone::utf8_length;
using cyclone::valid_utf8;

TEST_CASE("bytes that are not UTF-8 are escaped and all other text stays as it is") {
    for (const char* text : {"", "ash", "caf\xC3\xA9", "\xE7\x8C\xAB", "\xF0\x9F\x90\x88", "a\\b\n\t", "\xEF\xBF\xBE"})
        CHECK(valid_utf8(text) == text);
    CHECK(valid_utf8("caf\xE9") == "caf\\xE9");
    CHECK(valid_utf8("\xC3") == "\\xC3");                             // cut off
    CHECK(valid_utf8("\xC0\xAF") == "\\xC0\\xAF");                    // overlong
    CHECK(valid_utf8("\xED\xA0\x80!") == "\\xED\\xA0\\x80!");         // a surrogate
    CHECK(valid_utf8("\xF4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // above the last character
    CHECK(valid_utf8("\xE7\x8C"
                     "a\xFF\xC3\xA9") ==
          "\\xE7\\x8C"
          "a\\xFF\xC3\xA9");
    CHECK(valid_utf8(std::string_view("a\0b", 3)) == std::string("a\0b", 3));
    CHECK(utf8_length("\xF0\x9F\x90\x88x") == 4);
    CHECK(utf8_length("") == 0);
}
