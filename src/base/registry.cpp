// The parts of a registry that do not depend on what its rows make.

#include <cyclone/base/registry.h>

#include <cyclone/base/nearest_name.h>

#include <algorithm>

namespace cyclone {
namespace {

/// Appends `text` word by word, breaking lines before `width` columns and continuing them at column `indent`.
void append_wrapped(std::string& out, const std::string& text, std::size_t column, std::size_t indent,
                    std::size_t width) {
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::size_t length = end - begin;
        if (column > indent && column + 1 + length > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (begin > 0) {
            out += ' ';
            ++column;
        }
        out.append(text, begin, length);
        column += length;
        begin = end + 1;
    }
}

/// `usage` in lines that end at a comma before `width` columns; continued lines are indented.
std::string usage_lines(std::string usage, std::size_t width) {
    std::string out;
    while (usage.size() + 2 > width) {
        const std::size_t comma = usage.rfind(',', width - 3);
        if (comma == std::string::npos || comma < 8) break;
        out += "  " + usage.substr(0, comma + 1) + '\n';
        usage = "    " + usage.substr(comma + 1);
    }
    return out + "  " + usage;
}

}  // namespace

std::string help_table(const std::vector<NamedItem>& items, std::size_t width) {
    constexpr std::size_t kColumn = 26;  // of the descriptions
    std::string out;
    for (const NamedItem& item : items) {
        out += usage_lines(item.usage, width);
        std::size_t column = 2 + item.usage.size();
        if (column + 2 > kColumn) {
            out += '\n';
            column = 0;
        }
        out += std::string(kColumn - column, ' ');
        append_wrapped(out, item.description, kColumn, kColumn, width);
        out += '\n';
    }
    return out;
}

std::string name_in(std::string_view text) {
    std::string name(text.substr(0, text.find(':')));
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

void fail_unknown_name(std::string_view what, std::string_view name, const std::vector<NamedItem>& known) {
    std::vector<std::string> names;
    std::string list;
    for (const NamedItem& item : known) {
        names.push_back(item.name);
        list += (list.empty() ? "" : ", ") + item.name;
    }
    const std::string near = nearest_name(name, names);
    fail<UsageError>(what, "unknown name ", quoted(name), near.empty() ? "" : ", did you mean '" + near + "'?",
                     " (known: ", list, ")");
}

}  // namespace cyclone
