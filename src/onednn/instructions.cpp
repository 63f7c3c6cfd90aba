// What oneDNN has found of the processor.

#include "onednn/instructions.h"

#include <cstdlib>

#include "onednn/compat.h"

namespace cyclone::onednn {
namespace {

// Sets of instructions are sets of bits, and contain each other.
bool contains(dnnl::cpu_isa all, dnnl::cpu_isa part) {
    return (static_cast<unsigned>(all) & static_cast<unsigned>(part)) == static_cast<unsigned>(part);
}

std::string limit_in_environment() {
    for (const char* name : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"})
        if (const char* value = std::getenv(name); value && *value)
            return std::string(" (the environment has ") + name + "=" + value + ")";
    return {};
}

}  // namespace

Instructions instructions() {
    const dnnl::cpu_isa found = dnnl::get_effective_cpu_isa();
    return {.name = name_of(found),
            .limit = limit_in_environment(),
            .bf16 = contains(found, dnnl::cpu_isa::avx512_core_bf16),
            .amx = contains(found, dnnl::cpu_isa::avx512_core_amx)};
}

}  // namespace cyclone::onednn
