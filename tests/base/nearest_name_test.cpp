#include <cyclone/base/nearest_name.h>

#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("the nearest name is the one with the fewest slips") {
    const std::vector<std::string> names{"train", "test", "validation"};
    CHECK(nearest_name("tran", names) == "train");
    CHECK(nearest_name("tset", names) == "test");  // two neighbours that changed places are one slip
    CHECK(nearest_name("tasq", names).empty());
    CHECK(nearest_name("valdiation", names) == "validation");
    CHECK(nearest_name("validation-set", names) == "validation");
    CHECK(nearest_name("", names).empty());
    CHECK(nearest_name(std::string(10'000, 't'), names).empty());
    CHECK(nearest_name("x", {}).empty());
}
