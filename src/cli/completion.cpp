// Completion for bash, zsh and fish, and the manual page: written from the tables of options, so that they never differ
// from the program.

#include "cli/completion.h"

#include <cyclone/base/error.h>
#include <cyclone/base/version.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/help.h"

namespace cyclone::cli {
namespace {

/// Calls f(command, options) for every subcommand.
template <class Function>
void for_each_command(Function&& f) {
    for (const Command& command : commands()) {
        Options options(command.name, command.summary);
        command.setup(options);
        options.add_common();
        f(command, static_cast<const Options&>(options));
    }
}

/// Names that the option takes, from the registries; empty if it takes none.
std::string names_for(const Option& option) {
    std::string names;
    for (const Topic& topic : topics())
        for (const std::string_view name : topic.options)
            if (name == option.name)
                for (const NamedItem& item : topic.items()) names += (names.empty() ? "" : " ") + item.name;
    return names;
}

std::string replaced(const std::string& text, const std::string& characters, const std::string& before) {
    std::string out;
    for (const char c : text) out += (characters.find(c) == std::string::npos ? "" : before) + std::string(1, c);
    return out;
}

std::string command_names() {
    std::string names;
    for (const Command& command : commands()) names += command.name + std::string(" ");
    return names + "help";
}

std::string topic_words() {
    std::string words;
    for (const Topic& topic : topics()) words += (words.empty() ? "" : " ") + std::string(topic.name);
    return words;
}

std::string bash() {
    std::string options, values;
    std::vector<std::string> seen;
    for_each_command([&](const Command& command, const Options& table) {
        options += std::string("        ") + command.name + ") words=\"";
        for (const Option& option : table.all()) {
            if (option.is_positional()) continue;
            options += option.name + " ";
            const std::string names = names_for(option);
            if (names.empty() || std::find(seen.begin(), seen.end(), option.name) != seen.end()) continue;
            seen.push_back(option.name);
            values += "    " + option.name + ") words=\"" + names + "\" ;;\n";
        }
        options.back() = '"';
        options += " ;;\n";
    });
    return "# Completion of cyclone for bash.\n"
           "_cyclone() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"" +
           command_names() +
           " --version --help\"\n"
           "    elif [ \"${COMP_WORDS[1]}\" = help ]; then words=\"" +
           topic_words() +
           "\"\n"
           "    else case \"$prev\" in\n" +
           values + "    *) if [[ $cur == -* ]]; then case \"${COMP_WORDS[1]}\" in\n" + options +
           "        esac; fi ;;\n"
           "    esac; fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "}\n"
           "complete -o default -F _cyclone cyclone\n";
}

std::string zsh() {
    const auto quoted = [](const std::string& text) { return replaced(replaced(text, "'", "'\\'"), "[]:", "\\"); };
    std::string list, cases;
    for_each_command([&](const Command& command, const Options& table) {
        list += "    '" + std::string(command.name) + ":" + quoted(command.summary) + "'\n";
        cases += std::string("    ") + command.name + ") _arguments";
        for (const Option& option : table.all()) {
            if (option.is_positional()) continue;
            const std::string names = names_for(option);
            cases += " \\\n        '" + option.name + "[" + quoted(option.description) + "]";
            if (!option.is_flag())
                cases += ":" + quoted(option.value) + ":" + (names.empty() ? "_files" : "(" + names + ")");
            cases += "'";
        }
        cases += " \\\n        '*:file:_files' ;;\n";
    });
    return "#compdef cyclone\n# Completion of cyclone for zsh.\nlocal -a subcommands=(\n" + list +
           "    'help:what options take'\n)\n"
           "if (( CURRENT == 2 )); then _describe subcommand subcommands; return; fi\n"
           "local subcommand=$words[2]\nshift words; (( CURRENT-- ))\ncase $subcommand in\n" +
           cases + "    help) _values topic " + topic_words() + " ;;\nesac\n";
}

std::string fish() {
    const auto quoted = [](const std::string& text) { return "'" + replaced(text, "'\\", "\\") + "'"; };
    std::string text = "# Completion of cyclone for fish.\n";
    for_each_command([&](const Command& command, const Options& table) {
        text += "complete -c cyclone -n __fish_use_subcommand -f -a " + std::string(command.name) + " -d " +
                quoted(command.summary) + "\n";
        for (const Option& option : table.all()) {
            if (option.is_positional()) continue;
            const std::string names = names_for(option);
            text += "complete -c cyclone -n '__fish_seen_subcommand_from " + std::string(command.name) + "' -l " +
                    option.name.substr(2) + (option.is_flag() ? "" : " -r") +
                    (names.empty() ? "" : " -f -a " + quoted(names)) + " -d " + quoted(option.description) + "\n";
        }
    });
    return text + "complete -c cyclone -n __fish_use_subcommand -f -a help -d 'what options take'\n" +
           "complete -c cyclone -n '__fish_seen_subcommand_from help' -f -a " + quoted(topic_words()) + "\n";
}

/// Text for roff: no character of it is a command.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\\' ? std::string("\\e") : (c == '-' ? "\\" : "") + std::string(1, c);
    return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string man_item(const std::string& usage, const std::string& description) {
    return ".TP\n.B " + roff(usage) + "\n" + (description.empty() ? "\\&" : roff(description)) + "\n";
}

std::string man() {
    std::string text = std::string(".TH CYCLONE 1 \"\" \"Cyclone ") + version() +
                       "\" \"User Commands\"\n.SH NAME\ncyclone \\- trains convolutional networks on CPUs and shows "
                       "what a cyclical learning rate does\n"
                       ".SH SYNOPSIS\n.B cyclone\n.I SUBCOMMAND\n[\\fIDATA\\fR] [\\fIoptions\\fR]\n.br\n"
                       ".B cyclone help\n.I TOPIC\n.br\n.B cyclone \\-\\-version\n"
                       ".SH SUBCOMMANDS\n";
    for_each_command([&](const Command& command, const Options& table) {
        text += ".SS cyclone " + roff(command.name) + "\n" + roff(command.summary) + "\n";
        for (const Option& option : table.all()) text += man_item(option.usage(), option.description);
    });
    text += ".SH WHAT OPTIONS TAKE\n";
    for (const Topic& topic : topics()) {
        text += ".SS " + roff(topic.what) + "\n";
        for (const NamedItem& item : topic.items()) text += man_item(item.usage, item.description);
    }
    return text + ".SH EXIT STATUS\n0 done, 1 failed or stopped by a signal, 2 wrong use.\n";
}

}  // namespace

std::string completion(std::string_view kind) {
    if (kind == "bash") return bash();
    if (kind == "zsh") return zsh();
    if (kind == "fish") return fish();
    check<UsageError>(kind == "man", "completion", "expected bash, zsh, fish or man, got '", kind, "'");
    return man();
}

}  // namespace cyclone::cli
