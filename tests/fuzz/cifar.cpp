// Any bytes are a batch of CIFAR or an Error. The input is the start of a record or two; pixels that it does not reach
// are zero, so that the fuzzer need not write them.
#include <cyclone/base/error.h>
#include <cyclone/data/formats/cifar.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

namespace {

struct CifarFolder {
    fuzz::MemoryFile train, test, names;
    std::filesystem::path path;

    CifarFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "cyclone-fuzz-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path = name;
        std::filesystem::create_symlink(train.path(), path / "data_batch_1.bin");
        std::filesystem::create_symlink(test.path(), path / "test_batch.bin");
        std::filesystem::create_symlink(names.path(), path / "batches.meta.txt");
    }
    ~CifarFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

FUZZ_TARGET(cifar) {
    constexpr std::size_t kRecord = 1 + 3 * 32 * 32;
    static const CifarFolder folder;
    if (size < 2) return 0;
    // The first byte says how long the batches are, near and at whole records, and how much of the input are names.
    const std::size_t length = kRecord * (data[0] % 4) + data[0] / 64 - (data[0] % 4 > 0 ? 1 : 0);
    const std::size_t names = size * (data[0] / 4 % 8) / 8;
    std::vector<std::uint8_t> batch(length);
    std::copy_n(data + 1, std::min(size - 1, length), batch.begin());
    if (length > kRecord) batch[kRecord] = data[size - 1];
    folder.train.put(batch.data(), batch.size());
    folder.test.put(batch.data(), batch.size());
    folder.names.put(data, names);
    try {
        data::read_cifar_folder(folder.path);
    } catch (const Error&) {
    }
    return 0;
}
