// Tables as text.
#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>
#include <cyclone/report/table.h>

#include <algorithm>
#include <cmath>
#include <ostream>

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

void print(std::ostream& out, const Table& table, std::size_t width) {
    if (table.rows.empty()) return;
    std::vector<std::vector<std::string>> rows{table.header};
    for (const auto& row : table.rows) {
        rows.emplace_back();
        for (const Cell& cell : row) rows.back().push_back(cell.text("+-"));
    }
    std::vector<std::size_t> widths(table.header.size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    std::string text = table.title.empty() ? "" : table.title + ":\n";
    std::size_t begin = 1, end = 1;
    do {
        for (std::size_t used = widths[0]; end < widths.size(); ++end) {
            used += 2 + widths[end];
            if (used > width && end > begin) break;
        }
        for (const auto& row : rows) {
            std::string line = fitted(row[0], widths[0]);
            for (std::size_t i = begin; i < end; ++i) line += "  " + fitted(row[i], widths[i], true);
            text += line + '\n';
        }
        if (end < widths.size()) text += '\n';
        begin = end;
    } while (end < widths.size());
    out << text;
}

}  // namespace cyclone::report
