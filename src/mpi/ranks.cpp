// Ranks by MPI: messages between pairs, so that the order of sums is ours and not MPI's.

#include <cyclone/mpi/ranks.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

namespace cyclone::mpi {
namespace {

constexpr std::size_t kMessage = std::size_t{1} << 30;  // MPI counts in int
constexpr auto kAwake = std::chrono::microseconds(200);

class MpiRanks final : public train::Ranks {
public:
    MpiRanks() {
        int started = 0, provided = 0;
        MPI_Initialized(&started);
        if (started == 0) MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
        owns_ = started == 0;
        MPI_Comm_dup(MPI_COMM_WORLD, &all_);
        MPI_Comm_rank(all_, &rank_);
        MPI_Comm_size(all_, &size_);
    }
    ~MpiRanks() override {
        MPI_Comm_free(&all_);
        if (owns_) MPI_Finalize();
    }
    MpiRanks(const MpiRanks&) = delete;
    MpiRanks& operator=(const MpiRanks&) = delete;

    int rank() const override { return rank_; }
    int size() const override { return size_; }

    void exchange(std::span<const std::span<const std::byte>> to, std::span<const std::span<std::byte>> from) override {
        requests_.clear();
        for (int r = 0; r < size_; ++r) {
            const auto i = static_cast<std::size_t>(r);
            if (r == rank_) {
                if (!to[i].empty()) std::memcpy(from[i].data(), to[i].data(), to[i].size());
                continue;
            }
            in_messages(from[i], [&](std::byte* bytes, int count) {
                MPI_Irecv(bytes, count, MPI_BYTE, r, 0, all_, &requests_.emplace_back());
            });
            in_messages(to[i], [&](const std::byte* bytes, int count) {
                MPI_Isend(bytes, count, MPI_BYTE, r, 0, all_, &requests_.emplace_back());
            });
        }
        wait();
    }

    void abort(int code) override {
        MPI_Abort(MPI_COMM_WORLD, code);
        std::abort();
    }

private:
    template <class Bytes, class Each>
    static void in_messages(Bytes bytes, Each each) {
        for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kMessage)))
            each(bytes.data(), static_cast<int>(std::min(bytes.size(), kMessage)));
    }

    // MPI's own waiting takes a whole processor, for as long as another rank loads data or writes a checkpoint.
    void wait() {
        const auto start = std::chrono::steady_clock::now();
        for (int done = 0;;) {
            MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
            if (done != 0) return;
            if (std::chrono::steady_clock::now() - start < kAwake)
                std::this_thread::yield();
            else
                std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    }

    MPI_Comm all_ = MPI_COMM_NULL;
    int rank_ = 0, size_ = 1;
    bool owns_ = false;
    std::vector<MPI_Request> requests_;
};

}  // namespace

std::unique_ptr<train::Ranks> start_ranks() { return std::make_unique<MpiRanks>(); }

}  // namespace cyclone::mpi
