// The table of a model.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/nn/sequential.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace cyclone::nn {
namespace {

std::string with_thousands(std::int64_t n) {
    std::string digits = std::to_string(n);
    for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

struct Row {
    std::string name, layer, output, parameters, count;
};

/// One row per module, outer modules before their members.
std::vector<Row> rows_of(const Module& root) {
    std::vector<Row> rows;
    for (const auto& [name, module] : root.named_modules()) {
        Row row{name, module->describe() + (module->is_frozen() ? ", frozen" : ""), "", "", ""};
        std::int64_t count = 0;
        for (const Member& member : module->members()) {
            if (member.kind != Member::Kind::parameter) continue;
            row.parameters += (row.parameters.empty() ? "" : ", ") + member.name + " " + member.tensor.shape().str();
            count += member.tensor.numel();
        }
        if (!row.parameters.empty()) row.count = with_thousands(count);
        rows.push_back(std::move(row));
    }
    return rows;
}

/// Rows in columns; a column without any text is left out.
std::string table(const std::vector<Row>& rows) {
    constexpr std::size_t columns = 5;
    const auto cells = [](const Row& row) {
        return std::array<const std::string*, columns>{&row.name, &row.layer, &row.output, &row.parameters, &row.count};
    };
    std::array<std::size_t, columns> width{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < columns; ++i) width[i] = std::max(width[i], cells(row)[i]->size());
    std::ostringstream text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < columns; ++i)
            if (width[i] > 0)
                text << (i == 0 ? "" : "  ") << (i + 1 == columns ? std::right : std::left)
                     << std::setw(static_cast<int>(width[i])) << *cells(row)[i];
        text << '\n';
    }
    return text.str();
}

std::vector<Row> with_total(const Module& module) {
    std::vector<Row> rows = rows_of(module);
    if (rows.size() > 1 && rows[0].parameters.empty()) rows.erase(rows.begin());  // the container itself
    rows.insert(rows.begin(), {"name", "layer", "", "parameters", "count"});
    rows.push_back({"", "total", "", "", with_thousands(module.parameter_count())});
    return rows;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << table(with_total(module)); }

std::string summary(const Sequential& model, const Shape& input) {
    const NoGrad guard;
    Sequential copy = clone(model);  // running it must neither draw random numbers nor move running means
    copy.eval();
    std::vector<Row> rows = with_total(model);
    rows[0].output = "output";
    rows.insert(rows.begin() + 1, {"", "input", input.str(), "", ""});
    Tensor x = Tensor::zeros(input);
    for (std::size_t i = 0; i < copy.size(); ++i) {
        x = copy[i](x);
        for (Row& row : rows)
            if (row.name == std::to_string(i)) row.output = x.shape().str();
    }
    return table(rows);
}

}  // namespace cyclone::nn
