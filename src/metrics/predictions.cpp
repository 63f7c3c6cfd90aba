// Columns of a set of predictions.

#include <cyclone/metrics/predictions.h>

#include "metrics/checks.h"

namespace cyclone::metrics {

Predictions Predictions::of_two(std::span<const std::int64_t> labels, std::span<const double> positive) {
    check_lengths("predictions", labels.size(), positive.size(), "probabilities");
    Predictions predictions{{labels.begin(), labels.end()}, {}, {}};
    predictions.probabilities.reserve(2 * positive.size());
    for (const double p : positive) predictions.probabilities.insert(predictions.probabilities.end(), {1 - p, p});
    return predictions;
}

std::int64_t Predictions::classes() const {
    check(!labels.empty(), "predictions", "expected at least one label, got none");
    check(probabilities.size() % labels.size() == 0, "predictions", "expected as many probabilities for each of ",
          labels.size(), " samples, got ", probabilities.size());
    return static_cast<std::int64_t>(probabilities.size() / labels.size());
}

std::string Predictions::class_name(std::int64_t c) const {
    const auto i = static_cast<std::size_t>(c);
    return i < class_names.size() ? class_names[i] : std::to_string(c);
}

std::vector<double> Predictions::column(std::int64_t c) const {
    const std::int64_t width = classes();
    check(c >= 0 && c < width, "predictions", "expected a class from 0 to ", width - 1, ", got ", c);
    std::vector<double> values(labels.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = probabilities[i * static_cast<std::size_t>(width) + static_cast<std::size_t>(c)];
    return values;
}

std::vector<double> Predictions::positive() const {
    check(classes() == 2, "predictions", "expected two classes, of which class 1 is the positive one, got ", classes());
    return column(1);
}

std::vector<std::int64_t> Predictions::is_class(std::int64_t c) const {
    std::vector<std::int64_t> values(labels.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = labels[i] == c;
    return values;
}

Predictions mean_of(std::span<const Predictions> models) {
    check(!models.empty(), "predictions", "expected at least one model to take the mean of");
    Predictions mean = models.front();
    for (const Predictions& model : models.subspan(1)) {
        check(model.labels == mean.labels && model.probabilities.size() == mean.probabilities.size(), "predictions",
              "expected models of the same samples and classes to take the mean of");
        for (std::size_t i = 0; i < mean.probabilities.size(); ++i) mean.probabilities[i] += model.probabilities[i];
    }
    for (double& p : mean.probabilities) p /= static_cast<double>(models.size());
    return mean;
}

}  // namespace cyclone::metrics
