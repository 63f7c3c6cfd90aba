// Help within 80 columns, and the tables of names.

#include "cli/help.h"

#include <cyclone/base/registry.h>
#include <cyclone/base/version.h>
#include <cyclone/data/augment.h>
#include <cyclone/data/open.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/lab/laboratory.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/init.h>
#include <cyclone/nn/parse.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/backend.h>
#include <cyclone/optim/parse.h>
#include <cyclone/report/glossary.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>

#include "cli/commands.h"

namespace cyclone::cli {
namespace {

constexpr std::size_t kWidth = 80;

/// `text` in lines of at most 80 columns, each beginning with `indent`; its own line breaks stay.
std::string wrapped(const std::string& text, const std::string& indent = "") {
    std::string out, line = indent;
    const auto flush = [&] {
        out += line + "\n";
        line = indent;
    };
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
        if (line.size() > indent.size() && line.size() + 1 + end - begin > kWidth) flush();
        line += (line.size() > indent.size() ? " " : "") + text.substr(begin, end - begin);
        if (end < text.size() && text[end] == '\n') flush();
        begin = end + 1;
    }
    if (line.size() > indent.size()) flush();
    return out;
}

std::string options_table(const Options& options, bool everything) {
    std::vector<std::string> groups;
    for (const Option& option : options.all())
        if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) groups.push_back(option.group);
    std::string text;
    std::vector<NamedItem> items;
    for (const std::string& group : groups) {
        if (everything) items.clear();
        for (const Option& option : options.all())
            if (option.group == group && (everything || option.is_usual))
                items.push_back({option.name, option.usage(), option.description});
        if (everything && !items.empty()) text += (group.empty() ? "" : group + ":\n") + help_table(items) + "\n";
    }
    return everything ? text : help_table(items) + "\n";
}

std::vector<NamedItem> words() {
    std::vector<NamedItem> items;
    for (const report::GlossaryPart& part : report::glossary())
        for (const report::GlossaryEntry& entry : part.entries)
            items.push_back({entry.word, entry.word, entry.meaning});
    return items;
}

const Topic kTopics[] = {
    {"schedules",
     "Learning-rate schedules (--schedule, --schedules)",
     {"--schedule", "--schedules", "SCHEDULE"},
     [] { return schedule::registry().names(); }},
    {"networks", "Networks (--model)", {"--model"}, [] { return nn::networks().names(); }},
    {"layers", "Layers (--model)", {}, [] { return nn::layers().names(); }},
    {"activations", "Activations of layers (--model)", {}, [] { return activations().names(); }},
    {"initializers",
     "Initial weights of layers (--model conv:32,init=NAME)",
     {},
     [] { return nn::initializers().names(); }},
    {"optimizers", "Optimizers (--optimizer)", {"--optimizer"}, [] { return optim::registry().names(); }},
    {"rebalancing",
     "Methods against class imbalance (--rebalance)",
     {"--rebalance"},
     [] { return train::rebalancings().names(); }},
    {"augmentation",
     "Random changes of the training images (--augment)",
     {"--augment"},
     [] { return data::augmentations().names(); }},
    {"recorders",
     "What is measured during a training (--record)",
     {"--record"},
     [] { return train::recorders().names(); }},
    {"thresholds",
     "What a threshold is tuned for (--threshold)",
     {"--threshold"},
     [] { return metrics::threshold_goals().names(); }},
    {"experiments", "Experiments of the laboratory (cyclone lab)", {}, [] { return lab::experiments().names(); }},
    {"metrics", "Metrics that pick the best epoch (--monitor)", {}, [] { return train::Monitor::names(); }},
    {"formats", "Formats of data (DATA)", {}, [] { return data::formats().names(); }},
    {"glossary", "Words that pages, tables and help texts use", {}, [] { return words(); }},
};

std::string topic_names() {
    std::string text;
    for (const Topic& topic : kTopics) text += (text.empty() ? "" : ", ") + std::string(topic.name);
    return text;
}

// The widest vectors of this processor that matter for speed.
std::string instruction_set() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return ", AVX-512";
    if (__builtin_cpu_supports("avx2")) return ", AVX2";
    if (__builtin_cpu_supports("avx")) return ", AVX";
    return ", SSE";
#else
    return "";
#endif
}

}  // namespace

std::string Options::help(bool everything) const {
    std::string text = "Usage: cyclone " + command_;
    for (const Option& option : options_)
        if (option.is_positional())
            text += option.is_required ? " " + option.name : " [" + option.name + (option.is_list ? "...]" : "]");
    text += " [options]\n\n" + wrapped(summary_) + "\n" + options_table(*this, everything);
    if (!examples_.empty()) text += "Examples:\n";
    for (const std::string& example : examples_) text += "  " + example + "\n";
    for (const std::string& note : notes_) text += "\n" + wrapped(note);
    if (!topics_.empty()) {
        std::string names;
        for (const std::string& topic : topics_) names += (names.empty() ? "" : ", ") + topic;
        text += "\n" + wrapped("What the options take: cyclone help TOPIC, of " + names);
    }
    return text;
}

std::string overview() {
    std::vector<NamedItem> items;
    for (const Command& command : commands()) items.push_back({command.name, command.name, command.summary});
    return "Usage: cyclone SUBCOMMAND ...\n\n" +
           wrapped(
               "Trains convolutional networks on CPUs and shows what a cyclical learning rate does, one that rises and "
               "falls again and again during training. To begin: cyclone compare --preset quick takes seconds, cyclone "
               "tour is a course of five minutes, cyclone help glossary explains the words.") +
           "\n" + help_table(items) +
           "\n"
           "  cyclone SUBCOMMAND --help  its usual options; --help-all for all\n"
           "  cyclone help TOPIC         what options take, and the words:\n" +
           wrapped(topic_names(), "                             ") + "  cyclone --version\n\n" +
           wrapped("Exit codes: 0 done, 1 failed or stopped by a signal, 2 wrong use.");
}

std::string version_text() {
    std::string text = std::string("Cyclone ") + version() + "\n" + backend_description() + "\n";
#if defined(__clang__)
    text += "clang " __clang_version__;
#else
    text += "g++ " __VERSION__;
#endif
    text += "\n";
    return text + lab::this_process().processor + instruction_set() + "\n";
}

std::span<const Topic> topics() { return kTopics; }

bool is_topic(std::string_view name) {
    return std::any_of(std::begin(kTopics), std::end(kTopics), [&](const Topic& topic) { return name == topic.name; });
}

std::string topic_text(std::string_view name) {
    std::vector<NamedItem> known;
    for (const Topic& topic : kTopics) {
        if (name == topic.name) return std::string(topic.what) + ":\n" + help_table(topic.items());
        known.push_back({topic.name, topic.name, ""});
    }
    fail_unknown_name("help", name, known);
}

}  // namespace cyclone::cli
