// The library itself: version, threads, names.

#include <cyclone/base/registry.h>
#include <cyclone/base/threads.h>
#include <cyclone/base/version.h>
#include <cyclone/data/augment.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/parse.h>
#include <cyclone/ops/backend.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/rebalancing.h>

#include <string>
#include <vector>

#include "c/call.h"
#include "c/settings.h"

namespace cyclone::c {
namespace {

struct Topic {
    std::string name, text;
};

const std::vector<Topic>& topics() {
    static const std::vector<Topic> all{{"schedules", schedule::registry().help()},
                                        {"networks", nn::networks().help()},
                                        {"layers", nn::layers().help()},
                                        {"optimizers", optim::registry().help()},
                                        {"rebalancing", train::rebalancings().help()},
                                        {"augmentation", data::augmentations().help()},
                                        {"metrics", help_table(metrics::table().names())},
                                        {"thresholds", metrics::threshold_goals().help()},
                                        {"options", help_table(setting_names())}};
    return all;
}

const std::string& help_on(std::string_view topic) {
    std::vector<NamedItem> names;
    for (const Topic& known : topics()) {
        if (known.name == topic) return known.text;
        names.push_back({known.name, known.name, ""});
    }
    fail_unknown_name("topic", topic, names);
}

}  // namespace
}  // namespace cyclone::c

using namespace cyclone;

extern "C" {

int32_t cyclone_version(void) { return CYCLONE_VERSION_NUMBER; }

const char* cyclone_version_text(void) { return version(); }

int32_t cyclone_abi(void) { return CYCLONE_ABI; }

const char* cyclone_backend(void) {
    static const std::string text = backend_description();
    return text.c_str();
}

int32_t cyclone_threads(void) { return num_threads(); }

int32_t cyclone_set_threads(int32_t threads) {
    return c::call(__func__, [&](std::string_view where) {
        check<UsageError>(threads >= 1 && threads <= most_threads(), where, "expected from 1 to ", most_threads(),
                          " threads, got ", threads);
        set_num_threads(threads);
    });
}

int32_t cyclone_help(const char* topic, const char** text) {
    return c::call(__func__, [&](std::string_view where) {
        c::need(where, topic, "a topic");
        c::need(where, text, "a place for the text");
        *text = c::help_on(topic).c_str();
    });
}

}  // extern "C"
