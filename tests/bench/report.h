#pragma once
// What the benchmark found: a line per row for people, JSON for programs.

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace bench {

struct Row {
    std::string name;
    double value = 0;  ///< what Cyclone takes or reaches
    std::string unit;
    double limit = 0;  ///< what it is measured against, taken in the same rounds
    double ratio = 0;  ///< value / limit
    std::string bar;   ///< what the ratio has to hold, such as ">= 0.90"; empty: no bar
};

class Report {
public:
    void heading(const std::string& text);
    void add(const Row& row);
    /// A row that could not be measured: named on standard error, and failed() is true from then on.
    void fail(const std::string& name, const std::string& why);
    /// A row that this machine cannot have: named with the reason, in the JSON file too.
    void skip(const std::string& name, const std::string& why);
    bool failed() const { return !failures_.empty(); }
    /// Further top-level entries of the JSON file.
    nlohmann::ordered_json& more() { return more_; }
    std::string json() const;

private:
    std::vector<Row> rows_;
    std::vector<std::string> failures_, skipped_;
    nlohmann::ordered_json more_ = nlohmann::ordered_json::object();
};

/// Whether `ratio` holds a bar such as ">= 0.90" or "<= 1.40".
bool holds(double ratio, const std::string& bar);

}  // namespace bench
