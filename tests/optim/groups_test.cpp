#include <cyclone/autograd/backward.h>
#include <cyclone/base/error.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/optim/optim.h>
#include <cyclone/schedule/cyclic.h>

#include <map>

#include "support/catch.h"

using namespace cyclone;

namespace {

nn::Sequential two_layers() { return nn::Sequential{nn::Linear{2, 2}, nn::Linear{2, 1}}; }

// Gives every parameter a gradient of 1.
void backward_ones(const std::vector<Tensor>& parameters) {
    for (const Tensor& p : parameters) backward(sum(p));
}

}  // namespace

TEST_CASE("a group with a factor moves by that factor, scheduled rates included") {
    nn::Sequential net = two_layers();
    const auto rate = schedule::triangular({.base = 0.1, .max = 0.3, .step_size = Iterations{2}});
    optim::Sgd sgd{net.parameters(), {.lr = rate, .weight_decay = 0.5}};
    optim::parse_groups("head:lr*10,weight-decay*0,*.bias:lr*0", net, sgd);
    CHECK(sgd.groups() == 4);
    std::map<std::string, double> factor{{"0.weight", 1}, {"0.bias", 0}, {"1.weight", 10}, {"1.bias", 0}};
    for (const double lr : {0.1, 0.2, 0.3}) {
        std::map<std::string, std::vector<float>> before;
        for (const NamedTensor& p : net.named_parameters()) before[p.name] = p.tensor.to_vector<float>();
        sgd.zero_grad();
        backward_ones(net.parameters());
        sgd.step();
        for (const NamedTensor& p : net.named_parameters()) {
            INFO(p.name << " at " << lr);
            const double decay = p.name[0] == '1' ? 0 : 0.5;
            for (std::size_t i = 0; i < before[p.name].size(); ++i) {
                const double w = before[p.name][i];
                CHECK(p.tensor.to_vector<float>()[i] == Approx(w - factor[p.name] * lr * (1 + decay * w)).margin(1e-6));
            }
        }
    }
    CHECK(sgd.describe() == "Sgd(lr=" + rate.describe() + ", weight_decay=0.5)");
    CHECK(sgd.describe_group(1).find("weight_decay") == std::string::npos);
}

TEST_CASE("a group that takes all parameters of another stays where it is") {
    nn::Sequential net = two_layers();
    optim::Sgd sgd{net.parameters(), {.lr = 0.1}};
    sgd.scale_group(net.parameters(), "lr", 3);
    CHECK(sgd.groups() == 1);
    CHECK(sgd.lr() == Approx(0.3));
}

TEST_CASE("a rate in epochs keeps its factor when their length is told") {
    nn::Sequential net = two_layers();
    optim::Sgd sgd{net.parameters(), {.lr = schedule::triangular({.base = 0.1, .max = 0.3, .step_size = Epochs{1}})}};
    optim::parse_groups("head:lr*10", net, sgd);
    sgd.set_updates_per_epoch(4);
    CHECK(sgd.lr(0) == Approx(0.1));
    CHECK(sgd.lr(1) == Approx(1));
    CHECK(sgd.group_of_parameters() == std::vector<std::size_t>{0, 0, 1, 1});
}

TEST_CASE("groups that cannot be are one clear line") {
    nn::Sequential net = two_layers();
    optim::Sgd sgd{net.parameters(), {.lr = 0.1, .momentum = 0.9}};
    const auto refused = [&](const char* text, const char* why) {
        CHECK_THROWS_WITH(optim::parse_groups(text, net, sgd), Catch::Contains(why));
        CHECK_THROWS_AS(optim::parse_groups(text, net, sgd), UsageError);
    };
    for (const char* gap : {"", "head:lr*10,", "head:lr*10,,weight-decay*0"})
        refused(gap, "group: expected names separated by commas, got '");
    for (const char* text : {"head", "head:lr", "lr*10", ":lr*2", "head:*2"})
        refused(text, text[0] == ':' ? "none of the 4 tensors matches"
                                     : "expected PATTERN:NAME*FACTOR, such as head.*:lr*10");
    refused("conv.*:lr*10", "none of the 4 tensors matches (0.weight, 0.bias, 1.weight, 1.bias)");
    refused("head:rate*10", "none called 'rate' (known: lr, momentum,");
    refused("head:lr*x", "lr");
    refused("head:lr*-1", "expected a finite factor >= 0, got -1");
    refused("head:momentum*2", "expected a number in [0, 1), got 1.8");
    backward_ones(net.parameters());
    sgd.step();
    refused("head:lr*10", "expected an optimizer before its first update");
}
