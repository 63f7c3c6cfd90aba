#pragma once
// Team: worker threads of our own, which take the slices of a batch. A worker that waits spins for some microseconds
// and then sleeps, so that it takes no processor from somebody else (GNU's OpenMP spins for milliseconds, at each
// loop).

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace cyclone {

/// The worker threads that belong to one thread. Within a task num_threads() is 1, on the calling thread too: what a
/// task computes does not depend on the size of the team.
class Team {
public:
    /// The calling thread's team of num_threads() threads, itself included. It is kept until the thread ends or asks
    /// for another number above 1; where the system starts fewer threads, it is smaller.
    static Team& mine();

    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int size() const;  ///< threads, the calling one included

    /// Calls f(i) once for every i from 0 to count - 1, in parallel, and returns when all calls have. Lower numbers
    /// begin first. Once a call throws, no further one begins; of what was thrown, that of the lowest i is thrown on.
    template <class F>
    void run(std::int64_t count, F&& f) {
        using Function = std::remove_reference_t<F>;
        run(
            count, [](void* function, std::int64_t i) { (*static_cast<Function*>(function))(i); },
            const_cast<void*>(static_cast<const void*>(std::addressof(f))));
    }

private:
    struct Shared;
    using Call = void (*)(void* function, std::int64_t i);

    explicit Team(int size);
    void run(std::int64_t count, Call call, void* function);

    std::unique_ptr<Shared> shared_;
};

/// While it lives, the parallel loops of the calling thread (those of Cyclone, not those of oneDNN) run on its Team and
/// not on OpenMP: a program that changes between both has the workers of each in the way of the other's.
class TeamLoops {
public:
    TeamLoops();
    ~TeamLoops();
    TeamLoops(const TeamLoops&) = delete;
    TeamLoops& operator=(const TeamLoops&) = delete;

    static bool on();  ///< whether the calling thread has one

private:
    bool before_;
};

}  // namespace cyclone
