// Labels in a file of their own.

#include "data/label_file.h"

#include <cyclone/data/formats/numpy.h>

#include <array>
#include <filesystem>
#include <utility>

#include "data/array_archive.h"
#include "data/formats/byte_source.h"
#include "data/formats/csv_rows.h"
#include "data/formats/npy.h"
#include "data/hdf5/hdf5_apart.h"
#include "data/names.h"
#include "data/recognise.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

Tensor add_values(Labels& labels, const ArrayValues& values, const std::string& where) {
    return values.numbers.defined() ? labels.add(values.numbers, where) : labels.add(values.texts, where);
}

Tensor labels_in(const fs::path& file, ReadContext& context, Labels& labels) {
    const std::string where = file.string();
    const std::string beginning = beginning_of(file);
    if (beginning.starts_with("\x93NUMPY")) return add_values(labels, read_npy_values(file, context.memory), where);
    if (beginning.starts_with("PK")) return add_values(labels, read_label_array(open_npz(file, context), where), where);
    if (is_hdf5(beginning)) return add_values(labels, read_label_array(open_hdf5(file, context), where), where);
    CsvRows rows(file, ',');
    std::vector<std::string> row, texts;
    while (rows.next(row)) {
        check(row.size() == 1, where, "line ", rows.line(), ": expected one label, got ", row.size(), " fields");
        check(!is_missing(row[0]), where, "line ", rows.line(), ": the label is missing");
        if (!texts.empty() || rows.line() > 1 || read_name(row[0]).role != Role::labels) texts.push_back(row[0]);
    }
    return labels.add(texts, where);
}

// "train_x.h5" -> "train_y.h5"; empty: the name has no such part.
fs::path label_name_beside(const fs::path& images) {
    constexpr std::array<std::pair<const char*, const char*>, 4> kPairs{
        {{"images", "labels"}, {"image", "label"}, {"x", "y"}, {"X", "y"}}};
    const std::string name = images.filename().string();
    for (const auto& [from, to] : kPairs)
        for (std::size_t at = name.find(from); at != std::string::npos; at = name.find(from, at + 1)) {
            const std::size_t end = at + std::string(from).size();
            const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0; };
            if ((at > 0 && is_letter(name[at - 1])) || (end < name.size() && is_letter(name[end]))) continue;
            std::string other = name;
            fs::path path = images.parent_path() / other.replace(at, end - at, to);
            std::error_code error;
            if (fs::is_regular_file(path, error)) return path;
        }
    return {};
}

}  // namespace

bool is_label_file(const std::string& label) {
    std::error_code error;
    return !label.empty() && fs::is_regular_file(label, error);
}

std::optional<Tensor> labels_beside(const std::string& images, ReadContext& context, Labels& labels) {
    const std::string& label = context.label();
    if (is_label_file(label)) return labels_in(label, context, labels);
    const fs::path beside = label_name_beside(images);
    if (!label.empty() || beside.empty()) return std::nullopt;
    context.note(images + ": the labels are those of " + beside.filename().string() + " beside it (--label FILE)");
    return labels_in(beside, context, labels);
}

}  // namespace cyclone::data
