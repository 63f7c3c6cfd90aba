#pragma once
// run_isolated(): work on untrusted files in a child process, so that a crash or hang is an Error here.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace cyclone::data {

struct IsolationLimits {
    double seconds = 60;  ///< without a byte from the child; 100 times as many of processor time
    std::uint64_t memory = std::uint64_t{2} << 30;  ///< bytes beyond what the process has at the start
};

/// The child's way to its parent.
class ToParent {
public:
    explicit ToParent(int pipe) : pipe_(pipe) {}
    void write(const void* bytes, std::size_t count);

private:
    friend void run_isolated(const std::string&, const IsolationLimits&, const std::function<void(ToParent&)>&,
                             const std::function<void(class FromChild&)>&);
    void frame(char kind, const void* bytes, std::size_t count);
    int pipe_;
};

/// The parent's end.
class FromChild {
public:
    FromChild(int pipe, std::string where, double seconds);
    /// Exactly `count` bytes. Throws the child's Error, or one of its own when the child died or is too slow.
    void read(void* into, std::size_t count);

private:
    friend void run_isolated(const std::string&, const IsolationLimits&, const std::function<void(ToParent&)>&,
                             const std::function<void(FromChild&)>&);
    void raw(void* into, std::size_t count);
    void next_frame();
    int pipe_;
    std::string where_;
    double seconds_;
    std::uint64_t left_ = 0;  // bytes of the frame under way
};

/// Forks. The child runs `work` and nothing else: other threads do not exist in it, so `work` uses neither OpenMP nor
/// tensors, whose locks such a thread may hold. It can write no file. An Error of `work` is thrown here by `receive`.
void run_isolated(const std::string& where, const IsolationLimits& limits, const std::function<void(ToParent&)>& work,
                  const std::function<void(FromChild&)>& receive);

}  // namespace cyclone::data
