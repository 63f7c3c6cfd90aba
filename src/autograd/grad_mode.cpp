// The calling thread's switch for gradient recording.

#include <cyclone/autograd/grad_mode.h>

#include <utility>

namespace cyclone {
namespace {
thread_local bool recording = true;
}  // namespace

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : before_(std::exchange(recording, false)) {}
NoGrad::~NoGrad() { recording = before_; }

}  // namespace cyclone
