#pragma once
// Who is told of the calls of modules.

#include <cyclone/nn/module.h>

namespace cyclone::nn {

/// While it lives, the calls of modules in the thread that made it go through it.
class CallListener {
public:
    CallListener();
    virtual ~CallListener();
    CallListener(const CallListener&) = delete;
    CallListener& operator=(const CallListener&) = delete;

    /// Calls module.forward(x).
    virtual Tensor call(Module& module, const Tensor& x) = 0;

    static CallListener* mine();  ///< of the calling thread, or nullptr

private:
    CallListener* before_;
};

}  // namespace cyclone::nn
