// Tables: the images of their rows, or those that the rows name.

#include <cyclone/base/first_few.h>
#include <cyclone/data/formats/csv.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "data/assemble.h"
#include "data/formats/csv_columns.h"
#include "data/formats/csv_files.h"
#include "data/formats/csv_rows.h"
#include "data/images/image_set.h"
#include "data/names.h"
#include "data/recognise.h"

namespace cyclone::data {
namespace {

bool is_name(const std::string& option) {
    return !option.empty() && option != "none" && option != "first" && option != "last" &&
           option.find_first_not_of("0123456789") != std::string::npos;
}

// A file whose first line is, as a whole, the name of a file; names in tables stand between separators.
FilesInTable files_in_list(const std::filesystem::path& file, ReadContext& context) {
    FilesInTable out;
    const std::string start = beginning_of(file);
    const std::string first(trimmed(std::string_view(start).substr(0, start.find('\n'))));
    if (!image_file_called(first, context.options, file.string())) return out;
    context.names_files();
    std::istringstream lines(io::read_text(file));
    for (std::string line; std::getline(lines, line);) {
        const std::string name(trimmed(line));
        if (name.empty()) continue;
        out.paths.push_back(image_file_called(name, context.options, file.string())
                                .value_or(folder_of_files(context.options, file.string()) / name));
        out.names.push_back(name);
    }
    return out;
}

class CsvReader {
public:
    CsvReader(const std::filesystem::path& file, ReadContext& context)
        : file_(file), context_(context), rows_(file, context.options.separator) {}

    /// Nothing where the table holds pixels.
    FilesInTable files() {
        FilesInTable out;
        if (!read_rows(true)) return out;
        for (const std::string& name : files_) out.paths.push_back(path_of(name));
        need_some_file(out.paths, context_.options, where());
        out.names = std::move(files_);
        return out;
    }

    Splits read() {
        read_rows(false);
        return columns_.file ? with_files() : with_pixels();
    }

private:
    // Stops before the rows and is false where only files are wanted and the table names none.
    bool read_rows(bool only_files) {
        Fields first, row;
        check(rows_.next(first), where(), "expected a table, got no row");
        const std::int64_t first_line = rows_.line();
        const bool second = rows_.next(row);
        Fields header = header_of(first, row);
        const bool in_comment = !header.empty() && header != first;
        if (!header.empty() && !in_comment) check(second, where(), "expected rows after the header, got none");
        const bool has_first = header.empty() || in_comment;  // `first` is a row of data
        if (!second && !has_first) row.clear();
        columns_of(header, has_first ? first : row, has_first ? first_line : rows_.line());
        if (only_files && !columns_.file) return false;
        if (has_first) add(first, first_line);
        if (second) add(row, rows_.line());
        while (rows_.next(row)) add(row, rows_.line());
        return true;
    }

    const std::string& where() const { return rows_.where(); }
    std::string at(std::int64_t line) const { return where() + ": line " + std::to_string(line); }
    std::optional<double> number(const std::string& text) const { return number_in(text, rows_.decimal_comma()); }

    // The first row, or a comment before it that has a name for each column; else nothing.
    Fields header_of(const Fields& first, const Fields& second) const {
        const OpenOptions& o = context_.options;
        for (const std::string& option :
             {o.label, o.group, o.file_column, o.split, o.split.substr(0, o.split.rfind('='))})
            if (is_name(option) && std::find(first.begin(), first.end(), option) != first.end()) return first;
        if (is_header(first, second, rows_.decimal_comma())) return first;
        Fields comment = rows_.split(rows_.comment());
        if (comment.size() == first.size() && comment.size() > 1 && is_header(comment, first, rows_.decimal_comma()))
            return comment;
        return {};
    }

    void columns_of(const Fields& header, const Fields& row, std::int64_t line) {
        const bool alone = context_.options.purpose == Purpose::prediction;
        check(row.size() >= 2 || (alone && !row.empty()), where(), "line ", line,
              ": expected a label and pixels or a file name, got one column");
        const bool trailing = row.size() == header.size() + 1 && row.back().empty();
        check(header.empty() || row.size() == header.size() || trailing, where(), "line ", line, ": expected ",
              header.size(), " fields like the header, got ", row.size());
        Fields names = header;
        if (trailing && !header.empty()) names.emplace_back();
        columns_ = choose_columns(names, row, rows_.decimal_comma(), context_, where());
        header_ = std::move(names);
        if (columns_.file) context_.names_files();
        if (context_.options.purpose == Purpose::prediction) columns_.split.reset();
        if (context_.options.purpose != Purpose::training) columns_.group.reset();  // nothing is split
    }

    void add(const Fields& row, std::int64_t line) {
        if (row.size() != columns_.count && row[0].starts_with('#')) return;  // a comment
        check(row.size() == columns_.count, where(), "line ", line, ": expected ", columns_.count, " fields, got ",
              row.size());
        if (!columns_.one_hot.empty() && context_.options.purpose != Purpose::prediction) add_one_hot(row, line);
        if (columns_.label && context_.options.purpose != Purpose::prediction) add_label(row[*columns_.label], line);
        if (columns_.group) groups_.push_back(group_of(row[*columns_.group], line));
        if (columns_.split) add_part(row[*columns_.split], line);
        ++count_;
        if (columns_.file) {
            files_.push_back(row[*columns_.file]);
            return;
        }
        context_.memory.check_room((pixels_.size() + row.size()) * sizeof(float), where());
        if (columns_.list) return add_list(row[*columns_.list], line);
        for (const std::size_t i : columns_.pixels) {
            const auto value = number(row[i]);
            check(value && std::isfinite(*value), where(), "line ", line, ", column ", i + 1,
                  ": expected a number, got '", printable(row[i]), "'");
            pixels_.push_back(static_cast<float>(*value));
        }
        if (!columns_.label_among_pixels) return;
        first_.push_back(*number(row[columns_.pixels.front()]));
        last_.push_back(*number(row[columns_.pixels.back()]));
    }

    void add_label(std::string text, std::int64_t line) {
        if (rows_.decimal_comma() && number(text)) std::replace(text.begin(), text.end(), ',', '.');
        labels_.push_back(classes_.add(text, is_missing(text) ? at(line) : ""));
    }

    void add_one_hot(const Fields& row, std::int64_t line) {
        std::size_t ones = 0, zeros = 0;
        for (const std::size_t i : columns_.one_hot) {
            const auto value = number(row[i]);
            ones += value == 1 ? 1 : 0;
            zeros += value == 0 ? 1 : 0;
            if (value == 1) labels_.push_back(classes_.add(header_[i], at(line)));
        }
        check<UsageError>(ones == 1 && ones + zeros == columns_.one_hot.size(), "--label",
                          "expected the column of the labels in ", where(), ": ", first_few(header_, 10),
                          "; columns with one 1 and zeros in each row would be the classes, line ", line, " has ", ones,
                          " ones and ", zeros, " zeros (hint: several labels per image are not supported)");
    }

    std::int64_t group_of(const std::string& text, std::int64_t line) {
        check(!is_missing(text), where(), "line ", line, ": the group is empty");
        return group_index_.add(text, "");
    }

    void add_list(const std::string& field, std::int64_t line) {
        const std::size_t before = pixels_.size(),
                          each = before / static_cast<std::size_t>(std::max<std::int64_t>(count_ - 1, 1));
        check(read_list(field, pixels_), where(), "line ", line, ", column ", *columns_.list + 1,
              ": expected numbers with blanks between them");
        check(count_ == 1 || pixels_.size() - before == each, where(), "line ", line, ": expected ", each,
              " pixels like the rows before, got ", pixels_.size() - before);
    }

    void add_part(const std::string& text, std::int64_t line) {
        if (!columns_.parts.empty()) {
            const auto at = std::find_if(columns_.parts.begin(), columns_.parts.end(),
                                         [&](const auto& pair) { return is_same_value(text, pair.first); });
            parts_.push_back(at == columns_.parts.end() ? Part::train : at->second);
            split_values_.emplace(trimmed(text));
            return;
        }
        const auto part = part_called(text);
        check<UsageError>(part.has_value(), "--split", at(line), ": expected train, validation or test, got '",
                          printable(text), "' (hint: --split none splits at random)");
        const auto words = words_of(text);
        const auto begins = [&](const char* word) { return !words.empty() && words[0].starts_with(word); };
        has_private_ = has_private_ || begins("private");
        parts_.push_back(begins("public") ? Part::none : *part);
    }

    // The label is the first or the last of the numbers of each row: their values tell which.
    void take_label_out() {
        if (!columns_.label_among_pixels) return;
        const auto first = first_is_label(first_, last_);
        const std::size_t each = columns_.pixels.size();
        check<UsageError>(
            first.has_value(), "--label", where(),
            " does not say which column holds the labels, expected the number of a column, first or last");
        if (!*first)
            context_.note(where() + ": the labels are those of the last column, " + std::to_string(each) +
                          " (--label first takes the first)");
        const bool needed = context_.options.purpose != Purpose::prediction;
        const std::vector<double>& values = *first ? first_ : last_;
        char text[32];
        for (std::size_t i = 0; i < values.size() && needed; ++i) {
            const auto end = std::to_chars(text, text + sizeof text, values[i]).ptr;
            labels_.push_back(classes_.add(std::string_view(text, static_cast<std::size_t>(end - text)), where()));
        }
        const std::size_t out = *first ? 0 : each - 1;
        std::size_t to = 0;
        for (std::size_t i = 0; i < pixels_.size(); ++i)
            if (i % each != out) pixels_[to++] = pixels_[i];
        pixels_.resize(to);
    }

    Tensor images() {
        take_label_out();
        const auto each = static_cast<std::int64_t>(pixels_.size()) / count_;
        check(each > 0, where(), "has no columns of pixels");
        const Shape image = shape_of_row(each, context_, where());
        const auto [low, high] = std::minmax_element(pixels_.begin(), pixels_.end());
        const bool whole = std::all_of(pixels_.begin(), pixels_.end(), [](float v) { return v == std::floor(v); });
        const DType dtype = whole ? smallest_pixels(*low, *high, context_.options.pixels) : DType::f32;
        Tensor out = Tensor::empty({count_, image[0], image[1], image[2]}, dtype);
        visit_dtype(dtype, [&](auto zero) {
            std::transform(pixels_.begin(), pixels_.end(), out.mutable_data<decltype(zero)>(),
                           [](float v) { return static_cast<decltype(zero)>(v); });
        });
        pixels_ = {};
        return upright(out, context_, file_);
    }

    Tensor labels() const {
        if (labels_.empty()) return {};
        Tensor out = Tensor::empty({static_cast<std::int64_t>(labels_.size())}, DType::i64);
        std::copy(labels_.begin(), labels_.end(), out.mutable_data<std::int64_t>());
        return out;
    }

    Splits with_pixels() {
        Dataset all;
        all.images = images();
        all.labels = labels();
        all.source = where();
        Splits out = in_parts(std::move(all), {});
        out.format = "CSV";
        finish_sets(out, classes_, context_, where());
        return out;
    }

    // One that is not there stays to be named as a bad file.
    std::filesystem::path path_of(const std::string& name) {
        return image_file_called(name, context_.options, where())
            .value_or(folder_of_files(context_.options, where()) / name);
    }

    void note_files_named_twice(const std::vector<LabelledFile>& files) {
        std::map<std::filesystem::path, std::int64_t> label_of;
        std::size_t twice = 0, torn = 0;
        std::string first;
        for (const LabelledFile& file : files) {
            const auto [at, fresh] = label_of.emplace(file.path, file.label);
            const bool other = !fresh && at->second != file.label;
            twice += fresh ? 0 : 1;
            torn += other ? 1 : 0;
            if (!fresh && (first.empty() || (other && torn == 1))) first = file.path.string();
        }
        if (twice > 0)
            context_.note(where() + ": rows that name the file of an earlier row: " + std::to_string(twice) +
                          ", of them with another label: " + std::to_string(torn) + ", such as " + first);
    }

    Splits with_files() {
        const ImageOptions& options = context_.images();
        check_options(options);
        const Tensor labels_of_files = labels();
        std::vector<std::filesystem::path> paths;
        for (const std::string& name : files_) paths.push_back(path_of(name));
        need_some_file(paths, context_.options, where());
        std::vector<LabelledFile> files;
        for (std::size_t i = 0; i < paths.size(); ++i)
            files.push_back({paths[i], labels_of_files.defined() ? labels_of_files.data<std::int64_t>()[i] : 0});
        note_files_named_twice(files);
        ImageSet set = read_image_set(files, options, context_.memory);
        check_skipped(set.skipped, files.size(), options.most_bad, where());
        check(set.images.defined(), where(), "names no image that can be read");
        for (std::string& note : notes_on(set, options, where())) context_.note(std::move(note));
        Dataset all;
        all.images = set.images;
        all.labels = labels_of_files.defined() ? set.labels : Tensor{};
        all.source = where();
        Splits out = in_parts(std::move(all), set.read);
        out.skipped = std::move(set.skipped);
        out.format = "CSV with image files";
        finish_sets(out, classes_, context_, where());
        return out;
    }

    // What the table itself splits is left as it is, but told.
    template <class RowOf>
    void note_groups_in_several(const std::map<Part, std::vector<std::int64_t>>& images, const RowOf& row_of) {
        if (!columns_.group) return;
        std::map<std::int64_t, std::set<Part>> parts_of;
        for (const auto& [part, some] : images)
            for (const std::int64_t i : some) parts_of[groups_[row_of(i)]].insert(part);
        const auto torn =
            std::count_if(parts_of.begin(), parts_of.end(), [](const auto& pair) { return pair.second.size() > 1; });
        if (torn > 0)
            context_.note(where() + ": " + std::to_string(torn) + " of " + std::to_string(parts_of.size()) + " '" +
                          printable(header_.empty() ? "group" : header_[*columns_.group]) +
                          "' have images in more than one of its sets: a network may know them from the training "
                          "(hint: --split none splits them again)");
    }

    // The sets that a column names, else one. `rows` are those of the images; empty: all.
    Splits in_parts(Dataset all, const std::vector<std::int64_t>& rows) {
        const auto row_of = [&](std::int64_t i) {
            return static_cast<std::size_t>(rows.empty() ? i : rows[static_cast<std::size_t>(i)]);
        };
        std::map<Part, std::vector<std::int64_t>> images;
        const bool validates = has_private_;  // FER2013's PublicTest is for validation where there is a PrivateTest
        for (std::int64_t i = 0; i < all.size(); ++i) {
            Part part = columns_.split ? parts_[row_of(i)] : Part::train;
            if (part == Part::none) part = validates ? Part::validation : Part::test;
            images[part].push_back(i);
        }
        for (const auto& [value, part] : columns_.parts)
            check<UsageError>(!images[part].empty(), "--split", "no row of ", where(), " has ", printable(value),
                              " there, they have ", first_few({split_values_.begin(), split_values_.end()}));
        auto &train = images[Part::train], &validation = images[Part::validation], &test = images[Part::test];
        if (context_.options.purpose != Purpose::training && train.empty() && (validation.empty() || test.empty()))
            train.swap(test.empty() ? validation : test);  // rows of one set alone
        Splits out;
        if (columns_.group)
            for (const std::int64_t i : train) out.groups.push_back(groups_[row_of(i)]);
        if (train.size() == static_cast<std::size_t>(all.size())) {
            out.train = std::move(all);
            return out;
        }
        check(!train.empty(), where(), "no row is for training (hint: --split none splits all rows)");
        note_groups_in_several(images, row_of);
        if (!all.labels.defined()) set_unlabelled(all);
        out.train = all.subset(train);
        if (!validation.empty()) out.validation = all.subset(validation);
        if (!test.empty()) out.test = all.subset(test);
        return out;
    }

    std::filesystem::path file_;
    ReadContext& context_;
    CsvRows rows_;
    Columns columns_;
    Fields header_;
    Labels classes_, group_index_;
    std::int64_t count_ = 0;
    Fields files_;
    std::vector<std::int64_t> labels_, groups_;
    std::vector<Part> parts_;
    std::set<std::string> split_values_;  // where columns_.parts says what they mean
    bool has_private_ = false;
    std::vector<float> pixels_;
    std::vector<double> first_, last_;
};

}  // namespace

Splits read_csv(const std::filesystem::path& file, ReadContext& context) { return CsvReader(file, context).read(); }

FilesInTable files_in_table(const std::filesystem::path& file, const OpenOptions& options) {
    if (!opens_as_table(file)) return {};
    OpenOptions unlabelled = options;
    unlabelled.purpose = Purpose::prediction;
    ReadContext context(unlabelled);
    FilesInTable out = files_in_list(file, context);
    if (out.paths.empty()) out = CsvReader(file, context).files();
    Splits read{.format = "a list of image files"};
    if (!out.paths.empty()) context.finish(read, file.string());
    return out;
}

Splits read_csv(const std::filesystem::path& file, const OpenOptions& options) {
    return read_with(options, file, [&](ReadContext& context) { return read_csv(file, context); });
}

}  // namespace cyclone::data
