#include <cyclone/schedule/parse.h>

#include <cmath>
#include <limits>

#include "c/handles.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

cyclone_schedule_context context() { return {sizeof(cyclone_schedule_context), 0.01, 0.2, "2epochs", "6epochs", 50}; }

ScheduleHandle parse(const char* text, const cyclone_schedule_context& with = context()) {
    cyclone_schedule* made = nullptr;
    ok(cyclone_schedule_parse(text, &with, &made));
    return ScheduleHandle(made);
}

}  // namespace

TEST_CASE("every schedule with a name has in C the values that it has in C++") {
    const ScheduleContext same{
        .base = 0.01, .max = 0.2, .step_size = Epochs{2}, .total = Epochs{6}, .updates_per_epoch = 50};
    std::vector<std::string> texts{"constant:max", "exp-range:0.999", "warmup:1epoch:cosine"};
    for (const NamedItem& row : schedule::registry().names())
        if (row.usage.find(':') == std::string::npos || row.usage.find('[') != std::string::npos)
            texts.push_back(row.name);  // needs no argument
    REQUIRE(texts.size() > 10);
    for (const std::string& name : texts) {
        INFO(name);
        const Schedule expected = parse_schedule(name, same).with_updates_per_epoch(50);
        const ScheduleHandle schedule = parse(name.c_str());
        std::vector<double> values(400), some(3);
        ok(cyclone_schedule_values(schedule.get(), nullptr, values.size(), values.data()));
        for (std::uint64_t update = 0; update < values.size(); ++update)
            CHECK(values[update] == expected.value(update));
        const std::uint64_t updates[] = {399, 7, 1'000'000};
        ok(cyclone_schedule_values(schedule.get(), updates, 3, some.data()));
        CHECK(some == std::vector<double>{values[399], values[7], expected.value(1'000'000)});
        double one = 0;
        ok(cyclone_schedule_value(schedule.get(), 123, &one));
        CHECK(one == values[123]);
        const char* text = nullptr;
        ok(cyclone_schedule_describe(schedule.get(), &text));
        CHECK(text == expected.describe());
    }
}

TEST_CASE("lengths in updates need no epochs, and missing lengths have the defaults of the programs") {
    cyclone_schedule_context given = context();
    given.step_size = "100";
    given.updates_per_epoch = 0;
    double value = 0;
    ok(cyclone_schedule_value(parse("triangular", given).get(), 100, &value));
    CHECK(value == Approx(0.2));
    given = context();
    given.step_size = given.total = nullptr;
    ok(cyclone_schedule_value(parse("triangular", given).get(), 100, &value));  // 2 epochs of 50
    CHECK(value == Approx(0.2));
}

TEST_CASE("what makes no schedule is an error that says why") {
    cyclone_schedule* made = nullptr;
    const auto refused = [&](const char* text, const cyclone_schedule_context& with, const std::string& message) {
        INFO(text);
        fails(cyclone_schedule_parse(text, &with, &made), CYCLONE_USAGE, message);
        CHECK(made == nullptr);
    };
    refused("triangluar", context(), "did you mean 'triangular'");
    refused("", context(), "schedule");
    refused("triangular:1:2:3:4", context(), "usage");
    cyclone_schedule_context with = context();
    with.base_lr = 0.3;
    refused("triangular", with, "0 <= base_lr <= max_lr, got base_lr 0.3 and max_lr 0.2");
    with.base_lr = std::numeric_limits<double>::quiet_NaN();
    refused("triangular", with, "base_lr");
    with = context();
    with.step_size = "two epochs";
    refused("triangular", with, "two epochs");
    with = context();
    with.updates_per_epoch = 0;
    refused("triangular", with, "updates_per_epoch");
    const ScheduleHandle schedule = parse("triangular");
    double value = 7;
    fails(cyclone_schedule_value(schedule.get(), std::numeric_limits<std::uint64_t>::max(), &value), CYCLONE_USAGE,
          "up to 2^53");
    std::vector<double> values(2, 7);
    const std::uint64_t updates[] = {1, std::uint64_t{1} << 60};
    fails(cyclone_schedule_values(schedule.get(), updates, 2, values.data()), CYCLONE_USAGE, "up to 2^53");
    CHECK(values[0] == 7);  // nothing was written
    CHECK(value == 7);
    ok(cyclone_schedule_values(schedule.get(), nullptr, 0, nullptr));
}
