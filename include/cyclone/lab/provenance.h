#pragma once
// Provenance: where, when and with what something was computed. The process that computed it writes it down; whoever
// reads or shows it later never replaces it.

#include <cyclone/io/json_fields.h>

#include <string>
#include <utility>
#include <vector>

namespace cyclone::lab {

/// Empty texts are not known, as in folders of earlier versions.
struct Provenance {
    std::string version = {};     ///< of Cyclone
    std::string processor = {};   ///< "Intel(R) Xeon(R) ..."
    std::string processors = {};  ///< how many the process may use
    std::string backend = {};     ///< "oneDNN 3.7.2"
    std::string precision = {};   ///< of the products in layers: "f32", "bf16"
    std::string compiler = {};    ///< of the library
    std::string command = {};     ///< line, of the program
    std::string time = {};        ///< UTC: "2026-11-26T15:04:05Z"

    bool operator==(const Provenance&) const = default;  ///< in every field
    /// The names and values that are known, for tables.
    std::vector<std::pair<std::string, std::string>> facts() const;
};

/// Of this process, now, with the precision of the calling thread.
Provenance this_process(const std::string& command = {});

/// What is known, by the names of the members.
void fields(io::JsonFields& f, Provenance& provenance);

}  // namespace cyclone::lab
