#include "bench/roofline.h"

#include "bench/fma_peak.h"
#include "bench/raw_network.h"
#include "bench/training.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {
namespace {

using cyclone::Tensor;
using Layer = std::function<Tensor(const Tensor&)>;
using nlohmann::ordered_json;
constexpr std::int64_t kBatch = 32;
constexpr double kMicro = 1e6;

/// A layer with an input; forward is recorded, as in training.
class Stage {
public:
    Stage(Layer layer, const cyclone::Shape& input, bool input_gradient)
        : layer_(std::move(layer)), x_(Tensor::full(input, 0.5)) {
        if (input_gradient) x_.set_requires_grad();
        y_grad_ = Tensor::full(layer_(x_).shape(), 0.01);
    }
    void forward() { layer_(x_); }
    /// Seconds of the backward pass alone, mean of `times`.
    double backward(int times, const std::function<void()>& forget_gradients) {
        double seconds = 0;
        for (int i = 0; i < times; ++i) {
            const Tensor y = layer_(x_);
            seconds += seconds_of([&] { cyclone::backward(y, y_grad_); }, 1);
            x_.clear_grad();
            forget_gradients();
        }
        return seconds / times;
    }

private:
    Layer layer_;
    Tensor x_, y_grad_;
};

struct Times {
    double forward = 0, backward = 0;  // seconds
    double sum() const { return forward + backward; }
};

int calls_in(double turn_seconds, const std::function<void()>& work) {
    work();
    return std::max(1, static_cast<int>(turn_seconds / seconds_of(work, 3)));
}

Times time_of(Stage& stage, const Rounds& rounds, const std::function<void()>& forget_gradients) {
    const int calls = calls_in(rounds.turn_seconds / 4, [&] { stage.backward(1, forget_gradients); });
    std::vector<double> forward, backward;
    for (int round = 0; round < rounds.count; ++round) {
        forward.push_back(seconds_of([&] { stage.forward(); }, calls));
        backward.push_back(stage.backward(calls, forget_gradients));
    }
    return {median(forward), median(backward)};
}

/// The sums over the layers, for what is left of the step.
struct LayerSums {
    double ours = 0, raw = 0;
};

class LayerTable {
public:
    LayerTable(const Rounds& rounds, int threads)
        : rounds_(rounds), threads_(threads), raw_(raw_study_cnn(kBatch)), model_(cyclone::nn::study_cnn()) {}

    LayerSums run() {
        std::printf("  %-22s %-9s %10s %10s %10s %8s %9s\n", "layer", "pass", "us", "raw us", "GFLOP/s", "of peak",
                    "raw's");
        // Of study_cnn(): where its layers with weights stand, and what they get.
        const std::pair<std::size_t, cyclone::Shape> places[] = {
            {0, {kBatch, 16, 16, 1}}, {1, {kBatch, 16, 16, 32}}, {3, {kBatch, 8, 8, 32}}, {4, {kBatch, 8, 8, 32}},
            {7, {kBatch, 512}},       {9, {kBatch, 256}},        {11, {kBatch, 256}}};
        std::size_t layer = 0;
        for (const auto& place : places) measure_layer(layer++, model_[place.first], place.second);
        return sums_;
    }

    const ordered_json& json() const { return json_; }

private:
    void measure_layer(std::size_t layer, cyclone::nn::Module& module, const cyclone::Shape& shape) {
        Stage stage([&module](const Tensor& x) { return module(x); }, shape, layer > 0);
        const auto forget = [&module] { module.zero_grad(); };
        const auto raw_forward = [&] { raw_.run_forward(layer); };
        const auto raw_backward = [&] { raw_.run_backward(layer); };
        const auto fma = [this] { run_fma(threads_); };
        const double turn = rounds_.turn_seconds / 4;
        const int calls = calls_in(turn, [&] { stage.backward(1, forget); });
        const int forward_calls = calls_in(turn, raw_forward), backward_calls = calls_in(turn, raw_backward);
        const int fma_calls = calls_in(turn, fma);
        std::vector<double> ours[2], raw[2], peak;
        for (int round = 0; round < rounds_.count; ++round) {
            ours[0].push_back(seconds_of([&] { stage.forward(); }, calls));
            raw[0].push_back(seconds_of(raw_forward, forward_calls));
            ours[1].push_back(stage.backward(calls, forget));
            raw[1].push_back(seconds_of(raw_backward, backward_calls));
            peak.push_back(fma_flop(threads_) / seconds_of(fma, fma_calls));
        }
        const double flop[2] = {raw_.forward_flop(layer), raw_.backward_flop(layer)};
        for (const int pass : {0, 1})
            line(layer, pass, median(ours[pass]), median(raw[pass]), flop[pass], median(peak));
    }

    void line(std::size_t layer, int pass, double ours, double raw, double flop, double peak) {
        const char* name = pass == 0 ? "forward" : "backward";
        std::printf("  %-22s %-9s %10.1f %10.1f %10.1f %7.0f%% %8.0f%%\n", raw_.layer_name(layer).c_str(), name,
                    kMicro * ours, kMicro * raw, 1e-9 * flop / ours, 100 * flop / ours / peak, 100 * flop / raw / peak);
        std::fflush(stdout);
        json_.push_back({{"layer", raw_.layer_name(layer)},
                         {"pass", name},
                         {"us", kMicro * ours},
                         {"raw_us", kMicro * raw},
                         {"gflop_per_second", 1e-9 * flop / ours},
                         {"peak_gflop_per_second", 1e-9 * peak},
                         {"share_of_peak", flop / ours / peak},
                         {"raw_share_of_peak", flop / raw / peak}});
        sums_.ours += ours;
        sums_.raw += raw;
    }

    Rounds rounds_;
    int threads_;
    RawNetwork raw_;
    cyclone::nn::Sequential model_;
    ordered_json json_ = ordered_json::array();
    LayerSums sums_;
};

double median_time(const std::function<void()>& work, const Rounds& rounds) {
    const int calls = calls_in(rounds.turn_seconds / 4, work);
    std::vector<double> seconds;
    for (int round = 0; round < rounds.count; ++round) seconds.push_back(seconds_of(work, calls));
    return median(seconds);
}

// The parts of a step that are no convolution and no linear layer, each timed by itself.
std::vector<std::pair<std::string, double>> outside_parts(const cyclone::data::Dataset& data, const Rounds& rounds) {
    namespace nn = cyclone::nn;
    std::vector<std::pair<std::string, double>> parts;
    const auto add_layer = [&](const char* name, nn::Module& module, const cyclone::Shape& shape) {
        Stage stage([&module](const Tensor& x) { return module(x); }, shape, true);
        const Times times = time_of(stage, rounds, [] {});
        parts.emplace_back(std::string(name) + ", forward", times.forward);
        parts.emplace_back(std::string(name) + ", backward", times.backward);
    };
    nn::MaxPool2d pool{2};
    nn::Dropout dropout{0.5};
    add_layer("max pool 16x16", pool, {kBatch, 16, 16, 32});
    add_layer("max pool 8x8", pool, {kBatch, 8, 8, 32});
    add_layer("dropout (first)", dropout, {kBatch, 256});
    add_layer("dropout (second)", dropout, {kBatch, 256});
    const Tensor labels = Tensor::zeros({kBatch}, cyclone::DType::i64);
    Stage loss([&labels](const Tensor& x) { return cyclone::cross_entropy(x, labels); }, {kBatch, 2}, true);
    const Times loss_times = time_of(loss, rounds, [] {});
    parts.emplace_back("softmax and loss, forward and backward", loss_times.sum());
    nn::Sequential model = nn::study_cnn();
    cyclone::optim::Sgd sgd(model.parameters(), {.lr = 1e-6});
    cyclone::backward(cyclone::cross_entropy(model(Tensor::full({kBatch, 16, 16, 1}, 0.5)), labels));
    parts.emplace_back("SGD's update", median_time([&] { sgd.step(); }, rounds));
    cyclone::data::Loader loader(data, {.batch_size = kBatch, .drop_last = true, .prefetch = 0});
    auto batch = loader.begin();
    const auto next = [&] {
        ++batch;
        if (batch == loader.end()) batch = loader.begin();
    };
    parts.emplace_back("loader (beside the step, on its own thread)", median_time(next, rounds));
    return parts;
}

}  // namespace

void add_roofline(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds) {
    const int threads = cyclone::num_threads();
    std::printf("  peak = %s multiply-adds in registers, %d threads, in the same rounds\n", fma_instructions(),
                threads);
    LayerTable table(rounds, threads);
    const LayerSums layers = table.run();
    report.more()["roofline"] = table.json();

    report.heading("What a step spends, by name (batch 32; each part timed by itself)");
    ordered_json json = ordered_json::array();
    const auto line = [&json](const std::string& name, double seconds) {
        std::printf("  %-46s %10.1f us\n", name.c_str(), kMicro * seconds);
        json.push_back({{"name", name}, {"us", kMicro * seconds}});
    };
    Training training(data, kBatch);
    const double step = median_time([&] { training.step(); }, rounds);
    line("the whole step", step);
    line("in the primitives of its layers", layers.raw);
    line("around them in the layers (relu's backward, ...)", layers.ours - layers.raw);
    double rest = step - layers.ours;
    for (const auto& [name, seconds] : outside_parts(data, rounds)) {
        line(name, seconds);
        if (name.rfind("loader", 0) != 0) rest -= seconds;
    }
    line("the rest (record, history, cold caches, ...)", rest);
    report.more()["outside"] = json;
}

}  // namespace bench
