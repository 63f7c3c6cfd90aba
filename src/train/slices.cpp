// A batch in slices: what each worker does, and how the slices come together.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/base/team.h>
#include <cyclone/ops/precision.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "train/rank_sum.h"

namespace cyclone::train {
namespace {

// The thread's generator is that of the slice while it lives, and then what it was.
class DrawsOfSlice {
public:
    DrawsOfSlice(Generator batch, Generator::Rows rows) : before_(default_generator()) {
        batch.slice = rows;
        default_generator() = batch;
    }
    ~DrawsOfSlice() { default_generator() = before_; }
    DrawsOfSlice(const DrawsOfSlice&) = delete;
    DrawsOfSlice& operator=(const DrawsOfSlice&) = delete;

private:
    Generator before_;
};

}  // namespace

SliceOptions slice_options(const nn::Module& model, const Shape& image, std::int64_t batch) {
    constexpr std::int64_t kWork = 1 << 27, kSmall = 1 << 20, kPerWeight = 540, kLargest = 64, kBytes = 1 << 29;
    std::int64_t work = 0, weights = 0, bytes = 0;
    for (const NamedTensor& p : model.all_named_parameters()) {  // a frozen layer has work, too, and may be unfrozen
        work += p.tensor.numel() * (p.tensor.rank() == 4 && image.rank() >= 2 ? image[0] * image[1] : 1);
        weights += p.tensor.numel();
        bytes += p.tensor.numel() * static_cast<std::int64_t>(size_of(p.tensor.dtype()));
    }
    const auto up = [](std::int64_t n) { return (n + 3) / 4 * 4; };
    SliceOptions options;
    if (batch < kSmall && batch * work < kSmall) {
        options.images = up(batch);
    } else {
        const std::int64_t wanted = std::max(kWork, kPerWeight * weights) / std::max<std::int64_t>(work, 1);
        options.images = std::clamp<std::int64_t>(wanted / 4 * 4, 4, std::min(kLargest, up((batch + 1) / 2)));
    }
    const std::int64_t group = std::lcm<std::int64_t>(4, model.row_group());
    options.images = (options.images + group - 1) / group * group;
    options.sums = std::clamp<std::int64_t>(kBytes / std::max<std::int64_t>(bytes, 1), 2, options.sums);
    return options;
}

Slices::Slices(SliceOptions options) : options_(options) {
    check<UsageError>(options.images >= 1 && options.images % 4 == 0 && options.sums >= 1, "slices",
                      "expected a multiple of 4 images per slice and at least one sum, got ", options.images, " and ",
                      options.sums);
}

Slices::Slices(SliceOptions options, Ranks& ranks, const nn::Module& model) : Slices(options) {
    ranks_ = std::make_shared<RankSum>(ranks, model);
}

std::int64_t Slices::sums_of(std::int64_t rows) const {
    return std::min((rows + options_.images - 1) / options_.images, options_.sums);
}

std::pair<std::int64_t, std::int64_t> Slices::own_rows(std::int64_t rows) const {
    if (!ranks_) return {0, rows};
    const std::int64_t size = options_.images, count = (rows + size - 1) / size, sums = sums_of(rows);
    const auto [first, last] = ranks_->own(sums);
    return {std::min(rows, count * first / sums * size), std::min(rows, count * last / sums * size)};
}

double Slices::backward(std::int64_t rows, const Part& loss) {
    const std::int64_t size = options_.images, count = (rows + size - 1) / size, sums = sums_of(rows);
    const auto [own, end_of_own] = ranks_ ? ranks_->own(sums) : std::pair<std::int64_t, std::int64_t>{0, sums};
    sinks_.resize(static_cast<std::size_t>(end_of_own - own));
    losses_.assign(static_cast<std::size_t>(count), 0);
    const Generator start = default_generator();
    Generator end = start;
    const auto run_slice = [&, precision = precision()](std::int64_t i) {
        const PrecisionScope scope(precision);
        const std::int64_t first = i * size, images = std::min(size, rows - first);
        const DrawsOfSlice draws(start, {first, images, rows});
        const Tensor part = loss(first, images);
        check(part.numel() == 1, "slices", "expected a loss of one number, got shape ", part.shape());
        losses_[static_cast<std::size_t>(i)] = part.item();
        if (std::isfinite(part.item())) cyclone::backward(part);
        if (i == 0) end.position = default_generator().position;
    };
    Team::mine().run(std::ssize(sinks_), [&, first = own](std::int64_t of_own) {
        const std::int64_t group = first + of_own;
        GradientSink& sink = sinks_[static_cast<std::size_t>(of_own)];
        sink.clear();
        const GradientSink::Scope scope(sink);
        for (std::int64_t i = count * group / sums; i < count * (group + 1) / sums; ++i) run_slice(i);
    });
    if (ranks_) ranks_->share(losses_, sums, sinks_, end.position);
    default_generator().position = end.position;
    double sum = 0;
    for (const double part : losses_) sum += part;
    if (std::isfinite(sum) && !ranks_) {
        GradientSink::add_up(sinks_);
        return sum;
    }
    if (std::isfinite(sum)) ranks_->add_up(sinks_);
    for (GradientSink& sink : sinks_) sink.clear();
    return sum;
}

void Slices::for_each(std::int64_t rows, const std::function<void(std::int64_t, std::int64_t)>& f) const {
    const std::int64_t size = options_.images, count = (rows + size - 1) / size;
    const bool evaluating = nn::Evaluating::on();
    Team::mine().run(count, [&, precision = precision()](std::int64_t i) {
        const PrecisionScope scope(precision);
        std::optional<nn::Evaluating> mode;
        if (evaluating) mode.emplace();
        const NoGrad guard;
        f(i * size, std::min(size, rows - i * size));
    });
}

Tensor Slices::forward(nn::Module& model, const Tensor& x) const {
    const std::int64_t rows = x.size(0), size = options_.images, count = (rows + size - 1) / size;
    if (count <= 1 || !model.separates_rows()) return model(x);
    std::vector<Tensor> parts(static_cast<std::size_t>(count));
    for_each(rows, [&](std::int64_t first, std::int64_t images) {
        parts[static_cast<std::size_t>(first / size)] = model(x.rows(first, images));
    });
    Shape shape = parts[0].shape();
    check(shape.rank() >= 1, "slices", "expected an output with a row per image, got shape ", shape);
    shape.set(0, rows);
    Tensor out = Tensor::empty(shape, parts[0].dtype());
    for (std::int64_t i = 0; i < count; ++i) {
        const Tensor& part = parts[static_cast<std::size_t>(i)];
        out.rows(i * size, std::min(size, rows - i * size)).copy_from(part);
    }
    return out;
}

}  // namespace cyclone::train
