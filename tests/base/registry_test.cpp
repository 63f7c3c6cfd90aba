#include <cyclone/base/registry.h>

#include <iomanip>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

struct Thing {
    double size = 0;
    std::int64_t legs = 0;
    std::string rest;
};

using Things = Registry<Thing(Arguments&, double)>;

Things things() {
    return Things("thing",
                  {{"table", "[:SIZE[:LEGS]]", "something to eat from",
                    [](Arguments& a, double otherwise) {
                        Thing thing;
                        thing.size = a.number_or("size", otherwise);
                        thing.legs = a.count_or("legs", 4);
                        return thing;
                    }},
                   {"box", ":TEXT", "what is in it",
                    [](Arguments& a, double) {
                        return Thing{0, 0, a.rest("a text")};
                    }}},
                  ":,");
}

std::string error_of(const std::string& text) {
    try {
        things().parse(text, 1);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("arguments are taken by position, by name, or left at their defaults") {
    const Things known = things();
    CHECK(known.parse("table", 7).size == 7);
    CHECK(known.parse("table:2", 7).size == 2);
    CHECK(known.parse("table:2:3", 7).legs == 3);
    CHECK(known.parse("table:2,3", 7).legs == 3);
    CHECK(known.parse("table:legs=3", 7).legs == 3);
    CHECK(known.parse("table:legs=3", 7).size == 7);
    CHECK(known.parse("table:legs=3,2", 7).size == 2);
    CHECK(known.parse("box:a:b,c=d", 7).rest == "a:b,c=d");
}

TEST_CASE("a string is quoted as a view is, whatever else is called quoted") {
    std::string text = "it";
    const std::string same = text;
    std::ostringstream out;
    out << quoted(text) << quoted(same) << quoted(std::string("it")) << quoted("it") << quoted(std::string_view("it"));
    CHECK(out.str() == "'it''it''it''it''it'");
}

TEST_CASE("a flag is a bare word or says yes or no") {
    const auto flag = [](const char* text) {
        Arguments arguments(text, ":,");
        const bool given = arguments.flag("look-ahead");
        const double number = arguments.number_or("size", 7);
        arguments.check_all_used();
        return std::pair(given, number);
    };
    CHECK(flag("look-ahead") == std::pair(true, 7.0));
    CHECK(flag("2,look_ahead") == std::pair(true, 2.0));
    CHECK(flag("look_ahead=yes:3") == std::pair(true, 3.0));
    CHECK(flag("look-ahead=no") == std::pair(false, 7.0));
    CHECK(flag("size=4") == std::pair(false, 4.0));
    CHECK_THROWS_WITH(flag("look-ahead=1"), Catch::Contains("expected yes or no, got '1'"));
    CHECK_THROWS_AS(flag("look-ahead,look-ahead"), UsageError);
}

TEST_CASE("a mistake in a text names the text, the fault and the usage") {
    const struct {
        const char* text;
        const char* message;
    } cases[] = {
        {"tabel", "did you mean 'table'? (known: table, box)"},
        {"chair", "thing: unknown name 'chair' (known: table, box)"},
        {"table:x", "thing 'table:x': size: expected a number, got 'x' (usage: table[:SIZE[:LEGS]])"},
        {"table:1:2.5", "legs: expected a whole number"},
        {"table:1:2:3", "'3' is one too many (known: size, legs)"},
        {"table:leg=2", "unknown name 'leg', did you mean 'legs'? (known: size, legs)"},
        {"table:legs=2:legs=3", "legs: is given twice"},
        {"table:", "expected a number, got ''"},
        {"box", "expected a text, got nothing"},
    };
    for (const auto& c : cases) {
        INFO(error_of(c.text));
        CHECK(error_of(c.text).find(c.message) != std::string::npos);
    }
}

TEST_CASE("a row that is added is known, and a name is taken once") {
    Things known = things();
    known.add({"lamp", "", "light", [](Arguments&, double) { return Thing{3, 1, ""}; }});
    CHECK(known.parse("lamp", 0).size == 3);
    CHECK(known.names().size() == 3);
    CHECK_THROWS_AS(known.add({"lamp", "", "again", [](Arguments&, double) { return Thing{}; }}), Error);
    CHECK_THROWS_AS(known.add({"a lamp", "", "a space", [](Arguments&, double) { return Thing{}; }}), Error);
    CHECK_THROWS_AS(known.add({"dark", "", "without a function", {}}), Error);
}

TEST_CASE("a help table stays within its width") {
    const std::string help = help_table(
        {{"a", "a[:LONG_ARGUMENT[:ANOTHER]]", "word " + std::string(30, 'x') + " again"}, {"b", "b", "short"}}, 50);
    CHECK(help ==
          "  a[:LONG_ARGUMENT[:ANOTHER]]\n"
          "                          word\n"
          "                          " +
              std::string(30, 'x') +
              "\n"
              "                          again\n"
              "  b                       short\n");
    // A usage that is too wide is broken after a comma.
    CHECK(help_table({{"c", "c[:" + std::string(20, 'x') + "=0," + std::string(20, 'y') + "=0]", "d"}}, 40) ==
          "  c[:" + std::string(20, 'x') + "=0,\n      " + std::string(20, 'y') + "=0]\n" + std::string(26, ' ') +
              "d\n");
}

TEST_CASE("a list separated by commas has no empty item") {
    using Items = std::vector<std::string>;
    CHECK(split_at_commas("x", "a") == Items{"a"});
    CHECK(split_at_commas("x", "a,b c:1,d=2") == Items{"a", "b c:1", "d=2"});
    for (const char* text : {"", ",", "a,", ",a", "a,,b"})
        CHECK_THROWS_WITH(split_at_commas("--x", text),
                          "--x: expected names separated by commas, got '" + std::string(text) + "'");
}
