// Reads "argument[:argument...]" and "name=value" off the text behind a name.

#include <cyclone/base/arguments.h>

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/base/read_number.h>

#include <algorithm>
#include <system_error>

namespace cyclone {
namespace {

bool is_name(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos &&
           text[0] >= 'a' && text[0] <= 'z';
}

std::string with_underscores(std::string_view text) {
    std::string name(text);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

}  // namespace

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 80)) + "'"; }

std::vector<std::string> split_at_commas(std::string_view where, std::string_view text) {
    std::vector<std::string> items;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        check<UsageError>(end > begin, where, "expected names separated by commas, got ", quoted(text));
        items.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return items;
}

std::optional<double> take_number(std::string_view& text) {
    double value = 0;
    const auto [end, error] = read_number(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

double parse_number(std::string_view name, std::string_view text) {
    std::string_view left = text;
    const auto value = take_number(left);
    check<UsageError>(value && left.empty(), name, "expected a number, got ", quoted(text));
    return *value;
}

std::int64_t parse_count(std::string_view name, std::string_view text, std::int64_t most) {
    const double value = parse_number(name, text);
    check<UsageError>(value >= 0 && value <= static_cast<double>(most) &&
                          value == static_cast<double>(static_cast<std::int64_t>(value)),
                      name, "expected a whole number from 0 to ", most, ", got ", quoted(text));
    return static_cast<std::int64_t>(value);
}

Arguments::Arguments(std::string_view text, std::string_view separators) : text_(text) {
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
        std::string_view value = text.substr(begin, end - begin);
        Given& argument = given_.emplace_back();
        argument.begin = begin;
        const std::size_t equals = value.find('=');
        if (equals != std::string_view::npos && is_name(value.substr(0, equals))) {
            argument.name = with_underscores(value.substr(0, equals));
            value.remove_prefix(equals + 1);
            for (const Given& earlier : given_)
                check<UsageError>(&earlier == &argument || earlier.name != argument.name, argument.name,
                                  "is given twice");
        }
        argument.value = value;
        begin = end + 1;
    }
}

const Arguments::Given* Arguments::find(std::string_view name) const {
    const std::string wanted = with_underscores(name);
    for (const Given& argument : given_)
        if (argument.name == wanted) return &argument;
    for (const Given& argument : given_)
        if (argument.name.empty() && !argument.used) return &argument;
    return nullptr;
}

Arguments::Given* Arguments::find(std::string_view name) {
    return const_cast<Given*>(static_cast<const Arguments&>(*this).find(name));
}

bool Arguments::has(std::string_view name) const { return find(name) != nullptr; }

std::optional<std::string> Arguments::optional_text(std::string_view name) {
    asked_.push_back(with_underscores(name));
    Given* const argument = find(name);
    if (argument == nullptr) return std::nullopt;
    argument->used = true;
    return std::string(argument->value);
}

std::string Arguments::text(std::string_view name, std::string_view what) {
    auto found = optional_text(name);
    check<UsageError>(found.has_value(), "argument", "expected ", what.empty() ? name : what, ", got nothing");
    return *std::move(found);
}

double Arguments::number(std::string_view name) { return parse_number(name, text(name)); }

double Arguments::number_or(std::string_view name, double otherwise) {
    const auto found = optional_text(name);
    return found ? parse_number(name, *found) : otherwise;
}

std::int64_t Arguments::count(std::string_view name, std::int64_t most) { return parse_count(name, text(name), most); }

std::int64_t Arguments::count_or(std::string_view name, std::int64_t otherwise, std::int64_t most) {
    const auto found = optional_text(name);
    return found ? parse_count(name, *found, most) : otherwise;
}

bool Arguments::flag(std::string_view name) {
    asked_.push_back(with_underscores(name));
    for (Given& argument : given_) {
        const bool is_bare = argument.name.empty() && with_underscores(argument.value) == asked_.back();
        if (argument.used || (!is_bare && argument.name != asked_.back())) continue;
        argument.used = true;
        check<UsageError>(is_bare || argument.value == "yes" || argument.value == "no", name,
                          "expected yes or no, got ", quoted(argument.value));
        return is_bare || argument.value == "yes";
    }
    return false;
}

std::string Arguments::rest(std::string_view what) {
    const auto first = std::find_if(given_.begin(), given_.end(), [](const Given& argument) { return !argument.used; });
    check<UsageError>(first != given_.end(), "argument", "expected ", what, ", got nothing");
    for (auto argument = first; argument != given_.end(); ++argument) argument->used = true;
    return std::string(text_.substr(first->begin));
}

void Arguments::check_all_used() const {
    for (const Given& argument : given_) {
        if (argument.used) continue;
        std::string known;
        for (const std::string& name : asked_) known += (known.empty() ? "" : ", ") + name;
        const std::string list = known.empty() ? " (none is expected)" : " (known: " + known + ")";
        if (argument.name.empty()) fail<UsageError>("argument", quoted(argument.value), " is one too many", list);
        const std::string near = nearest_name(argument.name, asked_);
        fail<UsageError>("argument", "unknown name ", quoted(argument.name),
                         near.empty() ? "" : ", did you mean '" + near + "'?", list);
    }
}

}  // namespace cyclone
