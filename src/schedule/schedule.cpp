// The engine behind every schedule: resolves lengths, evaluates the formula, describes, answers questions.

#include <cyclone/base/error.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/schedule.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cyclone {

struct Schedule::Rule {
    schedule::Definition definition;
    schedule::Formula formula;
    bool resolved = false;  // no length in epochs waits
    bool constant = false;
    schedule::Parts parts;  // valid once resolved
};

namespace {

bool is_length(double count) { return std::isfinite(count) && count > 0; }

constexpr double kLargestLength = 0x1p53;

}  // namespace

namespace schedule {

std::string format_number(double value) {
    char text[32];
    // 100000 and not the shorter 1e+05; only very small and very large numbers take an exponent.
    const bool plain = value == 0 || (std::abs(value) >= 1e-4 && std::abs(value) < 1e16);
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(text, text + sizeof text, shown(value), format).ptr;
    return {text, end};
}

}  // namespace schedule

std::uint64_t Length::updates(std::uint64_t updates_per_epoch) const {
    check(is_length(count_), "length", "expected a positive finite number of ", in_epochs_ ? "epochs" : "updates",
          ", got ", count_);
    const double n = std::round(in_epochs_ ? count_ * static_cast<double>(updates_per_epoch) : count_);
    check(n <= kLargestLength, "length", "expected at most 2^53 updates, got ", n, " (", describe(), ")");
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(n));
}

std::string Length::describe() const {
    return schedule::format_number(count_) + (in_epochs_ ? " epoch" : " update") + (count_ == 1 ? "" : "s");
}

Schedule::Schedule(double constant)
    : Schedule(schedule::Definition("constant").rate("", constant).formula([constant](auto, const auto&) {
          return constant;
      })) {
    auto rule = std::make_shared<Rule>(*rule_);
    rule->constant = true;
    rule_ = std::move(rule);
}

bool Schedule::needs_updates_per_epoch() const { return !rule_->resolved; }

const Schedule::Rule& Schedule::resolved() const {
    if (needs_updates_per_epoch()) [[unlikely]]
        fail(describe(),
             "expected lengths in updates, got epochs (hint: pass updates_per_epoch with with_updates_per_epoch(); "
             "train::fit does it by itself)");
    return *rule_;
}

double Schedule::value(std::uint64_t update) const {
    const Rule& rule = resolved();
    const double value = rule.formula(update, rule.parts);
    if (!(std::isfinite(value) && value >= 0)) [[unlikely]]
        fail(describe(), "expected a finite value >= 0, got ", value, " at update ", update);
    return value;
}

Schedule Schedule::with_updates_per_epoch(std::uint64_t n) const {
    check(n >= 1, describe(), "expected at least one update per epoch, got ", n);
    if (rule_->resolved) return *this;
    auto rule = std::make_shared<Rule>(*rule_);
    rule->resolved = true;
    for (const Length& length : rule->definition.lengths_) rule->parts.lengths.push_back(length.updates(n));
    for (const Schedule& inner : rule->definition.inner_) rule->parts.inner.push_back(inner.with_updates_per_epoch(n));
    return Schedule(std::move(rule));
}

bool Schedule::counts_epochs() const {
    const schedule::Definition& d = rule_->definition;
    if (rule_->constant) return true;
    return !d.counts_updates_ && !(d.lengths_.empty() && d.inner_.empty()) &&
           std::all_of(d.lengths_.begin(), d.lengths_.end(), [](const Length& l) { return l.in_epochs(); }) &&
           std::all_of(d.inner_.begin(), d.inner_.end(), [](const Schedule& inner) { return inner.counts_epochs(); });
}

const std::string& Schedule::name() const { return rule_->definition.name_; }

std::vector<NamedLength> Schedule::lengths() const {
    const schedule::Definition& d = rule_->definition;
    std::vector<NamedLength> list;
    for (const auto& item : d.items_)
        if (item.kind == schedule::Definition::Item::a_length)
            list.push_back({item.text.substr(0, item.text.find('=')), d.lengths_[item.index], d.marks_[item.index],
                            rule_->resolved ? rule_->parts.lengths[item.index] : 0});
    return list;
}

std::string Schedule::describe() const {
    const Rule& rule = *rule_;
    std::string out = rule.definition.name_ + "(";
    for (std::size_t i = 0; i < rule.definition.items_.size(); ++i) {
        const auto& item = rule.definition.items_[i];
        if (i > 0) out += ", ";
        out += item.text;
        if (item.kind == schedule::Definition::Item::a_length) {
            const Length& length = rule.definition.lengths_[item.index];
            out += length.describe();
            if (length.in_epochs() && rule.resolved)
                out += " = " + Length(Iterations{rule.parts.lengths[item.index]}).describe();
        } else if (item.kind == schedule::Definition::Item::a_schedule) {
            out += (rule.resolved ? rule.parts.inner : rule.definition.inner_)[item.index].describe();
        }
    }
    return out + ")";
}

// --- questions ---

std::vector<Stage> Schedule::stages() const {
    const Rule& rule = resolved();
    std::vector<Stage> list;
    if (!rule.definition.stages_) return list;
    const auto begins = rule.definition.stages_(rule.parts);
    check(begins.size() == rule.parts.inner.size() && std::is_sorted(begins.begin(), begins.end()), describe(),
          "expected stages that begin one after the other, one for each of ", rule.parts.inner.size(),
          " inner schedules");
    for (std::size_t i = 0; i < begins.size(); ++i) {
        list.push_back({rule.parts.inner[i], begins[i], std::nullopt});
        if (i > 0) list[i - 1].end = begins[i];
    }
    return list;
}

std::optional<Stage> Schedule::stage_at(std::uint64_t update) const {
    std::optional<Stage> found;
    for (const Stage& stage : stages())
        if (stage.begin <= update) found = stage;
    return found;
}

bool Schedule::is_cyclical() const {
    const schedule::Definition& d = rule_->definition;
    const auto cyclical = [](const Schedule& inner) { return inner.is_cyclical(); };
    return d.cycles_ || (d.stages_ && std::any_of(d.inner_.begin(), d.inner_.end(), cyclical));
}

bool Schedule::has_height() const {
    const schedule::Definition& d = rule_->definition;
    const auto has_height = [](const Schedule& inner) { return inner.has_height(); };
    return d.height_ || (d.stages_ && std::all_of(d.inner_.begin(), d.inner_.end(), has_height));
}

std::optional<Cycle> Schedule::cycle_at(std::uint64_t update) const {
    const Rule& rule = resolved();
    if (rule.definition.cycles_) {
        const auto cycle = rule.definition.cycles_(update, rule.parts);
        check(!cycle || (cycle->begin <= update && update < cycle->end), describe(), "expected a cycle around update ",
              update, ", got one from ", cycle ? cycle->begin : 0, " to ", cycle ? cycle->end : 0);
        return cycle;
    }
    const auto stage = stage_at(update);
    auto cycle = stage ? stage->schedule.cycle_at(update - stage->begin) : std::nullopt;
    if (cycle) {
        cycle->begin += stage->begin;
        cycle->end += stage->begin;
        if (stage->end) cycle->end = std::min(cycle->end, *stage->end);
    }
    return cycle;
}

std::optional<std::uint64_t> Schedule::period() const {
    if (resolved().definition.cycles_) {
        const auto first = cycle_at(0);
        return first ? std::optional(first->end) : std::nullopt;
    }
    for (const Stage& stage : stages())
        if (const auto period = stage.schedule.period()) return period;
    return std::nullopt;
}

std::optional<std::uint64_t> Schedule::length() const {
    const Rule& rule = resolved();
    for (std::size_t i = 0; i < rule.parts.lengths.size(); ++i)
        if (rule.definition.marks_[i] == Marks::end) return rule.parts.lengths[i];
    const auto list = stages();
    auto length = list.empty() ? std::nullopt : list.back().schedule.length();
    if (length) *length += list.back().begin;
    return length;
}

std::optional<std::uint64_t> Schedule::peak() const {
    const Rule& rule = resolved();
    std::optional<std::uint64_t> found;
    if (rule.definition.peak_) found = rule.definition.peak_(rule.parts);
    const auto list = stages();
    if (!list.empty()) found = 0;
    for (const Stage& stage : list) {
        std::uint64_t highest = stage.begin + stage.schedule.peak().value_or(0);
        if (stage.end) highest = std::min(highest, std::max(*stage.end, stage.begin + 1) - 1);
        if (value(highest) > value(*found)) found = highest;
    }
    return found == std::uint64_t{0} ? std::nullopt : found;
}

std::optional<double> Schedule::height(std::uint64_t update) const {
    const Rule& rule = resolved();
    if (rule.definition.height_) return rule.definition.height_(update, rule.parts);
    if (const auto stage = stage_at(update)) return stage->schedule.height(update - stage->begin);
    // Before the first stage, as in a warm-up: not risen yet.
    return has_height() ? std::optional(0.0) : std::nullopt;
}

namespace schedule {
namespace {

std::string label(std::string_view parameter) { return parameter.empty() ? "" : std::string(parameter) + "="; }

std::string subject(std::string_view parameter) { return parameter.empty() ? "" : std::string(parameter) + ": "; }

}  // namespace

Definition& Definition::rate(std::string_view parameter, double value) {
    require(std::isfinite(value) && value >= 0, subject(parameter), "expected a finite number >= 0, got ", value);
    return text(parameter, format_number(value));
}

Definition& Definition::range(std::string_view low_parameter, double low, std::string_view high_parameter,
                              double high) {
    rate(low_parameter, low).rate(high_parameter, high);
    return require(low <= high, "expected ", low_parameter, " <= ", high_parameter, ", got ", low, " and ", high,
                   " (hint: are the two swapped?)");
}

Definition& Definition::factor(std::string_view parameter, double value) {
    require(value > 0 && value <= 1, subject(parameter), "expected a factor in (0, 1], got ", value,
            " (above 1 the value would grow without bound, at or below 0 it would vanish or change its sign)");
    return text(parameter, format_number(value));
}

Definition& Definition::fraction(std::string_view parameter, double value) {
    require(value >= 0 && value <= 1, subject(parameter), "expected a fraction in [0, 1], got ", value,
            " (hint: 30 % is 0.3)");
    return text(parameter, format_number(value));
}

Definition& Definition::positive(std::string_view parameter, double value) {
    require(std::isfinite(value) && value > 0, subject(parameter), "expected a finite number > 0, got ", value);
    return text(parameter, format_number(value));
}

Definition& Definition::text(std::string_view parameter, std::string_view value) {
    items_.push_back({Item::fixed, label(parameter) + std::string(value), 0});
    return *this;
}

Definition& Definition::length(std::string_view parameter, Length value, Marks marks) {
    require(is_length(value.count()) && value.count() <= kLargestLength, subject(parameter),
            "expected a positive number of updates or epochs, at most 2^53, got ", value.describe());
    items_.push_back({Item::a_length, label(parameter), lengths_.size()});
    lengths_.push_back(value);
    marks_.push_back(marks);
    return *this;
}

Definition& Definition::schedule(Schedule value) {
    items_.push_back({Item::a_schedule, "", inner_.size()});
    inner_.push_back(std::move(value));
    return *this;
}

Definition& Definition::counts_updates() {
    counts_updates_ = true;
    return *this;
}

Definition& Definition::cycles(CycleRule rule) {
    cycles_ = std::move(rule);
    return *this;
}

Definition& Definition::rises_to(std::function<std::uint64_t(const Parts&)> update) {
    peak_ = std::move(update);
    return *this;
}

Definition& Definition::height(Formula formula) {
    height_ = std::move(formula);
    return *this;
}

Definition& Definition::stages(std::function<std::vector<std::uint64_t>(const Parts&)> begins) {
    stages_ = std::move(begins);
    return *this;
}

Schedule Definition::formula(Formula formula) const {
    auto rule = std::make_shared<Schedule::Rule>(Schedule::Rule{*this, std::move(formula), true, false, {}});
    for (const Length& length : lengths_) rule->resolved &= !length.in_epochs();
    for (const Schedule& inner : inner_) rule->resolved &= !inner.needs_updates_per_epoch();
    if (rule->resolved) {
        for (const Length& length : lengths_) rule->parts.lengths.push_back(length.updates(1));
        rule->parts.inner = inner_;
    }
    return Schedule(std::move(rule));
}

}  // namespace schedule
}  // namespace cyclone
