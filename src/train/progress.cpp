// The progress line.

#include <cyclone/base/text_width.h>
#include <cyclone/train/progress.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <mutex>

#include "system/system.h"

namespace cyclone::train {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kDrawInterval = std::chrono::milliseconds(100);

// A line that wraps cannot be overwritten, so it ends one column before the edge of the terminal.
std::size_t widest(const std::ostream& out) {
    return (&out == &std::cerr ? terminal_columns(system::kErrors).value_or(80) : 80) - 1;
}

}  // namespace

std::string format_duration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "?";
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    const auto s = static_cast<int>(whole % 60), m = static_cast<int>(whole / 60 % 60);
    const auto h = static_cast<int>(whole / 3600);
    char text[32];
    if (h > 0)
        std::snprintf(text, sizeof text, "%d:%02d:%02d", h, m, s);
    else if (m > 0)
        std::snprintf(text, sizeof text, "%d:%02d", m, s);
    else
        std::snprintf(text, sizeof text, "%d s", s);
    return text;
}

struct Progress::State {
    State(std::string of, std::int64_t all, bool shown, std::ostream& stream)
        : label(std::move(of)), total(all), out(stream), visible(shown) {}

    const std::string label;
    const std::int64_t total;
    std::ostream& out;
    std::atomic<bool> visible;
    std::atomic<std::int64_t> done{0}, done_earlier{0};
    const Clock::time_point start = Clock::now();
    std::atomic<Clock::rep> next_draw{start.time_since_epoch().count()};
    std::mutex mutex;  // guards the stream and what follows
    std::string note;
    std::size_t width = 0;  // of the line on the screen

    void draw(Clock::time_point now);
    void wipe();  // with the mutex held
};

Progress::Progress(std::string label, std::int64_t total, ProgressMode mode)
    : Progress(std::move(label), total,
               mode == ProgressMode::automatic && system::is_terminal(system::kErrors) ? ProgressMode::on : mode,
               std::cerr) {}

Progress::Progress(std::string label, std::int64_t total, ProgressMode mode, std::ostream& out)
    : state_(std::make_unique<State>(std::move(label), total, mode == ProgressMode::on, out)) {}

Progress::~Progress() { finish(); }

void Progress::add(std::int64_t units) {
    State& s = *state_;
    s.done += units;
    if (!s.visible) return;
    const auto now = Clock::now();
    Clock::rep due = s.next_draw;
    if (now.time_since_epoch().count() < due) return;
    // Of several threads that see the time has come, one draws.
    if (s.next_draw.compare_exchange_strong(due, (now + kDrawInterval).time_since_epoch().count())) s.draw(now);
}

void Progress::resume(std::int64_t units) {
    state_->done += units;
    state_->done_earlier += units;
}

void Progress::note(const std::string& text) {
    const std::lock_guard lock(state_->mutex);
    state_->note = text;
}

bool Progress::visible() const { return state_->visible; }

std::int64_t Progress::done() const { return state_->done; }

void Progress::clear() {
    const std::lock_guard lock(state_->mutex);
    state_->wipe();
}

void Progress::finish() {
    const std::lock_guard lock(state_->mutex);
    state_->wipe();
    state_->visible = false;
}

void Progress::State::draw(Clock::time_point now) {
    const std::lock_guard lock(mutex);
    if (!visible) return;
    const double elapsed = std::chrono::duration<double>(now - start).count();
    const double so_far = static_cast<double>(done), all = static_cast<double>(total);
    const double done_here = so_far - static_cast<double>(done_earlier);
    const double fraction = total > 0 ? std::min(1.0, so_far / all) : 0.0;
    std::string line = label + "  " + std::to_string(static_cast<int>(100 * fraction)) + " %  " +
                       format_duration(elapsed) + "  ETA " +
                       format_duration(done_here > 0 ? elapsed * std::max(0.0, all - so_far) / done_here : -1.0);
    if (!note.empty()) line += "  " + note;
    const std::size_t most = widest(out), now_wide = std::min(display_width(line), most);
    out << '\r' << fitted(line, std::min(std::max(now_wide, width), most)) << std::flush;
    width = now_wide;
}

void Progress::State::wipe() {
    if (width > 0) out << '\r' << std::string(std::min(width, widest(out)), ' ') << '\r' << std::flush;
    width = 0;
}

}  // namespace cyclone::train
