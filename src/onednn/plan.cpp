// Running cached primitives, converted copies of weights, and the cache itself.

#include "onednn/plan.h"

#include <cyclone/base/out_of_memory.h>

#include <algorithm>
#include <atomic>
#include <tuple>
#include <utility>

#include "onednn/stats.h"
#include "system/system.h"

namespace cyclone::onednn {
namespace {

std::atomic<std::uint64_t> primitives_created{0};
std::atomic<std::uint64_t> kernels_refused{0};

// The plans stand last, so that they are destroyed before the engine they were made with.
struct Context {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    PlanCache plans;
};

Context& context() {
    thread_local Context mine;
    return mine;
}

dnnl::memory unbound(const dnnl::memory::desc& desc) { return {desc, engine(), nullptr}; }

// Through the C interface: the C++ one makes a hash map and a vector per call.
void execute(const dnnl::primitive& primitive, const dnnl_exec_arg_t* arguments, int count) {
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream().get(), count, arguments),
                            "could not execute a primitive");
}

// oneDNN spreads even the smallest reorder over all threads, where the fork-join costs more than the work.
int threads_for_reorder(std::size_t bytes) {
    constexpr std::size_t kSmall = 1 << 17;
    return bytes < kSmall ? 1 : num_threads();
}

void reorder(const dnnl::primitive& primitive, const dnnl::memory& from, const dnnl::memory& into, std::size_t bytes) {
    const ExactThreads guard(threads_for_reorder(bytes));
    const std::array<dnnl_exec_arg_t, 2> arguments{{{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, into.get()}}};
    execute(primitive, arguments.data(), 2);
}

std::uint64_t hash_of(const Key& key) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto mix = [&hash](std::int64_t value) {
        hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 29;
    };
    mix(reinterpret_cast<std::intptr_t>(key.op));
    mix(key.flags);
    mix(key.threads);
    for (const std::int64_t size : key.sizes) mix(size);
    return hash;
}

}  // namespace

const dnnl::engine& engine() { return context().engine; }
dnnl::stream& stream() { return context().stream; }
PlanCache& plan_cache() { return context().plans; }
Stats stats() { return {primitives_created.load(), kernels_refused.load()}; }
void count_refusal() { ++kernels_refused; }

dnnl::primitive_attr base_attributes() {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

Plan::Plan(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
           std::initializer_list<Argument> arguments)
    : primitive_(primitive), scratchpad_bytes_(scratchpad.get_size()) {
    ++primitives_created;
    check(arguments.size() < kMaxArguments, "Plan", "too many arguments");
    const auto bind = [this](int id, const dnnl::memory& memory) {
        arguments_[static_cast<std::size_t>(argument_count_++)] = {id, memory.get()};
    };
    for (const Argument& argument : arguments) {
        Operand operand;
        if (argument.ours.get_size() > 0) {
            operand.present = true;
            operand.output = argument.output;
            operand.weight = argument.weight;
            operand.ours = unbound(argument.ours);
            operand.wanted = operand.ours;
            if (argument.ours != argument.wanted) {
                operand.wanted = unbound(argument.wanted);
                operand.converted_bytes = argument.wanted.get_size();
                const dnnl::memory& from = argument.output ? operand.wanted : operand.ours;
                const dnnl::memory& into = argument.output ? operand.ours : operand.wanted;
                // A primitive is laid out for the threads that run it.
                const ExactThreads guard(threads_for_reorder(operand.converted_bytes));
                operand.reorder = dnnl::reorder(from, into);
                ++primitives_created;
            }
            bind(argument.id, operand.wanted);
        }
        operands_.push_back(std::move(operand));
    }
    if (scratchpad_bytes_ > 0) {
        scratchpad_ = unbound(scratchpad);
        bind(DNNL_ARG_SCRATCHPAD, scratchpad_);
    }
}

std::pair<void*, bool> KeptCopies::find(const Tensor& weight, std::size_t bytes) {
    const std::weak_ptr<const void> storage = weight.lifetime();
    for (Copy& copy : copies_) {
        const bool same = !copy.storage.owner_before(storage) && !storage.owner_before(copy.storage);
        if (!same || copy.place != weight.bytes()) continue;
        const bool stale = copy.version != weight.version();
        copy.version = weight.version();
        return {copy.buffer.data, stale};
    }
    auto free = std::find_if(copies_.begin(), copies_.end(), [](const Copy& copy) { return copy.storage.expired(); });
    if (free == copies_.end()) {
        if (copies_.size() < kMaxCopies)
            free = copies_.emplace(copies_.end());
        else
            free = copies_.begin() + static_cast<std::ptrdiff_t>(next_++ % kMaxCopies);
    }
    Copy& copy = *free;
    copy.storage = storage;
    copy.place = weight.bytes();
    copy.version = weight.version();
    if (!copy.buffer.data) copy.buffer.reserve(bytes);
    return {copy.buffer.data, true};
}

void Plan::run(std::initializer_list<const void*> pointers, const Tensor* kept) {
    check(pointers.size() == operands_.size(), "Plan", operands_.size(), " arguments, got ", pointers.size());
    std::array<Buffer, kMaxArguments> converted;
    Buffer scratchpad;
    for (std::size_t i = 0; i < operands_.size(); ++i) {
        Operand& operand = operands_[i];
        if (!operand.present) continue;
        operand.ours.set_data_handle(const_cast<void*>(pointers.begin()[i]));
        if (operand.converted_bytes == 0) continue;
        void* place = nullptr;
        bool fill = !operand.output;
        if (operand.weight && kept)
            std::tie(place, fill) = kept_.find(*kept, operand.converted_bytes);
        else
            place = converted[i].reserve(operand.converted_bytes);
        operand.wanted.set_data_handle(place);
        if (fill) reorder(operand.reorder, operand.ours, operand.wanted, operand.converted_bytes);
    }
    if (scratchpad_bytes_ > 0) scratchpad_.set_data_handle(scratchpad.reserve(scratchpad_bytes_));
    execute(primitive_, arguments_.data(), argument_count_);
    for (const Operand& operand : operands_)
        if (operand.output && operand.converted_bytes > 0)
            reorder(operand.reorder, operand.wanted, operand.ours, operand.converted_bytes);
}

Key::Key(const char* op_, std::int64_t flags_) : op(op_), flags(flags_), threads(num_threads()) {}

void check_room_for_code(const Key& key) {
    constexpr std::size_t kRoom = std::size_t{24} << 20;
    check<OutOfMemory>(system::has_room_for(kRoom), key.op, "no memory left for oneDNN's code: expected that ",
                       kRoom >> 20, " MB can be had (hint: ulimit -v, or fewer trainings at a time)");
}

void fail_with(const dnnl::error& error, const Key& key) {
    std::string geometry;
    for (const std::int64_t size : key.sizes) geometry += joined(' ', size);
    const std::string problem = joined("oneDNN: ", error.what(), " (status ", static_cast<int>(error.status),
                                       "; geometry", geometry, ", ", key.threads, " threads)");
    if (error.status == dnnl_out_of_memory) fail<OutOfMemory>(key.op, problem);
    fail(key.op, problem);
}

PlanCache::Entry* PlanCache::find(const Key& key) {
    const std::uint64_t hash = hash_of(key);
    for (Entry& entry : entries_)
        if (entry.hash == hash && entry.key == key) {
            entry.last_use = ++clock_;
            return &entry;
        }
    return nullptr;
}

PlanCache::Entry* PlanCache::insert(const Key& key, std::unique_ptr<Plan> plan) {
    Entry entry{key, hash_of(key), ++clock_, std::move(plan)};
    if (entries_.size() < kCapacity) {
        entries_.push_back(std::move(entry));
        return &entries_.back();
    }
    const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                         [](const Entry& a, const Entry& b) { return a.last_use < b.last_use; });
    *oldest = std::move(entry);
    return &*oldest;
}

}  // namespace cyclone::onednn
