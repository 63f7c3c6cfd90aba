#pragma once
// The processes of an MPI launcher as train::Ranks: library cyclone::mpi, which is built where CMake finds MPI
// (CYCLONE_MPI). In a program of your own:
//
//     const auto ranks = mpi::start_ranks();   // mpirun -n 4 program
//     manual_seed(1);                          // the same weights and draws on all
//     ...
//     train::fit(model, sgd, train, {.batch_size = 256, .ranks = ranks.get()});

#include <cyclone/train/ranks.h>

#include <memory>

namespace cyclone::mpi {

/// Starts MPI, unless the program has, and ends it with the last of them; one thread at a time may use them. All
/// processes of MPI_COMM_WORLD are ranks. A process that dies ends all of them, by the launcher.
std::unique_ptr<train::Ranks> start_ranks();

}  // namespace cyclone::mpi
