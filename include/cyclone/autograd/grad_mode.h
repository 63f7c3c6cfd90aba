#pragma once
// Switching gradient recording off. Independent of a module's train / eval mode.

namespace cyclone {

/// Whether operations of the calling thread are recorded for backward(); true at the start of every thread.
bool grad_enabled();

/// While it exists, the calling thread records nothing: `NoGrad guard;` around evaluation and parameter updates.
class NoGrad {
public:
    NoGrad();
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;

private:
    bool before_;
};

}  // namespace cyclone
