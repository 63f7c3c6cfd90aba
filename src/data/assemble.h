#pragma once
// From arrays to datasets: what the readers of NumPy, CSV, HDF5, IDX and CIFAR files have in common.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

/// N x H x W, N x H x W x C or N x pixels (see ReadContext::shape()) as (N, H, W, C) of the same dtype, f64 as f32.
/// Channels first are put last where the shape is clear (and that is noted) or the layout is given. `where` names the
/// file and the array. Errors: another rank, a layout that the shape leaves open.
Tensor as_images(const Tensor& array, ReadContext& context, std::string_view where);

/// Images (N, H, W, C) of a file whose rows and columns are exchanged, upright: so the option --layout says, or without
/// it a name that begins with "emnist", since EMNIST is published that way (github.com/pytorch/vision/issues/8783).
Tensor upright(const Tensor& images, ReadContext& context, const std::filesystem::path& file);

/// (H, W, C) of images whose `values` pixels stand in a row: as given, or square and of one channel.
Shape shape_of_row(std::int64_t values, ReadContext& context, std::string_view where);

/// The pixel type of whole numbers from `low` to `high`: `wanted` where they fit it, else the smallest that they fit.
DType smallest_pixels(double low, double high, std::optional<DType> wanted);

/// Gives the images of all sets one pixel type. u8, u16 and f32 stay as they are. i64, which stands for values without
/// a pixel type, become the type of the other sets or the one that is wanted, if they fit; else the smallest of u8, u16
/// and f32 that holds all of them.
void settle_pixels(const std::vector<Tensor*>& images, ReadContext& context, std::string_view where);

/// The classes of all sets of some data. Labels are numbers in the order of their coming until settle().
class Labels {
public:
    /// `text` without blanks around it; none is an Error that begins with `where`.
    std::int64_t add(std::string_view text, std::string_view where);
    /// N, N x 1, N x 1 x 1 x 1 whole numbers, or N x classes of which one is 1, as (N) i64.
    Tensor add(const Tensor& array, std::string_view where);
    Tensor add(const std::vector<std::string>& texts, std::string_view where);

    /// Names of the classes that occur, numbers by value ("0" and "0.0" are one) and others by name, and the labels of
    /// the sets as numbers of these. `names` are those of the classes 0, 1, ... if the data have them.
    std::vector<std::string> settle(const std::vector<Tensor*>& labels, ReadContext& context, std::string_view where,
                                    const std::vector<std::string>& names = {});

private:
    std::map<std::string, std::int64_t, std::less<>> index_;
    std::vector<std::string> texts_;
};

/// Labels of the one class "unlabelled".
void set_unlabelled(Dataset& images);

/// What every reader does at the end: one pixel type, the same classes, and what the purpose asks for.
void finish_sets(Splits& splits, Labels& labels, ReadContext& context, std::string_view where,
                 const std::vector<std::string>& class_names = {});

/// Text for a message: valid_utf8() of at most 60 characters, control characters as '?'.
std::string printable(std::string_view text);

}  // namespace cyclone::data
