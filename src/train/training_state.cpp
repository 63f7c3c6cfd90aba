#include "train/training_state.h"

#include <cyclone/base/error.h>
#include <cyclone/base/version.h>
#include <cyclone/io/crc64.h>
#include <cyclone/io/weights.h>

#include <algorithm>
#include <bit>
#include <sstream>
#include <string_view>
#include <type_traits>

namespace cyclone::train {
namespace {

constexpr std::string_view kOptimizer = "optimizer.";
constexpr const char* kWrittenBy = "written by";  // since 0.2
constexpr const char *kIntegers = "run.integers", *kReals = "run.reals", *kExtra = "run.extra";

// Writer and Reader walk over the same fields (visit), so that what is written and what is read cannot differ.
class Writer {
public:
    std::vector<std::int64_t> integers;
    std::vector<double> reals;

    void operator()(const double& value) { reals.push_back(value); }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void operator()(const Integer& value) { integers.push_back(static_cast<std::int64_t>(value)); }
};

class Reader {
public:
    Reader(std::span<const std::int64_t> integers, std::span<const double> reals, std::string file)
        : integers_(integers), reals_(reals), file_(std::move(file)) {}

    void operator()(double& value) { value = next(reals_); }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void operator()(Integer& value) { value = static_cast<Integer>(next(integers_)); }
    /// A number of things of which each has at least one integer.
    std::int64_t count() {
        const std::int64_t n = next(integers_);
        need(n >= 0 && n <= static_cast<std::int64_t>(integers_.size()));
        return n;
    }
    void need(bool ok) const { check(ok, file_, "the state of the run in it makes no sense"); }
    void finish() const { need(integers_.empty() && reals_.empty()); }

private:
    template <class T>
    T next(std::span<const T>& from) {
        need(!from.empty());
        const T value = from.front();
        from = from.subspan(1);
        return value;
    }

    std::span<const std::int64_t> integers_;
    std::span<const double> reals_;
    std::string file_;
};

template <class Archive, class Row>
void visit_row(Archive& a, Row& row) requires std::is_same_v<std::remove_const_t<Row>, UpdateRow> {
    a(row.update), a(row.epoch), a(row.lr), a(row.loss), a(row.images_per_second);
}

template <class Archive, class Row>
void visit_row(Archive& a, Row& row) requires std::is_same_v<std::remove_const_t<Row>, EpochRow> {
    a(row.epoch), a(row.updates), a(row.train_loss), a(row.seconds), a(row.images_per_second);
}

template <class Archive, class Report>
void visit_report(Archive& a, Report& r) {
    a(r.positives), a(r.negatives), a(r.auc), a(r.average_precision), a(r.brier), a(r.log_loss), a(r.ece);
    a(r.threshold), a(r.counts.true_positives), a(r.counts.false_positives), a(r.counts.false_negatives);
    a(r.counts.true_negatives), a(r.precision), a(r.recall), a(r.f1), a(r.accuracy), a(r.balanced_accuracy), a(r.mcc);
}

template <class Archive, class Result>
void visit_evaluation(Archive& a, Result& e) {
    a(e.samples), a(e.loss), a(e.accuracy), a(e.balanced_accuracy), a(e.precision), a(e.recall), a(e.f1), a(e.auc);
}

template <class Archive, class State>
void visit_scalars(Archive& a, State& s) {
    a(s.epochs_done), a(s.batches), a(s.images), a(s.loss_sum), a(s.seconds), a(s.best_score), a(s.lr_factor);
    a(s.generator.seed), a(s.generator.position);
}

void write_evaluation(Writer& write, const Evaluation& e) {
    visit_evaluation(write, e);
    write(e.binary.has_value());
    if (e.binary) visit_report(write, *e.binary);
    const std::int64_t classes = e.confusion ? e.confusion->classes() : 0;
    write(classes);
    for (std::int64_t label = 0; label < classes; ++label)
        for (std::int64_t predicted = 0; predicted < classes; ++predicted) write((*e.confusion)(label, predicted));
}

Evaluation read_evaluation(Reader& read, const data::Dataset* validation) {
    Evaluation e;
    visit_evaluation(read, e);
    read.need(validation && e.samples == validation->size());
    e.class_names = validation->class_names;
    bool is_binary = false;
    read(is_binary);
    if (is_binary) visit_report(read, e.binary.emplace());
    const std::int64_t classes = read.count();
    std::vector<std::int64_t> labels, predictions;
    for (std::int64_t label = 0; label < classes; ++label)
        for (std::int64_t predicted = 0; predicted < classes; ++predicted) {
            std::int64_t count = 0;
            read(count);
            read.need(count >= 0 && count <= e.samples - static_cast<std::int64_t>(labels.size()));
            labels.insert(labels.end(), static_cast<std::size_t>(count), label);
            predictions.insert(predictions.end(), static_cast<std::size_t>(count), predicted);
        }
    if (classes > 0) e.confusion.emplace(labels, predictions, classes);
    return e;
}

Writer write_run(const TrainingState& state) {
    Writer write;
    const History& history = state.history;
    write.integers.reserve(history.updates().size() * 2 + history.epochs().size() * 32 + 64);
    write.reals.reserve(history.updates().size() * 3 + history.epochs().size() * 32 + 64);
    visit_scalars(write, state);
    write(history.skipped()), write(history.roll_backs());
    write(history.updates().size());
    for (const UpdateRow& row : history.updates()) visit_row(write, row);
    write(history.epochs().size());
    for (const EpochRow& row : history.epochs()) {
        visit_row(write, row);
        write(row.validation.has_value());
        if (row.validation) write_evaluation(write, *row.validation);
    }
    return write;
}

TrainingState read_run(Reader read, const data::Dataset* validation) {
    TrainingState state;
    visit_scalars(read, state);
    std::int64_t skipped = 0, roll_backs = 0;
    read(skipped), read(roll_backs);
    state.history.set_incidents(skipped, roll_backs);
    for (std::int64_t n = read.count(); n > 0; --n) {
        UpdateRow row;
        visit_row(read, row);
        state.history.add(row);
    }
    for (std::int64_t n = read.count(); n > 0; --n) {
        EpochRow row;
        visit_row(read, row);
        bool has_validation = false;
        read(has_validation);
        if (has_validation) row.validation = read_evaluation(read, validation);
        state.history.add(std::move(row));
    }
    read.finish();
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    for (const std::int64_t n : {state.epochs_done, state.batches, state.images}) read.need(n >= 0 && n <= kMost);
    return state;
}

std::string text_of(const data::Dataset& d) {
    std::ostringstream text;
    text << d.size() << " images of " << d.image_shape() << ' ' << name_of(d.images.dtype()) << " in " << d.classes()
         << " classes";
    return text.str();
}

// One entry per layer; layers without parameters (dropout, pooling) shape a training too.
std::string layers_of(const nn::Module& model) {
    std::string text;
    for (const auto& [name, module] : model.named_modules())
        if (!name.empty()) text += (text.empty() ? "" : "; ") + name + " " + module->describe();
    return text.empty() ? model.describe() : text;
}

// Texts such as long lists of layers: what is the same at both ends is left out.
std::string difference(std::string there, std::string here) {
    constexpr std::size_t kLong = 100;
    if (std::max(there.size(), here.size()) > kLong) {
        std::size_t same = 0;
        while (same < there.size() && same < here.size() && there[same] == here[same]) ++same;
        same = same == 0 ? 0 : there.rfind(';', same - 1) == std::string::npos ? 0 : there.rfind(';', same - 1) + 2;
        for (std::string* text : {&there, &here}) {
            text->erase(0, std::min(same, text->size()));
            if (text->size() > kLong) *text = text->substr(0, kLong) + "...";
        }
    }
    return "the checkpoint has " + (there.empty() ? "none" : there) + ", this training has " +
           (here.empty() ? "none" : here);
}

// What an earlier version called a schedule whose lengths in epochs were settled.
std::string in_present_words(std::string text) {
    constexpr std::string_view kSettled = "with_fixed_epochs(schedule=";
    const std::size_t begin = text.find(kSettled);
    if (begin == std::string::npos) return text;
    text.erase(begin, kSettled.size());
    int depth = 1;  // of the parentheses: the last one goes with the name
    std::size_t end = begin;
    while (end < text.size() && (depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0) > 0) ++end;
    return text.erase(std::min(end, text.size()), 1);
}

// Without the hyper-parameters that version 0.1 did not write.
std::string in_words_of_0_1(std::string text) {
    for (const std::string_view name : {", nesterov=", ", dampening=", ", epsilon="}) {
        const std::size_t begin = text.find(name);
        if (begin != std::string::npos) text.erase(begin, text.find_first_of(",)", begin + name.size()) - begin);
    }
    return text;
}

}  // namespace

io::Metadata identity_of(const nn::Module& model, const optim::Optimizer& optimizer, const data::Dataset& train,
                         const FitOptions& options) {
    const data::Dataset* validation = options.validation;
    io::Metadata identity{{"content", "a training in progress"},
                          {"model", layers_of(model)},
                          {"optimizer", optimizer.describe()},
                          {"batch size", std::to_string(options.batch_size)},
                          {"seed", std::to_string(options.seed)},
                          {"sampler", options.sampler.name()},
                          {"augmentation", options.augmentation.describe()},
                          {"data", text_of(train)},
                          {"checksum of the data", train.fingerprint()}};
    identity.emplace_back("validation", validation ? text_of(*validation) : "none");
    identity.emplace_back("checksum of the validation data", validation ? validation->fingerprint() : "none");
    return identity;
}

io::WeightsFile pack(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingState& state,
                     const io::Metadata& identity) {
    io::WeightsFile file;
    file.metadata = identity;
    file.metadata.emplace_back(kWrittenBy, "Cyclone " + std::string(version()));
    file.tensors.add_with_prefix(io::kModelPrefix, model.state_dict());
    file.tensors.add_with_prefix(kOptimizer, optimizer.state_dict());
    const Writer run = write_run(state);
    file.tensors.add(kIntegers, Tensor::from(run.integers, {static_cast<std::int64_t>(run.integers.size())}));
    file.tensors.add(kReals, Tensor::from(run.reals, {static_cast<std::int64_t>(run.reals.size())}));
    if (!state.extra.empty())
        file.tensors.add(kExtra, Tensor::from(state.extra, {static_cast<std::int64_t>(state.extra.size())}));
    return file;
}

TrainingState unpack(const io::StoredCheckpoint& checkpoint, const io::Metadata& identity, nn::Module& model,
                     optim::Optimizer& optimizer, const data::Dataset* validation) {
    const std::string file = checkpoint.path.string();
    const io::WeightsFile& content = checkpoint.content;
    std::string problems;
    const auto stored = [&](const std::string& key) {
        const auto at = std::find_if(content.metadata.begin(), content.metadata.end(),
                                     [&](const auto& entry) { return entry.first == key; });
        return at == content.metadata.end() ? "" : at->second;
    };
    const bool is_of_0_1 = stored(kWrittenBy).empty();
    for (const auto& [key, now] : identity) {
        const std::string there = in_present_words(stored(key)), here = is_of_0_1 ? in_words_of_0_1(now) : now;
        if (there != here) problems += (problems.empty() ? "" : "; ") + key + ": " + difference(there, here);
    }
    check(problems.empty(), file, "is of another training: ", problems);
    const Tensor *integers = content.tensors.find(kIntegers), *reals = content.tensors.find(kReals);
    check(integers && reals && integers->dtype() == DType::i64 && reals->dtype() == DType::f64, file,
          "holds no state of a run");
    TrainingState state = read_run(Reader(integers->values<std::int64_t>(), reals->values<double>(), file), validation);
    if (const Tensor* extra = content.tensors.find(kExtra)) {
        check(extra->dtype() == DType::f64, file, "holds numbers of another kind in ", kExtra);
        const auto values = extra->values<double>();
        state.extra.assign(values.begin(), values.end());
    }
    try {
        model.load_state_dict(content.tensors.with_prefix(io::kModelPrefix));
        optimizer.load_state_dict(content.tensors.with_prefix(kOptimizer));
    } catch (const Error& error) {
        fail(file, "is of another training: ", error.what());
    }
    optimizer.set_lr_factor(state.lr_factor);
    optimizer.zero_grad();
    return state;
}

bool all_finite(const Tensor& tensor) {
    if (tensor.dtype() != DType::f32 && tensor.dtype() != DType::f64) return true;
    return visit_floating(tensor.dtype(), "all_finite", [&](auto zero) {
        using T = decltype(zero);
        using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
        constexpr Bits exponent =
            sizeof(T) == 4 ? static_cast<Bits>(0x7f800000) : static_cast<Bits>(0x7ff0000000000000);
        bool finite = true;
        for (const T x : tensor.values<T>()) finite &= (std::bit_cast<Bits>(x) & exponent) != exponent;
        return finite;
    });
}

std::string first_not_finite(const StateDict& tensors) {
    const auto bad =
        std::find_if(tensors.begin(), tensors.end(), [](const NamedTensor& t) { return !all_finite(t.tensor); });
    return bad == tensors.end() ? "" : bad->name;
}

}  // namespace cyclone::train
