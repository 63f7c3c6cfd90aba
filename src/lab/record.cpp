// The record of a comparison as JSON.
#include <cyclone/lab/record.h>

namespace cyclone::lab {

void fields(io::JsonFields& f, ComparisonRecord& record) {
    f.optional("program", record.program, std::string());
    f.optional("version", record.provenance.version, std::string());
    f("command", record.command);
    f("data", record.data);
    f("settings", record.settings);
    f("schedule_definitions", record.schedules);
    f.optional("balances", record.rebalancings, {train::kNoRebalancing});
    f("seeds", record.seeds);
    Provenance machine = record.provenance;  // its version and command stand above
    machine.version = machine.command = "";
    if (!f.reading() || f.has("machine")) f("machine", machine);
    machine.version = record.provenance.version;
    machine.command = record.command;
    record.provenance = machine;
}

}  // namespace cyclone::lab
