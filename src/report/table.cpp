// Tables as text.
#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>
#include <cyclone/report/table.h>

#include <algorithm>
#include <ostream>

namespace cyclone::report {

Cell Cell::spread(const analysis::Spread& spread, int digits) {
    const metrics::MeanSd value = spread.value();
    if (value.n == 0) return "-";
    return {value.n > 1 ? Kind::mean_sd : Kind::mean, digits, value.mean, value.sd};
}

std::string Cell::text(const char* plus_minus) const {
    const auto plain = [&] {
        switch (kind_) {
            case Kind::text:
                return text_;
            case Kind::fixed:
            case Kind::mean:
                return number_text::number(first_, digits_);
            case Kind::signed_fixed:
                return number_text::signed_number(first_, digits_);
            case Kind::significant:
                return number_text::significant(first_, digits_);
            case Kind::mean_sd:
                return number_text::number(first_, digits_) + " " + plus_minus + " " +
                       number_text::number(second_, digits_);
            case Kind::interval:
                return number_text::interval(first_, second_, digits_);
            case Kind::signed_interval:
                return number_text::signed_interval(first_, second_, digits_);
            case Kind::p_value:
                return number_text::p_value(first_);
        }
        return text_;
    };
    return plain() + remark_;
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
