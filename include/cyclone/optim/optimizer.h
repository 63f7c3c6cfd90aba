#pragma once
// What all optimizers share: the update counter, groups, hooks, clipping and state. The counter belongs to the
// optimizer, and every hyper-parameter is read right before the update it is used for: there is no order of calls to
// get wrong. To add an optimizer: a class with its options, the table of them, and one kernel (sgd.h is the model), and
// a row that makes it known by name (parse.h).

#include <cyclone/nn/state_dict.h>
#include <cyclone/optim/hyper.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::optim {

/// What a hook sees: `update.groups[0]["lr"] *= 0.5` changes a value before the update.
struct Update {
    std::uint64_t number = 0;       ///< the first update is 0
    std::span<GroupValues> groups;  ///< before the update: may be changed, for this update only
    double grad_scale = 1;          ///< factor on all gradients; after the update it includes the clipping
};

/// Called with every update.
using Hook = std::function<void(Update&)>;

/// Changes parameters by their gradients, one step() per batch.
class Optimizer {
public:
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    /// One update of every parameter that has a gradient; the others are left alone, their state too. Gradients are
    /// read, never changed (clipping is a factor). Error if no parameter has a gradient, or if a schedule or hook
    /// gave a value out of range; nothing is changed then.
    void step();
    /// Forgets all gradients.
    void zero_grad();

    /// Updates made so far, which is the number of the next one.
    std::uint64_t updates() const { return number_; }
    /// The learning rate that the next update will use (unless a hook changes it).
    double lr(std::size_t group = 0) const;
    /// The learning rate that the last update used, hooks included; before the first update lr().
    double last_lr(std::size_t group = 0) const;

    /// The update from which on the learning rate stays as it is, where its schedule has an end (Schedule::length()).
    std::optional<std::uint64_t> lr_ends(std::size_t group = 0) const;

    /// The cycle of the learning rate's schedule in which `update` lies; none where it has no cycles.
    std::optional<Cycle> lr_cycle(std::uint64_t update, std::size_t group = 0) const;
    /// Whether the learning rate's schedule has cycles.
    bool lr_is_cyclical(std::size_t group = 0) const;

    /// A factor on the learning rate of all groups, whatever their schedules say: 1 unless set. Not part of
    /// state_dict(). Finite and > 0.
    void set_lr_factor(double factor);
    /// What set_lr_factor() set, else 1.
    double lr_factor() const { return lr_factor_; }

    /// Called before each update with its values, which the hook may change. Hooks run in the order of registration.
    void before_update(Hook hook);
    /// Called after each update with the values that it used; lr() already tells of the next.
    void after_update(Hook hook);

    /// Tells schedules in epochs how many updates an epoch has; train::fit calls it. Once updates were made, another n
    /// (a second fit with another batch size or other data) moves no schedule: those that count epochs alone
    /// (Schedule::counts_epochs()) go on from the same place in epochs, to the nearest update, with epochs of the new
    /// length; the others go on from the same update. n >= 1.
    void set_updates_per_epoch(std::uint64_t n);

    /// What set_updates_per_epoch() was told last; 0 before.
    std::uint64_t updates_per_epoch() const { return clock_.updates_per_epoch; }
    /// `update` as a place in epochs of the present length, in updates: what lengths in epochs are compared with.
    std::uint64_t place_in_epochs(std::uint64_t update) const;

    /// Epochs that train::fit has begun: a later fit goes on with the next one's shuffle and augmentation.
    std::uint64_t epochs() const { return clock_.epochs; }
    /// Sets epochs().
    void set_epochs(std::uint64_t n) { clock_.epochs = n; }

    /// Euclidean norm of all present gradients together, summed in f64; the same bits for any thread count.
    double grad_norm() const;
    /// Whether no gradient holds NaN or infinity.
    bool gradients_are_finite() const;

    /// All parameters in the order in which they were given.
    std::vector<Tensor> parameters() const;
    /// "Sgd(lr=0.01, momentum=0.9)" of the first group.
    std::string describe() const { return describe_group(0); }
    /// The same of any group.
    std::string describe_group(std::size_t group) const;
    std::size_t groups() const { return groups_.size(); }  ///< how many groups there are
    /// The group of each parameter, in the order of parameters().
    std::vector<std::size_t> group_of_parameters() const;
    /// The hyper-parameter called `hyper` ("lr", "weight_decay") of these parameters is from now on `factor` times what
    /// it was: discriminative rates (Howard and Ruder 2018, arXiv 1801.06146). Those that share a group with others
    /// get a group of their own, behind the groups there are. Errors: updates were made; a parameter that the
    /// optimizer does not have; an unknown name; a factor that is negative, not finite, or gives a value out of range.
    void scale_group(const std::vector<Tensor>& parameters, std::string_view hyper, double factor);

    /// What an exact resume needs: "counts" (i64: updates, parameters, state tensors), "clock" (i64: epochs, updates
    /// per epoch, what is added to the update number for schedules that count epochs) and the state of each parameter,
    /// such as "3.momentum". The tensors are handles: clone() them to keep a snapshot.
    StateDict state_dict() const;
    /// Copies the state in ("clock" may be missing, as in early files of version 0.2). Error that names everything that
    /// does not fit; nothing is changed then.
    void load_state_dict(const StateDict& state);

protected:
    /// Gradient clipping; 0 is off.
    struct Clip {
        double norm = 0;   ///< all gradients are scaled so that their common norm is at most this
        double value = 0;  ///< every element is held within +-value
    };
    static constexpr std::size_t kMaxSlots = 3;  ///< state tensors per parameter
    /// A parameter and its state.
    struct Parameter {
        Tensor tensor;                        ///< what update() changes
        std::size_t group;                    ///< its number
        std::array<Tensor, kMaxSlots> slots;  ///< state tensors; undefined until the first update that needs them
    };

    /// Slots are the names of the state tensors.
    Optimizer(const char* name, std::vector<HyperSpec> hypers, std::vector<const char*> slots, Clip clip);
    /// Moved, not copied: two optimizers of one parameter would be a mistake.
    Optimizer(Optimizer&&) = default;
    /// As above.
    Optimizer& operator=(Optimizer&&) = default;

    /// Checks and appends a group, with one value for each hyper-parameter. `clip` must be that of the constructor.
    void add_parameters(const std::vector<Tensor>& parameters, std::vector<Hyper> hypers, Clip clip);
    /// Updates parameter.tensor. gradient * grad_scale is the (clipped by norm) gradient.
    virtual void update(Parameter& parameter, const Tensor& gradient, const GroupValues& values, double grad_scale) = 0;
    /// A state tensor before its first use: zeros like the parameter unless overridden.
    virtual Tensor new_slot(std::size_t slot, const Tensor& parameter) const;
    /// The bound of the clipping by value, infinity if off.
    double clip_value() const;
    /// "Sgd", for messages.
    const char* name() const { return name_; }

private:
    /// The place in time besides the number of updates.
    struct Clock {
        std::uint64_t epochs = 0;             // see epochs()
        std::uint64_t updates_per_epoch = 0;  // 0: not known
        std::int64_t shift = 0;               // of the update number, for schedules that count epochs
    };
    bool counts_epochs(std::size_t group, std::size_t hyper) const;
    const std::optional<Schedule>& lr_schedule(std::size_t group) const;
    double value_at(std::size_t group, std::size_t hyper, std::uint64_t update) const;
    void check_value(std::size_t group, std::size_t hyper, double value, std::uint64_t update) const;
    void check_group(const std::vector<Tensor>& parameters, const std::vector<Hyper>& hypers, Clip clip) const;
    void prepare();
    std::size_t state_tensors() const;
    std::optional<Clock> read_clock(const StateDict& state, std::int64_t updates) const;
    std::string slot_name(std::size_t parameter, std::size_t slot) const;

    const char* name_;
    std::vector<HyperSpec> specs_;
    std::vector<const char*> slot_names_;
    Clip clip_;
    std::vector<std::vector<Hyper>> given_;   // each in the order of specs_, as it was given
    std::vector<std::vector<Hyper>> groups_;  // the same with lengths in updates, once they are known
    std::vector<GroupValues> values_;         // of the update under way or the last one
    std::vector<Parameter> parameters_;
    std::vector<Hook> before_, after_;
    std::uint64_t number_ = 0;
    Clock clock_;
    double lr_factor_ = 1;
    bool has_last_ = false, in_step_ = false;
};

/// The specs of a table, for the constructor of Optimizer.
template <class Options>
std::vector<HyperSpec> specs_of(const HyperTable<Options>& table) {
    std::vector<HyperSpec> specs;
    for (const auto& row : table) specs.push_back(row.spec);
    return specs;
}

/// The members of `options` in the order of the table, for add_parameters().
template <class Options>
std::vector<Hyper> values_of(const HyperTable<Options>& table, const Options& options) {
    std::vector<Hyper> values;
    for (const auto& row : table) values.push_back(options.*row.member);
    return values;
}

}  // namespace cyclone::optim
