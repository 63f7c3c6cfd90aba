// The calling thread's precision, and what the processor allows.

#include <cyclone/base/error.h>
#include <cyclone/base/registry.h>
#include <cyclone/ops/precision.h>

#include <array>
#include <utility>
#include <vector>

#ifdef CYCLONE_WITH_ONEDNN
#include "onednn/instructions.h"
#endif

namespace cyclone {
namespace {

thread_local Precision mine = Precision::f32;

constexpr std::array kAll = {Precision::f32, Precision::bf16, Precision::automatic, Precision::bf16_emulated};

#ifdef CYCLONE_WITH_ONEDNN
bool has_amx() { return onednn::instructions().amx; }
std::string find_why_not() {
    const onednn::Instructions found = onednn::instructions();
    if (found.bf16) return {};
    return "needs AVX512_CORE_BF16 or AVX512_CORE_AMX instructions, oneDNN found " + found.name + found.limit;
}
#else
bool has_amx() { return false; }
std::string find_why_not() { return "needs oneDNN, and this build is without it"; }
#endif

}  // namespace

std::string_view name_of(Precision precision) {
    constexpr std::array<std::string_view, 4> kNames = {"f32", "bf16", "automatic", "bf16-emulated"};
    return kNames[static_cast<std::size_t>(precision)];
}

Precision parse_precision(std::string_view name) {
    std::vector<NamedItem> known;
    for (const Precision precision : kAll) {
        if (name == name_of(precision)) return precision;
        known.push_back({std::string(name_of(precision)), "", ""});
    }
    fail_unknown_name("precision", name, known);
}

const std::string& why_not_bf16() {
    static const std::string why = find_why_not();
    return why;
}

Precision usable(Precision asked) {
    if (asked == Precision::automatic) return has_amx() ? Precision::bf16 : Precision::f32;
    check<UsageError>(asked != Precision::bf16 || why_not_bf16().empty(), "bf16", why_not_bf16(),
                      " (hint: f32; bf16-emulated shows its accuracy, slowly, on any processor)");
    return asked;
}

Precision precision() { return mine; }
PrecisionScope::PrecisionScope(Precision precision) : before_(std::exchange(mine, usable(precision))) {}
PrecisionScope::~PrecisionScope() { mine = before_; }

}  // namespace cyclone
