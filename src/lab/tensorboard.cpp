// TFRecord and the few protobuf fields that an Event of scalars needs (tensorflow/core/util/event.proto and
// framework/summary.proto).
#include <cyclone/lab/tensorboard.h>

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/metrics/metric.h>

#include <bit>
#include <chrono>
#include <cmath>

#include "lab/crc32c.h"

namespace cyclone::lab {
namespace {

constexpr int kDouble = 1, kText = 2, kFloat = 5, kVarint = 0;  // wire types

template <class Unsigned>
std::string little_endian(Unsigned value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
    return bytes;
}

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 128; value >>= 7) bytes += static_cast<char>((value & 127U) | 128U);
    return bytes += static_cast<char>(value);
}

std::string key(int field, int wire_type) { return varint(static_cast<std::uint64_t>(field << 3 | wire_type)); }
std::string text(int field, const std::string& bytes) { return key(field, kText) + varint(bytes.size()) + bytes; }

std::string masked(const std::string& bytes) {
    const std::uint32_t sum = crc32c(bytes);
    return little_endian(std::rotr(sum, 15) + 0xA282EAD8U);
}

std::string record(const std::string& message) {
    const std::string length = little_endian(std::uint64_t{message.size()});
    return length + masked(length) + message + masked(message);
}

std::string event(double wall_time, const std::string& rest) {
    return record(key(1, kDouble) + little_endian(std::bit_cast<std::uint64_t>(wall_time)) + rest);
}

void add(std::vector<Scalar>& list, const std::string& tag, std::uint64_t step, double value) {
    if (std::isfinite(value)) list.push_back({tag, step, value});
}

}  // namespace

std::string event_file(std::span<const Scalar> scalars, double wall_time) {
    std::string file = event(wall_time, text(3, "brain.Event:2"));
    for (const Scalar& scalar : scalars) {
        const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(scalar.value));
        const std::string value = text(1, scalar.tag) + key(2, kFloat) + little_endian(bits);
        file += event(wall_time, key(2, kVarint) + varint(scalar.step) + text(5, text(1, value)));
    }
    return file;
}

std::vector<Scalar> scalars_of(const train::History& history) {
    std::vector<Scalar> list;
    for (const train::UpdateRow& row : history.updates()) {
        add(list, "learning rate", row.update, row.lr);
        add(list, "loss/train", row.update, row.loss);
    }
    for (const train::Series& series : history.series())
        for (std::size_t i = 0; i < series.value.size(); ++i)
            add(list, "recorded/" + series.name, series.update[i], series.value[i]);
    for (const train::EpochRow& row : history.epochs()) {
        if (!row.validation) continue;
        add(list, "loss/validation", row.updates, row.validation->loss);
        for (const metrics::Metric& metric : metrics::table())
            add(list, "validation/" + metric.name, row.updates, (*row.validation)[metric]);
    }
    return list;
}

std::vector<Scalar> scalars_of(const Run& run, const train::History& history) {
    std::vector<Scalar> list = scalars_of(history);
    for (const AucPoint& point : run.auc_curve) add(list, "test/auc", point.updates, point.auc);
    return list;
}

void write_events(const std::filesystem::path& folder, std::span<const Scalar> scalars) {
    try {
        std::filesystem::create_directories(folder);
    } catch (const std::filesystem::filesystem_error& error) {
        fail(folder.string(), "cannot be written: ", error.code().message());
    }
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    io::write_file_atomically(folder / "events.out.tfevents.0.cyclone", event_file(scalars, now.count()));
}

}  // namespace cyclone::lab
