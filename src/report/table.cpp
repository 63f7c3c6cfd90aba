// Tables as text.
#include <cyclone/base/number_text.h>
#include <cyclone/report/table.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace cyclone::report {

std::string Cell::text(const char* plus_minus) const {
    struct {
        const char* plus_minus;
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(const Fixed& f) const {
            return f.sign ? number_text::signed_number(f.value, f.digits) : number_text::number(f.value, f.digits);
        }
        std::string operator()(const Significant& s) const { return number_text::significant(s.value, s.digits); }
        std::string operator()(const MeanSd& m) const {
            if (m.value.n == 0) return "-";
            std::string text = number_text::number(m.value.mean, m.digits);
            if (m.value.n > 1) text += " " + std::string(plus_minus) + " " + number_text::number(m.value.sd, m.digits);
            return text;
        }
        std::string operator()(const Interval& i) const {
            return i.sign ? number_text::signed_interval(i.low, i.high, i.digits)
                          : number_text::interval(i.low, i.high, i.digits);
        }
        std::string operator()(const PValue& p) const { return number_text::p_value(p.p); }
    } as_text{plus_minus};
    return std::visit(as_text, value_) + remark_;
}

void print(std::ostream& out, const Table& table) {
    if (table.rows.empty()) return;
    std::vector<std::vector<std::string>> rows{table.header};
    for (const auto& row : table.rows) {
        rows.emplace_back();
        for (const Cell& cell : row) rows.back().push_back(cell.text("+-"));
    }
    std::vector<std::size_t> width(table.header.size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    std::ostringstream text;
    if (!table.title.empty()) text << table.title << ":\n";
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(width[i]))
                 << row[i];
        text << '\n';
    }
    out << text.str();
}

}  // namespace cyclone::report
