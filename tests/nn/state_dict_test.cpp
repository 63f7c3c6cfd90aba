// Named tensors: order, search, comparison, copying.

#include <cyclone/nn/state_dict.h>

#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

std::vector<std::string> names(const StateDict& state) {
    std::vector<std::string> out;
    for (const auto& [name, tensor] : state) out.push_back(name);
    return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a state dict keeps its order and finds by name") {
    StateDict state{{"b", Tensor::full({1}, 1)}, {"a", Tensor::full({1}, 2)}};
    state.add("c", Tensor::full({1}, 3));
    CHECK(names(state) == Names{"b", "a", "c"});
    CHECK(state.size() == 3);
    CHECK(state.find("a")->item() == 2);
    CHECK(state.find("d") == nullptr);
    CHECK_THROWS_WITH(state.add("a", Tensor()), Catch::Contains("'a' is given twice"));
    CHECK_THROWS_AS((StateDict{{"a", Tensor()}, {"a", Tensor()}}), Error);
    CHECK(state.size() == 3);

    state.set("a", Tensor::full({1}, 4));
    state.set("d", Tensor::full({1}, 5));
    CHECK(names(state) == Names{"b", "a", "c", "d"});
    CHECK(state.find("a")->item() == 4);
    CHECK(state.erase("b"));
    CHECK_FALSE(state.erase("b"));
    CHECK(names(state) == Names{"a", "c", "d"});
    for (const auto& [name, tensor] : state) CHECK(state.find(name)->is_same(tensor));
    CHECK(StateDict().empty());
}

TEST_CASE("prefixes are put before names and taken off") {
    StateDict all;
    all.add_with_prefix("model.", {{"w", Tensor::ones({1})}, {"b", Tensor::ones({2})}});
    all.add("w", Tensor::ones({3}));
    CHECK(names(all) == Names{"model.w", "model.b", "w"});
    CHECK(names(all.with_prefix("model.")) == Names{"w", "b"});
    CHECK(all.with_prefix("model.").find("w")->numel() == 1);
    CHECK(all.with_prefix("other.").empty());
    CHECK_THROWS_AS(all.add_with_prefix("model.", {{"w", Tensor()}}), Error);
}

TEST_CASE("a clone has values of its own") {
    const StateDict state{{"w", Tensor::ones({2})}, {"none", Tensor()}};
    const StateDict copy = state.clone();
    Tensor(state[0].tensor).fill(3);
    CHECK(copy[0].tensor.to_vector<float>() == std::vector<float>{1, 1});
    CHECK_FALSE(copy[1].tensor.defined());
}

TEST_CASE("a comparison lists what is missing unexpected or of another kind") {
    const StateDict expected{{"a", Tensor::ones({2})}, {"b", Tensor::ones({2})}, {"c", Tensor::ones({2})}};
    const StateDict given{{"d", Tensor::ones({2})},
                          {"c", Tensor::ones({2}, DType::f64)},
                          {"b", Tensor::ones({3})},
                          {"e", Tensor::ones({1})}};
    const StateDictReport report = expected.compare(given);
    CHECK_FALSE(report.fits());
    CHECK(report.missing == Names{"a"});
    CHECK(report.unexpected == Names{"d", "e"});
    CHECK(report.str() ==
          "missing: a; unexpected: d, e; not fitting: b (expected f32 (2), got f32 (3)), c (expected f32 (2), got f64 "
          "(2))");
    CHECK(expected.compare(expected.clone()).fits());
    CHECK(expected.compare(expected).str().empty());
    CHECK(StateDict().compare(given).unexpected.size() == 4);
}

TEST_CASE("copying writes what fits into the tensors of the target") {
    const Tensor a = Tensor::zeros({2}), b = Tensor::zeros({2});
    const StateDict target{{"a", a}, {"b", b}};
    const StateDictReport report = StateDict{{"b", Tensor::ones({3})}, {"a", Tensor::full({2}, 7)}}.copy_into(target);
    CHECK(a.to_vector<float>() == std::vector<float>{7, 7});
    CHECK(b.to_vector<float>() == std::vector<float>{0, 0});
    CHECK(report.different == Names{"b (expected f32 (2), got f32 (3))"});
    CHECK_FALSE(StateDict{{"a", Tensor()}}.copy_into(target).fits());
}

TEST_CASE("a state dict of many tensors is searched quickly") {
    StateDict state;
    const Tensor one = Tensor::ones({1});
    for (int i = 0; i < 100'000; ++i) state.add(std::to_string(i), one);
    CHECK(state.find("99999")->is_same(one));
    CHECK(state.compare(state).fits());
}
