// What names say.

#include "data/names.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace cyclone::data {
namespace {

using Words = std::vector<std::string>;
using List = std::span<const std::string_view>;

constexpr std::string_view kTrain[] = {"train", "training", "trn"};
constexpr std::string_view kValidation[] = {"val", "valid", "validation", "dev"};
constexpr std::string_view kTest[] = {"test",       "testing", "tst",        "eval",
                                      "evaluation", "holdout", "publictest", "privatetest"};
// From the widest to the narrowest: images of a patient belong together more than those of a slide.
constexpr std::string_view kGroups[] = {
    "patient", "subject",  "participant", "person", "individual", "volunteer", "donor",    "animal",   "mrn",  "pid",
    "case",    "specimen", "lesion",      "slide",  "group",      "groups",    "patients", "subjects", "cases"};
constexpr std::string_view kLabels[] = {"label",    "labels",  "class",     "target",  "y",       "targets",
                                        "category", "classes", "diagnosis", "dx",      "outcome", "truth",
                                        "gt",       "species", "breed",     "emotion", "digit"};
constexpr std::string_view kImages[] = {"images", "image",  "x",       "data",    "pixels", "imgs",     "img",
                                        "pixel",  "inputs", "patches", "samples", "tiles",  "features", "pictures"};
constexpr std::string_view kSplits[] = {"split", "usage", "fold", "subset", "partition", "phase", "set"};
constexpr std::string_view kNumbering[] = {"id",   "ids", "no",  "nr",  "num",  "number",
                                           "code", "key", "uid", "idx", "index"};
constexpr std::string_view kFillers[] = {"set", "orig", "arr", "array", "all", "dataset"};

int place_in(List list, std::string_view word) {
    const auto at = std::find(list.begin(), list.end(), word);
    return at == list.end() ? -1 : static_cast<int>(at - list.begin());
}
bool is_in(List list, std::string_view word) { return place_in(list, word) >= 0; }

Part part_word(std::string_view word) {
    if (is_in(kTrain, word)) return Part::train;
    if (is_in(kValidation, word)) return Part::validation;
    return is_in(kTest, word) ? Part::test : Part::none;
}

bool is_known(std::string_view word) {
    for (const List list : {List(kGroups), List(kLabels), List(kImages), List(kSplits), List(kFillers)})
        if (is_in(list, word)) return true;
    return false;
}

// "xtrain" and "testlabels" are two words, "patientid" too.
void add_apart(Words& out, const std::string& word) {
    if (!is_known(word) && part_word(word) == Part::none)
        for (std::size_t cut = 1; cut < word.size(); ++cut) {
            const std::string first = word.substr(0, cut), second = word.substr(cut);
            const bool numbered = is_known(first) && is_in(kNumbering, second);
            if (numbered || (is_known(first) && part_word(second) != Part::none) ||
                (part_word(first) != Part::none && is_known(second))) {
                out.insert(out.end(), {first, second});
                return;
            }
        }
    out.push_back(word);
}

Words taken_apart(const Words& words) {
    Words out;
    for (const std::string& word : words) add_apart(out, word);
    return out;
}

// The role of the words that are left.
NameSays role_of(const Words& words) {
    NameSays out;
    if (words.empty()) return out;
    const auto has = [&](List list) {
        return std::any_of(words.begin(), words.end(), [&](const auto& word) { return is_in(list, word); });
    };
    const bool names = std::any_of(words.begin(), words.end(), [](const auto& w) { return w == "names"; });
    if (names) {
        out.role = has(kGroups) || has(kImages) ? Role::unknown : Role::class_names;
        return out;
    }
    const bool numbered = words.size() > 1 && is_in(kNumbering, words.back());
    const std::string& first = words.front();
    const std::string& last = numbered ? words[words.size() - 2] : words.back();
    const auto take = [&](List list, std::string_view word, Role role) {
        const int place = place_in(list, word);
        if (place < 0 || out.role != Role::unknown) return;
        out.role = role;
        out.rank = place + (words.size() > 1 ? 100 : 0);
    };
    if (words.size() == 1 || numbered || words[1] == "name") take(kGroups, first, Role::groups);
    if (out.role == Role::groups) out.rank %= 100;  // "patient_id" is no less sure than "patient"
    take(kLabels, last, Role::labels);
    if (words[0] == "y" || (words.size() == 2 && words[1] == "name")) take(kLabels, first, Role::labels);
    if (!numbered) take(kSplits, last, Role::split);
    if (!numbered) take(kImages, last, Role::images);
    if (!numbered && words.size() == 2 && words[1].find_first_not_of("0123456789") == std::string::npos)
        return {};  // "pixel 17"
    return out;
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
    enum class Kind { other, lower, upper, digit };
    const auto kind = [&](std::size_t i) {
        const char c = i < name.size() ? name[i] : '\0';
        if (c >= '0' && c <= '9') return Kind::digit;
        if (c >= 'A' && c <= 'Z') return Kind::upper;
        return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80 ? Kind::lower : Kind::other;
    };
    Words words;
    bool fresh = true;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const Kind k = kind(i), before = i ? kind(i - 1) : Kind::other;
        if (k == Kind::other) {
            fresh = true;
            continue;
        }
        const bool hump =
            k == Kind::upper && (before == Kind::lower || (before == Kind::upper && kind(i + 1) == Kind::lower));
        if (fresh || hump || (k == Kind::digit) != (before == Kind::digit)) words.emplace_back();
        fresh = false;
        words.back() += k == Kind::upper ? static_cast<char>(name[i] + 32) : name[i];
    }
    return words;
}

NameSays read_name(std::string_view name) {
    Words words = taken_apart(words_of(name));
    Part part = Part::none;
    const auto is_part = [&](const std::string& word) {
        if (part_word(word) == Part::none) return false;
        part = part_word(word);
        return true;
    };
    const Words all = words;
    words.erase(std::remove_if(words.begin(), words.end(), is_part), words.end());
    const bool parted = words.size() < all.size();
    if (words.size() > 1 || parted)
        words.erase(std::remove_if(words.begin(), words.end(), [](const auto& w) { return is_in(kFillers, w); }),
                    words.end());
    NameSays out = role_of(words);
    out.part = part;
    return out;
}

std::optional<Part> part_called(std::string_view value) {
    const Words words = taken_apart(words_of(value));
    for (const std::string& word : words)
        if (const Part part = part_word(word); part != Part::none && words.size() <= 3) return part;
    return std::nullopt;
}

const char* name_of(Part part) {
    return part == Part::validation ? "validation" : part == Part::test ? "test" : "train";
}

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_missing(std::string_view text) {
    const std::string_view t = trimmed(text);
    return t.empty() || t == "<NA>" || same_in_any_case(t, "nan");
}

bool same_in_any_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

void add_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr std::uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(kLead[more] | code >> (6 * more));
    for (int i = more; i-- > 0;) out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3FU));
}

}  // namespace cyclone::data
