#pragma once
// Tables whose cells are numbers: text is made of them where they are shown, on a screen or a page.

#include <cyclone/analysis/configuration.h>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::report {

/// One cell: a text, or numbers and the digits that people see of them. Undefined numbers are shown as "n/a".
class Cell {
public:
    /// A text.
    Cell(std::string text) : Cell(Kind::text) { text_ = std::move(text); }
    /// A text.
    Cell(const char* text) : Cell(std::string(text)) {}

    /// With this number of decimals: "0.98".
    static Cell fixed(double value, int digits) { return {Kind::fixed, digits, value}; }
    /// The same with its sign: "+0.012".
    static Cell signed_fixed(double value, int digits) { return {Kind::signed_fixed, digits, value}; }
    /// A whole number.
    static Cell count(std::uint64_t value) { return Cell(std::to_string(value)); }
    /// With this number of significant digits: "1.65".
    static Cell significant(double value, int digits = 3) { return {Kind::significant, digits, value}; }
    /// Mean and standard deviation; "-" without runs.
    static Cell spread(const analysis::Spread& spread, int digits);
    /// "[0.981, 0.993]"
    static Cell interval(double low, double high, int digits = 3) { return {Kind::interval, digits, low, high}; }
    /// "[-0.003, +0.004]"
    static Cell signed_interval(double low, double high, int digits = 3) {
        return {Kind::signed_interval, digits, low, high};
    }
    /// Four decimals, "<0.0001" below them.
    static Cell p_value(double p) { return {Kind::p_value, 4, p}; }

    /// The same cell with a remark behind it: "15 +- 7 (2 of 3)".
    Cell with(std::string remark) && { return remark_ = std::move(remark), std::move(*this); }

    /// `plus_minus` stands between mean and standard deviation.
    std::string text(const char* plus_minus) const;

private:
    enum class Kind { text, fixed, signed_fixed, significant, mean, mean_sd, interval, signed_interval, p_value };
    Cell(Kind kind, int digits = 0, double first = 0, double second = 0)
        : kind_(kind), digits_(digits), first_(first), second_(second) {}

    Kind kind_;
    int digits_;
    double first_, second_;  // the value; mean and standard deviation; the ends of an interval
    std::string text_, remark_;
};

/// Cells in rows, with what heads them.
struct Table {
    std::string title = {};                    ///< may be empty
    std::string note = {};                     ///< how to read it; pages only
    std::vector<std::string> header = {};      ///< one text per column
    std::vector<std::vector<Cell>> rows = {};  ///< one cell per column
    std::vector<std::size_t> colours = {};     ///< Mark::colour of each row, which pages show; or none
};

inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);  ///< for print(): lines of any length

/// As text: the title, then columns; the first is aligned left, the others right. Where they are wider than `width`,
/// blocks of columns below each other, each with the first column. Nothing for a table without rows.
void print(std::ostream& out, const Table& table, std::size_t width = kNoLimit);

}  // namespace cyclone::report
