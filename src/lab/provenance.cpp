// What is known of the machine and the library that compute.
#include <cyclone/base/threads.h>
#include <cyclone/base/version.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/ops/backend.h>
#include <cyclone/ops/precision.h>

#include <ctime>
#include <fstream>

namespace cyclone::lab {
namespace {

std::string processor_name() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos)
            return line.substr(line.find(": ") + 2);
    return "unknown";
}

std::string time_now() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

// One description of the fields: f(name, field).
template <class P, class Function>
void for_each(P& p, Function&& f) {
    f("version", p.version);
    f("processor", p.processor);
    f("processors", p.processors);
    f("backend", p.backend);
    f("precision", p.precision);
    f("compiler", p.compiler);
    f("command", p.command);
    f("time", p.time);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Provenance::facts() const {
    std::vector<std::pair<std::string, std::string>> list;
    for_each(*this, [&](const char* name, const std::string& value) {
        if (!value.empty()) list.emplace_back(name, value);
    });
    return list;
}

Provenance this_process(const std::string& command) {
    return {.version = version(),
            .processor = processor_name(),
            .processors = std::to_string(available_processors()),
            .backend = backend_description(),
            .precision = std::string(name_of(precision())),
            .compiler = __VERSION__,
            .command = command,
            .time = time_now()};
}

void fields(io::JsonFields& f, Provenance& provenance) {
    for_each(provenance, [&](const char* name, std::string& value) { f.optional(name, value, std::string()); });
}

}  // namespace cyclone::lab
