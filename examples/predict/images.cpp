#include "images.h"

#include <cyclone/base/error.h>
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/data/open.h>

#include <algorithm>
#include <filesystem>

using namespace cyclone;

namespace {

namespace fs = std::filesystem;

std::string pixel_name(DType type) {
    return type == DType::u8 ? "8-bit" : type == DType::u16 ? "16-bit" : "floating-point";
}

class FileSource : public ImageSource {
public:
    FileSource(std::vector<fs::path> files, fs::path root, const train::Classifier& c, std::uint64_t memory_limit)
        : files_(std::move(files)), root_(std::move(root)) {
        check(c.pixels != DType::f32 && (c.input[2] == 1 || c.input[2] == 3), root_.string(),
              "image files have 1 or 3 channels of 8 or 16 bits, the network was trained on ", c.input[2], " of ",
              pixel_name(c.pixels), " values");
        options_ = {.fit = c.fit,
                    .height = c.input[0],
                    .width = c.input[1],
                    .channels = c.input[2],
                    .bits = c.pixels == DType::u16 ? 16 : 8};
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
    ArraySource(Tensor images, const std::string& where, const train::Classifier& c) : images_(std::move(images)) {
        if (images_.rank() == 3) images_ = images_.viewed({images_.size(0), images_.size(1), images_.size(2), 1});
        check(images_.rank() == 4, where, "expected images (N, height, width[, channels]), got ", images_.shape());
        if (images_.dtype() == DType::f64) images_ = images_.to(DType::f32);
        const Shape image{images_.size(1), images_.size(2), images_.size(3)};
        check(image == c.input, where, "expected images of ", c.input, " as the network was trained on, got ", image);
        check(images_.dtype() == c.pixels, where, "expected ", pixel_name(c.pixels),
              " values as the network was trained on, got ", pixel_name(images_.dtype()),
              " (hint: the standardisation belongs to that scale)");
    }

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

Tensor take_part(data::Splits parts, const std::string& part, const std::string& where) {
    check<UsageError>(part.empty() || part == "train" || part == "validation" || part == "test", "--part",
                      "expected train, validation or test, got '", part, "'");
    auto& chosen = part == "validation" ? parts.validation : parts.test;
    if (part == "train" || (part.empty() && !parts.test)) return parts.train.images.tensor();
    check(chosen.has_value(), where, "has no part '", part, "'");
    return chosen->images.tensor();
}

}  // namespace

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
    return std::make_unique<ArraySource>(take_part(data::open(path, {.memory_limit = memory_limit}), part, path), path,
                                         c);
}
