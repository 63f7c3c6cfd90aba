#pragma once
// The figure that picks the best epoch, and the end of a training that no longer gets better.

#include <cyclone/train/history.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace cyclone::cli {

/// "train_loss, val_loss, val_accuracy, ..."
std::string metric_names();

/// "max:val_ap": which figure of an epoch, and whether higher or lower is better.
class Monitor {
public:
    /// UsageError without "max:" or "min:", for a direction that would pick the worst, for an unknown name (with the
    /// nearest known one), and for a figure that so many classes do not have.
    Monitor(const std::string& text, std::int64_t classes);

    /// Higher is better; NaN where the figure is not defined.
    double score(const train::EpochRow& row) const;
    /// score() as the figure itself.
    double figure(double score) const { return maximize_ ? score : -score; }
    const std::string& name() const { return name_; }

private:
    std::string name_;
    bool maximize_ = false;
    double (*value_)(const train::EpochRow&) = nullptr;
};

/// Remembers the scores in a file, scores.csv (epoch,score), so that a training that goes on counts its patience from
/// where it stood.
class Patience {
public:
    /// `epochs` without a better score are too many; 0: never. A cycle may be a fraction of an epoch.
    Patience(std::filesystem::path file, double epochs, bool resume);

    /// Takes in an epoch's score. Epochs after it, of before a resume, are forgotten.
    void add(std::int64_t epoch, double score);
    bool exhausted() const;

private:
    std::filesystem::path file_;
    double epochs_;
    std::map<std::int64_t, double> scores_;
};

}  // namespace cyclone::cli
