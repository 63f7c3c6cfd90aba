// From arrays to images, labels and classes.

#include "data/assemble.h"

#include <cyclone/base/first_few.h>
#include <cyclone/base/read_number.h>
#include <cyclone/base/utf8.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include "data/names.h"

namespace cyclone::data {
namespace {

constexpr std::int64_t kMostChannels = 64;
constexpr std::int64_t kMostLabel = 1'000'000;
constexpr std::size_t kMostClasses = 10'000;

std::optional<double> number_of(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = read_number(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::string text_of(double value) {
    char text[32];
    const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
    const auto end = whole ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value)).ptr
                           : std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

// Whether the channels of an array (N, a, b, c) come first. Few in number is a sign of channels, two equal sides are
// one of height and width; an Error where both orders are as likely.
bool has_channels_first(const Shape& shape, std::string_view where) {
    const std::int64_t a = shape[1], b = shape[2], c = shape[3];
    const bool last = c <= 4 || (a == b && c != b), first = (a <= 4 && b > 4) || (b == c && a != b);
    check<UsageError>(last != first, "--layout", "expected nhwc or nchw for ", where, ": its shape ", shape,
                      last ? " may be either" : " shows no channels, volumes are not supported");
    return first;
}

}  // namespace

DType smallest_pixels(double low, double high, std::optional<DType> wanted) {
    const bool byte = low >= 0 && high <= 255, word = low >= 0 && high <= 65535;
    if (wanted == DType::f32 || (wanted == DType::u16 && word) || (wanted == DType::u8 && byte)) return *wanted;
    return byte ? DType::u8 : word ? DType::u16 : DType::f32;
}

Shape shape_of_row(std::int64_t values, ReadContext& context, std::string_view where) {
    Shape shape = context.shape();
    const bool given = shape.rank() > 0;
    if (!given && context.options.image.rank() == 3 && context.options.image.numel() == values)
        return context.options.image;
    if (!given) {
        const std::int64_t side = std::llround(std::sqrt(static_cast<double>(values)));
        shape = {side, side, 1};
    }
    check<UsageError>(shape.rank() == 3 && shape[0] > 0 && shape[1] > 0 && shape[2] > 0, "--shape",
                      "expected height, width and channels, got ", shape);
    const Shape& wanted = context.options.image;
    check(given || wanted.rank() != 3 || shape.numel() == values, where, "expected ", wanted.numel(),
          " pixels per row, images of ", wanted, " as the network or the training images have, got ", values);
    check(shape.numel() == values, where, "expected ", given ? std::to_string(shape.numel()) : "a square number of",
          " pixels per row, got ", values,
          given ? "" : " (hint: --shape HxW[xC] says how they lie, --label COLUMN which is the label)");
    return shape;
}

Tensor upright(const Tensor& images, ReadContext& context, const std::filesystem::path& file) {
    const std::string& layout = context.layout();
    check<UsageError>(layout.empty() || layout == "nhw" || layout == "nwh", "--layout", "expected nhw or nwh for ",
                      file.string(), ", got '", layout, "'");
    const bool emnist = file.filename().string().starts_with("emnist");
    if (layout.empty() && emnist)
        context.note(file.parent_path().string() +
                     ": EMNIST's images are published with rows and columns exchanged and are turned upright "
                     "(--layout nhw takes them as they lie)");
    return layout == "nwh" || (layout.empty() && emnist) ? transpose(images, 1, 2) : images;
}

namespace {

// The one image of an array without a dimension for their number; anything else as it is.
Tensor with_number(const Tensor& array, ReadContext& context) {
    const Shape &image = context.options.image, &shape = array.shape();
    if (context.options.purpose != Purpose::prediction || image.rank() != 3 || array.rank() > 3) return array;
    const bool grey = image[2] == 1 && shape == Shape{image[0], image[1]};
    if (grey || shape == image) return array.viewed({1, image[0], image[1], image[2]});
    return shape == Shape{image[2], image[0], image[1]} && image[2] > 1
               ? array.viewed({1, shape[0], shape[1], shape[2]})
               : array;
}

}  // namespace

Tensor as_images(const Tensor& given, ReadContext& context, std::string_view where) {
    const Tensor array = with_number(given, context);
    check(array.rank() >= 2 && array.rank() <= 4 && array.numel() > 0, where,
          "expected images N x H x W, N x H x W x C or N x pixels, got shape ", array.shape(),
          array.rank() == 5 ? " (hint: volumes are not supported, slices along one side are)" : "");
    const std::string& layout = context.layout();
    const bool flat = array.rank() < 4;
    check<UsageError>(
        layout.empty() || layout == "nhwc" || layout == "nchw" || (flat && (layout == "nhw" || layout == "nwh")),
        "--layout", "expected nhwc or nchw", flat ? ", nhw or nwh" : "", ", got '", layout, "'");
    Shape shape = array.shape();
    if (shape.rank() == 2) {
        const Shape row = shape_of_row(shape[1], context, where);
        shape = layout == "nchw" ? Shape{shape[0], row[2], row[0], row[1]} : Shape{shape[0], row[0], row[1], row[2]};
    }
    const bool clear = shape.rank() == 3 || array.rank() == 2;
    if (shape.rank() == 3) shape.push_back(1);
    Tensor images = array.viewed(shape);
    if (layout.empty() ? !clear && has_channels_first(shape, where) : layout == "nchw" && array.rank() != 3) {
        images = permute(images, {0, 2, 3, 1});
        if (layout.empty())
            context.note(std::string(where) + ": channels come first, read as " + std::to_string(shape[2]) + " x " +
                         std::to_string(shape[3]) + " images of " + std::to_string(shape[1]) +
                         " channels (--layout nhwc takes the array as it lies)");
    }
    const bool turns = layout.empty() && context.columns_first && array.rank() > 2;
    if (turns)
        context.note(std::string(where) + ": MATLAB stores columns first, so images are turned upright (--layout " +
                     (array.rank() == 3 ? "nhw" : "nhwc or nchw") + " takes the array as it lies)");
    if (layout == "nwh" || turns) images = transpose(images, 1, 2);
    check(images.size(3) <= kMostChannels, where, "expected at most ", kMostChannels, " channels, got shape ",
          array.shape(), " (hint: --layout nchw or nhwc says which dimension they are)");
    return images.dtype() == DType::f64 ? images.to(DType::f32) : images;
}

void settle_pixels(const std::vector<Tensor*>& images, ReadContext& context, std::string_view where) {
    std::optional<DType> wanted = context.options.pixels;
    for (const Tensor* set : images)
        if (set->dtype() != DType::i64) wanted = set->dtype();
    double low = 0, high = 0;
    for (const Tensor* set : images) {
        if (set->dtype() != DType::i64) continue;
        const auto values = set->values<std::int64_t>();
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        low = std::min(low, static_cast<double>(*least));
        high = std::max(high, static_cast<double>(*most));
    }
    const DType type = smallest_pixels(low, high, wanted);
    for (Tensor* set : images)
        if (set->dtype() == DType::i64) *set = set->to(type);
    if (type == DType::f32 && wanted != DType::f32)
        context.note(std::string(where) + ": pixels from " + text_of(low) + " to " + text_of(high) +
                     " are read as floating-point numbers");
}

std::int64_t Labels::add(std::string_view text, std::string_view where) {
    check(!is_missing(text), where,
          trimmed(text).empty() ? "the label is empty" : "the label is missing: ", trimmed(text));
    text = trimmed(text);
    if (const auto known = index_.find(text); known != index_.end()) return known->second;
    const auto id = static_cast<std::int64_t>(texts_.size());
    index_.emplace(text, id);
    texts_.emplace_back(text);
    return id;
}

Tensor Labels::add(const std::vector<std::string>& texts, std::string_view where) {
    Tensor out = Tensor::empty({static_cast<std::int64_t>(texts.size())}, DType::i64);
    auto* into = out.mutable_data<std::int64_t>();
    for (std::size_t i = 0; i < texts.size(); ++i)
        into[i] = add(texts[i], is_missing(texts[i]) ? std::string(where) + ", element " + std::to_string(i) : "");
    return out;
}

Tensor Labels::add(const Tensor& array, std::string_view where) {
    const std::int64_t n = array.rank() > 0 ? array.size(0) : 0, each = n ? array.numel() / n : 0;
    const bool one_hot = array.rank() == 2 && each > 1;
    check(n > 0 && (each == 1 || one_hot), where, "expected one label per image, N or N x 1, got shape ",
          array.shape());
    Tensor out = Tensor::empty({n}, DType::i64);
    auto* into = out.mutable_data<std::int64_t>();
    visit_dtype(array.dtype(), [&](auto zero) {
        const auto values = array.values<decltype(zero)>();
        std::map<double, std::int64_t> known;
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
            auto value = static_cast<double>(values[i]);
            if (one_hot) {
                const auto row = values.subspan(i * static_cast<std::size_t>(each), static_cast<std::size_t>(each));
                const auto at = std::find(row.begin(), row.end(), decltype(zero){1});
                const auto zeros = std::count(row.begin(), row.end(), decltype(zero){0});
                check(at != row.end() && zeros == each - 1, where,
                      "expected one label per image, N or N x 1, or one 1 and zeros in each row, got shape ",
                      array.shape(), ", whose row ", i,
                      " is another (hint: several labels per image are not supported: take one "
                      "column)");
                value = static_cast<double>(at - row.begin());
            }
            check(std::abs(value) < static_cast<double>(kMostLabel) && value == std::floor(value), where,
                  "expected labels that are whole numbers below ", kMostLabel, ", label ", i, " is ", value,
                  value == std::floor(value) ? "" : " (hint: classes are meant, not measurements)");
            const auto [place, fresh] = known.emplace(value, 0);
            if (fresh) place->second = add(text_of(value), where);
            into[i] = place->second;
        }
    });
    return out;
}

std::vector<std::string> Labels::settle(const std::vector<Tensor*>& labels, ReadContext& context,
                                        std::string_view where, const std::vector<std::string>& names) {
    std::vector<std::optional<double>> numbers;
    for (const std::string& text : texts_) numbers.push_back(number_of(text));
    const bool numeric = std::all_of(numbers.begin(), numbers.end(), [](const auto& n) { return n.has_value(); });
    std::vector<std::size_t> order(texts_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return numeric ? *numbers[a] < *numbers[b] : texts_[a] < texts_[b];
    });
    std::vector<std::int64_t> class_of(order.size());
    std::vector<std::string> classes;
    std::vector<double> values;
    for (const std::size_t i : order) {
        const bool same = numeric && !values.empty() && values.back() == *numbers[i];
        if (!same) classes.push_back(numeric ? text_of(*numbers[i]) : valid_utf8(texts_[i]));
        if (!same && numeric) values.push_back(*numbers[i]);
        class_of[i] = static_cast<std::int64_t>(classes.size()) - 1;
    }
    check(classes.size() <= kMostClasses, where, "has ", classes.size(), " different labels, expected at most ",
          kMostClasses, " (hint: --label says where the labels are)");
    for (Tensor* set : labels)
        for (std::int64_t& label : std::span(set->mutable_data<std::int64_t>(), static_cast<std::size_t>(set->numel())))
            label = class_of[static_cast<std::size_t>(label)];
    if (numeric && values.front() < 0)
        context.note(std::string(where) + ": the labels are " + first_few(classes, 10) + ", each a class" +
                     (classes.size() > 2 ? ", also those below 0 (hint: leave out the images where these say that the "
                                           "class is not known)"
                                         : ""));
    if (names.empty()) return classes;
    const bool fits = numeric && !values.empty() && values.front() >= 0 &&
                      values.back() < static_cast<double>(names.size()) &&
                      std::set<std::string>(names.begin(), names.end()).size() == names.size();
    if (fits)
        for (std::size_t c = 0; c < classes.size(); ++c)
            classes[c] = valid_utf8(trimmed(names[static_cast<std::size_t>(values[c])]));
    else
        context.note(std::string(where) + ": the " + std::to_string(names.size()) +
                     " class names are not used, they do not fit the labels");
    return classes;
}

void set_unlabelled(Dataset& images) {
    Dataset plain = unlabelled(images.images);
    images.labels = std::move(plain.labels);
    images.class_names = std::move(plain.class_names);
}

void finish_sets(Splits& splits, Labels& labels, ReadContext& context, std::string_view where,
                 const std::vector<std::string>& class_names) {
    std::vector<Dataset*> sets{&splits.train};
    for (auto* part : {&splits.validation, &splits.test})
        if (*part) sets.push_back(&**part);
    std::vector<Tensor> images;
    images.reserve(sets.size());
    std::vector<Tensor*> to_settle, all_labels;
    bool labelled = true;
    for (Dataset* set : sets) {
        to_settle.push_back(&images.emplace_back(set->images.tensor()));
        all_labels.push_back(&set->labels);
        labelled = labelled && set->labels.defined();
    }
    settle_pixels(to_settle, context, where);
    for (std::size_t i = 0; i < sets.size(); ++i) sets[i]->images = images[i];
    const auto classes = labelled ? labels.settle(all_labels, context, where, class_names) : class_names;
    for (Dataset* set : sets) {
        if (labelled)
            set->class_names = classes;
        else
            set_unlabelled(*set);
    }
    if (context.options.purpose != Purpose::training) {
        for (const Dataset* set : sets) set->validate(where);
        return;
    }
    check(classes.size() >= 2, where, "expected two or more classes, got one: ", printable(classes.front()));
    splits.validate(where);
    if (sets.size() > 1) splits.standardize();
}

std::string printable(std::string_view text) {
    constexpr std::size_t kMost = 60;
    std::string out = valid_utf8(text);
    for (char& c : out)
        if ((c >= 0 && c < ' ') || c == 127) c = '?';
    std::size_t characters = 0, end = 0;
    for (; end < out.size(); ++end)
        if ((static_cast<unsigned char>(out[end]) & 0xC0U) != 0x80 && ++characters > kMost) break;
    if (end < out.size()) out.replace(end, std::string::npos, "...");
    return out;
}

}  // namespace cyclone::data
