#pragma once
// Reading "name[:argument...]" texts of command lines (private).

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A namespace of its own: cyclone/base/arguments.h has names like these, and this file goes when its last user reads
// those.
namespace cyclone::text_arguments {

inline std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 80)) + "'"; }

/// Reads a number off the front of `text`; empty if there is none.
inline std::optional<double> take_number(std::string_view& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// What follows the name, read from left to right.
class Arguments {
public:
    explicit Arguments(std::string_view text, bool present) : rest_(text), present_(present) {}

    bool more() const { return present_; }

    std::string_view next(std::string_view what) {
        check<UsageError>(more(), "argument", "expected ", what, ", got nothing");
        const std::size_t colon = rest_.find(':');
        const std::string_view argument = rest_.substr(0, colon);
        present_ = colon != std::string_view::npos;
        rest_ = present_ ? rest_.substr(colon + 1) : std::string_view{};
        return argument;
    }
    std::string_view rest(std::string_view what) {
        check<UsageError>(more(), "argument", "expected ", what, ", got nothing");
        present_ = false;
        return rest_;
    }
    double number(std::string_view what) {
        const std::string_view argument = next(what);
        std::string_view left = argument;
        const auto value = take_number(left);
        check<UsageError>(value && left.empty(), what, "expected a number, got ", quoted(argument));
        return *value;
    }
    double number_or(std::string_view what, double otherwise) { return more() ? number(what) : otherwise; }
    /// A whole number from 0 to 2^53.
    std::int64_t count(std::string_view what) {
        const double value = number(what);
        check<UsageError>(
            value >= 0 && value <= 0x1p53 && value == static_cast<double>(static_cast<std::int64_t>(value)), what,
            "expected a whole number of at least 0, got ", value);
        return static_cast<std::int64_t>(value);
    }

private:
    std::string_view rest_;
    bool present_;
};

/// A "name[:argument...]" taken apart; in the name '_' counts as '-'.
struct NamedArguments {
    std::string name;
    Arguments arguments;

    explicit NamedArguments(std::string_view text)
        : name(text.substr(0, text.find(':'))),
          arguments(name.size() < text.size() ? text.substr(name.size() + 1) : std::string_view{},
                    name.size() < text.size()) {
        std::replace(name.begin(), name.end(), '_', '-');
    }
};

/// The row of `table` (a range of structs with a `name`) called `name`; otherwise a UsageError with the nearest name.
template <class Table>
const auto& find_row(const char* what, const Table& table, std::string_view name) {
    std::vector<std::string> names;
    std::string list;
    for (const auto& row : table) {
        if (name == row.name) return row;
        names.emplace_back(row.name);
        list += (list.empty() ? "" : ", ") + names.back();
    }
    const std::string near = nearest_name(name, names);
    fail<UsageError>(what, "unknown name ", quoted(name), near.empty() ? "" : ", did you mean '" + near + "'?",
                     " (known: ", list, ")");
}

/// row.make(arguments, context...) with errors that name the whole text and the usage; superfluous arguments are one.
template <class Row, class... Context>
auto make_from(const char* what, std::string_view text, const Row& row, Arguments& arguments, Context&&... context) {
    try {
        auto result = row.make(arguments, std::forward<Context>(context)...);
        check<UsageError>(!arguments.more(), "argument", "one too many");
        return result;
    } catch (const Error& error) {
        throw UsageError(std::string(what) + " " + quoted(text) + ": " + error.what() + " (usage: " + row.name +
                         row.arguments + ")");
    }
}

}  // namespace cyclone::text_arguments

// The parts that still read their texts with it.
namespace cyclone::data {
using namespace text_arguments;
using text_arguments::Arguments, text_arguments::quoted, text_arguments::take_number;
}  // namespace cyclone::data
namespace cyclone::lab {
using namespace text_arguments;
using text_arguments::Arguments, text_arguments::quoted, text_arguments::take_number;
}  // namespace cyclone::lab
namespace cyclone::metrics {
using namespace text_arguments;
using text_arguments::Arguments, text_arguments::quoted, text_arguments::take_number;
}  // namespace cyclone::metrics
namespace cyclone::nn {
using namespace text_arguments;
using text_arguments::Arguments, text_arguments::quoted, text_arguments::take_number;
}  // namespace cyclone::nn
namespace cyclone::train {
using namespace text_arguments;
using text_arguments::Arguments, text_arguments::quoted, text_arguments::take_number;
}  // namespace cyclone::train
