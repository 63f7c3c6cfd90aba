#pragma once
// Element-wise arithmetic with NumPy broadcasting, and matrix products. f32 and f64; both operands of one dtype.

#include <cyclone/tensor/tensor.h>

namespace cyclone {

/// a + b. Errors of this and the next three: dtypes that differ, shapes that do not broadcast.
Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);       ///< a - b
Tensor mul(const Tensor& a, const Tensor& b);       ///< a b, element by element
Tensor div(const Tensor& a, const Tensor& b);       ///< a / b, element by element
Tensor add_relu(const Tensor& a, const Tensor& b);  ///< relu(a + b) in one pass; a and b have one shape
Tensor neg(const Tensor& x);                        ///< -x
Tensor exp(const Tensor& x);                        ///< e^x
Tensor log(const Tensor& x);                        ///< natural logarithm
Tensor sqrt(const Tensor& x);
Tensor abs(const Tensor& x);                   ///< |x|; gradient 0 at 0
Tensor pow(const Tensor& x, double exponent);  ///< x^exponent
/// x within [low, high], whose ends may be infinite; gradient 0 outside. Error unless low <= high.
Tensor clamp(const Tensor& x, double low, double high);
/// a where the condition (u8, not 0) holds, else b; all broadcast. Errors: another dtype, shapes that do not broadcast.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// @name Operators
/// A number takes the dtype of the tensor.
/// @{
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, Tensor::scalar(b, a.dtype())); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, Tensor::scalar(b, a.dtype())); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, Tensor::scalar(b, a.dtype())); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, Tensor::scalar(b, a.dtype())); }
inline Tensor operator+(double a, const Tensor& b) { return add(Tensor::scalar(a, b.dtype()), b); }
inline Tensor operator-(double a, const Tensor& b) { return sub(Tensor::scalar(a, b.dtype()), b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(Tensor::scalar(a, b.dtype()), b); }
inline Tensor operator/(double a, const Tensor& b) { return div(Tensor::scalar(a, b.dtype()), b); }
/// a = a + b and so on: `a` becomes another handle, elements that others share stay as they are.
inline Tensor& operator+=(Tensor& a, const Tensor& b) { return a = add(a, b); }
inline Tensor& operator-=(Tensor& a, const Tensor& b) { return a = sub(a, b); }
inline Tensor& operator*=(Tensor& a, const Tensor& b) { return a = mul(a, b); }
inline Tensor& operator/=(Tensor& a, const Tensor& b) { return a = div(a, b); }
inline Tensor& operator+=(Tensor& a, double b) { return a = a + b; }
inline Tensor& operator-=(Tensor& a, double b) { return a = a - b; }
inline Tensor& operator*=(Tensor& a, double b) { return a = a * b; }
inline Tensor& operator/=(Tensor& a, double b) { return a = a / b; }
/// @}

/// Matrix product: (..., M, K) x (..., K, N) -> (..., M, N); leading axes broadcast. A vector is a row on the left and
/// a column on the right, as in NumPy. Errors: dtypes that differ, or inner sizes that differ.
Tensor matmul(const Tensor& a, const Tensor& b);

/// Which operands of matmul() are read with their last two axes exchanged, without a copy.
struct MatmulOptions {
    bool transpose_a = false;  ///< (..., K, M)
    bool transpose_b = false;  ///< (..., N, K)
};

/// The same for operands of at least two dimensions.
Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options);

}  // namespace cyclone
