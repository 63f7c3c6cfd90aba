#pragma once
// Arguments: what follows the name in a text such as "one-cycle:0.3" or "conv:32,kernel=5x3", read by whoever made the
// name known (see registry.h).

#include <cyclone/base/language.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone {

/// `text` in quotes for a message, cut after 80 characters.
std::string quoted(std::string_view text);
// For a std::string the std::quoted of <iomanip> would be found as well, and would match better than the one above.
inline std::string quoted(const std::string& text) { return quoted(std::string_view(text)); }
inline std::string quoted(std::string& text) { return quoted(std::string_view(text)); }
inline std::string quoted(const char* text) { return quoted(std::string_view(text)); }

/// The items of "a,b,c", at least one. UsageError that begins with `where` and has the text when an item is empty: a
/// comma at the end is a mistake as often as not.
std::vector<std::string> split_at_commas(std::string_view where, std::string_view text);

/// Reads a number off the front of `text`; empty if there is none.
std::optional<double> take_number(std::string_view& text);

/// Arguments by position or by name ("name=value"), asked for one by one in the order of their positions: each question
/// takes the argument of that name, else the next one without a name. UsageError when a required one is missing or is
/// not what was asked for.
class Arguments {
public:
    Arguments() = default;
    /// `text` is what follows the name and its colon; `separators` are the characters between arguments.
    explicit Arguments(std::string_view text, std::string_view separators = ":");

    /// Whether an argument called `name`, or one without a name, is left.
    bool has(std::string_view name) const;
    /// An argument as text; `what` says in the message what was expected.
    std::string text(std::string_view name, std::string_view what = {});
    /// The same where nothing need be given.
    std::optional<std::string> optional_text(std::string_view name);
    /// An argument as a number.
    double number(std::string_view name);
    /// The same, or `otherwise` where nothing is given.
    double number_or(std::string_view name, double otherwise);
    /// A whole number from 0 to `most`.
    std::int64_t count(std::string_view name, std::int64_t most = std::int64_t{1} << 53);
    /// The same, or `otherwise` where nothing is given.
    std::int64_t count_or(std::string_view name, std::int64_t otherwise, std::int64_t most = std::int64_t{1} << 53);
    /// Whether the bare word `name` is among the arguments; name=yes and name=no say it, too. Ask before what may be
    /// given without a name.
    bool flag(std::string_view name);
    /// All that is left, separators included, as one text ("cosine:0.1" of "warmup:1epoch:cosine:0.1").
    std::string rest(std::string_view what);

    /// UsageError unless every argument was asked for; lists the names that were.
    void check_all_used() const;

private:
    struct Given {
        std::string name;  // empty: by position
        std::string_view value;
        std::size_t begin = 0;  // in text_
        bool used = false;
    };
    Given* find(std::string_view name);
    const Given* find(std::string_view name) const;

    std::string_view text_;
    std::vector<Given> given_;
    std::vector<std::string> asked_;
};

/// The number that is the whole of `text`; UsageError naming `name` otherwise.
double parse_number(std::string_view name, std::string_view text);
/// The whole number from 0 to `most` that is the whole of `text`; UsageError naming `name` otherwise.
std::int64_t parse_count(std::string_view name, std::string_view text, std::int64_t most = std::int64_t{1} << 53);

}  // namespace cyclone
