#pragma once
// Numbers and tables for people (private).

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <locale>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace cyclone::lab {

inline std::string number(double value, int digits) {
    if (!std::isfinite(value)) return "n/a";
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

/// "+0.012"
inline std::string signed_number(double value, int digits) {
    return (std::isfinite(value) && value >= 0 ? "+" : "") + number(value, digits);
}

inline std::string significant(double value, int digits = 3) {
    if (!std::isfinite(value)) return "n/a";
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::setprecision(digits) << value;
    return text.str();
}

/// "[-0.003, +0.004]"; "n/a" where a limit is undefined.
inline std::string signed_interval(double low, double high, int digits = 3) {
    if (!std::isfinite(low) || !std::isfinite(high)) return "n/a";
    return "[" + signed_number(low, digits) + ", " + signed_number(high, digits) + "]";
}

/// "[0.981, 0.993]"
inline std::string plain_interval(double low, double high, int digits = 3) {
    if (!std::isfinite(low) || !std::isfinite(high)) return "n/a";
    return "[" + number(low, digits) + ", " + number(high, digits) + "]";
}

/// Four digits, "<0.0001" below them.
inline std::string p_value(double p) { return p < 0.0001 ? "<0.0001" : number(p, 4); }

using TableRows = std::vector<std::vector<std::string>>;

/// The first row is the header; the first column is set flush left, the others flush right.
inline void print_rows(std::ostream& out, const TableRows& rows) {
    std::vector<std::size_t> width(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    std::ostringstream text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(width[i]))
                 << row[i];
        text << '\n';
    }
    out << text.str();
}

}  // namespace cyclone::lab
