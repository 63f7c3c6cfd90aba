// Schedules for C programs.

#include <cyclone/schedule/parse.h>

#include <algorithm>

#include "c/call.h"
#include "c/objects.h"

using namespace cyclone;
using c::ScheduleObject;

namespace {

constexpr std::uint64_t kLastUpdate = std::uint64_t{1} << 53;

double value_at(std::string_view where, const Schedule& schedule, std::uint64_t update) {
    check<UsageError>(update <= kLastUpdate, where, "expected an update up to 2^53, got ", update);
    return schedule.value(update);
}

}  // namespace

extern "C" {

int32_t cyclone_schedule_parse(const char* text, const cyclone_schedule_context* context, cyclone_schedule** schedule) {
    return c::call(__func__, [&](std::string_view where) {
        c::need(where, text, "the text of a schedule");
        c::need(where, schedule, "a place for the schedule");
        const auto given = c::read_struct(where, context, "cyclone_schedule_context");
        check<UsageError>(given.base_lr >= 0 && given.base_lr <= given.max_lr && std::isfinite(given.max_lr), where,
                          "expected 0 <= base_lr <= max_lr, got base_lr ", given.base_lr, " and max_lr ", given.max_lr);
        ScheduleContext filled{
            .base = given.base_lr, .max = given.max_lr, .updates_per_epoch = given.updates_per_epoch};
        if (given.step_size) filled.step_size = parse_length(given.step_size);
        if (given.total) filled.total = parse_length(given.total);
        Schedule made = parse_schedule(text, filled);
        check<UsageError>(!made.needs_updates_per_epoch() || given.updates_per_epoch > 0, where, "expected ",
                          "updates_per_epoch, ", made.describe(), " has lengths in epochs");
        if (given.updates_per_epoch > 0) made = made.with_updates_per_epoch(given.updates_per_epoch);
        *schedule = c::new_handle(std::make_shared<ScheduleObject>(made));
    });
}

int32_t cyclone_schedule_free(cyclone_schedule* schedule) {
    return c::call(__func__, [&](std::string_view where) { c::free_handle<ScheduleObject>(where, schedule); });
}

int32_t cyclone_schedule_value(const cyclone_schedule* schedule, uint64_t update, double* value) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ScheduleObject>(where, schedule);
        c::need(where, value, "a place for the value");
        *value = value_at(where, object->value, update);
    });
}

int32_t cyclone_schedule_values(const cyclone_schedule* schedule, const uint64_t* updates, size_t count,
                                double* values) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ScheduleObject>(where, schedule);
        if (count == 0) return;
        c::need(where, values, "a buffer for the values");
        const std::uint64_t last = updates ? *std::max_element(updates, updates + count) : count - 1;
        value_at(where, object->value, last);  // before anything is written
        for (std::size_t i = 0; i < count; ++i) values[i] = object->value.value(updates ? updates[i] : i);
    });
}

int32_t cyclone_schedule_describe(const cyclone_schedule* schedule, const char** text) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ScheduleObject>(where, schedule);
        c::need(where, text, "a place for the text");
        *text = object->text.c_str();
    });
}

}  // extern "C"
