// Times by phase and operation, one table per thread.

#include <cyclone/base/profile.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iomanip>
#include <mutex>
#include <ostream>
#include <utility>

namespace cyclone::profile {
namespace {

using Clock = std::chrono::steady_clock;

struct Entry {
    Phase phase;
    const char* name;
    std::uint64_t count;
    Clock::duration time;
};

class Recorder;

// Every thread's recorder, and what ended threads left.
struct Registry {
    std::mutex mutex;
    std::vector<Recorder*> running;
    std::vector<Entry> ended;
    std::atomic<std::uint64_t> round{0};  // counts the starts: a recorder of an earlier one is stale
};

// Never destroyed: threads may end after main.
Registry& registry() {
    static auto* instance = new Registry;
    return *instance;
}

void add(std::vector<Entry>& entries, const Entry& more) {
    for (Entry& entry : entries)
        if (entry.phase == more.phase && std::strcmp(entry.name, more.name) == 0) {
            entry.count += more.count;
            entry.time += more.time;
            return;
        }
    entries.push_back(more);
}

// Belongs to one thread; its mutex is contended only while rows() reads.
class Recorder {
public:
    Recorder() {
        const std::lock_guard lock(registry().mutex);
        registry().running.push_back(this);
    }
    ~Recorder() {
        Registry& all = registry();
        const std::lock_guard lock(all.mutex);
        std::erase(all.running, this);
        collect(all.ended, all.round);
    }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    void lap(Phase phase, const char* name) {
        const Clock::time_point now = Clock::now();
        const std::lock_guard lock(mutex_);
        const std::uint64_t round = registry().round;
        if (round != round_)
            entries_.clear();
        else if (name)
            add(entries_, {phase, name, 1, now - last_});
        round_ = round;
        last_ = now;
    }

    void collect(std::vector<Entry>& into, std::uint64_t round) {
        const std::lock_guard lock(mutex_);
        if (round_ != round) return;
        for (const Entry& entry : entries_) add(into, entry);
    }

private:
    std::mutex mutex_;
    std::vector<Entry> entries_;
    Clock::time_point last_;
    std::uint64_t round_ = 0;
};

constexpr const char* kPhaseNames[] = {"forward", "backward", "update", "loader", "idle", "other"};

}  // namespace

namespace detail {
std::atomic<bool> on{false};

void lap(Phase phase, const char* name) {
    thread_local Recorder mine;
    mine.lap(phase, name);
}
}  // namespace detail

void start() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    all.ended.clear();
    ++all.round;
    detail::on = true;
}

void stop() { detail::on = false; }

std::vector<Row> rows() {
    Registry& all = registry();
    std::vector<Entry> entries;
    {
        const std::lock_guard lock(all.mutex);
        entries = all.ended;
        for (Recorder* recorder : all.running) recorder->collect(entries, all.round);
    }
    std::vector<Row> out;
    out.reserve(entries.size());
    for (const Entry& e : entries)
        out.push_back({e.phase, e.name, e.count, std::chrono::duration<double>(e.time).count()});
    std::sort(out.begin(), out.end(), [](const Row& a, const Row& b) {
        return std::pair(a.phase, -a.seconds) < std::pair(b.phase, -b.seconds);
    });
    return out;
}

void print(std::ostream& out) {
    const std::vector<Row> all = rows();
    double total = 0, idle = 0, loader = 0;
    for (const Row& row : all) {
        total += row.seconds;
        if (row.phase == Phase::idle) idle += row.seconds;
        if (row.phase == Phase::loader) loader += row.seconds;
    }
    if (all.empty()) return;
    const auto line = [&](const std::string& phase, const std::string& name, double seconds) {
        out << "  " << std::left << std::setw(10) << phase << std::setw(22) << name << std::right << std::fixed
            << std::setprecision(3) << std::setw(10) << seconds << " s " << std::setprecision(1) << std::setw(6)
            << 100 * seconds / total << " %";
    };
    const auto flags = out.flags();
    const auto precision = out.precision();
    out << "time by phase and operation, summed over the threads that train and load:\n";
    for (std::size_t i = 0; i < all.size(); ++i) {
        const char* phase = kPhaseNames[static_cast<std::size_t>(all[i].phase)];
        if (i == 0 || all[i].phase != all[i - 1].phase) {
            double sum = 0;
            for (const Row& row : all) sum += row.phase == all[i].phase ? row.seconds : 0;
            line(phase, "", sum);
            out << '\n';
        }
        line("", all[i].name, all[i].seconds);
        out << std::setprecision(2) << std::setw(10) << 1e6 * all[i].seconds / static_cast<double>(all[i].count)
            << " us each\n";
    }
    if (idle > 0)
        out << "the trainer waited for batches " << std::setprecision(1) << 100 * idle / (total - loader)
            << " % of its time\n";
    out.flags(flags);
    out.precision(precision);
}

}  // namespace cyclone::profile
