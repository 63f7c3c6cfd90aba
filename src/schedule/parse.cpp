// What command lines say of schedules and lengths.

#include <cyclone/schedule/parse.h>

#include <algorithm>

namespace cyclone {
namespace {

constexpr std::size_t kLongestText = 500;  // bounds the depth of nesting

}  // namespace

Schedule parse_schedule(std::string_view text, const ScheduleContext& context) {
    check<UsageError>(text.size() <= kLongestText, "schedule", "expected at most ", kLongestText, " characters, got ",
                      text.size());
    return schedule::registry().parse(text, context);
}

std::vector<std::string> unused_context(std::string_view text, const ScheduleContext& context) {
    const std::string usual = parse_schedule(text, context).describe();
    ScheduleContext base = context, max = context, step_size = context;
    base.base = context.base > 0 ? context.base / 2 : context.max / 2;
    max.max = context.max > 0 ? context.max * 2 : 1;
    step_size.step_size = context.step_size * 2;
    std::vector<std::string> unused;
    for (const auto& [name, other] : {std::pair("base", base), {"max", max}, {"step_size", step_size}})
        if (parse_schedule(text, other).describe() == usual) unused.emplace_back(name);
    return unused;
}

Length parse_length(std::string_view text) {
    std::string_view unit = text;
    const auto count = take_number(unit);
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    const auto one_of = [unit](std::initializer_list<std::string_view> words) {
        return std::find(words.begin(), words.end(), unit) != words.end();
    };
    const bool in_epochs = one_of({"epoch", "epochs"});
    const bool in_updates = one_of({"", "update", "updates", "iteration", "iterations"});
    check<UsageError>(count && *count > 0 && *count <= 0x1p53 && (in_epochs || in_updates), "length",
                      "expected a positive length such as 2epochs, 0.5epoch or 4000 (updates), got ", quoted(text));
    if (in_epochs) return Epochs{*count};
    return Iterations{*count};
}

}  // namespace cyclone
