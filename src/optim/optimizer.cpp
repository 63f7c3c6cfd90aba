// What all optimizers share: groups, the values of an update, clipping. Their state: optimizer_state.cpp.

#include <cyclone/base/profile.h>
#include <cyclone/optim/norms.h>
#include <cyclone/optim/optimizer.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/optimizer.h"

namespace cyclone::optim {
namespace {

// NaN is in no range.
bool is_in(Range range, double x) {
    switch (range) {
        case Range::at_least_zero:
            return std::isfinite(x) && x >= 0;
        case Range::positive:
            return std::isfinite(x) && x > 0;
        case Range::below_one:
            return x >= 0 && x < 1;
        case Range::fraction:
            return x >= 0 && x <= 1;
        case Range::flag:
            return x == 0 || x == 1;
    }
    return false;
}

const char* text_of(Range range) {
    switch (range) {
        case Range::at_least_zero:
            return "a finite number >= 0";
        case Range::positive:
            return "a finite number > 0";
        case Range::below_one:
            return "a number in [0, 1)";
        case Range::fraction:
            return "a number in [0, 1]";
        case Range::flag:
            return "0 or 1";
    }
    return "";
}

// By how far a second fit() with epochs of another length has moved the place in epochs.
std::uint64_t shifted(std::uint64_t update, std::int64_t shift) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(update) + shift));
}

}  // namespace

Optimizer::Optimizer(const char* name, std::vector<HyperSpec> hypers, std::vector<const char*> slots, Clip clip)
    : name_(name), specs_(std::move(hypers)), slot_names_(std::move(slots)), clip_(clip) {
    check(!specs_.empty() && specs_[0].name == "lr", name_, "expected lr as the first hyper-parameter");
    check(slot_names_.size() <= kMaxSlots, name_, "at most ", kMaxSlots, " state tensors, got ", slot_names_.size());
    check(is_in(Range::at_least_zero, clip.norm), name_, "clip_norm: expected a finite number > 0, or 0 for none, got ",
          clip.norm);
    check(is_in(Range::at_least_zero, clip.value), name_,
          "clip_value: expected a finite number > 0, or 0 for none, got ", clip.value);
    check(clip.norm == 0 || clip.value == 0, name_, "expected clip_norm or clip_value, got both");
}

// --- groups ---

void Optimizer::check_group(const std::vector<Tensor>& parameters, const std::vector<Hyper>& hypers, Clip clip) const {
    check(!in_step_, name_, "a hook must not add parameters");
    check(!parameters.empty(), name_, "expected at least one parameter, got none");
    check(hypers.size() == specs_.size(), name_, "expected ", specs_.size(), " hyper-parameters, got ", hypers.size());
    check(clip.norm == clip_.norm && clip.value == clip_.value, name_,
          "clipping looks at all gradients together: expected the same clip_norm and clip_value in every group");
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Tensor& p = parameters[i];
        check(p.defined(), name_, "parameter ", i, " is an undefined tensor");
        check(p.is_leaf() && p.requires_grad(), name_, "parameter ", i, " of shape ", p.shape(),
              " gets no gradient (hint: set_requires_grad() on a tensor that was not computed)");
        const auto is_it = [&](const Tensor& other) { return other.is_same(p); };
        const auto holds_it = [&](const Parameter& other) { return other.tensor.is_same(p); };
        const auto here = parameters.begin() + static_cast<std::ptrdiff_t>(i);
        check(std::none_of(parameters.begin(), here, is_it) &&
                  std::none_of(parameters_.begin(), parameters_.end(), holds_it),
              name_, "parameter ", i, " of shape ", p.shape(), " is given twice");
    }
    for (std::size_t i = 0; i < hypers.size(); ++i)
        if (!hypers[i].needs_updates_per_epoch())  // else checked when the first value is known
            check_value(groups_.size(), i, hypers[i].at(0), 0);
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters, std::vector<Hyper> hypers, Clip clip) {
    std::vector<Hyper> given = hypers;
    if (clock_.updates_per_epoch > 0)
        for (Hyper& hyper : hypers) hyper = hyper.with_updates_per_epoch(clock_.updates_per_epoch);
    check_group(parameters, hypers, clip);
    for (const Tensor& p : parameters) parameters_.push_back({p, groups_.size(), {}});
    groups_.push_back(std::move(hypers));
    given_.push_back(std::move(given));
    values_.emplace_back(specs_);
    has_last_ = false;
}

void Optimizer::scale_group(const std::vector<Tensor>& parameters, std::string_view hyper, double factor) {
    check(!in_step_ && number_ == 0, name_, "scale_group: expected an optimizer before its first update");
    check<UsageError>(std::isfinite(factor) && factor >= 0, name_, hyper, ": expected a finite factor >= 0, got ",
                      factor);
    const std::size_t which = values_[0].index_of(hyper);
    const auto is_chosen = [&](const Parameter& own) {
        return std::any_of(parameters.begin(), parameters.end(),
                           [&](const Tensor& p) { return p.is_same(own.tensor); });
    };
    const auto found = std::count_if(parameters_.begin(), parameters_.end(), is_chosen);
    check<UsageError>(found == std::ssize(parameters) && found > 0, name_, "scale_group: expected parameters of this ",
                      "optimizer, each once, it has ", found, " of the ", parameters.size());
    const std::size_t before = groups_.size();
    std::vector<std::ptrdiff_t> all(before), chosen(before);  // parameters of each group
    for (const Parameter& p : parameters_) all[p.group] += 1, chosen[p.group] += is_chosen(p) ? 1 : 0;
    for (std::size_t g = 0; g < before; ++g)
        if (const Hyper& value = groups_[g][which]; chosen[g] > 0 && !value.needs_updates_per_epoch())
            check_value(g, which, value.scaled(factor).at(0), 0);
    for (std::size_t g = 0; g < before; ++g) {
        if (chosen[g] == 0) continue;
        std::size_t target = g;
        if (chosen[g] < all[g]) {
            target = groups_.size();
            groups_.push_back(std::vector<Hyper>(groups_[g]));
            given_.push_back(std::vector<Hyper>(given_[g]));
            values_.emplace_back(specs_);
        }
        for (Hyper* value : {&groups_[target][which], &given_[target][which]}) *value = value->scaled(factor);
        for (Parameter& p : parameters_)
            if (p.group == g && is_chosen(p)) p.group = target;
    }
    has_last_ = false;
}

void Optimizer::set_updates_per_epoch(std::uint64_t n) {
    check(n >= 1, name_, "expected at least one update per epoch, got ", n);
    if (const std::uint64_t before = clock_.updates_per_epoch; before > 0 && before != n) {
        const auto made = static_cast<double>(static_cast<std::int64_t>(number_) + clock_.shift);
        const double place = made / static_cast<double>(before) * static_cast<double>(n);
        clock_.shift = std::llround(place) - static_cast<std::int64_t>(number_);
    }
    clock_.updates_per_epoch = n;
    for (std::size_t g = 0; g < groups_.size(); ++g)
        for (std::size_t i = 0; i < specs_.size(); ++i)
            if (groups_[g][i].needs_updates_per_epoch() || counts_epochs(g, i))
                groups_[g][i] = given_[g][i].with_updates_per_epoch(n);
}

std::vector<Tensor> Optimizer::parameters() const {
    std::vector<Tensor> out;
    for (const Parameter& p : parameters_) out.push_back(p.tensor);
    return out;
}

std::vector<std::size_t> Optimizer::group_of_parameters() const {
    std::vector<std::size_t> out;
    for (const Parameter& p : parameters_) out.push_back(p.group);
    return out;
}

std::string Optimizer::describe_group(std::size_t group) const {
    check(group < groups_.size(), name_, "group ", group, " does not exist, there are ", groups_.size());
    std::string out = std::string(name_) + "(lr=" + groups_[group][0].describe();
    for (std::size_t i = 1; i < specs_.size(); ++i) {
        const Hyper& hyper = groups_[group][i];
        if (!hyper.is(specs_[i].left_out)) out += ", " + std::string(specs_[i].name) + "=" + hyper.describe();
    }
    if (clip_.norm > 0) out += ", clip_norm=" + Hyper(clip_.norm).describe();
    if (clip_.value > 0) out += ", clip_value=" + Hyper(clip_.value).describe();
    return out + ")";
}

// --- the values of an update ---

// Whether its place in epochs stays when they get another length. Lengths that the caller settled are in updates.
bool Optimizer::counts_epochs(std::size_t group, std::size_t hyper) const {
    const Hyper& given = given_[group][hyper];
    return given.needs_updates_per_epoch() && given.schedule()->counts_epochs();
}

double Optimizer::value_at(std::size_t group, std::size_t hyper, std::uint64_t update) const {
    const Hyper& given = groups_[group][hyper];
    if (given.needs_updates_per_epoch()) [[unlikely]]
        fail(name_, given.describe(),
             " is in epochs, whose length is not known (hint: set_updates_per_epoch("
             "batches in an epoch); train::fit does it by itself)");
    if (counts_epochs(group, hyper)) update = place_in_epochs(update);
    return hyper == 0 ? given.at(update) * lr_factor_ : given.at(update);
}

void Optimizer::check_value(std::size_t group, std::size_t hyper, double value, std::uint64_t update) const {
    const HyperSpec& spec = specs_[hyper];
    check(is_in(spec.range, value), name_, spec.name, " of group ", group, " at update ", update, ": expected ",
          text_of(spec.range), ", got ", value);
}

double Optimizer::lr(std::size_t group) const {
    check(group < groups_.size(), name_, "group ", group, " does not exist, there are ", groups_.size());
    return value_at(group, 0, number_);
}

double Optimizer::last_lr(std::size_t group) const {
    check(group < groups_.size(), name_, "group ", group, " does not exist, there are ", groups_.size());
    return has_last_ ? values_[group]["lr"] : value_at(group, 0, number_ == 0 ? 0 : number_ - 1);
}

std::uint64_t Optimizer::place_in_epochs(std::uint64_t update) const { return shifted(update, clock_.shift); }

const std::optional<Schedule>& Optimizer::lr_schedule(std::size_t group) const {
    check(group < groups_.size(), name_, "group ", group, " does not exist, there are ", groups_.size());
    return groups_[group][0].schedule();
}

std::optional<std::uint64_t> Optimizer::lr_ends(std::size_t group) const {
    const auto& schedule = lr_schedule(group);
    if (!schedule || schedule->needs_updates_per_epoch()) return std::nullopt;
    auto end = schedule->length();
    if (end && counts_epochs(group, 0)) *end = shifted(*end, -clock_.shift);
    return end;
}

bool Optimizer::lr_is_cyclical(std::size_t group) const {
    const auto& schedule = lr_schedule(group);
    return schedule && schedule->is_cyclical();
}

std::optional<Cycle> Optimizer::lr_cycle(std::uint64_t update, std::size_t group) const {
    if (!lr_is_cyclical(group)) return std::nullopt;
    const std::int64_t shift = counts_epochs(group, 0) ? clock_.shift : 0;
    auto cycle = lr_schedule(group)->cycle_at(shifted(update, shift));
    if (cycle) cycle->begin = shifted(cycle->begin, -shift), cycle->end = shifted(cycle->end, -shift);
    return cycle;
}

void Optimizer::set_lr_factor(double factor) {
    check(std::isfinite(factor) && factor > 0, name_, "lr_factor: expected a finite number > 0, got ", factor);
    lr_factor_ = factor;
}

void Optimizer::before_update(Hook hook) {
    check(hook && !in_step_, name_, "expected a hook (and not from within a hook)");
    before_.push_back(std::move(hook));
}

void Optimizer::after_update(Hook hook) {
    check(hook && !in_step_, name_, "expected a hook (and not from within a hook)");
    after_.push_back(std::move(hook));
}

// --- the update ---

void Optimizer::zero_grad() {
    for (Parameter& p : parameters_) p.tensor.clear_grad();
}

double Optimizer::grad_norm() const {
    double sum = 0;
    for (const Parameter& p : parameters_) {
        const Tensor gradient = p.tensor.grad();
        if (gradient.defined()) sum += sum_of_squares(gradient);
    }
    return std::sqrt(sum);
}

bool Optimizer::gradients_are_finite() const {
    return std::all_of(parameters_.begin(), parameters_.end(), [&](const Parameter& p) {
        const Tensor gradient = p.tensor.grad();
        return !gradient.defined() || visit_floating(gradient.dtype(), name_, [&](auto zero) {
            return kernels::all_finite(gradient.data<decltype(zero)>(), gradient.numel());
        });
    });
}

double Optimizer::clip_value() const { return clip_.value > 0 ? clip_.value : std::numeric_limits<double>::infinity(); }

void Optimizer::prepare() {
    const auto has_grad = [](const Parameter& p) { return p.tensor.grad().defined(); };
    check(std::any_of(parameters_.begin(), parameters_.end(), has_grad), name_,
          "none of the parameters has a gradient (hint: backward(loss) comes before step())");
    for (std::size_t g = 0; g < groups_.size(); ++g)
        for (std::size_t i = 0; i < specs_.size(); ++i) values_[g].all()[i] = value_at(g, i, number_);
}

void Optimizer::step() {
    check(!in_step_, name_, "a hook must not call step()");
    struct InStep {
        bool& flag;
        explicit InStep(bool& f) : flag(f) { flag = true; }
        ~InStep() { flag = false; }
    } in_step(in_step_);

    has_last_ = false;
    prepare();
    Update update{.number = number_, .groups = values_, .grad_scale = 1};
    for (const Hook& hook : before_) hook(update);
    for (std::size_t g = 0; g < groups_.size(); ++g)
        for (std::size_t i = 0; i < specs_.size(); ++i) check_value(g, i, values_[g].all()[i], number_);
    check(std::isfinite(update.grad_scale), name_, "grad_scale at update ", number_, ": expected a finite number, got ",
          update.grad_scale);
    if (clip_.norm > 0) {
        const double norm = grad_norm() * std::abs(update.grad_scale);
        if (!(norm <= clip_.norm))
            update.grad_scale *= clip_.norm / norm;  // a norm of NaN spreads, as without clipping
    }
    for (Parameter& p : parameters_) {
        const Tensor gradient = p.tensor.grad();
        if (gradient.defined()) this->update(p, gradient, values_[p.group], update.grad_scale);
    }
    ++number_;
    has_last_ = true;
    for (const Hook& hook : after_) hook(update);
    profile::lap(profile::Phase::update, name_);
}

}  // namespace cyclone::optim
