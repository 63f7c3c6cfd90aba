// The registry of optimizers, and what their texts have in common.

#include <cyclone/optim/parse.h>

#include <cyclone/nn/patterns.h>
#include <cyclone/optim/adam.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/definition.h>

#include <algorithm>

namespace cyclone::optim {

OptimizerRegistry& registry() {
    static OptimizerRegistry all("optimizer",
                                 {row<Sgd>("sgd", "stochastic gradient descent"),
                                  row<Adam>("adam", "steps scaled by the gradients' mean squares"),
                                  row<AdamW>("adamw", "adam with weight decay apart from the gradient")},
                                 ":,");
    return all;
}

std::unique_ptr<Optimizer> parse(std::string_view text, const std::vector<Tensor>& parameters, const Hyper& rate) {
    return registry().parse(text, parameters, rate);
}

std::string with_options(std::string_view text, double momentum, double weight_decay) {
    std::string all(text);
    const bool is_name = text.find(':') == std::string_view::npos;
    const auto add = [&all](const char* name, double value) {
        all +=
            (all.find(':') == std::string::npos ? ":" : ",") + std::string(name) + "=" + schedule::format_number(value);
    };
    if (momentum != 0) add("momentum", momentum);
    const auto& row = registry().row(name_in(text));
    if (weight_decay != 0 || (is_name && row.arguments.find("weight-decay") != std::string::npos))
        add("weight-decay", weight_decay);
    return all;
}

void parse_groups(std::string_view texts, const nn::Module& model, Optimizer& optimizer) {
    std::vector<Tensor> parameters;
    for (const std::string& text : split_at_commas("group", texts)) {
        std::string_view item = text;
        if (const std::size_t colon = item.rfind(':'); colon != std::string_view::npos) {
            parameters.clear();
            for (const NamedTensor& p : nn::parameters_like(model, item.substr(0, colon)))
                parameters.push_back(p.tensor);
            item.remove_prefix(colon + 1);
        }
        const std::size_t star = item.find('*');
        check<UsageError>(!parameters.empty() && star != std::string_view::npos && star > 0, "group",
                          "expected PATTERN:NAME*FACTOR, such as head.*:lr*10, got '", texts, "'");
        std::string name(item.substr(0, star));
        std::replace(name.begin(), name.end(), '-', '_');
        const double factor = parse_number(name, item.substr(star + 1));
        try {
            optimizer.scale_group(parameters, name, factor);
        } catch (const Error& error) {
            fail<UsageError>(texts, error.what());
        }
    }
}

Hyper parse_hyper(std::string_view name, std::string_view text, const Hyper& rate) {
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) return parse_number(name, text);
    const double low = parse_number(name, text.substr(0, dots)), high = parse_number(name, text.substr(dots + 2));
    return rate.schedule() ? Hyper(schedule::against(*rate.schedule(), low, high)) : Hyper(high);
}

std::pair<std::string, std::string> usage_of(std::span<const HyperSpec> specs, std::span<const Hyper> defaults) {
    std::string usage = "[:", words;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (specs[i].name == "lr") continue;
        std::string name(specs[i].name);
        std::replace(name.begin(), name.end(), '_', '-');
        usage += name + (specs[i].range == Range::flag ? "" : "=" + defaults[i].describe()) + ",";
        words += name + ": " + std::string(specs[i].description) + "; ";
    }
    return {usage + "clip-norm=0,clip-value=0]",
            words +
                "clip-norm, clip-value: bound of the norm of all gradients, or of each element (0: none). LOW..HIGH "
                "for a number: it moves against the rate, HIGH where that is lowest"};
}

}  // namespace cyclone::optim
