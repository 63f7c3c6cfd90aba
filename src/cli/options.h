#pragma once
// The options of a subcommand, one table: parsing, --help, config files, completion and the manual page follow from it.
// Only options.cpp knows CLI11, which takes long to compile.

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cli/values.h"

namespace cyclone::cli {

struct Option {
    std::string name;         ///< "--epochs", or "DATA" for an argument by its place
    std::string value;        ///< the word for its value in --help, "N"; empty: a flag
    std::string description;  ///< what --help says, with the default
    std::string group;        ///< the title that it stands under in --help-all
    bool is_list = false;     ///< may be given several times
    bool is_usual = false;    ///< shown by --help
    bool is_required = false;
    bool decides = true;  ///< the result depends on it; others may differ when a run is resumed
    std::function<void(const Texts&)> read;
    std::function<Texts()> value_now;
    Texts given = {};  ///< on the command line or in the config file

    bool is_flag() const { return value.empty(); }
    bool is_positional() const { return name[0] != '-'; }
    std::string usage() const { return value.empty() || is_positional() ? name : name + " " + value; }

    Option& usual() { return is_usual = true, *this; }
    Option& required() { return is_usual = is_required = true, *this; }
    /// The result does not depend on it.
    Option& incidental() { return decides = false, *this; }
};

/// Name and value of every option that has one; a list gives its name several times.
using Settings = std::vector<std::pair<std::string, std::string>>;

class Options {
public:
    /// `command` is the name of the subcommand.
    Options(std::string command, std::string summary);
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;

    /// The options that follow stand below this title in --help-all.
    void group(const std::string& title) { group_ = title; }
    /// "--name", or an argument by its place when the name has no dashes; "--name HxW" gives the value a word. The
    /// target keeps its value when the option is not given, which --help shows as the default unless the description
    /// names one, and must live as long as the options.
    template <class T>
    Option& option(const std::string& name, T& target, const std::string& description) {
        return add(
            name, value_word<T>(), description, std::is_same_v<T, std::vector<std::string>>,
            [&target](const std::string& which, const Texts& texts) { read(which, texts, target); },
            [&target] { return texts_of(target); });
    }
    /// Without the subcommand: "photos --out run". At most 80 columns with it.
    void example(const std::string& arguments);
    /// A paragraph at the end of --help.
    void note(const std::string& text) { notes_.push_back(text); }
    /// Names of `cyclone help NAME` that --help points to.
    void topics(std::vector<std::string> names) { topics_ = std::move(names); }
    /// No two of them together.
    void only_one_of(std::vector<std::string> names) { exclusive_.push_back(std::move(names)); }
    /// A name of an earlier release, which ends in an error that tells the new one.
    void former(const std::string& name, const std::string& now) { former_.emplace_back(name, now); }

    /// --config, --profile, --help and --help-all; parse() does it.
    void add_common();
    /// Reads arguments, then --config. UsageError for what is unknown (with the nearest name), missing or malformed.
    void parse(const std::vector<std::string>& arguments);

    // What was given:

    const std::string& command() const { return command_; }
    const std::string& summary() const { return summary_; }
    const std::deque<Option>& all() const { return options_; }
    const Option& find(const std::string& name) const;
    bool given(const std::string& name) const { return !find(name).given.empty(); }
    /// Reads what was given once more, over values that were set since.
    void read_given();
    /// As if it had been given.
    void set(const std::string& name, const std::string& text);
    /// The options that were given and decide the result, lists joined by commas.
    Settings given_settings() const;
    /// The command as it was typed, quoted for a shell.
    const std::string& command_line() const { return command_line_; }
    /// Every option with its value in effect as a config file that --config reads.
    std::string config_file() const;
    /// Sections of the config file that are not for this subcommand.
    const std::vector<std::string>& other_sections() const { return other_sections_; }
    bool wants_help() const { return help_ || all_help_; }
    bool wants_profile() const { return profile_; }
    /// At most 80 columns: the usual options, or all of them.
    std::string help(bool everything) const;
    std::string help() const { return help(all_help_); }

private:
    Option& add(const std::string& name, const char* value_word, const std::string& description, bool list,
                std::function<void(const std::string&, const Texts&)> read, std::function<Texts()> value_now);
    Option* find_or_null(const std::string& name);
    void read_arguments(const std::vector<std::string>& arguments);
    void read_config(const std::string& file);
    [[noreturn]] void fail_unknown(const std::string& argument) const;

    std::string command_, summary_, group_, command_line_, config_;
    bool help_ = false, all_help_ = false, profile_ = false;
    std::deque<Option> options_;  // keep their addresses
    std::vector<std::vector<std::string>> exclusive_;
    std::vector<std::pair<std::string, std::string>> former_;
    std::vector<std::string> examples_, notes_, topics_, other_sections_;
};

/// `text` so that a shell reads it as one word.
std::string shell_quoted(const std::string& text);

}  // namespace cyclone::cli
