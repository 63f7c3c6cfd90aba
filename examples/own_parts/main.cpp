// Writing parts of one's own: an op with its gradient, a layer that uses it, and a schedule. Each stands beside the
// library's without any registration.

#include <cyclone/cyclone.h>

#include <cmath>
#include <iostream>

using namespace cyclone;

namespace {

// An op: compute from plain numbers, then say how the gradient goes back. squareplus(x) = (x + sqrt(x^2 + 4)) / 2
// (Barron 2021, arXiv 2112.11687), and its derivative is squareplus(x) / sqrt(x^2 + 4).
Tensor squareplus(const Tensor& x) {
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    visit_floating(x.dtype(), "squareplus", [&](auto zero) {
        using T = decltype(zero);
        const T* in = x.data<T>();
        T* out = y.mutable_data<T>();
        for (std::int64_t i = 0; i < x.numel(); ++i) out[i] = (in[i] + std::sqrt(in[i] * in[i] + 4)) / 2;
    });
    return autograd::record("squareplus", y, {x}, [x = Saved(x), y = Saved(y)](const Tensor& grad) {
        return Gradients{grad * y.get() * pow(x.get() * x.get() + 4, -0.5)};
    });
}

// A layer: members, forward, and the members by name. squareplus with a slope that is learned, one per channel. It says
// that it looks at one row at a time and changes nothing, so that several threads can train it.
struct SlopedSquareplus : nn::Module {
    Tensor slope;
    explicit SlopedSquareplus(std::int64_t channels) : slope(nn::parameter(Tensor::ones({channels}))) {}
    Tensor forward(const Tensor& x) override { return squareplus(x * slope); }
    void visit(nn::Visitor& v) override { v.parameter("slope", slope); }
    std::string describe() const override { return "SlopedSquareplus"; }
    bool separates_rows() const override { return true; }
};

// A schedule: any function of the update number. A sawtooth that falls from 0.1 to 0.02, again and again.
double sawtooth(std::uint64_t update) { return 0.1 - 0.08 * static_cast<double>(update % 100) / 100; }

}  // namespace

int main() {
    const GradcheckResult check = gradcheck([](const TensorList& in) { return squareplus(in[0]); },
                                            {Tensor::from<double>({-30, -1, 0, 2, 30}, {5}).set_requires_grad()});
    std::cout << "gradient of squareplus: " << check.message << '\n';

    auto [train, test] = data::synthetic_patches({.positives = 500, .negatives = 1'500, .difficulty = 0.5}).split(0.8);
    manual_seed(1);
    nn::Sequential model{nn::Conv2d{1, 8, {.kernel = 3, .padding = nn::same}}, SlopedSquareplus{8}, nn::MaxPool2d{4},
                         nn::Flatten{}, nn::Linear{4 * 4 * 8, 2}};
    optim::Sgd sgd{model.parameters(), {.lr = schedule::function("sawtooth", sawtooth), .momentum = 0.9}};
    std::cout << model;
    train::fit(model, sgd, train, {.epochs = 6});
    const train::Evaluation result = train::evaluate(model, test);
    std::cout << '\n' << result;
    return check ? 0 : 1;
}
