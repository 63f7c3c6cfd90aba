// The study's CNN in dlib, f32 (19.24 or newer; built by compare.py). Usage: dlib_peer training|inference BATCH THREADS
// MODE. dlib's convolution runs on one thread, its matrix products on the BLAS it is linked with.

#include <dlib/dnn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace dlib;

template <typename Below>
using conv_relu = relu<con<32, 3, 3, 1, 1, Below>>;
template <typename Below>
using block = max_pool<2, 2, 2, 2, conv_relu<conv_relu<Below>>>;
template <template <typename> class Drop, typename Below>
using dense = Drop<relu<fc<256, Below>>>;
template <template <typename> class Drop>
using study_cnn = loss_multiclass_log<fc<2, dense<Drop, dense<Drop, block<block<input<matrix<float>>>>>>>>;
template <typename Below>
using no_dropout = multiply<Below>;

double rate_of(const std::function<void()>& step, double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    int steps = 0;
    std::chrono::duration<double> spent{};
    do {
        step();
        ++steps;
        spent = Clock::now() - start;
    } while (spent.count() < seconds);
    return steps / spent.count();
}

void serve(const std::function<void()>& step, int batch) {
    step();
    std::cout << "started" << std::endl;
    rate_of(step, 1.0);
    std::cout << "ready" << std::endl;
    for (double seconds = 0; std::cin >> seconds;) std::cout << batch * rate_of(step, seconds) << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const int batch = std::atoi(argv[2]);
    std::vector<matrix<float>> images(static_cast<std::size_t>(batch));
    std::vector<unsigned long> labels;
    dlib::rand random;
    for (auto& image : images) {
        image.set_size(16, 16);
        for (auto& pixel : image) pixel = static_cast<float>(random.get_random_gaussian());
        labels.push_back(random.get_random_32bit_number() % 2);
    }
    resizable_tensor x;
    if (std::string(argv[1]) == "training") {
        study_cnn<dropout> net;
        std::vector<sgd> solvers(net.num_computational_layers, sgd(0, 0));
        net.to_tensor(images.begin(), images.end(), x);
        serve(
            [&] {
                net.compute_parameter_gradients(x, labels.begin());
                net.update_parameters(make_sstack(solvers), 0.01);
            },
            batch);
    } else {
        study_cnn<no_dropout> net;
        net.to_tensor(images.begin(), images.end(), x);
        serve([&] { net.subnet().forward(x); }, batch);
    }
    return 0;
}
