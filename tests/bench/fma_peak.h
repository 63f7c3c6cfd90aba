#pragma once
// The arithmetic peak of this machine, measured.

namespace bench {

/// The widest multiply-adds in f32 that this processor has: "AVX-512", "AVX2", or "SSE2" (a multiplication and an
/// addition).
const char* fma_instructions();

/// Floating-point operations of one call of run_fma() on `threads` threads.
double fma_flop(int threads);

/// Independent multiply-adds in registers only, on every one of `threads` threads.
void run_fma(int threads);

}  // namespace bench
