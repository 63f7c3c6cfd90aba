// The records of comparisons and trainings as JSON.
#include <cyclone/lab/record.h>

namespace cyclone::lab {
namespace {

// Version and command of the provenance stand beside it.
void machine_fields(io::JsonFields& f, Provenance& provenance, const std::string& command) {
    Provenance machine = provenance;
    machine.version = machine.command = "";
    if (!f.reading() || f.has("machine")) f("machine", machine);
    machine.version = provenance.version;
    machine.command = command;
    provenance = machine;
}

}  // namespace

void fields(io::JsonFields& f, ComparisonRecord& record) {
    f.optional("program", record.program, std::string());
    f.optional("version", record.provenance.version, std::string());
    f("command", record.command);
    f("data", record.data);
    f("settings", record.settings);
    f("schedule_definitions", record.schedules);
    f.optional("balances", record.rebalancings, {train::kNoRebalancing});
    f("seeds", record.seeds);
    f.optional("positive_fraction", record.positive_fraction, 0.0);
    machine_fields(f, record.provenance, record.command);
}

void fields(io::JsonFields& f, TrainingRecord& record) {
    f.optional("program", record.program, std::string());
    f.optional("version", record.provenance.version, std::string());
    f("command", record.command);
    f("options", record.options);
    f("base_lr", record.base_lr);
    f("max_lr", record.max_lr);
    f("facts", record.facts);
    machine_fields(f, record.provenance, record.command);
}

}  // namespace cyclone::lab
