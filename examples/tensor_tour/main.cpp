// A tour of tensors and gradients: what every training is made of. Not a training program: see examples/mnist.

#include <cyclone/cyclone.h>

#include <cmath>
#include <iostream>

using namespace cyclone;

int main() {
    std::cout << "1. A tensor is a handle on a dense block of numbers, last axis fastest.\n";
    Tensor a = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
    const Tensor same_numbers = a;  // a second handle, not a copy
    a.mutable_data<float>()[0] = 10;
    std::cout << "   a = " << a << "\n   seen through the other handle: " << same_numbers << '\n';

    std::cout << "\n2. Operations broadcast like NumPy's.\n";
    const Tensor row = Tensor::from<float>({0.5, 1, 2}, {3});
    std::cout << "   a * row = " << a * row << '\n';
    std::cout << "   mean over the rows: " << mean(a * row, {.axes = {0}}) << '\n';

    std::cout << "\n3. A tensor that requires a gradient is recorded; backward() fills in grad().\n";
    const Tensor x = Tensor::from<double>({3}, {}).set_requires_grad();
    const Tensor y = x * x * x + 2.0 * x;  // y' = 3 x^2 + 2
    backward(y);
    std::cout << "   d(x^3 + 2x)/dx at 3: " << x.grad().item() << '\n';

    std::cout << "\n4. Gradients add up until they are cleared.\n";
    backward(x * x);  // + 2 x
    std::cout << "   after another backward, of x^2: " << x.grad().item() << '\n';

    std::cout << "\n5. Gradient descent is a loop: find the square root of 2.\n";
    Tensor root = Tensor::scalar(1, DType::f64).set_requires_grad();
    for (int update = 0; update < 40; ++update) {
        const Tensor error = root * root - 2.0;
        root.clear_grad();
        backward(error * error);
        const NoGrad do_not_record;
        root.copy_from(root - 0.05 * root.grad());
    }
    std::cout << "   " << root.item() << " (off by " << std::abs(root.item() - std::sqrt(2.0)) << ")\n";

    std::cout << "\n6. Mistakes are named.\n";
    try {
        add(a, Tensor::zeros({4}));
    } catch (const Error& error) {
        std::cout << "   " << error.what() << '\n';
    }

    std::cout << "\n7. An op of your own can be checked against differences.\n";
    const auto f = [](const TensorList& in) { return sigmoid(in[0]) * in[1]; };
    const GradcheckResult check = gradcheck(f, {Tensor::from<double>({-1, 0.5, 2}, {3}).set_requires_grad(),
                                                Tensor::from<double>({2, 3, 4}, {3}).set_requires_grad()});
    std::cout << "   gradcheck: " << (check ? "passed" : "failed") << ", largest error " << check.largest_error << '\n';
    return check ? 0 : 1;
}
