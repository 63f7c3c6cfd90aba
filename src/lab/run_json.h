#pragma once
// Runs and what they were asked for as JSON (private).

#include <cyclone/lab/comparison.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/lab/tuning.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace cyclone::lab {

using Json = nlohmann::ordered_json;

/// JSON has no NaN: an undefined figure is null.
Json figure(double value);
Json figures(const std::vector<double>& values);

/// Error for everything but a whole number from 0 to 2^64 - 1: the library would convert others, and 1e50 as it comes.
std::uint64_t read_whole(const Json& json);

/// Eight digits.
std::string hex(std::uint32_t value);
std::string crc32_hex(std::string_view bytes);

/// The text of a run's file: everything in `run`, and a CRC-32 over it.
std::string run_file_text(const Run& run);

/// The run of such a text, equal to the one written in every field. Error when it is damaged in any way.
Run parse_run_file(const std::string& text);

/// What result.json says of a run: its figures without curves and probabilities.
Json run_json(const Run& run);

Json tuning_json(const Tuning& tuning);
/// Json::exception or Error when it is damaged.
Tuning read_tuning_json(const Json& json);

/// What config.json holds.
Json record_json(const ComparisonRecord& record);

}  // namespace cyclone::lab
