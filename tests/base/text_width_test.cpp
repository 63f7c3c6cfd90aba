#include <cyclone/base/text_width.h>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("the width of a text is what a terminal shows of it") {
    CHECK(display_width("") == 0);
    CHECK(display_width("loss 0.5") == 8);
    CHECK(display_width("K\xC3\xA4se") == 4);               // Käse
    CHECK(display_width("\xE7\x8C\xAB\xE7\x8A\xAC") == 4);  // two ideographs
    CHECK(display_width("\xF0\x9F\x90\x88") == 2);          // a cat
    CHECK(display_width("e\xCC\x81") == 1);                 // e and a combining acute accent
    CHECK(display_width("\xEA\xB0\x80\xEF\xBC\xA1") == 4);  // Hangul, fullwidth A
    CHECK(display_width("\xFF\xC3") == 2);                  // no UTF-8
    CHECK(display_width("\xE7\x8C") == 2);                  // cut short
}

TEST_CASE("a text is cut between characters and filled to its width") {
    const std::string cats = "\xE7\x8C\xAB\xE7\x8C\xAB\xE7\x8C\xAB";
    CHECK(cut_to_width(cats, 6) == cats);
    CHECK(cut_to_width(cats, 5) == cats.substr(0, 6));  // half a character is none
    CHECK(cut_to_width(cats, 1).empty());
    CHECK(cut_to_width("e\xCC\x81"
                       "a",
                       1) == "e\xCC\x81");
    CHECK(cut_to_width("abc", 0).empty());
    for (std::size_t width = 0; width < 9; ++width)
        for (const bool right : {false, true}) CHECK(display_width(fitted(cats, width, right)) == width);
    CHECK(fitted("ab", 4) == "ab  ");
    CHECK(fitted("ab", 4, true) == "  ab");
    CHECK(fitted("abcd", 2, true) == "ab");
}
