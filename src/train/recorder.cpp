// Norms and curvature, measured while a network trains.
#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/optim/norms.h>
#include <cyclone/train/curvature.h>
#include <cyclone/train/recorder.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "train/fit_together.h"

namespace cyclone::train {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kFirstIterations = 25;
constexpr std::uint64_t kDirections = 0xC07A;  // the stream of the first direction
constexpr const char* kDirection = "direction";

class Norms : public Recorder {
public:
    explicit Norms(std::uint64_t every) : every_(every) {
        check<UsageError>(every_ >= 1, "norms", "expected every of at least 1, got ", every_);
    }

    std::string name() const override { return "norms"; }
    std::string describe() const override {
        return every_ == 1 ? "norms" : "norms(every " + std::to_string(every_) + " updates)";
    }
    void prepare(const RecorderView&) override {}
    void begin(nn::Module&, const optim::Optimizer&) override { before_.clear(); }

    void before_update(const optim::Optimizer& optimizer) override {
        update_ = optimizer.updates();
        measured_ = update_ % every_ == 0;
        if (!measured_) return;
        parameters_ = optimizer.parameters();
        gradient_ = optimizer.grad_norm();
        if (!fit_together(before_, parameters_)) {
            before_.clear();
            for (const Tensor& p : parameters_) before_.push_back(Tensor::empty(p.shape(), p.dtype()));
        }
        double squares = 0;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            before_[i].copy_from(parameters_[i]);
            squares += optim::sum_of_squares(before_[i]);
        }
        weights_ = std::sqrt(squares);
    }

    void after_update(nn::Module&, const optim::Optimizer&) override {
        if (!measured_) return;
        double squares = 0;
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            squares += optim::squared_distance(before_[i], parameters_[i]);
        change_ = std::sqrt(squares);
    }

    void record(History& history) const override {
        if (!measured_) return;
        history.record("gradient_norm", update_, gradient_);
        history.record("update_norm", update_, change_);
        history.record("weight_norm", update_, weights_);
    }

    StateDict state_dict() const override { return {}; }
    void load_state_dict(const StateDict&) override {}

private:
    std::vector<Tensor> parameters_, before_;
    double gradient_ = 0, weights_ = 0, change_ = 0;
    std::uint64_t every_, update_ = 0;
    bool measured_ = false;
};

class Curvature : public Recorder {
public:
    explicit Curvature(CurvatureOptions options) : options_(std::move(options)) {
        check<UsageError>(options_.every >= 1 && options_.images >= 1 && options_.iterations >= 1, "curvature",
                          "expected every, images and iterations of at least 1, got ", options_.every, ", ",
                          options_.images, " and ", options_.iterations);
    }

    std::string name() const override { return "curvature"; }
    std::string describe() const override {
        const std::string batch = options_.batch.x.defined() ? "a batch of " + std::to_string(options_.batch.x.size(0))
                                                             : std::to_string(options_.images) + " images";
        return "curvature(every " + std::to_string(options_.every) + " updates on " + batch +
               (options_.iterations == CurvatureOptions().iterations
                    ? ")"
                    : ", " + std::to_string(options_.iterations) + " iterations)");
    }

    void prepare(const RecorderView& view) override {
        view_ = view;
        batch_ = options_.batch.x.defined() ? options_.batch : view.batch(options_.images);
    }
    void begin(nn::Module&, const optim::Optimizer& optimizer) override {
        for (const Tensor& p : optimizer.parameters())
            check(p.dtype() == DType::f32, "curvature", "expected parameters of f32, got ", p.dtype());
        direction_.clear();
        measured_ = false;
    }

    void before_gradients(const optim::Optimizer& optimizer) override {
        if (measured_ && update_ == optimizer.updates()) return;  // the batch before was skipped
        measured_ = optimizer.updates() % options_.every == 0;
        if (!measured_) return;
        update_ = optimizer.updates();
        const std::vector<Tensor> parameters = optimizer.parameters();
        const Weights at = weights_of(parameters);
        const bool fresh = direction_.size() != at.size();
        if (fresh) {
            const Random random(0, kDirections);
            direction_.resize(at.size());
            for (std::size_t i = 0; i < at.size(); ++i) direction_[i] = static_cast<float>(random.normal(i));
        }
        value_ = largest_curvature(
            [&](const Weights& weights) {
                set_weights(parameters, weights);
                return std::isfinite(view_.gradients(batch_)) ? gradients_of(parameters)
                                                              : Weights(at.size(), static_cast<float>(kNone));
            },
            at, direction_, fresh ? std::max(kFirstIterations, options_.iterations) : options_.iterations);
        set_weights(parameters, at);
        if (!std::isfinite(value_)) direction_.clear();
    }
    void after_update(nn::Module&, const optim::Optimizer&) override {}

    void record(History& history) const override {
        if (measured_ && std::isfinite(value_)) history.record("curvature", update_, value_);
    }

    StateDict state_dict() const override {
        StateDict state;
        if (!direction_.empty())
            state.add(kDirection, Tensor::from(direction_, {static_cast<std::int64_t>(direction_.size())}));
        return state;
    }
    void load_state_dict(const StateDict& state) override {
        const Tensor* direction = state.find(kDirection);
        check(!direction || direction->dtype() == DType::f32, name(), "its state has no valid ", kDirection);
        direction_ = direction ? direction->to_vector<float>() : Weights();
        measured_ = false;
    }

private:
    CurvatureOptions options_;
    RecorderView view_;
    data::Batch batch_;
    Weights direction_;  // from one measurement to the next
    double value_ = kNone;
    bool measured_ = false;  // before the update under way, which is update_
    std::uint64_t update_ = 0;
};

std::uint64_t every_of(Arguments& arguments, std::uint64_t usual) {
    return static_cast<std::uint64_t>(arguments.count_or("every", static_cast<std::int64_t>(usual)));
}

std::shared_ptr<Recorder> norms_of(Arguments& arguments) { return std::make_shared<Norms>(every_of(arguments, 1)); }

std::shared_ptr<Recorder> path_of(Arguments& arguments) { return record_path({.every = every_of(arguments, 1)}); }

std::shared_ptr<Recorder> curvature_of(Arguments& arguments) {
    const CurvatureOptions usual;
    CurvatureOptions options;
    options.every = every_of(arguments, usual.every);
    options.images = arguments.count_or("images", usual.images);
    return record_curvature(std::move(options));
}

}  // namespace

std::shared_ptr<Recorder> record_norms() { return std::make_shared<Norms>(1); }

std::shared_ptr<Recorder> record_curvature(CurvatureOptions options) {
    return std::make_shared<Curvature>(std::move(options));
}

Registry<std::shared_ptr<Recorder>(Arguments&)>& recorders() {
    static Registry<std::shared_ptr<Recorder>(Arguments&)> registry(
        "recorder",
        {{"norms", "[:every=1]", "norms of the gradient, of the update and of the weights, once in `every` updates",
          norms_of},
         {"curvature", "[:every=100:images=128]",
          "the loss's largest curvature on `images` training images, once in `every` updates: a rate up to 2 / "
          "curvature is stable; each measurement costs 12 gradients of these images",
          curvature_of},
         {"path", "[:every=1]", "distance of the weights from the first ones, once in `every` updates", path_of}});
    return registry;
}

std::vector<std::shared_ptr<Recorder>> parse_recorders(std::string_view text) {
    std::vector<std::shared_ptr<Recorder>> list;
    if (text.empty()) return list;
    for (const std::string& item : split_at_commas("recorder", text)) {
        list.push_back(recorders().parse(item));
        for (std::size_t i = 0; i + 1 < list.size(); ++i)
            check<UsageError>(list[i]->name() != list.back()->name(), "recorder", list[i]->name(), " comes twice");
    }
    return list;
}

}  // namespace cyclone::train
