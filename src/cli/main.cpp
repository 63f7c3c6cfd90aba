// The installed program: everything is in cli::run().
#include <cyclone/cli/cli.h>
#ifdef CYCLONE_WITH_MPI
#include <cyclone/mpi/ranks.h>
#endif

#if defined(__GLIBC__) && !defined(CYCLONE_NO_MULTIVERSION)  // sanitizers are not ready so early
[[gnu::section(".preinit_array"),
  gnu::used]] static void (*const before_all)(int, char**, char**) = cyclone::cli::restart_to_wait_briefly;
#endif

int main(int argc, char** argv) {
#ifdef CYCLONE_WITH_MPI
    return cyclone::cli::run(argc, argv, cyclone::mpi::start_ranks);
#else
    return cyclone::cli::run(argc, argv);
#endif
}
