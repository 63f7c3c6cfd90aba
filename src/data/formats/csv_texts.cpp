// What single texts and values of a table say.

#include "data/formats/csv_texts.h"

#include <cyclone/base/read_number.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/formats/csv_rows.h"
#include "data/names.h"

namespace cyclone::data {
namespace {

constexpr std::size_t kLeastCounted = 10;  // columns of a header that counts them: fewer may be an image

// Empty, 0, 1, 2, ... or 1, 2, 3, ...: names that a table without names was given.
bool counts(const Fields& fields) {
    const std::size_t skip = fields[0].empty() && fields.size() > 1 ? 1 : 0;
    const auto first = number_in(fields[skip]);
    if (first != 0 && first != 1) return false;
    for (std::size_t i = skip; i < fields.size(); ++i)
        if (number_in(fields[i]) != *first + static_cast<double>(i - skip)) return false;
    return true;
}

// 2: 0, 1, ..., k - 1 or 1, 2, ..., k; 1: other whole numbers of which each occurs twice or more on average; 0:
// neither.
int label_score(const std::vector<double>& values, const std::set<double>& distinct) {
    const auto whole = [](double v) { return v >= 0 && v == std::floor(v); };
    if (distinct.size() < 2 || !std::all_of(distinct.begin(), distinct.end(), whole)) return 0;
    const double low = *distinct.begin(), high = *distinct.rbegin();
    if (low <= 1 && high - low + 1 == static_cast<double>(distinct.size())) return 2;
    return distinct.size() * 2 <= values.size() ? 1 : 0;
}

}  // namespace

bool is_file_word(const std::string& name) {
    std::string joined;
    for (const std::string& word : words_of(name)) joined += word;
    for (const char* known : {"file", "filename", "image", "path", "imagepath", "imagefile", "filepath"})
        if (joined == known) return true;
    return false;
}

bool is_same_value(std::string_view text, std::string_view value) {
    text = trimmed(text);
    return same_in_any_case(text, value) || (number_in(text) && number_in(text) == number_in(value));
}

bool read_list(const std::string& field, std::vector<float>& into) {
    const char *at = field.data(), *const end = at + field.size();
    std::size_t count = 0;
    while (true) {
        while (at != end && *at == ' ') ++at;
        if (at == end) return count >= 4;
        float value = 0;
        const auto [next, error] = read_number(at, end, value);
        if (error != std::errc{} || (next != end && *next != ' ') || !std::isfinite(value)) return false;
        into.push_back(value);
        ++count;
        at = next;
    }
}

bool is_header(const Fields& first, const Fields& second, bool comma) {
    if (first.size() >= kLeastCounted && counts(first)) return true;
    Fields numbers;
    for (const std::string& field : first)
        if (number_in(field, comma)) numbers.push_back(field);
    if (!numbers.empty() && !counts(numbers)) return false;
    std::size_t texts = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const bool text = !number_in(first[i], comma);
        texts += text;
        if (text && (is_file_word(first[i]) || read_name(first[i]).role != Role::unknown)) return true;
        if (text && !first[i].empty() && i < second.size() && number_in(second[i], comma)) return true;
    }
    return texts > 2 || (texts == 2 && first.size() > 2);
}

std::optional<bool> first_is_label(const std::vector<double>& first, const std::vector<double>& last) {
    const std::set<double> a(first.begin(), first.end()), b(last.begin(), last.end());
    const int first_score = label_score(first, a), last_score = label_score(last, b);
    if (first_score != last_score) return first_score > last_score;
    if (first_score == 2 && a.size() * 4 <= b.size()) return true;
    if (first_score == 2 && b.size() * 4 <= a.size()) return false;
    return std::nullopt;
}

}  // namespace cyclone::data
