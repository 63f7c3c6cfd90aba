#include "settings.h"

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/data/augment.h>
#include <cyclone/schedule/parse.h>

#include <algorithm>
#include <charconv>

namespace {

using cyclone::check;
using cyclone::Epochs;
using cyclone::fail;
using cyclone::UsageError;

constexpr const char* kSynthetic = "synthetic";
const std::vector<std::string> kPresets = {"default", "quick", "study-1to17", "study-1to36"};

// The study: 12 epochs, half cycle 2 epochs = three cycles, rates .002-.03, batch 32.
Settings study_settings(Settings s) {
    s.positives = 3'459;
    s.negatives = s.preset == "study-1to17" ? 60'541 : 124'541;
    s.epochs = 12;
    s.step_size = Epochs{2};
    s.base_lr = 0.002;
    s.max_lr = 0.03;
    s.schedules = {"time-decay", "constant:base", "constant:mean", "triangular", "triangular2", "exp-range"};
    return s;
}

std::string text_of(const std::string& value) { return value; }
std::string text_of(bool value) { return value ? "yes" : "no"; }
std::string text_of(const cyclone::Length& value) { return value.describe(); }
template <class Number>
std::string text_of(Number value) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

void read_text(const std::string& text, std::string& value) { value = text; }
void read_text(const std::string& text, bool& value) {
    check(text == "yes" || text == "no", "setting", "expected yes or no, got '", text, "'");
    value = text == "yes";
}
void read_text(const std::string& text, cyclone::Length& value) { value = cyclone::parse_length(text); }
template <class Number>
void read_text(const std::string& text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    check(error == std::errc() && end == text.data() + text.size(), "setting", "expected a number, got '", text, "'");
}

// Calls f(name, field) for everything the figures depend on.
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
}

// What folders without the setting were made with.
const TextPairs kBefore = {{"augment", "none"}, {"threshold", "none"}};

const std::string* find(const TextPairs& pairs, const std::string& name) {
    for (const auto& [key, value] : pairs)
        if (key == name) return &value;
    return nullptr;
}

const std::string* find_or_before(const TextPairs& pairs, const std::string& name) {
    const std::string* value = find(pairs, name);
    return value ? value : find(kBefore, name);
}

// Whether two values of a setting mean the same.
bool agree(const std::string& name, const std::string& stored, const std::string& asked) {
    if (stored == asked) return true;
    // The same files may lie elsewhere today: their fingerprint decides.
    if (name == "data") return stored != kSynthetic && asked != kSynthetic;
    return name == "augment" && cyclone::data::parse_augmentation(stored) == cyclone::data::parse_augmentation(asked);
}

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

std::string preset_names() { return "default, quick, study-1to17 or study-1to36"; }

Settings preset_settings(const std::string& name) {
    if (std::find(kPresets.begin(), kPresets.end(), name) == kPresets.end()) {
        const std::string nearest = cyclone::nearest_name(name, kPresets);
        fail<UsageError>("--preset", "expected ", preset_names(), ", got '", name, "'",
                         nearest.empty() ? "" : " (did you mean " + nearest + "?)");
    }
    Settings s;
    s.preset = name;
    if (starts_with(name, "study")) return study_settings(s);
    // The study's shape in small: fewer patches, as many cycles, and rates that suit so few updates.
    const bool quick = name == "quick";
    s.positives = quick ? 150 : 270;
    s.negatives = quick ? 2'625 : 4'730;
    s.epochs = 6;
    s.step_size = Epochs{1};
    s.base_lr = 0.01;
    s.max_lr = 0.1;
    s.seeds = quick ? 2 : 3;
    s.schedules = {"time-decay", "constant:base", "constant:mean",  "constant:max",
                   "triangular", "triangular2",   "exp-range:0.999"};
    if (quick) s.schedules = {"time-decay", "constant:mean", "triangular"};
    return s;
}

std::vector<std::string> cyclical(const std::vector<std::string>& schedules) {
    std::vector<std::string> cycles;
    for (const std::string& name : schedules)
        if (cyclone::parse_schedule(name, {}).is_cyclical()) cycles.push_back(name);
    return cycles;
}

std::vector<std::string> with_baselines(const std::string& set, const std::vector<std::string>& cycles) {
    const std::vector<std::string> study = {"time-decay"};
    const std::vector<std::string> honest = {"time-decay",   "constant:base",  "constant:mean",
                                             "constant:max", "constant:tuned", "linear",
                                             "cosine",       "step",           "one-cycle"};
    const std::vector<std::string> more = {"polynomial", "exponential", "multi-step", "cosine-restarts", "one-cycle-3"};
    check<UsageError>(set == "study" || set == "honest" || set == "all", "--baselines",
                      "expected study, honest or all, got '", set, "'");
    std::vector<std::string> schedules = set == "study" ? study : honest;
    if (set == "all") schedules.insert(schedules.end(), more.begin(), more.end());
    for (const std::string& cycle : cycles)
        if (std::find(schedules.begin(), schedules.end(), cycle) == schedules.end()) schedules.push_back(cycle);
    return schedules;
}

TextPairs fixed_settings(const Settings& settings) {
    TextPairs pairs;
    for_each_fixed(settings, [&](const char* name, const auto& value) {
        const std::string text = text_of(value);
        const std::string* before = find(kBefore, name);
        if (!before || *before != text) pairs.emplace_back(name, text);
    });
    return pairs;
}

void take_over(Settings& settings, const TextPairs& stored) {
    for_each_fixed(settings, [&](const char* name, auto& value) {
        const std::string* text = find_or_before(stored, name);
        check(text != nullptr, "config.json", "has no setting ", name, " (made by another version of Cyclone?)");
        try {
            read_text(*text, value);
        } catch (const cyclone::Error& error) {
            fail("config.json", name, ": ", error.what());
        }
    });
}

void check_agreement(const std::string& folder, const TextPairs& stored, const TextPairs& asked) {
    std::string differences;
    TextPairs wanted = asked;
    for (const auto& before : kBefore)
        if (!find(asked, before.first)) wanted.push_back(before);
    for (const auto& [name, value] : wanted) {
        const std::string* there = find_or_before(stored, name);
        if (there && agree(name, *there, value)) continue;
        differences += (differences.empty() ? "" : "; ") + name + ": " + (there ? *there : "not given") +
                       " there, asked for was " + value;
    }
    check<UsageError>(differences.empty(), "--out " + folder, "its runs were made with other settings: ", differences,
                      " (hint: leave these options away to go on with it, or name another folder)");
}
