// Where the weights walk: their distance from the first ones, and projections on directions.
#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/optim/norms.h>
#include <cyclone/train/recorder.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "train/fit_together.h"

namespace cyclone::train {
namespace {

double product(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        visit_floating(a[i].dtype(), "path", [&](auto zero) {
            const auto *x = a[i].data<decltype(zero)>(), *y = b[i].data<decltype(zero)>();
            for (std::int64_t k = 0; k < a[i].numel(); ++k)
                sum += static_cast<double>(x[k]) * static_cast<double>(y[k]);
        });
    return sum;
}

class Path : public Recorder {
public:
    explicit Path(PathOptions options) : options_(std::move(options)) {
        check<UsageError>(options_.every >= 1, "path", "expected every of at least 1, got ", options_.every);
        for (const std::vector<Tensor>& direction : options_.directions) {
            lengths_.push_back(std::sqrt(product(direction, direction)));
            check<UsageError>(std::isfinite(lengths_.back()) && lengths_.back() > 0, "path",
                              "expected directions with a length, got one of ", lengths_.back());
        }
    }

    std::string name() const override { return "path"; }
    std::string describe() const override {
        std::string text = options_.every == 1 ? "path" : "path(every " + std::to_string(options_.every) + " updates)";
        for (const double length : lengths_) text += ", direction of length " + number_text::significant(length, 9);
        return text;
    }
    void prepare(const RecorderView&) override {}
    void begin(nn::Module&, const optim::Optimizer& optimizer) override {
        const std::vector<Tensor> parameters = optimizer.parameters();
        for (const std::vector<Tensor>& direction : options_.directions)
            check<UsageError>(fit_together(direction, parameters), "path",
                              "expected directions with a tensor for each of the ", parameters.size(),
                              " parameters, of its shape and type, got one of ", direction.size(), " tensors");
        start_.clear();
        for (const Tensor& p : parameters) start_.push_back(p.clone());
        find_origins();
    }

    void before_update(const optim::Optimizer& optimizer) override {
        update_ = optimizer.updates();
        measured_ = update_ % options_.every == 0;
        if (!measured_) return;
        const std::vector<Tensor> now = optimizer.parameters();
        check(fit_together(start_, now), "path", "expected the ", start_.size(), " parameters of the start, got ",
              now.size(), " others");
        double squares = 0;
        for (std::size_t i = 0; i < now.size(); ++i) squares += optim::squared_distance(start_[i], now[i]);
        distance_ = std::sqrt(squares);
        projections_.clear();
        for (std::size_t d = 0; d < lengths_.size(); ++d)
            projections_.push_back((product(options_.directions[d], now) - origins_[d]) / lengths_[d]);
    }
    void after_update(nn::Module&, const optim::Optimizer&) override {}

    void record(History& history) const override {
        if (!measured_) return;
        history.record("distance", update_, distance_);
        for (std::size_t d = 0; d < projections_.size(); ++d)
            history.record("projection_" + std::to_string(d + 1), update_, projections_[d]);
    }

    StateDict state_dict() const override {
        StateDict state;
        for (std::size_t i = 0; i < start_.size(); ++i) state.add("start." + std::to_string(i), start_[i]);
        return state;
    }
    void load_state_dict(const StateDict& state) override {
        for (std::size_t i = 0; i < start_.size(); ++i) {
            const Tensor* kept = state.find("start." + std::to_string(i));
            check(kept && kept->shape() == start_[i].shape() && kept->dtype() == start_[i].dtype(), name(),
                  "its state has no valid start.", i);
            start_[i] = kept->clone();
        }
        find_origins();
    }

private:
    void find_origins() {
        origins_.clear();
        for (const std::vector<Tensor>& direction : options_.directions) origins_.push_back(product(direction, start_));
    }

    PathOptions options_;
    std::vector<double> lengths_, origins_;  ///< of the directions, and their products with the start
    std::vector<Tensor> start_;
    double distance_ = 0;
    std::vector<double> projections_;
    std::uint64_t update_ = 0;
    bool measured_ = false;
};

}  // namespace

std::shared_ptr<Recorder> record_path(PathOptions options) { return std::make_shared<Path>(std::move(options)); }

}  // namespace cyclone::train
