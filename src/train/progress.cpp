// The progress line.

#include <cyclone/base/text_width.h>
#include <cyclone/train/progress.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include <unistd.h>

namespace cyclone::train {
namespace {

constexpr auto kDrawInterval = std::chrono::milliseconds(100);

// A line that wraps cannot be overwritten, so it ends one column before the edge of the terminal.
std::size_t widest(const std::ostream& out) {
    return (&out == &std::cerr ? terminal_columns(STDERR_FILENO).value_or(80) : 80) - 1;
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

Progress::Progress(std::string label, std::int64_t total, ProgressMode mode)
    : Progress(std::move(label), total,
               mode == ProgressMode::automatic && ::isatty(STDERR_FILENO) ? ProgressMode::on : mode, std::cerr) {}

Progress::Progress(std::string label, std::int64_t total, ProgressMode mode, std::ostream& out)
    : label_(std::move(label)),
      total_(total),
      out_(out),
      visible_(mode == ProgressMode::on),
      next_draw_(Clock::now().time_since_epoch().count()),
      start_(Clock::now()) {}

Progress::~Progress() { finish(); }

void Progress::add(std::int64_t units) {
    done_ += units;
    if (!visible_) return;
    const auto now = Clock::now();
    Clock::rep due = next_draw_;
    if (now.time_since_epoch().count() < due) return;
    // Of several threads that see the time has come, one draws.
    if (next_draw_.compare_exchange_strong(due, (now + kDrawInterval).time_since_epoch().count())) draw(now);
}

void Progress::resume(std::int64_t units) {
    done_ += units;
    done_earlier_ += units;
}

void Progress::note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    note_ = text;
}

void Progress::draw(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (!visible_) return;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double done = static_cast<double>(done_), total = static_cast<double>(total_);
    const double done_here = done - static_cast<double>(done_earlier_);
    const double fraction = total_ > 0 ? std::min(1.0, done / total) : 0.0;
    std::string line = label_ + "  " + std::to_string(static_cast<int>(100 * fraction)) + " %  " +
                       format_duration(elapsed) + "  ETA " +
                       format_duration(done_here > 0 ? elapsed * std::max(0.0, total - done) / done_here : -1.0);
    if (!note_.empty()) line += "  " + note_;
    const std::size_t most = widest(out_), width = std::min(display_width(line), most);
    out_ << '\r' << fitted(line, std::min(std::max(width, width_), most)) << std::flush;
    width_ = width;
}

void Progress::wipe() {
    if (width_ > 0) out_ << '\r' << std::string(std::min(width_, widest(out_)), ' ') << '\r' << std::flush;
    width_ = 0;
}

void Progress::clear() {
    const std::lock_guard lock(mutex_);
    wipe();
}

void Progress::finish() {
    const std::lock_guard lock(mutex_);
    wipe();
    visible_ = false;
}

}  // namespace cyclone::train
