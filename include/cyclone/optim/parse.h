#pragma once
// Optimizers by name, for the command line of programs.

#include <cyclone/base/registry.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::optim {

/// Rows make an optimizer of parameters and a learning rate.
using OptimizerRegistry = Registry<std::unique_ptr<Optimizer>(Arguments&, const std::vector<Tensor>&, const Hyper&)>;

/// Every name that parse() knows: sgd, adam, adamw. `registry().add(row<Mine>("mine", "..."))` makes one of your own
/// known to every program.
OptimizerRegistry& registry();

/// The optimizer of a text "name[:argument,...]", e.g. "sgd:momentum=0.9,nesterov", "adamw:weight-decay=0.05" (':' does
/// as well as ','). `rate` is its learning rate. A hyper-parameter is a number, or LOW..HIGH: it then moves against the
/// rate, from HIGH where the rate is lowest to LOW where it is highest (schedule::against()), as a momentum does in
/// one-cycle training, and stays at HIGH where the rate is a number. UsageError for an unknown name (with the nearest
/// known one), an unknown or malformed argument, or values that make no optimizer.
std::unique_ptr<Optimizer> parse(std::string_view text, const std::vector<Tensor>& parameters, const Hyper& rate);

/// `text` for parse() with the momentum and weight decay of options of their own, where they are not 0. A name alone,
/// "adamw", means no weight decay but that one.
std::string with_options(std::string_view text, double momentum, double weight_decay);

/// Optimizer::scale_group() of texts "PATTERN:NAME*FACTOR[,NAME*FACTOR...]" with commas between them, such as
/// "head.*:lr*10,weight-decay*0,0.*:lr*0.1", for the parameters of `model` that nn::parameters_like() gives for each
/// pattern. What several patterns match has all their factors. UsageError for a text of another form, an unknown name,
/// or a pattern that matches nothing.
void parse_groups(std::string_view texts, const nn::Module& model, Optimizer& optimizer);

/// A number or LOW..HIGH as parse() takes it; `name` begins messages.
Hyper parse_hyper(std::string_view name, std::string_view text, const Hyper& rate);
/// "[:momentum=0,...]" and "momentum: fraction of ...; ..." of the specs, "lr" left out; `defaults` in the same order.
std::pair<std::string, std::string> usage_of(std::span<const HyperSpec> specs, std::span<const Hyper> defaults);

/// The row of an optimizer T with T::Options and T::hypers(); sgd.h is the model.
template <class T>
OptimizerRegistry::Row row(std::string name, const std::string& description) {
    using Options = typename T::Options;
    auto [usage, arguments] = usage_of(specs_of(T::hypers()), values_of(T::hypers(), Options{}));
    return {std::move(name), std::move(usage), description + ". " + arguments,
            [](Arguments& given, const std::vector<Tensor>& parameters, const Hyper& rate) {
                Options options;
                // Flags first: as bare words they would be taken for the value of whatever asks before them.
                for (const auto& [member, spec] : T::hypers())
                    if (spec.range == Range::flag && given.flag(spec.name)) options.*member = 1;
                for (const auto& [member, spec] : T::hypers()) {
                    if (spec.range == Range::flag || spec.name == "lr") continue;
                    if (const auto text = given.optional_text(spec.name))
                        options.*member = parse_hyper(spec.name, *text, rate);
                }
                options.lr = rate;
                options.clip_norm = given.number_or("clip_norm", 0);
                options.clip_value = given.number_or("clip_value", 0);
                return std::make_unique<T>(parameters, options);
            }};
}

}  // namespace cyclone::optim
