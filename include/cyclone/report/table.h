#pragma once
// Tables whose cells are numbers: text is made of them where they are shown, on a screen or a page.

#include <cyclone/analysis/configuration.h>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cyclone::report {

/// One cell: a text, or numbers and the digits that people see of them. Undefined numbers are shown as "n/a".
class Cell {
public:
    /// A text.
    Cell(std::string text) : value_(std::move(text)) {}
    /// A text.
    Cell(const char* text) : value_(std::string(text)) {}

    /// With this number of decimals: "0.98".
    static Cell fixed(double value, int digits) { return Cell(Fixed{value, digits, false}); }
    /// The same with its sign: "+0.012".
    static Cell signed_fixed(double value, int digits) { return Cell(Fixed{value, digits, true}); }
    /// A whole number.
    static Cell count(std::uint64_t value) { return Cell(std::to_string(value)); }
    /// With this number of significant digits: "1.65".
    static Cell significant(double value, int digits = 3) { return Cell(Significant{value, digits}); }
    /// Mean and standard deviation; "-" without runs.
    static Cell spread(const analysis::Spread& spread, int digits) { return Cell(MeanSd{spread.value(), digits}); }
    /// "[0.981, 0.993]"
    static Cell interval(double low, double high, int digits = 3) { return Cell(Interval{low, high, digits, false}); }
    /// "[-0.003, +0.004]"
    static Cell signed_interval(double low, double high, int digits = 3) {
        return Cell(Interval{low, high, digits, true});
    }
    /// Four decimals, "<0.0001" below them.
    static Cell p_value(double p) { return Cell(PValue{p}); }

    /// The same cell with a remark behind it: "15 +- 7 (2 of 3)".
    Cell with(std::string remark) && { return remark_ = std::move(remark), std::move(*this); }

    /// `plus_minus` stands between mean and standard deviation.
    std::string text(const char* plus_minus) const;

private:
    struct Fixed {
        double value;
        int digits;
        bool sign;
    };
    struct Significant {
        double value;
        int digits;
    };
    struct MeanSd {
        metrics::MeanSd value;
        int digits;
    };
    struct Interval {
        double low, high;
        int digits;
        bool sign;
    };
    struct PValue {
        double p;
    };
    using Value = std::variant<std::string, Fixed, Significant, MeanSd, Interval, PValue>;
    explicit Cell(Value value) : value_(std::move(value)) {}

    Value value_;
    std::string remark_;
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
