// A program with parts of its own that all subcommands of cyclone know by name: a schedule, a layer, an optimizer, a
// data format and a metric.

#include <cyclone/cli/cli.h>
#include <cyclone/cyclone.h>

#include <fstream>

using namespace cyclone;

namespace {

// Falls from the highest rate to the lowest, again and again.
Schedule sawtooth(Arguments& arguments, const ScheduleContext& context) {
    const std::int64_t period = arguments.count_or("period", 100);
    check<UsageError>(period >= 1, "period", "expected at least 1, got ", period);
    return schedule::function("sawtooth", [=, base = context.base, max = context.max](std::uint64_t update) {
        const auto at = static_cast<double>(update % static_cast<std::uint64_t>(period));
        return max - (max - base) * at / static_cast<double>(period);
    });
}

struct Scale : nn::Module {
    explicit Scale(double by) : factor(by) {}
    Tensor forward(const Tensor& x) override { return x * factor; }
    void visit(nn::Visitor&) override {}
    std::string describe() const override { return "Scale"; }
    double factor;
};

struct SignSgdOptions {
    optim::Hyper lr = 0.01;
    double clip_norm = 0, clip_value = 0;
};

// Steps of the length of the rate, whatever the gradient's.
class SignSgd final : public optim::Optimizer {
public:
    using Options = SignSgdOptions;
    static const optim::HyperTable<Options>& hypers() {
        static const optim::HyperTable<Options> table{
            {&Options::lr, {"lr", optim::Range::at_least_zero, "learning rate"}}};
        return table;
    }
    explicit SignSgd(const std::vector<Tensor>& parameters, const Options& options = {})
        : Optimizer("SignSgd", optim::specs_of(hypers()), {}, {options.clip_norm, options.clip_value}) {
        add_parameters(parameters, optim::values_of(hypers(), options), {options.clip_norm, options.clip_value});
    }

private:
    void update(Parameter& parameter, const Tensor& gradient, const optim::GroupValues& values, double) override {
        float* w = parameter.tensor.mutable_data<float>();
        const float* g = gradient.data<float>();
        const auto lr = static_cast<float>(values["lr"]);
        for (std::int64_t i = 0; i < gradient.numel(); ++i) w[i] -= g[i] > 0 ? lr : g[i] < 0 ? -lr : 0;
    }
};

// A text "DOTS <images per class>": dark and light squares.
data::Splits read_dots(const std::filesystem::path& path, const data::ReadContext&) {
    std::string word;
    std::int64_t count = 0;
    std::ifstream(path) >> word >> count;
    check(count >= 1 && count <= 1'000, path.string(), "expected 1 to 1000 images per class, got ", count);
    Tensor images = Tensor::zeros({2 * count, 4, 4, 1}, DType::u8), labels = Tensor::zeros({2 * count}, DType::i64);
    for (std::int64_t i = 0; i < images.numel(); ++i) {
        const std::int64_t image = i / 16;
        images.mutable_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(image % 2 * 100 + image % 50 + i % 7);
        labels.mutable_data<std::int64_t>()[image] = image % 2;
    }
    return {.train = {.images = images, .labels = labels, .class_names = {"dark", "light"}, .source = path.string()}};
}

// Ten per missed positive and one per false alarm.
double cost(const metrics::MetricInput& in) {
    return static_cast<double>(10 * in.counts.false_negatives + in.counts.false_positives);
}

}  // namespace

int main(int argc, char** argv) {
    schedule::registry().add({"sawtooth", "[:period]", "falls and jumps back every `period` updates", sawtooth});
    nn::layers().add({"scale", "[:FACTOR]", "x times FACTOR (1)", [](Arguments& arguments, nn::LayerContext&) {
                          return nn::AnyModule(Scale(arguments.number_or("factor", 1)));
                      }});
    optim::registry().add(optim::row<SignSgd>("sign-sgd", "steps by the sign of the gradient"));
    data::formats().add({.name = "dots",
                         .description = "a text DOTS with the number of images per class",
                         .looks_like = [](const data::Candidate& file) { return file.beginning.starts_with("DOTS"); },
                         .read = read_dots});
    metrics::table().add({.name = "cost",
                          .label = "cost",
                          .title = "cost of the errors",
                          .description = "Ten per missed positive and one per false alarm.",
                          .higher_is_better = false,
                          .uses_threshold = true,
                          .digits = 1,
                          .value = cost});
    return cli::run(argc, argv);
}
