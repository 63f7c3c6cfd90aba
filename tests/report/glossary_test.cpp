// The glossary: every metric is in it, no word twice, each meaning short.
#include <cyclone/metrics/metric.h>
#include <cyclone/report/glossary.h>

#include <algorithm>
#include <set>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("the glossary explains each word once and briefly, and every metric in the metric's own words") {
    std::set<std::string> words;
    std::vector<std::string> meanings;
    for (const report::GlossaryPart& part : report::glossary()) {
        CHECK_FALSE(part.title.empty());
        for (const report::GlossaryEntry& entry : part.entries) {
            INFO(entry.word);
            CHECK(words.insert(entry.word).second);
            CHECK(entry.meaning.ends_with("."));
            CHECK(entry.meaning.size() <= 260);
            CHECK(entry.word.find('|') == std::string::npos);  // both stand in cells of a Markdown table
            CHECK(entry.meaning.find('|') == std::string::npos);
            meanings.push_back(entry.meaning);
        }
    }
    for (const metrics::Metric& metric : metrics::table()) {
        INFO(metric.name);
        CHECK(std::count(meanings.begin(), meanings.end(), metric.description) == 1);
    }
}
