// The table of a model, and what its layers cost.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/nn/summary.h>
#include <cyclone/ops/precision.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <map>
#include <ostream>
#include <sstream>
#include <utility>

#include "nn/calls.h"

namespace cyclone::nn {
namespace {

thread_local CallListener* listener = nullptr;

/// Books the outputs and multiply-adds of modules.
class Bookkeeper final : public CallListener {
public:
    struct Entry {
        Shape output;
        std::int64_t multiply_adds = 0;
    };

    Tensor call(Module& module, const Tensor& x) override {
        const std::int64_t before = total_;
        Tensor y = module.forward(x);
        total_ += module.multiply_adds(x, y);
        Entry& entry = entries_[&module];
        entry.output = y.shape();
        entry.multiply_adds += total_ - before;
        return y;
    }
    const Entry& of(const Module* module) { return entries_[module]; }

private:
    std::map<const Module*, Entry> entries_;
    std::int64_t total_ = 0;
};

std::string with_thousands(std::int64_t n) {
    std::string digits = std::to_string(n);
    for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

constexpr std::int64_t kAnyDepth = std::int64_t{1} << 40;
constexpr std::size_t kColumns = 6;
/// Name, layer, output, parameters, count, multiply-adds.
using Row = std::array<std::string, kColumns>;

/// Rows in columns; a column without any text is left out.
std::string table(const std::vector<Row>& rows) {
    std::array<std::size_t, kColumns> width{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < kColumns; ++i) width[i] = std::max(width[i], row[i].size());
    std::ostringstream text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < kColumns; ++i)
            if (width[i] > 0)
                text << (i == 0 ? "" : "  ") << (i >= 4 ? std::right : std::left)
                     << std::setw(static_cast<int>(width[i])) << row[i];
        text << '\n';
    }
    return text.str();
}

std::int64_t depth_of(const std::string& name) {
    return name.empty() ? 0 : 1 + std::count(name.begin(), name.end(), '.');
}

/// The greatest depth whose rows are no more than `most`; at least 1.
std::int64_t depth_of_rows(const std::vector<LayerCost>& costs, std::int64_t most) {
    std::map<std::int64_t, std::int64_t> rows;
    for (const LayerCost& cost : costs) ++rows[depth_of(cost.name)];
    std::int64_t depth = 1, sum = rows[0] + rows[1];
    for (const auto& [level, count] : rows)
        if (level > 1 && (sum += count) <= most) depth = level;
    return depth;
}

/// One row per module down to `depth`, outer modules before their members, and the total. With `is_run` the costs have
/// outputs and multiply-adds.
std::vector<Row> rows_of(const std::vector<LayerCost>& costs, std::int64_t depth, bool is_run) {
    std::vector<Row> rows{
        {"name", "layer", is_run ? "output" : "", "parameters", "count", is_run ? "multiply-adds" : ""}};
    const auto number = [](std::int64_t n) { return n > 0 ? with_thousands(n) : std::string(); };
    for (const LayerCost& cost : costs) {
        if (depth_of(cost.name) > depth) continue;
        Row row{cost.name, cost.module->describe() + (cost.module->is_frozen() ? ", frozen" : ""), "", "", "", ""};
        bool is_container = false;
        std::int64_t own = 0;
        for (const Member& member : cost.module->members()) {
            is_container |= member.kind == Member::Kind::module;
            if (member.kind != Member::Kind::parameter) continue;
            row[3] += (row[3].empty() ? "" : ", ") + member.name + " " + member.tensor.shape().str();
            own += member.tensor.numel();
        }
        if (cost.name.empty() && row[3].empty() && costs.size() > 1) continue;  // the container itself
        const bool whole = is_container && depth_of(cost.name) == depth;        // stands for what is below it
        row[4] = number(whole ? cost.parameters : own);
        if (cost.output.rank() > 0) row[2] = cost.output.str();
        if (whole || !is_container) row[5] = number(cost.multiply_adds);
        rows.push_back(std::move(row));
    }
    rows.push_back({"", "total", "", "", with_thousands(costs.front().parameters),
                    is_run ? with_thousands(costs.front().multiply_adds) : ""});
    return rows;
}

std::vector<LayerCost> parameter_costs(const Module& model) {
    std::vector<LayerCost> costs;
    for (const auto& [name, module] : model.named_modules())
        costs.push_back({.name = name, .module = module, .output = {}, .parameters = module->parameter_count()});
    return costs;
}

}  // namespace

CallListener::CallListener() : before_(std::exchange(listener, this)) {}
CallListener::~CallListener() { listener = before_; }
CallListener* CallListener::mine() { return listener; }

Tensor Module::operator()(const Tensor& x) {
    const auto call = [this](const Tensor& input) { return listener ? listener->call(*this, input) : forward(input); };
    const bool is_bf16 = x.defined() && x.dtype() == DType::bf16;
    if (!is_bf16 && storage() == DType::f32) return call(x);
    if (bf16_form() == Bf16Form::none) {
        const StorageScope inside(DType::f32);
        return call(is_bf16 ? cast(x, DType::f32) : x);
    }
    const Tensor y = call(x);
    return y.defined() && y.dtype() == DType::bf16 && storage() == DType::f32 ? cast(y, DType::f32) : y;
}

std::vector<LayerCost> layer_costs(const Module& model, const Shape& input) {
    check(input.rank() >= 1 && input[0] >= 1, "summary", "expected an input of at least one image, got ", input);
    const StateDict state = model.state_dict();
    const NoGrad guard;
    const Evaluating mode;
    Bookkeeper book;
    // In evaluation mode forward() changes nothing.
    const_cast<Module&>(model)(Tensor::zeros(input, state.empty() ? DType::f32 : state[0].tensor.dtype()));
    std::vector<LayerCost> costs = parameter_costs(model);
    for (LayerCost& cost : costs) {
        cost.output = book.of(cost.module).output;
        cost.multiply_adds = book.of(cost.module).multiply_adds / input[0];
    }
    return costs;
}

std::int64_t multiply_adds(const Module& model, const Shape& image) {
    Shape input{1};
    for (const std::int64_t size : image) input.push_back(size);
    return layer_costs(model, input).front().multiply_adds;
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
    return out << table(rows_of(parameter_costs(module), kAnyDepth, false));
}

std::string summary(const Module& model, const Shape& input, const SummaryOptions& options) {
    const std::vector<LayerCost> costs = layer_costs(model, input);
    std::vector<Row> rows = rows_of(costs, depth_of_rows(costs, options.rows), true);
    rows.insert(rows.begin() + 1, Row{"", "input", input.str(), "", "", ""});
    return table(rows);
}

}  // namespace cyclone::nn
