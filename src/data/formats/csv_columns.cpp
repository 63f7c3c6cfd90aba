// Which column is what: by options, names and texts.

#include "data/formats/csv_columns.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "data/arrays.h"
#include "data/assemble.h"
#include "data/formats/csv_files.h"
#include "data/formats/csv_rows.h"
#include "data/formats/csv_texts.h"
#include "data/names.h"

namespace cyclone::data {
namespace {

constexpr const char *kYes[] = {"true", "1"}, *kNo[] = {"false", "0"};
bool is_id(const std::string& name) {
    const auto words = words_of(name);
    return !words.empty() && (words.back() == "id" || words.back() == "img" || words.back() == "name" ||
                              words.back() == "image" || words.back() == "file");
}

bool looks_like_a_file(const std::string& text) { return text.find('.') != std::string::npos; }

bool is_in(const Fields& fields, const std::string& field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
}

bool is_fold(const std::string& name) {
    const auto words = words_of(name);
    return is_in(words, "fold") || is_in(words, "folds") || is_in(words, "kfold");
}

// "pixel17" -> "pixel#": columns of one skeleton belong together.
std::string skeleton(const std::string& name) {
    std::string out;
    for (const char c : name) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit || !out.ends_with('#')) out += digit ? '#' : c;
    }
    return out;
}

class ColumnChooser {
public:
    ColumnChooser(const Fields& header, const Fields& row, bool decimal_comma, ReadContext& context,
                  const std::string& where)
        : header_(header), row_(row), comma_(decimal_comma), context_(context), where_(where) {
        out_.count = row.size();
        free_.assign(row.size(), true);
    }

    Columns choose() {
        drop_index();
        out_.label = named("--label", label());
        if (out_.label) take(*out_.label);
        choose_group();
        choose_split();
        if (!out_.label) out_.label = best(Role::labels);
        if (out_.label) take(*out_.label);
        choose_content();
        note_unused();
        return out_;
    }

private:
    bool is_number(std::size_t i) const { return number_in(row_[i], comma_).has_value(); }
    std::string name(std::size_t i) const {
        return header_.empty() || header_[i].empty() ? "column " + std::to_string(i + 1) : header_[i];
    }
    const std::string& label() const { return context_.label(); }
    void take(std::size_t i) { free_[i] = false; }

    // A first column without a name that counts the rows, and a last one that only a trailing separator makes.
    void drop_index() {
        if (row_.size() <= 2) return;
        if (row_.back().empty() && (header_.empty() || header_.back().empty())) take(row_.size() - 1);
        const bool unnamed = !header_.empty() && (header_[0].empty() || header_[0].starts_with("Unnamed:"));
        if (unnamed && (number_in(row_[0]) == 0 || number_in(row_[0]) == 1)) take(0);
    }

    std::optional<std::size_t> named(const char* option, const std::string& wanted) const {
        if (wanted.empty()) return std::nullopt;
        for (std::size_t i = 0; i < header_.size(); ++i)
            if (header_[i] == wanted) return i;
        if (wanted == "first") return 0;
        if (wanted == "last") return row_.size() - 1;
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
        if (error == std::errc{} && end == wanted.data() + wanted.size() && number >= 1 && number <= row_.size())
            return number - 1;
        std::string names;
        for (const std::string& column : header_)
            if (names.size() < 200) names += (names.empty() ? ": " : ", ") + printable(column);
        fail<UsageError>(option, where_, " has no column '", printable(wanted), "'",
                         header_.empty() ? " and no header (hint: a number from 1, first or last)" : names);
    }

    // The free column whose name is surest; two that are as sure are asked about.
    std::optional<std::size_t> best(Role role) const {
        std::optional<std::size_t> found, second;
        for (std::size_t i = 0; i < header_.size(); ++i) {
            const NameSays says = read_name(header_[i]);
            if (!free_[i] || says.role != role || (role == Role::split && !part_called(row_[i]))) continue;
            const int before = found ? read_name(header_[*found]).rank : says.rank + 1;
            if (says.rank < before)
                found = i, second.reset();
            else if (says.rank == before)
                second = i;
        }
        check<UsageError>(!second || role != Role::labels, "--label", "expected the column of the labels in ", where_,
                          ": '", second ? printable(header_[*found]) : "", "' or '",
                          second ? printable(header_[*second]) : "", "'");
        return found;
    }

    void choose_group() {
        const std::string& group = context_.group();
        if (group == "none") return;
        out_.group = group.empty() ? best(Role::groups) : named("--group", group);
        if (!out_.group) return;
        take(*out_.group);
        if (context_.options.purpose == Purpose::training)
            context_.note(where_ + ": images of one '" + printable(name(*out_.group)) +
                          "' stay together when training images are split (--group none splits them)");
    }

    void choose_split() {
        std::string column = context_.split();
        if (column == "none") return;
        if (const std::size_t equals = column.rfind('='); equals != std::string::npos && !is_in(header_, column)) {
            std::istringstream values(column.substr(equals + 1));
            for (std::string value; std::getline(values, value, ',');)
                out_.parts.emplace_back(trimmed(value), out_.parts.empty() ? Part::test : Part::validation);
            check<UsageError>(
                out_.parts.size() == 1 || out_.parts.size() == 2, "--split",
                "expected COLUMN=VALUE, whose rows are for testing, or COLUMN=VALUE,VALUE, for testing and "
                "validation, got '",
                column, "'");
            column.resize(equals);
        }
        out_.split = column.empty() ? best(Role::split) : named("--split", column);
        if (!out_.split && context_.options.purpose == Purpose::training) out_.split = split_by_looking();
        if (!out_.split) return;
        take(*out_.split);
        if (const Part part = flagged_part(*out_.split); part != Part::none && out_.parts.empty())
            for (const char* value : part == Part::train ? kNo : kYes)
                out_.parts.emplace_back(value, part == Part::train ? Part::test : part);
    }

    // "is_valid", "is_test", "is_train": the set of the rows where it is true (false, for training).
    Part flagged_part(std::size_t i) const {
        if (header_.empty()) return Part::none;
        const auto words = words_of(header_[i]);
        const bool flag =
            std::any_of(std::begin(kYes), std::end(kYes), [&](auto v) { return is_same_value(row_[i], v); }) ||
            std::any_of(std::begin(kNo), std::end(kNo), [&](auto v) { return is_same_value(row_[i], v); });
        return flag && words.size() == 2 && words[0] == "is" ? read_name(header_[i]).part : Part::none;
    }

    std::optional<std::size_t> split_by_looking() const {
        std::vector<std::size_t> folds, flags;
        for (const std::size_t i : left()) {
            if (!header_.empty() && is_fold(header_[i])) folds.push_back(i);
            if (flagged_part(i) != Part::none) flags.push_back(i);
        }
        check<UsageError>(folds.empty(), "--split", where_, " has folds: ", names_of(folds),
                          "; which rows are for testing? (hint: --split COLUMN=3 those with 3 in it, --split COLUMN "
                          "where it says train and test, --split none as many at random)");
        check<UsageError>(flags.size() <= 1, "--split", "expected the column of ", where_,
                          " that names the set: ", names_of(flags));
        if (flags.empty()) return std::nullopt;
        context_.note(where_ + ": '" + name(flags[0]) + "' says which set a row is in (--split none splits at random)");
        return flags[0];
    }

    std::vector<std::size_t> left() const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < free_.size(); ++i)
            if (free_[i]) out.push_back(i);
        return out;
    }

    void choose_content() {
        std::vector<float> ignored;
        for (const std::size_t i : left())
            if (!out_.list && row_[i].find(' ') != std::string::npos && read_list(row_[i], ignored)) out_.list = i;
        if (!out_.list) choose_file();
        const auto content = out_.list ? out_.list : out_.file;
        if (!content) return choose_pixels();
        take(*content);
        if (out_.label || context_.options.purpose == Purpose::prediction) return;
        const auto rest = left();
        check<UsageError>(!rest.empty(), "--label", where_, " has no column of labels");
        if (choose_one_hot(rest)) return;
        check<UsageError>(rest.size() == 1, "--label", "expected the column of the labels in ", where_, ": ",
                          names_of(rest));
        out_.label = rest[0];
        take(rest[0]);
    }

    bool choose_one_hot(const std::vector<std::size_t>& columns) {
        std::vector<double> sum;
        for (const std::size_t i : columns) {
            const auto value = number_in(row_[i], comma_);
            if (header_.empty() || header_[i].empty() || (value != 0 && value != 1)) return false;
            sum.push_back(*value);
        }
        if (columns.size() < 2 || std::count(sum.begin(), sum.end(), 1.0) != 1) return false;
        out_.one_hot = columns;
        for (const std::size_t i : columns) take(i);
        context_.note(where_ + ": each of the columns " + names_of(columns) +
                      " is a class, 1 stands in that of a row (--label COLUMN takes one column alone)");
        return true;
    }

    void choose_file() {
        if (!context_.file_column().empty()) {
            out_.file = named("--file-column", context_.options.file_column);
            return;
        }
        for (const std::size_t i : left())
            if (!out_.file && !header_.empty() && is_file_word(header_[i]) && !is_number(i)) out_.file = i;
        if (!out_.file) out_.file = file_by_looking();
        const auto rest = left();
        if (out_.file) return;
        if (rest.size() > (out_.label ? 1U : 2U)) return need_file_for_options();
        for (const std::size_t i : rest)
            if (!out_.file && !is_number(i) && looks_like_a_file(row_[i])) out_.file = i;
        need_file_for_options();
    }

    // Of a table of pixels the context says that these options have no effect.
    void need_file_for_options() {
        const OpenOptions& o = context_.options;
        const auto rest = left();
        const bool pixels =
            rest.size() > 3 && std::all_of(rest.begin(), rest.end(), [&](auto i) { return is_number(i); });
        check<UsageError>(out_.file || pixels || (o.ending.empty() && o.image_root.empty()),
                          o.ending.empty() ? "--image-root" : "--ending", "no column of ", where_, " names a file in ",
                          folder_of_files(o, where_).string(), " (hint: --file-column says which does)");
    }

    // The one column whose first text is the name of a file, perhaps without its ending. Numbers only where the name of
    // the column says that they are names: pixels are numbers too.
    std::optional<std::size_t> file_by_looking() {
        std::vector<std::size_t> found;
        for (const std::size_t i : left()) {
            const bool candidate = !row_[i].empty() && (!is_number(i) || (!header_.empty() && is_id(header_[i])));
            if (candidate && image_file_called(row_[i], context_.options, where_)) found.push_back(i);
        }
        check<UsageError>(found.size() <= 1, "--file-column", "expected the column of ", where_,
                          " that names image files: ", names_of(found));
        return found.empty() ? std::nullopt : std::optional(found[0]);
    }

    // Of the columns that are left: numbers whose names go together are pixels. The label is the one that is text, or
    // else the one that is no pixel.
    void choose_pixels() {
        std::map<std::string, std::size_t> alike;
        std::string most;
        for (const std::size_t i : left())
            if (!header_.empty() && header_[i].find_first_of("0123456789") != std::string::npos &&
                ++alike[skeleton(header_[i])] > alike[most])
                most = skeleton(header_[i]);
        const bool pattern = !most.empty() && alike[most] >= 4;
        std::vector<std::size_t> texts, others;
        for (const std::size_t i : left()) {
            const Role role = header_.empty() ? Role::unknown : read_name(header_[i]).role;
            const bool of_sets = !header_.empty() && (is_fold(header_[i]) || flagged_part(i) != Part::none);
            if (role == Role::labels || role == Role::groups || role == Role::split || of_sets) continue;  // not chosen
            if (!row_[i].empty() && !is_number(i))
                texts.push_back(i);
            else if (pattern && skeleton(header_[i]) != most)
                others.push_back(i);
            else
                out_.pixels.push_back(i);
        }
        if (pattern) sort_pixels(most);
        for (const std::size_t i : out_.pixels) take(i);
        check(header_.empty() ? texts.size() <= (out_.label ? 0U : 1U) : true, where_,
              "expected numbers, or names in the first line, got text in ", names_of(texts));
        if (out_.label) return;
        const auto& candidates = texts.size() == 1 ? texts : others;
        const bool needed = context_.options.purpose != Purpose::prediction;
        check<UsageError>(!needed || (texts.size() <= 1 && (texts.size() == 1 || others.size() <= 1)), "--label",
                          "expected the column of the labels in ", where_, ": ",
                          names_of(texts.empty() ? others : texts));
        if (candidates.size() == 1) {
            out_.label = candidates[0];
            take(candidates[0]);
            if (needed)
                context_.note(where_ + ": the labels are those of '" + printable(name(candidates[0])) +
                              "' (--label COLUMN)");
            return;
        }
        const Shape& shape = context_.options.shape.rank() == 3 ? context_.options.shape : context_.options.image;
        const auto count = static_cast<std::int64_t>(out_.pixels.size());
        const bool all_pixels = shape.rank() == 3 && shape.numel() == count;
        const std::int64_t side = std::llround(std::sqrt(static_cast<double>(count)));
        const std::int64_t side_without = std::llround(std::sqrt(std::max(0.0, static_cast<double>(count - 1))));
        const bool square = side * side == count && side_without * side_without != count - 1 && count > 4;
        check(!needed || (!all_pixels && (!square || shape.rank() == 3)), where_,
              "has no column of labels: each row has ", count, " numbers, which are ", side, " x ", side, " pixels");
        const bool fits = shape.rank() == 3 && (all_pixels || shape.numel() + 1 == count);
        out_.label_among_pixels = count > 0 && (needed || (fits ? !all_pixels : !square));
    }

    // Columns p0, p1, p10, p11, ..., p2, as text is sorted, or from the last to the first, stand for the same image.
    void sort_pixels(const std::string& pattern) {
        std::map<std::int64_t, std::size_t> by_number;
        for (const std::size_t i : out_.pixels) {
            const std::string digits = header_[i].substr(std::min(header_[i].size(), pattern.find('#')));
            std::int64_t number = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            if (skeleton(header_[i]) != pattern || error != std::errc{} || !by_number.emplace(number, i).second) return;
            if (std::any_of(end, digits.data() + digits.size(), [](char c) { return c >= '0' && c <= '9'; })) return;
        }
        if (by_number.empty()) return;  // none of them holds a number
        const auto count = static_cast<std::int64_t>(by_number.size());
        if (by_number.rbegin()->first - by_number.begin()->first + 1 != count) return;
        std::vector<std::size_t> sorted;
        sorted.reserve(by_number.size());
        for (const auto& [number, i] : by_number) sorted.push_back(i);
        if (sorted == out_.pixels) return;
        out_.pixels = std::move(sorted);
        context_.note(where_ + ": pixels are read in the order of their numbers, '" + printable(name(out_.pixels[0])) +
                      "' first");
    }

    std::string names_of(const std::vector<std::size_t>& columns) const {
        std::vector<std::string> names;
        names.reserve(columns.size());
        for (const std::size_t i : columns) names.push_back(name(i));
        return listed(names);
    }

    void note_unused() const {
        const auto rest = left();
        if (!rest.empty() && context_.options.purpose != Purpose::prediction)
            context_.note(where_ + ": columns not used: " + names_of(rest));
    }

    const Fields &header_, &row_;
    bool comma_;
    ReadContext& context_;
    const std::string& where_;
    Columns out_;
    std::vector<bool> free_;
};

}  // namespace

Columns choose_columns(const Fields& header, const Fields& row, bool decimal_comma, ReadContext& context,
                       const std::string& where) {
    return ColumnChooser(header, row, decimal_comma, context, where).choose();
}

}  // namespace cyclone::data
