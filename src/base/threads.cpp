// Thread counts by OpenMP, and the flush of denormal numbers.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>

#include <omp.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace cyclone {

int num_threads() { return omp_get_max_threads(); }

void set_num_threads(int n) {
    check(n >= 1, "set_num_threads", "expected a count of at least 1, got ", n);
    omp_set_num_threads(n);
}

int available_processors() { return omp_get_num_procs(); }

void end_idle_threads() { omp_pause_resource(omp_pause_soft, omp_get_initial_device()); }

void flush_denormals() {
#if defined(__x86_64__)
    constexpr unsigned kFlushToZero = 0x8000;
    constexpr unsigned kDenormalsAreZero = 0x0040;
#pragma omp parallel
    _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#endif
}

}  // namespace cyclone
