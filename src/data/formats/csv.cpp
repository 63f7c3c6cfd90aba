// Tables: which column is what, and the images of their rows.

#include <cyclone/data/formats/csv.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "data/assemble.h"
#include "data/formats/csv_rows.h"
#include "data/images/image_set.h"

namespace cyclone::data {
namespace {

using Fields = std::vector<std::string>;

std::optional<double> number_in(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return text;
}

// Which column is what.
struct Columns {
    std::size_t count = 0, label = 0;
    std::optional<std::size_t> group, file;
    bool is_pixel(std::size_t i) const { return i != label && i != group && i != file; }
};

// The column of this name in the header; none where `wanted` is empty and none of the usual names is there.
std::optional<std::size_t> column_called(const Fields& header, const std::string& wanted,
                                         std::initializer_list<std::string_view> usual, const std::string& where) {
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string name = lower(header[i]);
        if (!wanted.empty() ? header[i] == wanted : std::find(usual.begin(), usual.end(), name) != usual.end())
            return i;
    }
    check<UsageError>(wanted.empty(), where, "has no column '", wanted, "'");
    return std::nullopt;
}

class CsvReader {
public:
    CsvReader(const std::filesystem::path& file, const CsvOptions& options, MemoryBudget& memory)
        : file_(file), options_(options), rows_(file, options.separator), memory_(memory) {}

    Splits read() {
        Fields first, row;
        check(rows_.next(first), where(), "expected a table, got no row");
        check(first.size() >= 2, where(), "line 1: expected a label and pixels or a file name, got one column");
        const bool header = has_header(first);
        if (!header) check<UsageError>(options_.label.empty() && options_.group.empty(), where(), "has no header");
        bool more = header ? rows_.next(row) : (row = first, true);
        check(more, where(), "expected rows after the header, got none");
        choose_columns(header ? first : Fields{}, row);
        for (; more; more = rows_.next(row)) add(row);
        return columns_.file ? with_files() : with_pixels();
    }

private:
    const std::string& where() const { return rows_.where(); }

    // A name in a column that is neither label nor file name can only be a header; so can a known name.
    bool has_header(const Fields& first) const {
        if (!options_.label.empty() || !options_.group.empty()) return true;
        std::size_t texts = 0;
        for (const std::string& field : first) {
            const std::string name = lower(field);
            texts += !number_in(field);
            for (const char* known :
                 {"label", "class", "target", "y", "file", "filename", "image", "path", "image_path"})
                if (name == known) return true;
        }
        return texts > 2 || (texts == 2 && first.size() > 2);
    }

    void choose_columns(const Fields& header, const Fields& row) {
        columns_.count = row.size();
        check(header.empty() || header.size() == row.size(), where(), "line ", rows_.line(), ": expected ",
              header.size(), " fields like the header, got ", row.size());
        columns_.group = column_called(header, options_.group, {"group", "patient", "patient_id"}, where());
        columns_.file =
            column_called(header, "", {"file", "filename", "file_name", "image", "path", "image_path"}, where());
        if (columns_.file && number_in(row[*columns_.file])) columns_.file.reset();  // a pixel column of that name
        const auto label = column_called(header, options_.label, {"label", "class", "target", "y"}, where());
        if (label) columns_.label = *label;
        for (std::size_t i = 0; i < row.size() && !columns_.file && row.size() == (columns_.group ? 3U : 2U); ++i)
            if (i != columns_.group && (!label || i != *label) && looks_like_a_file(row[i])) columns_.file = i;
        if (!label)
            while (columns_.label == columns_.file || columns_.label == columns_.group) ++columns_.label;
        check(columns_.label < columns_.count, where(), "has no column of labels");
    }

    static bool looks_like_a_file(const std::string& text) {
        return !number_in(text) && text.find('.') != std::string::npos;
    }

    void add(const Fields& row) {
        check(row.size() == columns_.count, where(), "line ", rows_.line(), ": expected ", columns_.count,
              " fields, got ", row.size());
        check(!row[columns_.label].empty(), where(), "line ", rows_.line(), ": the label is empty");
        labels_.push_back(index_of(label_index_, label_texts_, row[columns_.label]));
        if (columns_.group) groups_.push_back(index_of(group_index_, group_texts_, row[*columns_.group]));
        if (columns_.file) {
            files_.push_back(row[*columns_.file]);
            return;
        }
        memory_.check_room((pixels_.size() + row.size()) * sizeof(float), where());
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!columns_.is_pixel(i)) continue;
            const auto value = number_in(row[i]);
            check(value && std::isfinite(*value), where(), "line ", rows_.line(), ", column ", i + 1,
                  ": expected a number, got '", printable(row[i]), "'");
            whole_ = whole_ && *value == std::floor(*value) && *value >= 0;
            highest_ = std::max(highest_, *value);
            pixels_.push_back(static_cast<float>(*value));
        }
    }

    static std::int64_t index_of(std::map<std::string, std::int64_t>& index, Fields& texts, const std::string& text) {
        const auto [at, fresh] = index.emplace(text, static_cast<std::int64_t>(texts.size()));
        if (fresh) texts.push_back(text);
        return at->second;
    }

    // Classes in order, and each row's label among them.
    void label_classes(Dataset& out) const {
        const bool numbers =
            std::all_of(label_texts_.begin(), label_texts_.end(), [](const auto& text) { return number_in(text); });
        std::vector<std::size_t> order(label_texts_.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            if (numbers) return *number_in(label_texts_[a]) < *number_in(label_texts_[b]);
            return label_texts_[a] < label_texts_[b];
        });
        check(order.size() >= 2, where(), "expected two or more classes, got one: ", printable(label_texts_[0]));
        check(order.size() <= 10'000, where(), "column ", columns_.label + 1, " has ", order.size(),
              " different values, too many for labels (hint: name the label's column)");
        std::vector<std::int64_t> class_of(order.size());
        for (std::size_t c = 0; c < order.size(); ++c) {
            class_of[order[c]] = static_cast<std::int64_t>(c);
            out.class_names.push_back(printable(label_texts_[order[c]]));
        }
        out.labels = Tensor::empty({static_cast<std::int64_t>(labels_.size())}, DType::i64);
        auto* into = out.labels.mutable_data<std::int64_t>();
        for (const std::int64_t label : labels_) *into++ = class_of[static_cast<std::size_t>(label)];
    }

    Shape image_shape() const {
        const auto values = static_cast<std::int64_t>(pixels_.size() / labels_.size());
        std::int64_t height = options_.height, width = options_.width;
        check<UsageError>(options_.channels >= 1 && height >= 0 && width >= 0 && (height == 0) == (width == 0),
                          "CsvOptions", "expected a height, a width and at least one channel");
        if (height == 0) height = width = std::llround(std::sqrt(static_cast<double>(values / options_.channels)));
        check(height > 0 && height * width * options_.channels == values, where(), "expected ",
              options_.height ? std::to_string(options_.height * options_.width * options_.channels)
                              : "a square number of",
              " pixels per row, got ", values, " (hint: give height, width and channels)");
        return {static_cast<std::int64_t>(labels_.size()), height, width, options_.channels};
    }

    Splits with_pixels() {
        Splits out;
        out.format = "CSV";
        const Shape shape = image_shape();
        label_classes(out.train);
        const DType dtype = !whole_ || highest_ > 65535 ? DType::f32 : highest_ > 255 ? DType::u16 : DType::u8;
        Tensor images = Tensor::empty(shape, dtype);
        visit_dtype(dtype, [&](auto zero) {
            std::transform(pixels_.begin(), pixels_.end(), images.mutable_data<decltype(zero)>(),
                           [](float v) { return static_cast<decltype(zero)>(v); });
        });
        out.train.images = images;
        out.train.source = where();
        out.groups = groups_;
        out.validate(where());
        return out;
    }

    Splits with_files() {
        check_options(options_.images);
        Splits out;
        out.format = "CSV with image files";
        Dataset all;
        label_classes(all);
        const auto root = options_.image_root.empty() ? file_.parent_path() : options_.image_root;
        std::vector<LabelledFile> files;
        for (std::size_t i = 0; i < files_.size(); ++i)
            files.push_back({root / files_[i], all.labels.data<std::int64_t>()[i]});
        ImageSet set = read_image_set(files, options_.images, memory_);
        check_skipped(set.skipped, files.size(), options_.images.most_bad, where());
        check(set.images.defined(), where(), "names no image that can be read");
        if (!groups_.empty())
            for (const std::int64_t i : set.read) out.groups.push_back(groups_[static_cast<std::size_t>(i)]);
        out.train = {set.images, std::move(set.labels), std::move(all.class_names), where(), std::nullopt};
        out.skipped = std::move(set.skipped);
        out.validate(where());
        return out;
    }

    std::filesystem::path file_;
    const CsvOptions& options_;
    CsvRows rows_;
    MemoryBudget& memory_;
    Columns columns_;
    std::map<std::string, std::int64_t> label_index_, group_index_;
    Fields label_texts_, group_texts_, files_;
    std::vector<std::int64_t> labels_, groups_;
    std::vector<float> pixels_;
    bool whole_ = true;
    double highest_ = 0;
};

}  // namespace

Splits read_csv(const std::filesystem::path& file, const CsvOptions& options, MemoryBudget memory) {
    return CsvReader(file, options, memory).read();
}

}  // namespace cyclone::data
