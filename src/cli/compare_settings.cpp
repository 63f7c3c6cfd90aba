// The settings of a comparison as text, and whether those of a folder agree with what is asked.

#include "cli/compare_settings.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/data/augment.h>

#include <algorithm>
#include <concepts>

#include "cli/patches.h"

namespace cyclone::cli {
namespace {

// Calls f(name, field) for everything that results depend on.
template <class S, class Function>
void for_each_fixed(S& s, Function&& f) {
    f("preset", s.preset);
    f("data", s.data);
    f("positive", s.positive_class);
    f("imbalance", s.imbalance);
    f("positives", s.positives);
    f("negatives", s.negatives);
    f("difficulty", s.difficulty);
    f("data_seed", s.data_seed);
    f("epochs", s.epochs);
    f("batch_size", s.batch_size);
    f("base_lr", s.base_lr);
    f("max_lr", s.max_lr);
    f("step_size", s.step_size);
    f("momentum", s.momentum);
    f("threads", s.threads);
    f("each_epoch", s.each_epoch);
    f("evaluate_every", s.evaluate_every);
    f("augment", s.augment);
    f("threshold", s.threshold);
    f("model", s.model);
    f("optimizer", s.optimizer);
    f("average", s.average);
    f("precision", s.precision);
    DataOptions::for_each(s.reading, f);
}

constexpr const char* kNotGiven = "-1";

// Run folders write a flag as yes or no, and a text that was not given as -1.
template <class T>
std::string text_in_folder(const T& value) {
    if constexpr (std::same_as<T, bool>) return value ? "yes" : "no";
    const Texts texts = texts_of(value);
    return texts.empty() ? kNotGiven : texts.front();
}

template <class T>
void read_from_folder(const std::string& name, const std::string& text, T& value) {
    if constexpr (std::same_as<T, bool>) {
        check(text == "yes" || text == "no", name, "expected yes or no, got '", text, "'");
        value = text == "yes";
    } else {
        read(name, {text}, value);
    }
}
void read_from_folder(const std::string&, const std::string& text, std::string& value) {
    value = text == kNotGiven ? "" : text;
}

// What folders without the setting were made with.
const Settings kBefore = {
    {"augment", "none"},       {"average", "none"},        {"threshold", "none"}, {"model", "study"},
    {"precision", "f32"},      {"optimizer", "sgd"},       {"label", kNotGiven},  {"group", kNotGiven},
    {"split", kNotGiven},      {"images", kNotGiven},      {"layout", kNotGiven}, {"shape", kNotGiven},
    {"image_root", kNotGiven}, {"file_column", kNotGiven}, {"ending", kNotGiven}, {"resize", kNotGiven},
    {"fit", kNotGiven},        {"channels", "0"},          {"bits", "0"},         {"most_bad", "0"}};

const std::string* find(const Settings& settings, const std::string& name) {
    for (const auto& [key, value] : settings)
        if (key == name) return &value;
    return nullptr;
}

const std::string* find_or_before(const Settings& settings, const std::string& name) {
    const std::string* value = find(settings, name);
    return value ? value : find(kBefore, name);
}

// Whether two values of a setting mean the same.
bool agree(const std::string& name, const std::string& stored, const std::string& asked) {
    if (stored == asked) return true;
    // The same files may lie elsewhere today: their fingerprint decides.
    if (name == "data") return stored != kSynthetic && asked != kSynthetic;
    return name == "augment" && data::parse_augmentation(stored) == data::parse_augmentation(asked);
}

}  // namespace

bool CompareSettings::tunes_constant() const {
    return std::find(schedules.begin(), schedules.end(), kTuned) != schedules.end();
}

std::vector<std::string> CompareSettings::averages() const {
    return average == "none" ? std::vector<std::string>() : different_names("--average", {average});
}

std::vector<std::string> different_names(const char* option, const std::vector<std::string>& texts) {
    std::vector<std::string> parts;
    for (const std::string& text : texts)
        for (const std::string& name : split_at_commas(option, text)) {
            check<UsageError>(std::find(parts.begin(), parts.end(), name) == parts.end(), option, "'", name,
                              "' is given twice");
            parts.push_back(name);
        }
    return parts;
}

Settings fixed_settings(const CompareSettings& settings) {
    Settings pairs;
    for_each_fixed(settings, [&](const char* name, const auto& value) {
        const std::string text = text_in_folder(value);
        const std::string* before = find(kBefore, name);
        if (!before || *before != text) pairs.emplace_back(name, text);
    });
    return pairs;
}

CompareSettings settings_of_folder(const Settings& stored) {
    CompareSettings settings;
    for_each_fixed(settings, [&](const char* name, auto& value) {
        const std::string* text = find_or_before(stored, name);
        check(text != nullptr, "config.json", "has no setting ", name, " (made by another version of Cyclone?)");
        try {
            read_from_folder(name, *text, value);
        } catch (const Error& error) {
            fail("config.json", error.what());
        }
    });
    return settings;
}

void check_agreement(const std::string& folder, const Settings& stored, const Settings& asked) {
    std::string differences;
    Settings wanted = asked;
    for (const auto& before : kBefore)
        if (!find(asked, before.first)) wanted.push_back(before);
    for (const auto& [name, value] : wanted) {
        const std::string* there = find_or_before(stored, name);
        if (there && agree(name, *there, value)) continue;
        differences += (differences.empty() ? "" : "; ") + name + ": " + (there ? *there : "not given") +
                       " there, asked for was " + value;
    }
    check<UsageError>(differences.empty(), "--out " + folder, "its runs were made with other settings: ", differences,
                      " (hint: omit these options to resume it, or name another folder)");
}

}  // namespace cyclone::cli
