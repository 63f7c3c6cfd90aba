#include <cyclone/base/error.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/arithmetic.h>

#include "support/catch.h"

using namespace cyclone;

namespace {

// A tensor of its own beside a submodule.
struct Scaled : nn::Module {
    Tensor factor = nn::parameter(Tensor::ones({1}));
    nn::Linear body{2, 2};
    Tensor forward(const Tensor& x) override { return body(x) * factor; }
    void visit(nn::Visitor& v) override {
        v.parameter("factor", factor);
        v.module("body", body);
    }
};

std::vector<std::string> names_of(const StateDict& tensors) {
    std::vector<std::string> names;
    for (const NamedTensor& t : tensors) names.push_back(t.name);
    return names;
}

nn::Sequential small() {
    return nn::Sequential{nn::Conv2d{1, 2, {.kernel = 3}}, nn::BatchNorm{2}, nn::Flatten{}, nn::Linear{8, 2}};
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("patterns of names") {
    for (const auto& [pattern, name] :
         std::vector<std::pair<std::string, std::string>>{{"*", "0.weight"},
                                                          {"0.*", "0.weight"},
                                                          {"0", "0.weight"},
                                                          {"?.weight", "3.weight"},
                                                          {"*.bias", "a.b.bias"},
                                                          {"body", "body.0.weight"},
                                                          {"b*y.*.weight", "body.0.1.weight"},
                                                          {"**", ""},
                                                          {"a*b*c", "axxbxxbc"}}) {
        INFO(pattern << " " << name);
        CHECK(nn::matches(pattern, name));
    }
    for (const auto& [pattern, name] : std::vector<std::pair<std::string, std::string>>{{"", "0.weight"},
                                                                                        {"0.", "0.weight"},
                                                                                        {"1", "10.weight"},
                                                                                        {"weight", "0.weight"},
                                                                                        {"?", "10"},
                                                                                        {"body.*", "body"},
                                                                                        {"a*b", "axxc"},
                                                                                        {"*.bias", "bias"}}) {
        INFO(pattern << " " << name);
        CHECK(!nn::matches(pattern, name));
    }
    const std::string long_name(2000, 'a');  // not exponential
    std::string stars;
    for (int i = 0; i < 500; ++i) stars += "*a";
    CHECK(!nn::matches(stars + "b", long_name));
}

TEST_CASE("parameters by pattern, and the head is the last layer that has some") {
    nn::Sequential net = small();
    CHECK(names_of(nn::parameters_like(net, "*.bias")) == Names{"0.bias", "3.bias"});
    CHECK(names_of(nn::parameters_like(net, "head")) == Names{"3.weight", "3.bias"});
    CHECK(names_of(nn::parameters_like(net, "head.bias")) == Names{"3.bias"});
    CHECK_THROWS_WITH(nn::parameters_like(net, "conv1.*"),
                      "conv1.*: expected a pattern of names, none of the 6 tensors matches (0.weight, 0.bias, 1.scale, "
                      "1.shift, 3.weight, 3.bias)");
    struct WithHead : nn::Module {
        nn::Linear head{2, 2}, last{2, 2};
        Tensor forward(const Tensor& x) override { return last(head(x)); }
        void visit(nn::Visitor& v) override { v.module("head", head), v.module("last", last); }
    };
    CHECK(names_of(nn::parameters_like(nn::Linear(4, 2), "head")) == Names{"weight", "bias"});
    CHECK(names_of(nn::parameters_like(nn::Linear(4, 2), "head.bias")) == Names{"bias"});
    CHECK(names_of(nn::parameters_like(WithHead(), "head")) == Names{"head.weight", "head.bias"});
}

TEST_CASE("freezing by pattern takes whole layers, buffers included") {
    nn::Sequential net = small();
    nn::freeze(net, "1");
    CHECK(names_of(net.named_parameters()) == Names{"0.weight", "0.bias", "3.weight", "3.bias"});
    CHECK((net.named_modules()[2].second->is_frozen() && !net.named_modules()[2].second->is_training()));
    nn::freeze(net, "?.*");
    CHECK(net.parameters().empty());
    nn::unfreeze(net, "head");
    CHECK(names_of(net.named_parameters()) == Names{"3.weight", "3.bias"});
    CHECK_THROWS_WITH(nn::freeze(net, "*.bias"),
                      Catch::Contains("*.bias: matches 0.bias and not 0.weight: expected all "
                                      "tensors of a layer"));
    CHECK_THROWS_WITH(nn::freeze(net, "7.*"), Catch::Contains("none of the 8 tensors matches"));

    Scaled scaled;  // what a submodule has is not taken for its own
    nn::freeze(scaled, "body.*");
    CHECK(names_of(scaled.named_parameters()) == Names{"factor"});
    CHECK_THROWS_WITH(nn::freeze(scaled, "factor"), Catch::Contains("matches factor and not body.weight, body.bias"));
    nn::freeze(scaled, "*");
    CHECK(scaled.parameters().empty());
}
