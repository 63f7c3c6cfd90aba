#pragma once
// CIFAR-10 and CIFAR-100, the binary versions (cs.toronto.edu/~kriz/cifar.html).

#include <cyclone/data/dataset.h>
#include <cyclone/data/memory_budget.h>

#include <filesystem>

namespace cyclone::data {

/// A folder with data_batch_1.bin ... data_batch_5.bin and test_batch.bin (CIFAR-10) or train.bin and test.bin
/// (CIFAR-100, the fine labels), as (N, 32, 32, 3) u8, standardised from the training set. Class names come from
/// batches.meta.txt or fine_label_names.txt where they are there, else they are numbers. Fewer training batches than
/// five are fine. Errors: a missing or truncated file, a label beyond the classes, more pixels than `memory` allows.
Splits read_cifar_folder(const std::filesystem::path& folder, MemoryBudget memory = {});

/// Whether the folder has the files of either.
bool is_cifar_folder(const std::filesystem::path& folder);

}  // namespace cyclone::data
