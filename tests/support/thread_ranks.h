#pragma once
// Ranks in threads of this process.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/train/ranks.h>

#include <condition_variable>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cyclone::test {

class ThreadRanks {
public:
    /// Calls f(ranks) in `count` threads of `threads` threads each. Where one throws, the others end at their next
    /// exchange, and it throws what that one threw.
    static void run(int count, int threads, const std::function<void(train::Ranks&)>& f) {
        ThreadRanks all(count);
        std::vector<std::thread> started;
        for (int r = 0; r < count; ++r)
            started.emplace_back([&, r] {
                set_num_threads(threads);
                One one(all, r);
                try {
                    f(one);
                } catch (const Ended&) {  // another one threw
                } catch (...) {
                    all.end(std::current_exception());
                }
            });
        for (std::thread& thread : started) thread.join();
        if (all.thrown_) std::rethrow_exception(all.thrown_);
    }

private:
    struct Ended {};
    using To = std::span<const std::span<const std::byte>>;

    class One final : public train::Ranks {
    public:
        One(ThreadRanks& all, int rank) : all_(all), rank_(rank) {}
        int rank() const override { return rank_; }
        int size() const override { return static_cast<int>(all_.to_.size()); }
        void exchange(To to, std::span<const std::span<std::byte>> from) override {
            all_.to_[static_cast<std::size_t>(rank_)] = to;
            all_.meet();
            for (std::size_t r = 0; r < from.size(); ++r) {
                const auto sent = all_.to_[r][static_cast<std::size_t>(rank_)];
                if (sent.size() != from[r].size()) throw std::logic_error("ranks expect another number of bytes");
                if (!sent.empty()) std::memcpy(from[r].data(), sent.data(), sent.size());
            }
            all_.meet();
        }
        void abort(int) override {
            all_.end(nullptr);
            throw Ended();
        }

    private:
        ThreadRanks& all_;
        int rank_;
    };

    explicit ThreadRanks(int count) : to_(static_cast<std::size_t>(count)) {}

    void meet() {
        std::unique_lock lock(mutex_);
        const int round = round_;
        if (++here_ == static_cast<int>(to_.size())) {
            here_ = 0, ++round_;
            changed_.notify_all();
        }
        changed_.wait(lock, [&] { return ended_ || round_ != round; });
        if (round_ == round) throw Ended();
    }

    void end(std::exception_ptr thrown) {
        const std::lock_guard lock(mutex_);
        if (!thrown_) thrown_ = std::move(thrown);
        ended_ = true;
        changed_.notify_all();
    }

    std::vector<To> to_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int here_ = 0, round_ = 0;
    bool ended_ = false;
    std::exception_ptr thrown_;
};

}  // namespace cyclone::test
