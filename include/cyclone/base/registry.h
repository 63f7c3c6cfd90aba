#pragma once
// Registry: everything that has a name on a command line (schedules, layers, optimizers, formats, ...) is a row of one.
// Parsing, the list for --help and "did you mean" follow from the rows.

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>

#include <functional>
#include <initializer_list>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone {

/// Name, usage and one line of description, for lists.
struct NamedItem {
    std::string name;         ///< "exp-range"
    std::string usage;        ///< "exp-range[:gamma]"
    std::string description;  ///< one line
};

/// "  usage   description" per item, wrapped at `width` columns.
std::string help_table(const std::vector<NamedItem>& items, std::size_t width = 80);

/// The part of `text` before its first colon; '_' counts as '-'.
std::string name_in(std::string_view text);

/// UsageError "<what>: unknown name '...', did you mean '...'? (known: ...)".
[[noreturn]] void fail_unknown_name(std::string_view what, std::string_view name, const std::vector<NamedItem>& known);

template <class Signature>
class Registry;

/// Rows that make a Result from arguments and a context. Rows may be added before threads start; reading is safe from
/// any thread.
template <class Result, class... Context>
class Registry<Result(Arguments&, Context...)> {
public:
    /// One name and what it makes.
    struct Row {
        std::string name;                                    ///< a-z, 0-9 and '-'
        std::string arguments;                               ///< usage: "[:gamma]"
        std::string description;                             ///< one line
        std::function<Result(Arguments&, Context...)> make;  ///< asks for its arguments one by one
    };

    /// `what` begins messages ("schedule"); `separators` stand between arguments.
    Registry(std::string what, std::initializer_list<Row> rows, std::string separators = ":")
        : what_(std::move(what)), separators_(std::move(separators)) {
        for (const Row& row : rows) add(row);
    }

    /// Makes a row known to everything that reads such names. Error when the name is taken, is empty or has other
    /// characters than a-z, 0-9 and '-'.
    void add(Row row) {
        const bool plain = row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
        check(plain && !row.name.empty(), what_, "expected a name of a-z, 0-9 and '-', got ",
              cyclone::quoted(row.name));
        check(row.make != nullptr, what_, "expected ", cyclone::quoted(row.name), " to have a function that makes one");
        check(!knows(row.name), what_, "the name ", cyclone::quoted(row.name), " is taken");
        rows_.push_back(std::move(row));
    }

    /// Whether there is a row of this name.
    bool knows(std::string_view name) const {
        for (const Row& row : rows_)
            if (row.name == name) return true;
        return false;
    }
    /// UsageError for an unknown name, with the nearest known one.
    const Row& row(std::string_view name) const {
        for (const Row& row : rows_)
            if (row.name == name) return row;
        fail_unknown_name(what_, name, names());
    }

    /// The result of "name[:argument...]". UsageError for an unknown name, a missing, superfluous or malformed
    /// argument, or values that make no result: it names the text and the usage.
    Result parse(std::string_view text, Context... context) const {
        const Row& found = row(name_in(text));
        const std::size_t colon = text.find(':');
        try {
            Arguments arguments =
                colon == std::string_view::npos ? Arguments() : Arguments(text.substr(colon + 1), separators_);
            Result result = found.make(arguments, std::forward<Context>(context)...);
            arguments.check_all_used();
            return result;
        } catch (const Error& error) {
            throw UsageError(what_ + " " + cyclone::quoted(text) + ": " + error.what() + " (usage: " + found.name +
                             found.arguments + ")");
        }
    }

    /// Every row, in the order for --help.
    std::vector<NamedItem> names() const {
        std::vector<NamedItem> items;
        for (const Row& row : rows_) items.push_back({row.name, row.name + row.arguments, row.description});
        return items;
    }
    /// The table for --help.
    std::string help(std::size_t width = 80) const { return help_table(names(), width); }

private:
    std::string what_, separators_;
    std::list<Row> rows_;  // rows keep their addresses
};

}  // namespace cyclone
