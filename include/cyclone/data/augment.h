#pragma once
// Augmentation: random changes of the training images, made by the loader in its own thread.

#include <cyclone/base/registry.h>
#include <cyclone/data/standardization.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cyclone::data {

/// What may happen to an image, in this order. Everything is off by default. Images are standardised already, so that
/// brightness and noise count in standard deviations of the training set and 0 is its mean (without a standardisation:
/// in pixel values, and 0 is 0).
struct Augmentation {
    bool flip_horizontal = false;  ///< left and right swapped, in half of the images
    /// Left and right swapped in every other epoch: which half of the images begins is drawn, and each image is seen in
    /// both ways in any two epochs (Jordan 2024, arXiv 2404.00498). Not together with flip_horizontal.
    bool flip_alternating = false;
    bool flip_vertical = false;  ///< top and bottom swapped, in half of the images
    bool rotate = false;         ///< by 0, 90, 180 or 270 degrees, each as likely; square images only
    std::int64_t shift = 0;      ///< by -shift to shift pixels along either axis; the edge is repeated (Keras's
                                 ///< fill_mode="nearest")
    /// The same with a border that mirrors the image without repeating its edge: padded by this many pixels, then
    /// cropped at random to its size. One of shift, pad_crop and pad_crop_zero at a time.
    std::int64_t pad_crop = 0;
    std::int64_t pad_crop_zero = 0;  ///< the same with a border of 0 (He et al. 2016, arXiv 1512.03385, with 4)
    double contrast = 0;             ///< deviation from the image's mean times U(1 - contrast, 1 + contrast); in [0, 1]
    double brightness = 0;           ///< plus U(-brightness, brightness), one number for the image
    /// The colours' distance from grey times U(1 - saturation, 1 + saturation); in [0, 1], RGB only. Grey is the luma
    /// of ITU-R BT.601, which stays.
    double saturation = 0;
    double hue = 0;           ///< colours turned by U(-hue, hue) degrees in the plane of U and V of BT.601; RGB only
    double noise = 0;         ///< plus approximately normal noise of this standard deviation, pixel by pixel
    std::int64_t cutout = 0;  ///< a square of this side becomes 0; its centre is anywhere in the image, what is outside
                              ///< is ignored (DeVries and Taylor 2017)
    double mixup = 0;         ///< alpha: each image is mixed with another one of its batch, with a weight from
                       ///< Beta(alpha, alpha) (Zhang et al. 2018; one weight per batch, as in their program); see
                       ///< Batch. 0: off
    double cutmix = 0;  ///< alpha: a rectangle of each image comes from another one of its batch; the weight is the
                        ///< fraction of the image that stays (Yun et al. 2019, arXiv 1905.04899: its side is
                        ///< sqrt(1 - b) of the image's, b from Beta(alpha, alpha), its centre is anywhere; one
                        ///< rectangle per batch, as in their program). Not together with mixup

    bool any() const;  ///< whether anything is on
    /// UsageError, beginning with `where`, for values outside their ranges or that images of this shape (H, W, C) do
    /// not allow.
    void validate(std::string_view where, const Shape& image_shape) const;
    /// "flip, shift 2, noise 0.1"; "none".
    std::string describe() const;

    bool operator==(const Augmentation&) const = default;  ///< the same changes
};

/// What the draws depend on: image number `place` of epoch `epoch` in the order of the sampler, so that a sample that
/// occurs twice is changed in two ways. No other option, thread count or resume changes the draws.
struct AugmentationKey {
    std::uint64_t seed = 0;   ///< of the loader
    std::int64_t epoch = 0;   ///< from 0
    std::int64_t place = 0;   ///< in the order of the epoch, from 0
    std::int64_t sample = 0;  ///< number of the image in the dataset, for Augmentation::flip_alternating alone
};

/// Changes one image (H, W, C) in place; everything but mixup and cutmix. `scratch` has the size of the image.
/// `standardization` is that of the image, from which saturation and hue know what is grey; null: none.
void augment_image(std::span<float> image, std::span<float> scratch, const Shape& image_shape,
                   const Augmentation& augmentation, const AugmentationKey& key,
                   const Standardization* standardization = nullptr);

/// The Augmentation of a text: items with commas between them, "flip,rotate,shift:2,noise:0.1,mixup:0.2"; "flip" is
/// both flips, also "flip-horizontal" and "flip-vertical"; "none" is none. Errors: UsageError for an unknown name (with
/// the nearest known one) or a bad value.
Augmentation parse_augmentation(std::string_view text);

/// The items that parse_augmentation() knows; each makes the Augmentation so far into one with its own change. A
/// program can add a name of its own for a combination.
Registry<Augmentation(Arguments&, const Augmentation&)>& augmentations();

}  // namespace cyclone::data
