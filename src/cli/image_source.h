#pragma once
// Trained weights, and images from files or arrays, some at a time, in the form that the network was trained on.

#include <cyclone/data/dataset.h>
#include <cyclone/train/classifier.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace cyclone::cli {

/// --cutoff, a probability instead of the threshold that the weights hold.
void add_cutoff(Options& options, std::optional<double>& target);
/// The classifier of a weights file, with the threshold `cutoff` if that is given. UsageError for a cutoff that is not
/// finite or is for other than two classes.
train::Classifier load_weights(const std::string& file, std::optional<double> cutoff);

struct ImageChunk {
    Tensor images;                   ///< (N, H, W, C)
    std::vector<std::string> names;  ///< N: the file, or the number in the data
};

class ImageSource {
public:
    virtual ~ImageSource() = default;
    /// At most `most` images, fewer or none where files could not be read; nothing at the end.
    virtual std::optional<ImageChunk> next(std::int64_t most) = 0;
    /// "file" or "index".
    virtual std::string name_column() const = 0;
    /// So far.
    const std::vector<data::SkippedFile>& skipped() const { return skipped_; }

protected:
    std::vector<data::SkippedFile> skipped_;
};

/// Image files are read as they are needed; other data as a whole, up to `memory_limit` (as in OpenOptions). `part`
/// chooses among those of data that come in parts (empty: test where there is one, else everything). Errors: nothing
/// there or not recognised; images of another shape or pixel type than the network was trained on.
std::unique_ptr<ImageSource> open_images(const std::string& path, const std::string& part,
                                         const train::Classifier& classifier, std::uint64_t memory_limit);

/// Labelled images of one part (empty: test where there is one, else everything), read and standardised as for the
/// training of `classifier`. Errors: as open_images(), and other classes.
data::Dataset open_labelled(const std::string& path, const std::string& part, const train::Classifier& classifier,
                            std::uint64_t memory_limit);

}  // namespace cyclone::cli
