// Images from files or arrays, some at a time.

#include "cli/image_source.h"

#include <cyclone/base/error.h>
#include <cyclone/base/utf8.h>
#include <cyclone/data/formats/csv.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/train/classifier_onnx.h>
#include <cyclone/train/initial_weights.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <deque>
#include <filesystem>
#include <iostream>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

#include "cli/shared.h"

namespace cyclone::cli {
namespace {

namespace fs = std::filesystem;

/// One of the DATA: where it is read from, and what it is called.
struct Input {
    fs::path path;
    std::string name;
    bool standard_input = false;
};

// Standard input as a file in memory, since readers want to know what it is before they read it.
fs::path standard_input_as_file() {
    const int file = ::memfd_create("standard input", 0);
    check(file >= 0, "standard input", "cannot be read: ", std::generic_category().message(errno));
    std::array<char, 1 << 16> block{};
    while (true) {
        const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        check(got >= 0, "standard input", "cannot be read: ", std::generic_category().message(errno));
        if (got == 0) break;
        for (ssize_t done = 0; done < got;) {
            const ssize_t wrote = ::write(file, block.data() + done, static_cast<std::size_t>(got - done));
            check(wrote > 0, "standard input", "does not fit into memory: ", std::generic_category().message(errno));
            done += wrote;
        }
    }
    std::array<char, 4> start{};
    check(::pread(file, start.data(), start.size(), 0) != 4 || std::string_view(start.data(), 4) != "\x89HDF",
          "standard input", "holds HDF5, whose library reads files with a name only (hint: save it as a file)");
    return "/proc/self/fd/" + std::to_string(file);
}

Input input_of(const std::string& path) {
    if (path == "-" || path == "/dev/stdin") return {standard_input_as_file(), "-", true};
    std::error_code error;
    check(fs::exists(path, error), path, "expected images, got nothing of that name");
    return {path, path};
}

// Errors call standard input by its name.
template <class Work>
auto with_name(const Input& input, Work work) {
    const auto named = [&](std::string text) {
        const std::string path = input.path.string();
        for (std::size_t at = 0; input.standard_input && (at = text.find(path, at)) != std::string::npos;)
            text.replace(at, path.size(), "standard input");
        return text;
    };
    try {
        return work();
    } catch (const UsageError& error) {
        throw UsageError(named(error.what()));
    } catch (const Error& error) {
        throw Error(named(error.what()));
    }
}

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

/// An image file and what the table of answers calls it.
struct NamedFile {
    fs::path path;
    std::string name;
};

class FileSource : public ImageSource {
public:
    FileSource(std::vector<NamedFile> files, const train::Classifier& c, std::uint64_t memory_limit)
        : files_(std::move(files)), options_(c.image_options()), memory_limit_(memory_limit) {}

    std::string name_column() const override { return "file"; }

    std::optional<ImageChunk> next(std::int64_t most) override {
        if (at_ == files_.size()) return std::nullopt;
        const std::size_t count = std::min(files_.size() - at_, static_cast<std::size_t>(most));
        const std::span<const NamedFile> some(files_.data() + at_, count);
        at_ += count;
        std::vector<fs::path> paths;
        for (const NamedFile& file : some) paths.push_back(file.path);
        auto set = data::read_image_files(paths, options_, memory_limit_);
        skipped.insert(skipped.end(), set.skipped.begin(), set.skipped.end());
        ImageChunk chunk{set.images, {}};
        for (const std::int64_t i : set.read) chunk.names.push_back(some[static_cast<std::size_t>(i)].name);
        return chunk;
    }

private:
    std::vector<NamedFile> files_;
    data::ImageOptions options_;
    std::uint64_t memory_limit_ = 0;
    std::size_t at_ = 0;
};

class ArraySource : public ImageSource {
public:
    /// Images are called by their numbers after `prefix`.
    ArraySource(Tensor images, const std::string& where, const train::Classifier& c, std::string prefix)
        : images_(checked_images(std::move(images), c, where)), prefix_(std::move(prefix)) {}

    std::string name_column() const override { return "index"; }

    std::optional<ImageChunk> next(std::int64_t most) override {
        const std::int64_t count = std::min(most, images_.size(0) - at_);
        if (count == 0) return std::nullopt;
        ImageChunk chunk{images_.rows(at_, count), {}};
        for (std::int64_t i = 0; i < count; ++i) chunk.names.push_back(prefix_ + std::to_string(at_ + i));
        at_ += count;
        return chunk;
    }

private:
    Tensor images_;
    std::string prefix_;
    std::int64_t at_ = 0;
};

data::Dataset take_part(data::Splits parts, const std::string& part, const std::string& where) {
    check<UsageError>(part.empty() || part == "train" || part == "validation" || part == "test", "--part",
                      "expected train, validation or test, got '", part, "'");
    check<UsageError>(!part.empty() || parts.test || !parts.validation, "--part",
                      "expected train or validation: ", where, " has both and no test part");
    auto& chosen = part == "validation" ? parts.validation : parts.test;
    if (part == "train" || (part.empty() && !parts.test)) return std::move(parts.train);
    check(chosen.has_value(), where, "has no part '", part, "'");
    return std::move(*chosen);
}

data::OpenOptions open_options(const InputSettings& s, const train::Classifier& c, data::Purpose purpose) {
    data::OpenOptions options = s.reading.read();
    options.purpose = purpose;
    options.pixels = c.pixels;
    options.image = c.input;
    if (c.pixels != DType::f32 && (c.input[2] == 1 || c.input[2] == 3)) options.images = c.image_options();
    if (purpose == data::Purpose::evaluation) {
        options.images.classes = c.class_names;
        options.images.most_bad = s.reading.images.most_bad;
    }
    return options;
}

std::unique_ptr<ImageSource> open_source(const Input& input, const InputSettings& s, const train::Classifier& c) {
    const bool alone = s.data.size() == 1;
    const data::OpenOptions options = open_options(s, c, data::Purpose::prediction);
    std::vector<data::SkippedFile> others;
    std::vector<NamedFile> files;
    for (fs::path& file : data::find_image_files(input.path, &others)) {
        const fs::path below = file.lexically_relative(input.path);
        const bool itself = below.empty() || below == ".";
        std::string name = itself ? input.name : alone ? below.string() : file.string();
        files.push_back({std::move(file), std::move(name)});
    }
    if (!files.empty()) {
        refuse_reading(options, input.name, "image files");
    } else {
        data::FilesInTable table = data::files_in_table(input.path, options);
        for (std::size_t i = 0; i < table.paths.size(); ++i)
            files.push_back({std::move(table.paths[i]), std::move(table.names[i])});
    }
    if (!files.empty()) {
        check<UsageError>(s.part.empty(), "--part", "is for data that come in parts, ", input.name,
                          " holds image files");
        auto source = std::make_unique<FileSource>(std::move(files), c, options.memory_limit);
        source->others = std::move(others);
        return source;
    }
    check<UsageError>(s.fit.empty(), "--fit", "has no effect on ", input.name,
                      ", which holds no image files (hint: omit it)");
    const std::string prefix = alone ? "" : input.name + ":";
    data::Splits read = data::open(input.path, options);
    print_notes("predict", read.notes);
    return std::make_unique<ArraySource>(take_part(std::move(read), s.part, input.name).images.tensor(), input.name, c,
                                         prefix);
}

/// Several of them, each opened when it is its turn.
class SourceList : public ImageSource {
public:
    SourceList(const InputSettings& s, const train::Classifier& c) : settings_(s), classifier_(c) {
        for (const std::string& path : s.data) inputs_.push_back(input_of(path));  // what is missing shows at once
        check<UsageError>(
            std::count_if(inputs_.begin(), inputs_.end(), [](const Input& input) { return input.standard_input; }) <= 1,
            "DATA", "names standard input twice");
        open_first();
        name_column_ = inputs_.size() > 1 ? "file" : source_->name_column();
    }

    std::string name_column() const override { return name_column_; }

    std::optional<ImageChunk> next(std::int64_t most) override {
        while (source_) {
            auto chunk = with_name(inputs_.front(), [&] { return source_->next(most); });
            take_names(source_->skipped, skipped);
            take_names(source_->others, others);
            if (chunk) return chunk;
            inputs_.pop_front();
            source_.reset();
            if (!inputs_.empty()) open_first();
        }
        return std::nullopt;
    }

private:
    void open_first() {
        source_ = with_name(inputs_.front(), [&] { return open_source(inputs_.front(), settings_, classifier_); });
    }
    void take_names(std::vector<data::SkippedFile>& from, std::vector<data::SkippedFile>& to) {
        for (data::SkippedFile& file : from) {
            if (inputs_.front().standard_input && file.path == inputs_.front().path) file.path = "standard input";
            to.push_back(std::move(file));
        }
        from.clear();
    }

    const InputSettings& settings_;
    const train::Classifier& classifier_;
    std::deque<Input> inputs_;
    std::unique_ptr<ImageSource> source_;
    std::string name_column_;
};

}  // namespace

void add_input_options(Options& options, InputSettings& s, const char* data_description) {
    options.option("DATA", s.data, data_description).required();
    options.option("--weights FILE", s.weights, "best.safetensors of a training, or its folder").required();
    options
        .option("--part", s.part,
                "of data that come in parts: train, validation or test (default: test; data without parts as a whole)")
        .usual();
    options
        .option("--cutoff P", s.cutoff,
                "class 1 of two where its probability is above (default: the threshold tuned in the training)")
        .usual();
    options.former("--threshold", "--cutoff");
    options
        .option("--fit HOW", s.fit,
                "image files of another size: exact (left out and named), resize, crop or pad (default: as in the "
                "training)")
        .usual();
    s.reading.add_meaning(options);
    options.group("Other data");
    s.reading.add_memory_limit(options);
    add_precision(options, s.precision);
}

std::string weights_in(const std::string& path) {
    std::error_code error;
    const fs::path best = fs::path(path) / "best.safetensors";
    return fs::exists(best, error) ? best.string() : path;
}

std::string model_of_weights(const std::string& path) {
    return train::metadata_entry(weights_in(path), "cyclone.model");
}

train::Classifier load_weights(const InputSettings& s) {
    check<UsageError>(!s.cutoff || std::isfinite(*s.cutoff), "--cutoff", "expected a number");
    const Precision precision = parse_precision(settled_precision(s.precision));
    const std::string file = weights_in(s.weights);
    train::Classifier c = file.ends_with(".onnx") ? train::load_onnx(file) : train::Classifier::load(file);
    for (const std::string& note : c.notes) std::cerr << "cyclone: " << s.weights << ": " << note << '\n';
    check<UsageError>(!s.cutoff || c.class_names.size() == 2, "--cutoff", "is for two classes, these weights have ",
                      c.class_names.size());
    c.threshold = s.cutoff.value_or(c.threshold);
    c.precision = precision;
    if (!s.fit.empty()) c.fit = data::parse_image_fit(s.fit);
    return c;
}

std::unique_ptr<ImageSource> open_images(const InputSettings& settings, const train::Classifier& classifier) {
    return std::make_unique<SourceList>(settings, classifier);
}

data::Dataset open_labelled(const std::string& path, const InputSettings& s, const train::Classifier& c,
                            std::vector<data::SkippedFile>& skipped) {
    const Input input = input_of(path);
    return with_name(input, [&] {
        data::Splits parts = data::open(input.path, open_options(s, c, data::Purpose::evaluation));
        const bool files = parts.format == "folder of images" || parts.format == "CSV with image files";
        check<UsageError>(s.fit.empty() || files, "--fit", "has no effect on ", input.name, ", which is ", parts.format,
                          " (hint: omit it)");
        print_notes("evaluate", parts.notes);
        skipped.insert(skipped.end(), parts.skipped.begin(), parts.skipped.end());
        data::Dataset set = take_part(std::move(parts), s.part, input.name);
        set.match_classes(c.class_names, input.name);
        check(set.image_shape() == c.input && set.images.dtype() == c.pixels, input.name, "expected ",
              pixel_name(c.pixels), " images of ", c.input, " as the network was trained on, got ",
              pixel_name(set.images.dtype()), " ones of ", set.image_shape());
        set.standardization = c.standardization;
        return set;
    });
}

}  // namespace cyclone::cli
