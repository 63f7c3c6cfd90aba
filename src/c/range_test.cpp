// The learning-rate range test for C programs. It is analysis::find_rates().

#include <cyclone/analysis/find_rates.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <limits>

#include "c/training.h"

using namespace cyclone;
using c::RangeTestObject;
using c::TrainingObject;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<RangeTestObject> run(std::string_view where, TrainingObject& training) {
    const c::Job job(where, training);
    const c::Settings& s = job.s;
    const c::CallersState state(s.threads);
    const PrecisionScope precision(s.precision);
    analysis::FindRatesOptions search{.sweep = {.from = s.range_from,
                                                .to = s.range_to,
                                                .batch_size = s.batch_size * s.accumulate,
                                                .seeds = {},
                                                .jobs = num_threads(),
                                                .loss = job.balance.loss,
                                                .sampler = job.balance.sampler,
                                                .augmentation = job.augmentation,
                                                .stop = &training.stop},
                                      .lengthen_sweeps = !s.range_updates,
                                      .trials = s.range_trials};
    if (s.range_updates) search.sweep.updates = *s.range_updates;
    for (std::int64_t i = 0; i < s.range_seeds; ++i)
        search.sweep.seeds.push_back(s.seed + static_cast<std::uint64_t>(i));
    auto result = std::make_shared<RangeTestObject>();
    analysis::FoundRates found = analysis::find_rates(
        [&] { return std::make_unique<nn::Sequential>(job.drawn_network()); },
        [&](const std::vector<Tensor>& parameters) { return job.optimizer(parameters, s.range_from); }, job.data.train,
        search);
    result->value = std::move(found.test);
    result->reason = found.pair ? found.pair->reason : found.no_pair;
    result->rates = {.struct_size = 0,
                     .found = found.pair.has_value(),
                     .reserved = 0,
                     .base_lr = found.pair ? found.pair->base : kNone,
                     .max_lr = found.pair ? found.pair->max : kNone,
                     .reason = result->reason.c_str()};
    return result;
}

}  // namespace

extern "C" {

int32_t cyclone_range_test_run(const cyclone_training* training, cyclone_range_test** test) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<TrainingObject>(where, training);
        c::need(where, test, "a place for the range test");
        const c::InUse use(where, *object);
        const c::StopOnce stop(*object);
        *test = c::new_handle(run(where, *object));
    });
}

int32_t cyclone_range_test_free(cyclone_range_test* test) {
    return c::call(__func__, [&](std::string_view where) { c::free_handle<RangeTestObject>(where, test); });
}

int32_t cyclone_range_test_curve(const cyclone_range_test* test, double* rates, double* losses, size_t length,
                                 size_t* written) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<RangeTestObject>(where, test);
        const lab::RateCurve& curve = object->value.curve;
        const std::size_t count = curve.rate.size();
        if (!c::wants(where, count, rates ? rates : losses, length, written)) return;
        if (rates) std::ranges::copy(curve.rate, rates);
        if (losses) std::ranges::copy(curve.value, losses);
    });
}

int32_t cyclone_range_test_rates(const cyclone_range_test* test, cyclone_rates* rates) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<RangeTestObject>(where, test);
        c::write_struct(where, rates, object->rates, "cyclone_rates");
    });
}

}  // extern "C"
