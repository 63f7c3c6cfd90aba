#include "bench/report.h"

#include <cstdio>

namespace bench {

bool holds(double ratio, const std::string& bar) {
    if (bar.empty()) return true;
    const double bound = std::stod(bar.substr(2));
    return bar[0] == '>' ? ratio >= bound : ratio <= bound;
}

void Report::heading(const std::string& text) {
    std::printf("\n%s\n", text.c_str());
    std::fflush(stdout);
}

void Report::add(const Row& row) {
    std::printf("  %-44s %10.1f %-8s  limit %10.1f  ratio %5.2f", row.name.c_str(), row.value, row.unit.c_str(),
                row.limit, row.ratio);
    if (!row.bar.empty()) std::printf("  %s %s", row.bar.c_str(), holds(row.ratio, row.bar) ? "holds" : "MISSED");
    std::printf("\n");
    std::fflush(stdout);
    rows_.push_back(row);
}

void Report::fail(const std::string& name, const std::string& why) {
    std::fprintf(stderr, "bench: %s: not measured: %s\n", name.c_str(), why.c_str());
    failures_.push_back(name + ": " + why);
}

void Report::skip(const std::string& name, const std::string& why) {
    std::printf("  %-44s skipped: %s\n", name.c_str(), why.c_str());
    skipped_.push_back(name + ": " + why);
}

std::string Report::json() const {
    nlohmann::ordered_json json;
    json["rows"] = nlohmann::ordered_json::array();
    for (const Row& row : rows_) {
        nlohmann::ordered_json entry{
            {"name", row.name}, {"value", row.value}, {"unit", row.unit}, {"limit", row.limit}, {"ratio", row.ratio}};
        if (!row.bar.empty()) {
            entry["bar"] = row.bar;
            entry["holds"] = holds(row.ratio, row.bar);
        }
        json["rows"].push_back(std::move(entry));
    }
    json["not_measured"] = failures_;
    json["skipped"] = skipped_;
    json.update(more_);
    return json.dump(2) + "\n";
}

}  // namespace bench
