#include "bench/fma_peak.h"

#include <omp.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench {
namespace {

constexpr int kIterations = 20'000;

struct Kernel {
    const char* name;
    int flop_per_iteration;
    float (*run)(float factor);
};

#if defined(__x86_64__)
// As many chains as the latency of the instruction needs on two pipes; the sum keeps the compiler from dropping them.

__attribute__((target("avx512f"))) float avx512(float factor) {
    constexpr int kChains = 16;
    const __m512 a = _mm512_set1_ps(factor), b = _mm512_set1_ps(0.5F);
    __m512 chain[kChains];
    for (int c = 0; c < kChains; ++c) chain[c] = _mm512_set1_ps(static_cast<float>(c));
    for (int i = 0; i < kIterations; ++i)
#pragma GCC unroll 16
        for (int c = 0; c < kChains; ++c) chain[c] = _mm512_fmadd_ps(chain[c], a, b);
    float sum = 0;
    for (int c = 0; c < kChains; ++c) sum += _mm512_cvtss_f32(chain[c]);
    return sum;
}

__attribute__((target("avx2,fma"))) float avx2(float factor) {
    constexpr int kChains = 12;
    const __m256 a = _mm256_set1_ps(factor), b = _mm256_set1_ps(0.5F);
    __m256 chain[kChains];
    for (int c = 0; c < kChains; ++c) chain[c] = _mm256_set1_ps(static_cast<float>(c));
    for (int i = 0; i < kIterations; ++i)
#pragma GCC unroll 12
        for (int c = 0; c < kChains; ++c) chain[c] = _mm256_fmadd_ps(chain[c], a, b);
    float sum = 0;
    for (int c = 0; c < kChains; ++c) sum += _mm256_cvtss_f32(chain[c]);
    return sum;
}

float sse2(float factor) {
    constexpr int kChains = 12;
    const __m128 a = _mm_set1_ps(factor), b = _mm_set1_ps(0.5F);
    __m128 chain[kChains];
    for (int c = 0; c < kChains; ++c) chain[c] = _mm_set1_ps(static_cast<float>(c));
    for (int i = 0; i < kIterations; ++i)
#pragma GCC unroll 12
        for (int c = 0; c < kChains; ++c) chain[c] = _mm_add_ps(_mm_mul_ps(chain[c], a), b);
    float sum = 0;
    for (int c = 0; c < kChains; ++c) sum += _mm_cvtss_f32(chain[c]);
    return sum;
}

Kernel best_kernel() {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return {"AVX-512", 16 * 16 * 2, avx512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {"AVX2", 12 * 8 * 2, avx2};
    return {"SSE2", 12 * 4 * 2, sse2};
}
#else
float plain(float factor) {
    float chain[64] = {};
    for (int i = 0; i < kIterations; ++i)
        for (float& value : chain) value = value * factor + 0.5F;
    float sum = 0;
    for (const float value : chain) sum += value;
    return sum;
}

Kernel best_kernel() { return {"plain loop", 64 * 2, plain}; }
#endif

const Kernel& kernel() {
    static const Kernel best = best_kernel();
    return best;
}

}  // namespace

const char* fma_instructions() { return kernel().name; }

double fma_flop(int threads) { return static_cast<double>(threads) * kernel().flop_per_iteration * kIterations; }

void run_fma(int threads) {
    static volatile float factor =
        0.25F;  // unknown to the compiler; the chains converge, so no denormals or infinities
    float sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    sum += kernel().run(factor);
    [[maybe_unused]] static volatile float sink = 0;
    sink = sum;
}

}  // namespace bench
