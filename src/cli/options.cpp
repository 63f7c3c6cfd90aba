// Reads a command line and a config file into the table of options.

#include "cli/options.h"

#include <cyclone/base/nearest_name.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>

namespace cyclone::cli {
namespace {

// Names that the programs before `cyclone` had, and what others call the same.
constexpr std::pair<const char*, const char*> kFormer[] = {
    {"--balance", "--rebalance"}, {"--balanced", "--per-class"},   {"--batch", "--batch-size"},
    {"--lr", "--max-lr"},         {"--learning-rate", "--max-lr"}, {"--split-seed", "--data-seed"},
    {"--size", "--resize"},       {"--every", "--evaluate-every"},
};

std::string join(const Texts& texts, const char* separator) {
    std::string joined;
    for (const std::string& text : texts) joined += (joined.empty() ? "" : separator) + text;
    return joined;
}

// TOML's literal strings know no escapes, so any version of CLI11 reads back what was written.
std::string toml(const std::string& text) {
    const bool bare = text == "true" || text == "false" || text.find_first_not_of("0123456789.-") == std::string::npos;
    if (bare && !text.empty()) return text;
    const char quote = text.find('\'') == std::string::npos ? '\'' : '"';
    return quote + text + quote;
}

// As TOML has comments: outside of quotes. CLI11 2.1 cuts off what follows a '#' inside of them, too.
std::string without_comments(const std::string& text) {
    std::string out;
    char quote = 0;
    bool is_comment = false;
    for (const char c : text) {
        if (c == '\n')
            quote = 0, is_comment = false;
        else if (quote != 0)
            quote = c == quote ? '\0' : quote;
        else if (c == '#')
            is_comment = true;
        else if (!is_comment && (c == '\'' || c == '"'))
            quote = c;
        if (!is_comment) out += c;
    }
    return out;
}

}  // namespace

std::string shell_quoted(const std::string& text) {
    const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

Options::Options(std::string command, std::string summary)
    : command_(std::move(command)), summary_(std::move(summary)), command_line_("cyclone " + command_) {}

Option& Options::add(const std::string& name, const char* value_word, const std::string& description, bool list,
                     std::function<void(const std::string&, const Texts&)> read, std::function<Texts()> value_now) {
    Option& option = options_.emplace_back();
    const std::size_t blank = name.find(' ');
    option.name = name.substr(0, blank);
    option.value = blank == std::string::npos ? value_word : name.substr(blank + 1);
    option.description = description;
    const Texts otherwise = value_now();
    if (!option.is_flag() && !otherwise.empty() && description.find("(default") == std::string::npos)
        option.description += " (default " + join(otherwise, ",") + ")";
    option.group = group_;
    option.is_list = list;
    option.read = [read = std::move(read), which = option.name](const Texts& texts) { read(which, texts); };
    option.value_now = std::move(value_now);
    return option;
}

void Options::example(const std::string& arguments) {
    examples_.push_back("cyclone " + command_ + (arguments.empty() ? "" : " ") + arguments);
}

Option* Options::find_or_null(const std::string& name) {
    for (Option& option : options_)
        if (option.name == name) return &option;
    return nullptr;
}

const Option& Options::find(const std::string& name) const {
    const Option* found = const_cast<Options*>(this)->find_or_null(name);
    check(found != nullptr, command_, "has no option ", name);
    return *found;
}

void Options::set(const std::string& name, const std::string& text) {
    Option* option = find_or_null(name);
    check(option != nullptr, command_, "has no option ", name);
    option->given = {text};
    option->read(option->given);
}

void Options::fail_unknown(const std::string& argument) const {
    const bool is_option = argument.starts_with("-");
    if (!is_option) throw UsageError("unexpected argument '" + argument + "' (see --help)");
    const std::string name = argument.substr(0, argument.find('='));
    for (const auto& [old, now] : former_) check<UsageError>(name != old, old, "is now ", now);
    std::vector<std::string> names;
    for (const Option& option : options_) {
        check<UsageError>(name != "--data" || option.name != "DATA", name, "is now the first argument: cyclone ",
                          command_, " DATA");
        for (const auto& [old, now] : kFormer)
            check<UsageError>(name != old || option.name != now, old, "is now ", now);
    }
    for (const Option& option : options_)
        if (!option.is_positional()) names.push_back(option.name.substr(2));
    const std::string nearest = nearest_name(name.substr(std::min(name.size(), name.find_first_not_of('-'))), names);
    fail<UsageError>(name, "unknown option", nearest.empty() ? " (see --help)" : ", did you mean --" + nearest + "?");
}

void Options::read_arguments(const std::vector<std::string>& arguments) {
    CLI::App app(summary_, command_);
    app.set_help_flag();
    app.allow_extras();
    for (Option& option : options_) {
        const auto take = [&option](const CLI::results_t& texts) {
            option.given = texts;
            return true;
        };
        if (option.is_flag()) {
            app.add_flag_callback(option.name, [&option] { option.given = {"true"}; });
            continue;
        }
        CLI::Option* added = app.add_option(option.name, CLI::callback_t(take));
        added->type_size(1)->type_name(option.value);
        const bool many = option.is_list || !option.is_positional();  // one that is given twice is found below
        added->expected(1, many ? -1 : 1)->allow_extra_args(option.is_list && option.is_positional());
    }
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        throw UsageError(std::string(error.what()) + " (see --help)");
    }
    if (const auto extras = app.remaining(); !extras.empty()) {
        const auto dashes =
            std::find_if(extras.begin(), extras.end(), [](const auto& e) { return e.starts_with("-"); });
        fail_unknown(dashes == extras.end() ? extras.front() : *dashes);
    }
}

void Options::read_config(const std::string& file) {
    std::vector<CLI::ConfigItem> items;
    try {
        std::istringstream text(without_comments(io::read_text(file)));
        CLI::ConfigTOML reader;
        reader.comment('\0');
        items = reader.from_config(text);
    } catch (const CLI::Error&) {
        fail<UsageError>("--config " + file, "cannot be read");
    } catch (const Error& error) {
        fail<UsageError>("--config", error.what());
    }
    std::set<const Option*> seen;
    for (const CLI::ConfigItem& item : items) {
        if (item.name == "++" || item.name == "--") continue;  // begin and end of a section
        if (!item.parents.empty() && item.parents != std::vector{command_}) {
            other_sections_.push_back(item.parents.front());
            continue;
        }
        const auto printable = [](unsigned char c) { return c >= ' ' && c < 127; };
        check<UsageError>(std::all_of(item.name.begin(), item.name.end(), printable), "--config " + file,
                          "expected lines such as batch-size = 64, got other characters");
        std::string name = item.name;
        std::replace(name.begin(), name.end(), '_', '-');
        const std::string where = "--config " + file + ": " + item.name;
        std::string upper = name;
        std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
        Option* option = find_or_null("--" + name);
        if (!option && name != upper) option = find_or_null(upper);  // data = "photos" is DATA
        if (!option) {
            try {
                fail_unknown("--" + name);
            } catch (const UsageError& error) {
                fail<UsageError>("--config " + file, error.what());
            }
        }
        check<UsageError>(option->name != "--config", where, "a config file names no other");
        check<UsageError>(seen.insert(option).second, where, "is given twice");
        check<UsageError>(option->is_list || item.inputs.size() == 1, where, "expected one value, got ",
                          item.inputs.size());
        for (const std::string& text : item.inputs)
            check<UsageError>(text.empty() || (text.front() != '\'' && text.front() != '"'), where,
                              "a quote without its end");
        const bool off = option->is_flag() && item.inputs.front() == "false";
        if (option->given.empty() && !off) option->given = item.inputs;
    }
}

void Options::add_common() {
    group("Other");
    option("--config FILE", config_, "options from a file, batch-size = 64 for --batch-size 64; the command line wins")
        .incidental();
    option("--profile", profile_, "print at the end where the time went, by phase and operation").incidental();
    option("--help", help_, "the usual options").incidental();
    option("--help-all", all_help_, "all options").incidental().usual();
}

void Options::parse(const std::vector<std::string>& arguments) {
    add_common();
    for (const std::string& argument : arguments) command_line_ += " " + shell_quoted(argument);
    read_arguments(arguments);
    help_ = !find("--help").given.empty();
    all_help_ = !find("--help-all").given.empty();
    if (wants_help()) return;
    if (const Texts file = find("--config").given; !file.empty()) read_config(file.front());
    for (Option& option : options_) {
        if (option.given.empty()) {
            check<UsageError>(!option.is_required, option.name, "is missing: ", option.description, " (see --help)");
            continue;
        }
        check<UsageError>(option.is_list || option.given.size() == 1, option.name, "is given twice");
        option.read(option.given);
    }
    for (const auto& names : exclusive_) {
        std::string first;
        for (const std::string& name : names) {
            if (!given(name)) continue;
            check<UsageError>(first.empty(), name, "cannot be combined with ", first);
            first = name;
        }
    }
}

void Options::read_given() {
    for (const Option& option : options_)
        if (!option.given.empty()) option.read(option.given);
}

Settings Options::given_settings() const {
    Settings settings;
    for (const Option& option : options_)
        if (option.decides && !option.given.empty()) settings.emplace_back(option.name, join(option.given, ","));
    return settings;
}

std::string Options::config_file() const {
    std::string text = "# The settings of a run: cyclone " + command_ + " --config THIS_FILE repeats it.\n";
    for (const Option& option : options_) {
        const Texts values = option.value_now();
        if (!option.decides || values.empty()) continue;
        std::string name = option.is_positional() ? option.name : option.name.substr(2);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        text += name + " = ";
        std::string list;
        for (const std::string& value : values) list += (list.empty() ? "" : ", ") + toml(value);
        text += (values.size() > 1 ? "[" + list + "]" : list) + "\n";
    }
    return text;
}

}  // namespace cyclone::cli
