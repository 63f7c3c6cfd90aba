// Images from files or arrays, some at a time.

#include "cli/image_source.h"

#include <cyclone/base/error.h>
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/data/open.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace cyclone::cli {
namespace {

namespace fs = std::filesystem;

std::string pixel_name(DType type) {
    return type == DType::u8 ? "8-bit" : type == DType::u16 ? "16-bit" : "floating-point";
}

// (N, H, W, C) unless they are no images of the kind that the network was trained on.
Tensor checked_images(Tensor images, const train::Classifier& c, const std::string& where) {
    if (images.rank() == 3) images = images.viewed({images.size(0), images.size(1), images.size(2), 1});
    check(images.rank() == 4, where, "expected images (N, height, width[, channels]), got ", images.shape());
    if (images.dtype() == DType::f64) images = images.to(DType::f32);
    const Shape image{images.size(1), images.size(2), images.size(3)};
    check(image == c.input, where, "expected images of ", c.input, " as the network was trained on, got ", image);
    check(images.dtype() == c.pixels, where, "expected ", pixel_name(c.pixels),
          " values as the network was trained on, got ", pixel_name(images.dtype()),
          " (hint: the standardisation belongs to that scale)");
    return images;
}

class FileSource : public ImageSource {
public:
    FileSource(std::vector<fs::path> files, fs::path root, const train::Classifier& c, std::uint64_t memory_limit)
        : files_(std::move(files)), root_(std::move(root)) {
        options_ = c.image_options();
        memory_limit_ = memory_limit;
    }

    std::string name_column() const override { return "file"; }

    std::optional<ImageChunk> next(std::int64_t most) override {
        if (at_ == files_.size()) return std::nullopt;
        const std::size_t count = std::min(files_.size() - at_, static_cast<std::size_t>(most));
        const std::vector<fs::path> some(files_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         files_.begin() + static_cast<std::ptrdiff_t>(at_ + count));
        at_ += count;
        auto set = data::read_image_files(some, options_, memory_limit_);
        skipped_.insert(skipped_.end(), set.skipped.begin(), set.skipped.end());
        ImageChunk chunk{set.images, {}};
        for (const std::int64_t i : set.read) chunk.names.push_back(name_of(some[static_cast<std::size_t>(i)]));
        return chunk;
    }

private:
    // Below the folder that was named.
    std::string name_of(const fs::path& file) const {
        const fs::path below = file.lexically_relative(root_);
        return below.empty() || below == "." ? file.string() : below.string();
    }

    std::vector<fs::path> files_;
    fs::path root_;
    data::ImageOptions options_;
    std::uint64_t memory_limit_ = 0;
    std::size_t at_ = 0;
};

class ArraySource : public ImageSource {
public:
    ArraySource(Tensor images, const std::string& where, const train::Classifier& c)
        : images_(checked_images(std::move(images), c, where)) {}

    std::string name_column() const override { return "index"; }

    std::optional<ImageChunk> next(std::int64_t most) override {
        const std::int64_t count = std::min(most, images_.size(0) - at_);
        if (count == 0) return std::nullopt;
        ImageChunk chunk{images_.rows(at_, count), {}};
        for (std::int64_t i = 0; i < count; ++i) chunk.names.push_back(std::to_string(at_ + i));
        at_ += count;
        return chunk;
    }

private:
    Tensor images_;
    std::int64_t at_ = 0;
};

data::Dataset take_part(data::Splits parts, const std::string& part, const std::string& where) {
    check<UsageError>(part.empty() || part == "train" || part == "validation" || part == "test", "--part",
                      "expected train, validation or test, got '", part, "'");
    auto& chosen = part == "validation" ? parts.validation : parts.test;
    if (part == "train" || (part.empty() && !parts.test)) return std::move(parts.train);
    check(chosen.has_value(), where, "has no part '", part, "'");
    return std::move(*chosen);
}

}  // namespace

void add_cutoff(Options& options, std::optional<double>& target) {
    options
        .option("--cutoff P", target,
                "class 1 of two where its probability is above (default: the threshold tuned in the training)")
        .usual();
    options.former("--threshold", "--cutoff");
}

train::Classifier load_weights(const std::string& file, std::optional<double> cutoff) {
    check<UsageError>(!cutoff || std::isfinite(*cutoff), "--cutoff", "expected a number");
    train::Classifier c = train::Classifier::load(file);
    check<UsageError>(!cutoff || c.class_names.size() == 2, "--cutoff", "is for two classes, these weights have ",
                      c.class_names.size());
    c.threshold = cutoff.value_or(c.threshold);
    return c;
}

std::unique_ptr<ImageSource> open_images(const std::string& path, const std::string& part, const train::Classifier& c,
                                         std::uint64_t memory_limit) {
    std::error_code error;
    check(fs::exists(path, error), path, "expected images, got nothing of that name");
    std::vector<fs::path> files = data::find_image_files(path);
    if (!files.empty()) {
        check<UsageError>(part.empty(), "--part", "is for data that come in parts, ", path, " holds image files");
        return std::make_unique<FileSource>(std::move(files), path, c, memory_limit);
    }
    if (path.ends_with(".npy")) return std::make_unique<ArraySource>(data::read_npy(path, memory_limit), path, c);
    return std::make_unique<ArraySource>(
        take_part(data::open(path, {.memory_limit = memory_limit}), part, path).images.tensor(), path, c);
}

data::Dataset open_labelled(const std::string& path, const std::string& part, const train::Classifier& c,
                            std::uint64_t memory_limit) {
    data::OpenOptions options{.memory_limit = memory_limit};
    if (c.pixels != DType::f32 && (c.input[2] == 1 || c.input[2] == 3)) options.images = c.image_options();
    data::Dataset set = take_part(data::open(path, options), part, path);
    check(set.class_names == c.class_names, path, "expected the classes of the training (", c.class_names.size(),
          ", the first of them ", c.class_names.front(), "), got ", set.describe());
    check(set.image_shape() == c.input && set.images.dtype() == c.pixels, path, "expected ", pixel_name(c.pixels),
          " images of ", c.input, " as the network was trained on, got ", pixel_name(set.images.dtype()), " ones of ",
          set.image_shape());
    set.standardization = c.standardization;
    return set;
}

}  // namespace cyclone::cli
