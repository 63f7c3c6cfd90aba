// The calling thread's precision, and what the processor allows.

#include <cyclone/autograd/record.h>
#include <cyclone/base/error.h>
#include <cyclone/base/registry.h>
#include <cyclone/ops/precision.h>

#include <array>
#include <utility>
#include <vector>

#include "ops/bf16.h"
#ifdef CYCLONE_WITH_ONEDNN
#include "onednn/instructions.h"
#endif

namespace cyclone {
namespace {

thread_local Precision mine = Precision::f32;
thread_local DType stored = DType::f32;

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

DType storage() { return mine == Precision::f32 ? DType::f32 : stored; }
StorageScope::StorageScope(DType dtype) : before_(stored) {
    check(dtype == DType::f32 || dtype == DType::bf16, "StorageScope", "expected f32 or bf16, got ", name_of(dtype));
    stored = dtype;
}
StorageScope::~StorageScope() { stored = before_; }

Tensor cast(const Tensor& x, DType dtype) {
    const auto floating = [](DType d) { return d == DType::f32 || d == DType::f64 || d == DType::bf16; };
    check(x.defined() && floating(x.dtype()) && floating(dtype), "cast", "expected f32, f64 and bf16, got ",
          x.defined() ? name_of(x.dtype()) : "an undefined tensor", " and ", name_of(dtype));
    if (x.dtype() == dtype) return x;
    return autograd::record("cast", ops::as_dtype(x, dtype), {x},
                            [from = x.dtype()](const Tensor& grad) { return Gradients{ops::as_dtype(grad, from)}; });
}

}  // namespace cyclone
