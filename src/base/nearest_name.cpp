// Levenshtein distance in which two neighbours that changed places count once, a row at a time.

#include <cyclone/base/nearest_name.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace cyclone {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);  // rows i - 1, i and i + 1
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            row[j + 1] = std::min({above[j] + (a[i] == b[j] ? 0 : 1), row[j] + 1, above[j + 1] + 1});
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
                row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
        }
        before = above;
        std::swap(above, row);
    }
    return above.back();
}

bool contains(std::string_view whole, std::string_view part) {
    return part.size() >= 3 && whole.find(part) != std::string_view::npos;
}

}  // namespace

std::string nearest_name(std::string_view text, const std::vector<std::string>& names) {
    constexpr std::size_t longest_name = 200;  // nothing longer is a slip of the keyboard
    if (text.size() > longest_name) return "";
    std::string best;
    std::size_t best_distance = longest_name;
    for (const std::string& name : names) {
        const std::size_t distance = edit_distance(text, name);
        const bool close = 3 * distance <= std::max(text.size(), name.size());
        if ((close || contains(text, name) || contains(name, text)) && distance < best_distance) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace cyclone
