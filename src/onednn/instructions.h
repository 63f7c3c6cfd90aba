#pragma once
// The instructions that oneDNN uses on this processor.

#include <string>

namespace cyclone::onednn {

/// Does not change while the process runs.
struct Instructions {
    std::string name;   ///< the widest set, as ONEDNN_MAX_CPU_ISA spells it: "AVX2"
    std::string limit;  ///< " (the environment has ONEDNN_MAX_CPU_ISA=AVX2)", where it has one
    bool bf16 = false;  ///< products of bfloat16, by AVX-512 or AMX
    bool amx = false;   ///< tiles
};
Instructions instructions();

}  // namespace cyclone::onednn
