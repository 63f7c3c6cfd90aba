#pragma once
// The weights of a first convolution that whitens the patches of the training images.

#include <cyclone/tensor/tensor.h>

#include <cstdint>

namespace cyclone::nn {

/// Weights (2 * kernel * kernel * C, kernel, kernel, C) for a Conv2d that sees images (N, H, W, C), f32: the
/// eigenvectors v of the mean of p p^T over all patches p of the images, each divided by sqrt(eigenvalue + epsilon),
/// from the largest eigenvalue on, then the same with the other sign, as airbench has them (Jordan 2024, arXiv
/// 2404.00498, section 3.2). The outputs of the first half then have a second moment of 1 and none with each other, up
/// to epsilon. Use it as `.init`, and keep the weights: `nn::freeze()`, or a rate of 0 where the bias is trained.
/// Errors: no images, images smaller than the kernel, kernel < 1, more than 1024 elements in a patch, epsilon < 0.
Tensor whitening_weights(const Tensor& images, std::int64_t kernel, double epsilon = 5e-4);

}  // namespace cyclone::nn
