// Decodes many image files into one tensor.

#include "data/images/image_set.h"

#include <cyclone/base/threads.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <type_traits>

#include "data/images/image_file.h"
#include "data/images/image_fit.h"

namespace cyclone::data {
namespace {

Image read_file(const std::filesystem::path& path, std::vector<unsigned char>& buffer) {
    io::InputFile file(path);
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kMostFileBytes + 1)));
    file.read(buffer.data(), buffer.size());
    return decode_image(buffer, file.name());
}

// Writes one image in the form of the set.
template <class From, class Into>
void convert(const Image& image, std::int64_t channels, Into* into) {
    const From* from = reinterpret_cast<const From*>(image.pixels.get());
    if (std::is_same_v<From, Into> && channels == image.channels) {
        std::memcpy(into, from, image.bytes());
        return;
    }
    constexpr unsigned factor = sizeof(Into) > sizeof(From) ? 257 : 1;
    const std::int64_t pixels = image.height * image.width;
    for (std::int64_t i = 0; i < pixels; ++i) {
        const From* pixel = from + i * image.channels;
        for (std::int64_t c = 0; c < channels; ++c) {
            unsigned value = pixel[image.channels == 1 ? 0 : c];
            if (channels == 1 && image.channels == 3)
                value = (299U * pixel[0] + 587U * pixel[1] + 114U * pixel[2] + 500U) / 1000U;
            if (sizeof(Into) < sizeof(From)) value = (value + 128U) / 257U;
            *into++ = static_cast<Into>(value * factor);
        }
    }
}

void write_image(const Image& image, Tensor& images, std::int64_t row) {
    const std::int64_t channels = images.size(3), offset = row * image.height * image.width * channels;
    if (images.dtype() == DType::u16) {
        auto* into = images.mutable_data<std::uint16_t>() + offset;
        image.wide ? convert<std::uint16_t>(image, channels, into) : convert<unsigned char>(image, channels, into);
    } else {
        auto* into = images.mutable_data<std::uint8_t>() + offset;
        image.wide ? convert<std::uint16_t>(image, channels, into) : convert<unsigned char>(image, channels, into);
    }
}

// A decoded image, or why there is none.
struct Decoded {
    std::optional<Image> image;
    std::string reason;
    bool turned = false;
};

// `text` without the file's name in front.
std::string reason_in(const std::string& text, const std::string& where) {
    return text.starts_with(where + ": ") ? text.substr(where.size() + 2) : text;
}

// Of images that have to be of one size already.
void check_size(const Image& image, const ImageOptions& options, const std::string& where) {
    check(options.height == 0 || (image.height == options.height && image.width == options.width), where, "is ",
          image.height, " x ", image.width, ", expected ", options.height, " x ", options.width,
          " (hint: --fit resize, crop or pad changes that)");
}

SkippedFile skipped_file(const LabelledFile& file, const Decoded& decoded) {
    return {file.path.string(), decoded.reason, decoded.reason.starts_with(kExpectedImage)};
}

// Ends early, with fewer images, when they have more than `most` bytes; says how many they have.
std::vector<Decoded> decode_all(std::span<const LabelledFile> files, const ImageOptions& options, std::uint64_t most,
                                std::uint64_t& bytes) {
    std::vector<Decoded> out(files.size());
    std::atomic<std::uint64_t> sum = 0;
    std::exception_ptr broken;  // out of memory: not the fault of a file
    std::mutex mutex;
    constexpr std::size_t kFew = 16;  // files that a thread takes at a time
    std::atomic<std::size_t> taken = 0;
    const auto decode = [&](std::size_t i, std::vector<unsigned char>& buffer) {
        const std::string where = files[i].path.string();
        try {
            out[i].image = read_file(files[i].path, buffer);
            out[i].turned = out[i].image->turned;
            if (options.fit == ImageFit::exact)
                check_size(*out[i].image, options, where);
            else
                out[i].image = fit_image(std::move(*out[i].image), options.fit, options.height, options.width, where);
            sum += out[i].image->bytes();
        } catch (const Error& error) {
            out[i].image.reset();
            out[i].reason = reason_in(error.what(), where);
        } catch (...) {
            const std::lock_guard lock(mutex);
            broken = std::current_exception();
        }
    };
    in_parallel(num_threads(), [&](int, int) {
        std::vector<unsigned char> buffer;
        for (std::size_t first = 0; (first = taken.fetch_add(kFew)) < files.size();)
            for (std::size_t i = first; i < std::min(first + kFew, files.size()); ++i)
                if (sum <= most) decode(i, buffer);
    });
    if (broken) std::rethrow_exception(broken);
    bytes = sum;
    return out;
}

// Refuses what cannot fit before all is read: images have one size, which the options or the first one tells.
void check_first(std::span<const LabelledFile> files, const ImageOptions& options, const MemoryBudget& memory) {
    if (files.empty()) return;
    std::uint64_t bytes = 0;
    if (options.height > 0)
        bytes = static_cast<std::uint64_t>(options.height * options.width);
    else
        decode_all(files.first(1), options, memory.left(), bytes);
    memory.check_room(bytes * files.size(), files[0].path.string() + " and others");
}

// The form that all images share, found image by image.
class CommonForm {
public:
    explicit CommonForm(const ImageOptions& options)
        : options_(options), form_{options.height, options.width, 1, 8}, first_(nullptr) {}

    void add(const Image& image, const LabelledFile& file) {
        if (form_.height == 0) form_.height = image.height, form_.width = image.width;
        if (!first_) first_ = &file;
        check(image.height == form_.height && image.width == form_.width, file.path.string(), "is ", image.height,
              " x ", image.width, ", expected ", form_.height, " x ", form_.width, " like ", first_->path.string(),
              " (hint: name a size for all, --resize HxW)");
        form_.channels = std::max(form_.channels, image.channels);
        if (image.wide) form_.bits = 16;
    }
    bool empty() const { return first_ == nullptr; }
    ImageForm form() const {
        ImageForm out = form_;
        if (options_.channels != 0) out.channels = options_.channels;
        if (options_.bits != 0) out.bits = options_.bits;
        return out;
    }

private:
    const ImageOptions& options_;
    ImageForm form_;
    const LabelledFile* first_;
};

}  // namespace

void check_options(const ImageOptions& options) {
    check<UsageError>(options.height >= 0 && options.width >= 0 && (options.height == 0) == (options.width == 0),
                      "--resize", "expected a height and a width, got ", options.height, " x ", options.width);
    check<UsageError>(options.height > 0 || options.fit == ImageFit::exact, "--fit",
                      "resize, crop and pad need a height and a width (hint: --resize HxW)");
    check<UsageError>(options.height <= 1 << 14 && options.width <= 1 << 14, "--resize", "expected sides of at most ",
                      1 << 14, ", got ", options.height, " x ", options.width);
    check<UsageError>(options.channels == 0 || options.channels == 1 || options.channels == 3, "--channels",
                      "expected 1 channel (grey), 3 (colour) or 0 (as in the files), got ", options.channels);
    check<UsageError>(options.bits == 0 || options.bits == 8 || options.bits == 16, "--bits",
                      "expected 8 bits, 16 or 0 (as in the files), got ", options.bits);
    check<UsageError>(options.most_bad >= 0 && options.most_bad <= 1, "--most-bad",
                      "expected a fraction of bad files between 0 and 1, got ", options.most_bad);
}

ImageSet read_image_set(std::span<const LabelledFile> files, const ImageOptions& options, MemoryBudget& memory) {
    check_first(files, options, memory);
    std::uint64_t decoded_bytes = 0;
    std::vector<Decoded> decoded = decode_all(files, options, memory.left(), decoded_bytes);
    const std::string where = files.empty() ? "" : files[0].path.string() + " and others";
    memory.check_room(decoded_bytes, where);
    ImageSet out;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (decoded[i].image)
            out.read.push_back(static_cast<std::int64_t>(i));
        else
            out.skipped.push_back(skipped_file(files[i], decoded[i]));
    }
    const auto count = static_cast<std::int64_t>(out.read.size());
    if (count == 0) return out;
    CommonForm common(options);
    for (std::size_t i = 0; i < files.size(); ++i)
        if (decoded[i].image) common.add(*decoded[i].image, files[i]);
    const ImageForm form = common.form();
    memory.take(static_cast<std::uint64_t>(count * form.height * form.width * form.channels * (form.bits / 8)), where);
    out.images =
        Tensor::empty({count, form.height, form.width, form.channels}, form.bits == 16 ? DType::u16 : DType::u8);
    out.labels = Tensor::empty({count}, DType::i64);
    for (std::int64_t row = 0; row < count; ++row) {
        const auto i = static_cast<std::size_t>(out.read[static_cast<std::size_t>(row)]);
        out.grey += form.channels > decoded[i].image->channels ? 1 : 0;
        out.turned += decoded[i].turned ? 1 : 0;
        write_image(*decoded[i].image, out.images, row);
        decoded[i].image.reset();  // memory is needed once only
        out.labels.mutable_data<std::int64_t>()[row] = files[i].label;
    }
    return out;
}

ImageOptions complete_options(std::span<const LabelledFile> files, const ImageOptions& options,
                              const MemoryBudget& memory, std::string_view where) {
    ImageOptions out = options;
    if (options.height > 0 && options.channels > 0 && options.bits > 0) return out;
    CommonForm common(options);
    std::vector<SkippedFile> bad;
    for (std::size_t begin = 0; begin < files.size(); begin += kBlockOfFiles) {
        const auto block = files.subspan(begin, std::min(kBlockOfFiles, files.size() - begin));
        std::uint64_t bytes = 0;
        const std::vector<Decoded> decoded = decode_all(block, options, memory.left(), bytes);
        memory.check_room(bytes, where);
        for (std::size_t i = 0; i < block.size(); ++i)
            if (decoded[i].image)
                common.add(*decoded[i].image, block[i]);
            else
                bad.push_back(skipped_file(block[i], decoded[i]));
        check_skipped(bad, files.size(), options.most_bad, where);
    }
    check(!common.empty(), where, "has no image that can be read", bad.empty() ? "" : ": ",
          bad.empty() ? "" : summary(bad)[0]);
    const ImageForm form = common.form();
    out.height = form.height;
    out.width = form.width;
    out.channels = form.channels;
    out.bits = form.bits;
    return out;
}

std::vector<std::string> notes_on(const ImageSet& set, const ImageOptions& asked, const std::string& where) {
    std::vector<std::string> notes;
    const auto of_all = [&](std::int64_t n) {
        return where + ": " + std::to_string(n) + " of " + std::to_string(set.read.size()) + " images ";
    };
    if (set.grey > 0 && asked.channels == 0)
        notes.push_back(of_all(set.grey) +
                        "are grey and are read as colour like the others (--channels 1 reads all as grey)");
    if (set.turned > 0)
        notes.push_back(
            of_all(set.turned) +
            "are to be shown turned, by their EXIF orientation, which is not applied: they are read as they "
            "lie in the files");
    return notes;
}

void check_skipped(const std::vector<SkippedFile>& skipped, std::size_t files, double most_bad,
                   std::string_view where) {
    if (static_cast<double>(skipped.size()) <= most_bad * static_cast<double>(files)) return;
    const std::vector<std::string> lines = summary(skipped);
    std::string first;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, lines.size()); ++i) first += (i ? "; " : "") + lines[i];
    const double fraction = static_cast<double>(skipped.size()) / static_cast<double>(files);
    const std::string hint = skipped.size() == files ? ""
                                                     : joined(" (hint: --most-bad ", std::ceil(100 * fraction) / 100,
                                                              ", or ImageOptions::most_bad, leaves out as many)");
    fail(where, skipped.size(), " of ", files, " files are bad, more than the fraction allowed, ", most_bad, ": ",
         first, lines.size() > 3 ? "; ..." : "", hint);
}

Tensor read_one_image(const std::filesystem::path& file) {
    std::vector<unsigned char> buffer;
    const Image image = read_file(file, buffer);
    Tensor out = Tensor::empty({1, image.height, image.width, image.channels}, image.wide ? DType::u16 : DType::u8);
    write_image(image, out, 0);
    return out.viewed({image.height, image.width, image.channels});
}

}  // namespace cyclone::data
