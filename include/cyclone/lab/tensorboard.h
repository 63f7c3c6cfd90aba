#pragma once
// Event files for TensorBoard: the scalars of a run. A file is a TFRecord (each record with its length and two masked
// CRC-32C sums) of Event messages in the protobuf wire format, both written here without a library.

#include <cyclone/lab/run.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace cyclone::lab {

/// A point of a curve.
struct Scalar {
    std::string tag;         ///< which curve: "loss/train"; a slash makes a group
    std::uint64_t step = 0;  ///< updates made so far
    double value = 0;        ///< written as f32
};

/// The bytes of an event file; `wall_time` in seconds since 1970 is that of all points.
std::string event_file(std::span<const Scalar> scalars, double wall_time);

/// "learning rate" and "loss/train" of every update, "loss/validation" and "validation/" and the name of each metric
/// after every epoch that has been validated.
std::vector<Scalar> scalars_of(const train::History& history);
/// The same, and "test/auc" where the run has an AUC curve.
std::vector<Scalar> scalars_of(const Run& run, const train::History& history);

/// Writes `folder`/events.out.tfevents.0.cyclone, which TensorBoard shows as the run `folder`; it appears whole or not
/// at all, and replaces an earlier one.
void write_events(const std::filesystem::path& folder, std::span<const Scalar> scalars);

}  // namespace cyclone::lab
