#pragma once
// The two-class images that several programs train on: generated patches, or one class of any data against the rest.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/optim/optimizer.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cyclone::cli {

struct PatchSource {
    std::string command = "compare";  ///< the subcommand that reads, for notes
    std::string data = "synthetic";   ///< or the path of data
    /// Training images; -1: all there are, which synthetic patches have no number of.
    std::int64_t positives = -1, negatives = -1;
    double difficulty = 1;  ///< of the synthetic patches
    std::uint64_t data_seed = 1;
    std::string positive_class = {};  ///< of data from files, by name or number; empty: not given
    bool all_classes = false;         ///< of data from files of more than two classes: as they are
    double imbalance = 0;             ///< negatives for each positive; 0: as they are
    double held_out = 0;              ///< fraction of the training images that becomes Splits::validation
    bool tries_rates = false;         ///< on images held out one by one: noted where the data have groups
    data::OpenOptions open = {};      ///< how data from files are read
};

inline constexpr double kHeldOut = 0.2;                 ///< the usual PatchSource::held_out
inline constexpr const char* kSynthetic = "synthetic";  ///< DATA that are drawn, not read
/// What DATA may be, for --help.
inline constexpr const char* kDataHelp =
    "'synthetic', or a path to data in one of the formats that `cyclone help formats` lists";

/// Training and test set, both with images of both classes. Data without a test part give a fifth of their images for
/// it, class by class and group by group; a validation part is left out, unless images are held out for one, in the
/// same way. UsageError names the option at fault.
data::Splits load_patches(const PatchSource& source);

/// Makes the network of --model (see nn::parse_model()) for such images of `data`. UsageError naming --model where it
/// cannot be.
std::function<nn::Sequential()> model_of(const std::string& model, const std::string& data, const Shape& image,
                                         std::int64_t classes = 2);

/// Makes the optimizer of --optimizer and --momentum, which belongs to a plain sgd. UsageError naming the option.
std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&, const optim::Hyper&)> optimizer_of(
    const std::string& optimizer, double momentum);

}  // namespace cyclone::cli
