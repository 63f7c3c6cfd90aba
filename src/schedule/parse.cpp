// The table of names, and the few lines that read it.

#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/restarts.h>

#include <algorithm>
#include <iterator>

#include "base/text_arguments.h"

namespace cyclone {
namespace {

using namespace text_arguments;

constexpr std::size_t longest_text = 500;  // bounds the depth of nesting

Length times(Length length, double factor) {
    if (length.in_epochs()) return Epochs{length.count() * factor};
    return Iterations{length.count() * factor};
}

/// The context of what runs when `spent` of the run is over.
ParseContext after(Length spent, ParseContext context) {
    const std::uint64_t n = context.updates_per_epoch;
    if (spent.in_epochs() != context.total.in_epochs()) {
        check<UsageError>(n > 0, "length", "expected the unit of the run (", context.total.describe(), "), got ",
                          spent.describe());
        spent = Iterations{spent.updates(n)};
        context.total = Iterations{context.total.updates(n)};
    }
    const double left = context.total.count() - spent.count();
    check<UsageError>(left > 0, "length", "expected less than the run of ", context.total.describe(), ", got ",
                      spent.describe());
    context.total = times(context.total, left / context.total.count());
    return context;
}

schedule::CyclicOptions cycle(const ParseContext& c) {
    return {.base = c.base, .max = c.max, .step_size = c.step_size};
}

Schedule parse_constant(Arguments& arguments, const ParseContext& c) {
    std::string_view argument = arguments.next("a rate, or base, mean or max");
    if (argument == "base") return c.base;
    if (argument == "max") return c.max;
    if (argument == "mean") return schedule::triangular_mean(cycle(c), c.total);
    std::string_view left = argument;
    const auto value = take_number(left);
    check<UsageError>(value && left.empty(), "rate", "expected a number, base, mean or max, got ", quoted(argument));
    return *value;
}

Schedule parse_one_cycle(Arguments& arguments, const ParseContext& c, bool three_phase) {
    return schedule::one_cycle({.max = c.max,
                                .length = c.total,
                                .pct_start = arguments.number_or("pct_start", 0.3),
                                .three_phase = three_phase});
}

Schedule parse_warmup(Arguments& arguments, const ParseContext& c) {
    const Length length = parse_length(arguments.next("the length of the warm-up"));
    return schedule::warmup(parse_schedule(arguments.rest("a schedule after the warm-up"), after(length, c)), length);
}

Schedule parse_join(Arguments& arguments, ParseContext c) {
    std::string_view rest = arguments.rest("LENGTH:SCHEDULE+...+SCHEDULE");
    std::vector<schedule::Piece> pieces;
    for (std::size_t plus; (plus = rest.find('+')) != std::string_view::npos; rest.remove_prefix(plus + 1)) {
        Arguments piece(rest.substr(0, plus), true);
        const Length length = parse_length(piece.next("the length of a piece"));
        ParseContext inner = c;
        inner.total = length;
        pieces.emplace_back(length, parse_schedule(piece.rest("a schedule after the length"), inner));
        c = after(length, c);
    }
    pieces.emplace_back(parse_schedule(rest, c));
    return schedule::join(pieces);
}

struct Row {
    const char* name;
    const char* arguments;
    const char* description;
    Schedule (*make)(Arguments& arguments, const ParseContext& context);
};

// base, max: the rates of the context; run: its length. One row makes a schedule known to every program.
const Row table[] = {
    {"time-decay", "[:decay]", "base / (1 + decay t), decay 0.96: the study's \"fixed\" rate, gone after a few updates",
     [](Arguments& a, const ParseContext& c) {
         return schedule::keras_time_decay({.base = c.base, .decay = a.number_or("decay", 0.96)});
     }},
    {"constant", ":RATE|base|mean|max", "one rate; mean = the mean of triangular over the run, so the same budget",
     parse_constant},
    {"triangular", "", "base up to max and back, each way in step_size",
     [](Arguments&, const ParseContext& c) { return schedule::triangular(cycle(c)); }},
    {"triangular2", "", "triangular with an amplitude that halves every cycle",
     [](Arguments&, const ParseContext& c) { return schedule::triangular2(cycle(c)); }},
    {"exp-range", "[:gamma]", "triangular with an amplitude that falls by gamma every update (0.99994)",
     [](Arguments& a, const ParseContext& c) {
         return schedule::exp_range(
             {.base = c.base, .max = c.max, .step_size = c.step_size, .gamma = a.number_or("gamma", 0.99994)});
     }},
    {"one-cycle", "[:pct_start]", "one rise to max over pct_start (0.3) of the run, then down to almost nothing",
     [](Arguments& a, const ParseContext& c) { return parse_one_cycle(a, c, false); }},
    {"one-cycle-3", "[:pct_start]", "one-cycle in three phases: up, down, and a last phase to almost nothing",
     [](Arguments& a, const ParseContext& c) { return parse_one_cycle(a, c, true); }},
    {"linear", "[:end]", "a straight line from max to end (0) over the run",
     [](Arguments& a, const ParseContext& c) {
         return schedule::linear({.start = c.max, .end = a.number_or("end", 0), .length = c.total});
     }},
    {"polynomial", "[:power]", "max * (1 - t / run)^power (2)",
     [](Arguments& a, const ParseContext& c) {
         return schedule::polynomial({.start = c.max, .power = a.number_or("power", 2), .length = c.total});
     }},
    {"cosine", "[:end]", "half a cosine from max to end (0) over the run",
     [](Arguments& a, const ParseContext& c) {
         return schedule::cosine({.start = c.max, .end = a.number_or("end", 0), .length = c.total});
     }},
    {"cosine-restarts", "[:multiplier[:peak_decay]]",
     "cosine from max to base in 2 step_size, restarted; each cycle multiplier (1) times as long, peaks shrink by "
     "peak_decay (1)",
     [](Arguments& a, const ParseContext& c) {
         const double multiplier = a.number_or("multiplier", 1), peak_decay = a.number_or("peak_decay", 1);
         return schedule::cosine_warm_restarts({.base = c.base,
                                                .max = c.max,
                                                .period = times(c.step_size, 2),
                                                .multiplier = multiplier,
                                                .peak_decay = peak_decay});
     }},
    {"step", "[:gamma]", "max, times gamma (0.1) after each third of the run",
     [](Arguments& a, const ParseContext& c) {
         return schedule::step({.base = c.max, .gamma = a.number_or("gamma", 0.1), .every = times(c.total, 1.0 / 3)});
     }},
    {"multi-step", "[:gamma]", "max, times gamma (0.1) after half and after three quarters of the run",
     [](Arguments& a, const ParseContext& c) {
         return schedule::multi_step({.base = c.max,
                                      .gamma = a.number_or("gamma", 0.1),
                                      .milestones = {times(c.total, 0.5), times(c.total, 0.75)}});
     }},
    {"exponential", "[:ratio]", "max falling evenly (by percentage) to max * ratio over the run (base / max)",
     [](Arguments& a, const ParseContext& c) {
         const double to_base = c.base > 0 ? c.base / c.max : 0.01;
         return schedule::exponential({.base = c.max, .gamma = a.number_or("ratio", to_base), .every = c.total});
     }},
    {"warmup", ":LENGTH:SCHEDULE", "a straight line from 0 in LENGTH (e.g. 1epoch), then the schedule for the rest",
     parse_warmup},
    {"join", ":LENGTH:SCHEDULE+...+SCHEDULE", "one schedule after the other",
     [](Arguments& a, const ParseContext& c) { return parse_join(a, c); }},
    {"scale", ":FACTOR:SCHEDULE", "the schedule times a factor",
     [](Arguments& a, const ParseContext& c) {
         const double factor = a.number("factor");
         return schedule::scale(parse_schedule(a.rest("a schedule after the factor"), c), factor);
     }},
    {"clamp", ":LOW:HIGH:SCHEDULE", "the schedule held between two rates",
     [](Arguments& a, const ParseContext& c) {
         const double low = a.number("low"), high = a.number("high");
         return schedule::clamp(parse_schedule(a.rest("a schedule after the limits"), c), low, high);
     }},
};

}  // namespace

Schedule parse_schedule(std::string_view text, const ParseContext& context) {
    check<UsageError>(text.size() <= longest_text, "schedule", "expected at most ", longest_text, " characters, got ",
                      text.size());
    NamedArguments given(text);
    return make_from("schedule", text, find_row("schedule", table, given.name), given.arguments, context);
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

std::vector<ScheduleName> known_schedule_names() {
    std::vector<ScheduleName> names;
    for (const Row& row : table) names.push_back({row.name, std::string(row.name) + row.arguments, row.description});
    return names;
}

}  // namespace cyclone
