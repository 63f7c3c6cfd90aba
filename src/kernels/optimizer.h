#pragma once
// One fused loop per parameter and update.

#include <cstdint>

namespace cyclone::kernels {

/// Scalars of an SGD update. The gradient used is clamp(g * grad_scale, -clip, clip) + weight_decay * w.
template <class T>
struct SgdStep {
    T lr, momentum, gradient_factor;  // gradient_factor = 1 - dampening
    T weight_decay, grad_scale, clip;
    bool nesterov;
};

/// w, v (may be null: no momentum): n elements, updated in place.
void sgd(float* w, const float* g, float* v, std::int64_t n, const SgdStep<float>& step);
void sgd(double* w, const double* g, double* v, std::int64_t n, const SgdStep<double>& step);

/// Scalars of an Adam update: w = keep * w - rate * m / (sqrt(v) * root_scale + epsilon).
template <class T>
struct AdamStep {
    T rate, keep, root_scale, epsilon;
    T beta1, new1, beta2, new2;  // new = 1 - beta, rounded once
    T weight_decay, grad_scale, clip;
};

void adam(float* w, const float* g, float* m, float* v, std::int64_t n, const AdamStep<float>& step);
void adam(double* w, const double* g, double* m, double* v, std::int64_t n, const AdamStep<double>& step);

/// mean += weight * (x - mean), n elements, in f64.
void move_mean(double* mean, const float* x, std::int64_t n, double weight);
void move_mean(double* mean, const double* x, std::int64_t n, double weight);

/// slow += alpha * (fast - slow), then fast = slow.
void look_ahead(float* slow, float* fast, std::int64_t n, float alpha);
void look_ahead(double* slow, double* fast, std::int64_t n, double alpha);

/// Sum of squares in f64, in an order that does not depend on the number of threads.
double sum_of_squares(const float* x, std::int64_t n);
double sum_of_squares(const double* x, std::int64_t n);

/// The same of the differences.
double squared_distance(const float* a, const float* b, std::int64_t n);
double squared_distance(const double* a, const double* b, std::int64_t n);

/// Whether no element is NaN or infinite; takes half the time of sum_of_squares().
bool all_finite(const float* x, std::int64_t n);
bool all_finite(const double* x, std::int64_t n);

}  // namespace cyclone::kernels
