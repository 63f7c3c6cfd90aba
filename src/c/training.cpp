// Trainings for C programs. The training is train::fit().

#include "c/training.h"

#include <cyclone/base/registry.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/schedule/preview.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/fit.h>

#include <algorithm>
#include <limits>
#include <utility>

using namespace cyclone;
using c::TrainingObject;

namespace {

using train::Control;
using train::EpochRow;
using train::UpdateRow;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Control answer(std::int32_t code) { return code == 0 ? Control::proceed : Control::stop; }

/// Calls the program after updates.
std::function<Control(const UpdateRow&)> update_caller(const TrainingObject& training, const c::Job& job) {
    const auto [function, user] = training.on_update;
    if (!function) return {};
    const auto updates = job.updates();
    const auto epochs = job.s.epochs;
    return [=, function = function, user = user](const UpdateRow& row) {  // clang 14 captures no part of a pair
        const cyclone_update seen{sizeof(cyclone_update), row.update, updates, row.epoch, epochs, row.lr, row.loss,
                                  row.images_per_second};
        return answer(function(&seen, user));
    };
}

Control call_epoch(const TrainingObject& training, const EpochRow& row) {
    const auto [function, user] = training.on_epoch;
    if (!function) return Control::proceed;
    const auto& v = row.validation;
    const cyclone_epoch seen{sizeof(cyclone_epoch),    row.epoch,
                             training.settings.epochs, row.updates,
                             row.train_loss,           row.seconds,
                             v ? v->loss : kNone,      v ? v->accuracy : kNone,
                             v ? v->auc : kNone,       v ? v->average_precision : kNone,
                             v ? v->f1 : kNone};
    return answer(function(&seen, user));
}

/// The weights of the best epoch, where an epoch is to be chosen.
struct Best {
    std::optional<train::Monitor> monitor;
    double score = -std::numeric_limits<double>::infinity();
    std::optional<StateDict> weights;

    void look_at(const EpochRow& row, const nn::Sequential& network) {
        if (!monitor) return;
        const double now = (*monitor)(row);
        if (!(now > score)) return;
        score = now;
        weights = network.state_dict().clone();
    }
};

/// Tunes the threshold of two classes as `cyclone train` does.
void tune(const c::Job& job, train::Classifier& classifier) {
    if (!job.data.validation || job.data.train.classes() != 2) return;
    const auto p = train::predictions(classifier.network, *job.data.validation);
    const auto goal = metrics::threshold_goals().parse(job.s.threshold);
    if (const auto tuned = metrics::tune_threshold(p.labels, p.positive(), goal))
        classifier.threshold = tuned->threshold;
}

void run(std::string_view where, TrainingObject& training) {
    const c::Job job(where, training);
    const c::Settings& s = job.s;
    const c::CallersState state(s.threads);
    const PrecisionScope precision(s.precision);
    std::string notes;
    if (job.updates() <= schedule::kLongestPreview)
        for (const std::string& warning :
             schedule::preview(s.schedule, job.schedule(), job.updates(), job.updates_per_epoch).warnings)
            notes += warning + "\n";
    nn::Sequential network = job.network(&notes);
    const auto optimizer = job.optimizer(network.parameters(), job.schedule());
    Best best;
    if (job.data.validation && s.monitor != "none") best.monitor.emplace(s.monitor);

    std::mutex mutex;
    train::FitOptions options{.epochs = s.epochs,
                              .batch_size = s.batch_size,
                              .accumulate = s.accumulate,
                              .slice = s.slice,
                              .drop_last = s.drop_last,
                              .seed = s.seed,
                              .augmentation = job.augmentation,
                              .validation = job.data.validation ? &*job.data.validation : nullptr,
                              .progress = train::ProgressMode::off,
                              .stop = &training.stop};
    options.after_update = update_caller(training, job);
    options.after_epoch = [&](const EpochRow& row) {
        best.look_at(row, network);
        return call_epoch(training, row);
    };
    options.report = [&](const std::string& text) {
        const std::lock_guard lock(mutex);
        training.notes += text + "\n";
    };
    if (s.patience > 0) {
        check<UsageError>(best.monitor.has_value(), "patience", "expected a validation set and a monitor to stop by");
        options.callbacks = {train::EarlyStopping{*best.monitor, s.patience, job.schedule()}};
    }
    job.balance.apply(options);
    auto history = std::exchange(training.history, {});  // of an earlier call
    auto trained = std::exchange(training.trained, std::nullopt);
    std::swap(training.notes, notes);
    try {
        training.history = train::fit(network, *optimizer, job.data.train, options);
    } catch (const train::Diverged& diverged) {
        if (diverged.history()) training.history = *diverged.history();
        throw;
    } catch (...) {  // as it was
        training.history = std::move(history);
        training.trained = std::move(trained);
        training.notes = std::move(notes);
        throw;
    }
    if (best.weights) network.load_state_dict(*best.weights);
    training.trained = job.classifier(network);
    tune(job, *training.trained);
}

/// One column of the history.
class Column {
public:
    static std::vector<double> of(const train::History& history, std::string_view name) {
        constexpr std::pair<const char*, double (*)(const UpdateRow&)> kOfUpdates[] = {
            {"update", [](const UpdateRow& row) { return static_cast<double>(row.update); }},
            {"epoch", [](const UpdateRow& row) { return static_cast<double>(row.epoch); }},
            {"learning_rate", [](const UpdateRow& row) { return row.lr; }},
            {"loss", [](const UpdateRow& row) { return row.loss; }},
            {"images_per_second", [](const UpdateRow& row) { return row.images_per_second; }}};
        constexpr std::pair<const char*, double (*)(const EpochRow&)> kOfEpochs[] = {
            {"epoch_loss", [](const EpochRow& row) { return row.train_loss; }},
            {"epoch_seconds", [](const EpochRow& row) { return row.seconds; }},
            {"validation_loss", [](const EpochRow& row) { return row.validation ? row.validation->loss : kNone; }}};
        std::vector<NamedItem> names;
        const auto known = [&](const std::string& column) {
            names.push_back({column, column, ""});
            return name == column;
        };
        for (const auto& [column, value] : kOfUpdates)
            if (known(column)) return values(history.updates(), value);
        for (const auto& [column, value] : kOfEpochs)
            if (known(column)) return values(history.epochs(), value);
        for (const metrics::Metric& metric : metrics::table())
            if (known("validation_" + metric.name))
                return values(history.epochs(), [&metric](const EpochRow& row) {
                    return row.validation ? (*row.validation)[metric] : kNone;
                });
        fail_unknown_name("column", name, names);
    }

private:
    template <class Rows, class F>
    static std::vector<double> values(const Rows& rows, F value) {
        std::vector<double> out;
        out.reserve(rows.size());
        for (const auto& row : rows) out.push_back(value(row));
        return out;
    }
};

std::shared_ptr<TrainingObject> training_of(std::string_view where, const cyclone_training* training) {
    return c::object_of<TrainingObject>(where, training);
}

}  // namespace

extern "C" {

int32_t cyclone_training_new(cyclone_training** training) {
    return c::call(__func__, [&](std::string_view where) {
        c::need(where, training, "a place for the training");
        *training = c::new_handle(std::make_shared<TrainingObject>());
    });
}

int32_t cyclone_training_free(cyclone_training* training) {
    return c::call(__func__, [&](std::string_view where) {
        if (training) training_of(where, training)->stop = true;
        c::free_handle<TrainingObject>(where, training);
    });
}

int32_t cyclone_training_set(cyclone_training* training, const char* key, const char* value) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        c::need(where, key, "a key");
        c::need(where, value, "a value");
        const c::InUse use(where, *object);
        c::set(object->settings, key, value);
    });
}

int32_t cyclone_training_data(cyclone_training* training, int32_t part, const cyclone_images* images,
                              const int64_t* labels, size_t length) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        check<UsageError>(part == CYCLONE_TRAIN || part == CYCLONE_VALIDATION, where,
                          "expected CYCLONE_TRAIN (1) or CYCLONE_VALIDATION (2), got ", part);
        const Tensor pixels = c::tensor_of(where, images);
        const auto numbers = c::labels_of(where, labels, length);
        check<UsageError>(length == static_cast<std::size_t>(pixels.size(0)), where,
                          "expected a label for each of the ", pixels.size(0), " images, got ", length);
        const auto wrong = std::find_if(numbers.begin(), numbers.end(), [](std::int64_t label) { return label < 0; });
        check<UsageError>(wrong == numbers.end(), where, "expected class numbers from 0, got ",
                          wrong == numbers.end() ? 0 : *wrong, " of image ", wrong - numbers.begin());
        const c::InUse use(where, *object);
        (part == CYCLONE_TRAIN ? object->train : object->validation) =
            data::Dataset{.images = pixels, .labels = Tensor::from(numbers, {pixels.size(0)})};
    });
}

int32_t cyclone_training_class_names(cyclone_training* training, const char* const* names, size_t length) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        c::need(where, names, "names");
        check<UsageError>(length >= 2, where, "expected the names of at least 2 classes, got ", length);
        std::vector<std::string> copied;
        for (std::size_t i = 0; i < length; ++i) {
            c::need(where, names[i], "a name for each class");
            copied.emplace_back(names[i]);
        }
        const c::InUse use(where, *object);
        object->class_names = std::move(copied);
    });
}

int32_t cyclone_training_on_update(cyclone_training* training, cyclone_on_update function, void* user) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        const c::InUse use(where, *object);
        object->on_update = {function, user};
    });
}

int32_t cyclone_training_on_epoch(cyclone_training* training, cyclone_on_epoch function, void* user) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        const c::InUse use(where, *object);
        object->on_epoch = {function, user};
    });
}

int32_t cyclone_training_run(cyclone_training* training) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        const c::InUse use(where, *object);
        const c::StopOnce stop(*object);
        run(where, *object);
    });
}

int32_t cyclone_training_stop(cyclone_training* training) {
    return c::call(__func__, [&](std::string_view where) { training_of(where, training)->stop = true; });
}

int32_t cyclone_training_history(const cyclone_training* training, const char* column, double* values, size_t length,
                                 size_t* written) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        c::need(where, column, "the name of a column");
        const c::InUse use(where, *object);
        const std::vector<double> found = Column::of(object->history, column);
        c::fill(where, std::span<const double>(found), values, length, written);
    });
}

int32_t cyclone_training_notes(const cyclone_training* training, const char** text) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        c::need(where, text, "a place for the text");
        const c::InUse use(where, *object);
        *text = object->notes.c_str();
    });
}

int32_t cyclone_training_classifier(const cyclone_training* training, cyclone_classifier** classifier) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = training_of(where, training);
        c::need(where, classifier, "a place for the classifier");
        const c::InUse use(where, *object);
        check<UsageError>(object->trained.has_value(), where, "expected a training that has run, nothing was trained");
        *classifier = c::new_handle(std::make_shared<c::ClassifierObject>(*object->trained));
    });
}

}  // extern "C"
