// The engine behind every schedule: resolves lengths, evaluates the formula, describes.

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
    bool has_epochs = false;
    /// 0 while lengths in epochs wait for it.
    std::uint64_t updates_per_epoch = 0;
    /// Valid unless has_epochs && updates_per_epoch == 0.
    schedule::Parts parts;
};

namespace {

bool is_length(double count) { return std::isfinite(count) && count > 0; }

constexpr double largest_length = 0x1p53;

}  // namespace

namespace schedule {

std::string format_number(double value) {
    char text[32];
    // 100000 and not the shorter 1e+05; only very small and very large numbers take an exponent.
    const bool plain = value == 0 || (std::abs(value) >= 1e-4 && std::abs(value) < 1e16);
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto end = std::to_chars(text, text + sizeof text, value, format).ptr;
    return {text, end};
}

}  // namespace schedule

std::uint64_t Length::updates(std::uint64_t updates_per_epoch) const {
    check(is_length(count_), "length", "expected a positive finite number of ", in_epochs_ ? "epochs" : "updates",
          ", got ", count_);
    const double n = std::round(in_epochs_ ? count_ * static_cast<double>(updates_per_epoch) : count_);
    check(n <= largest_length, "length", "expected at most 2^53 updates, got ", n, " (", describe(), ")");
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(n));
}

std::string Length::describe() const {
    return schedule::format_number(count_) + (in_epochs_ ? " epoch" : " update") + (count_ == 1 ? "" : "s");
}

Schedule::Schedule(double constant)
    : Schedule(schedule::Definition("constant").rate("", constant).formula([constant](auto, const auto&) {
          return constant;
      })) {}

bool Schedule::needs_updates_per_epoch() const { return rule_->has_epochs && rule_->updates_per_epoch == 0; }

double Schedule::value(std::uint64_t update) const {
    const Rule& rule = *rule_;
    if (needs_updates_per_epoch()) [[unlikely]]
        fail(describe(),
             "expected lengths in updates, got epochs (hint: pass updates_per_epoch with with_updates_per_epoch(); "
             "train::fit does it by itself)");
    const double value = rule.formula(update, rule.parts);
    if (!(std::isfinite(value) && value >= 0)) [[unlikely]]
        fail(describe(), "expected a finite value >= 0, got ", value, " at update ", update);
    return value;
}

Schedule Schedule::with_updates_per_epoch(std::uint64_t n) const {
    check(n >= 1, describe(), "expected at least one update per epoch, got ", n);
    if (!rule_->has_epochs) return *this;
    auto rule = std::make_shared<Rule>(*rule_);
    rule->updates_per_epoch = n;
    rule->parts = {};
    for (const Length& length : rule->definition.lengths_) rule->parts.lengths.push_back(length.updates(n));
    for (const Schedule& inner : rule->definition.inner_) rule->parts.inner.push_back(inner.with_updates_per_epoch(n));
    return Schedule(std::move(rule));
}

const std::string& Schedule::name() const { return rule_->definition.name_; }

std::vector<NamedLength> Schedule::lengths() const {
    std::vector<NamedLength> list;
    for (const auto& item : rule_->definition.items_) {
        if (item.kind != schedule::Definition::Item::a_length) continue;
        const std::string name = item.text.substr(0, item.text.find('='));
        list.push_back({name, rule_->definition.lengths_[item.index],
                        needs_updates_per_epoch() ? 0 : rule_->parts.lengths[item.index]});
    }
    return list;
}

std::vector<Schedule> Schedule::inner() const {
    return needs_updates_per_epoch() ? rule_->definition.inner_ : rule_->parts.inner;
}

std::string Schedule::describe() const {
    const Rule& rule = *rule_;
    const bool resolved = !needs_updates_per_epoch();
    std::string out = rule.definition.name_ + "(";
    for (std::size_t i = 0; i < rule.definition.items_.size(); ++i) {
        const auto& item = rule.definition.items_[i];
        if (i > 0) out += ", ";
        out += item.text;
        if (item.kind == schedule::Definition::Item::a_length) {
            const Length& length = rule.definition.lengths_[item.index];
            out += length.describe();
            if (length.in_epochs() && resolved)
                out += " = " + Length(Iterations{rule.parts.lengths[item.index]}).describe();
        } else if (item.kind == schedule::Definition::Item::a_schedule) {
            out += (resolved ? rule.parts.inner : rule.definition.inner_)[item.index].describe();
        }
    }
    return out + ")";
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

Definition& Definition::share(std::string_view parameter, double value) {
    require(value >= 0 && value <= 1, subject(parameter), "expected a share in [0, 1], got ", value,
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

Definition& Definition::length(std::string_view parameter, Length value) {
    require(is_length(value.count()) && value.count() <= largest_length, subject(parameter),
            "expected a positive number of updates or epochs, at most 2^53, got ", value.describe());
    items_.push_back({Item::a_length, label(parameter), lengths_.size()});
    lengths_.push_back(value);
    return *this;
}

Definition& Definition::schedule(Schedule value) {
    items_.push_back({Item::a_schedule, "", inner_.size()});
    inner_.push_back(std::move(value));
    return *this;
}

Schedule Definition::formula(Formula formula) const {
    auto rule = std::make_shared<Schedule::Rule>(Schedule::Rule{*this, std::move(formula), false, 0, {}});
    const auto in_epochs = [](const Length& length) { return length.in_epochs(); };
    const auto with_epochs = [](const Schedule& inner) { return inner.rule_->has_epochs; };
    rule->has_epochs = std::any_of(lengths_.begin(), lengths_.end(), in_epochs) ||
                       std::any_of(inner_.begin(), inner_.end(), with_epochs);
    if (!rule->has_epochs) {
        for (const Length& length : lengths_) rule->parts.lengths.push_back(length.updates(1));
        rule->parts.inner = inner_;
    }
    return Schedule(std::move(rule));
}

}  // namespace schedule
}  // namespace cyclone
