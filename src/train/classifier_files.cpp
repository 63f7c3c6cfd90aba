// Classifier on image files. A source of its own, so that cyclone::core has the rest without readers of image files.

#include <cyclone/base/error.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/train/classifier.h>

namespace cyclone::train {

data::ImageOptions Classifier::image_options() const {
    check(pixels != DType::f32 && (input[2] == 1 || input[2] == 3), "classifier",
          "image files have 1 or 3 channels of 8 or 16 bits, the network was trained on ", input[2], " of ",
          name_of(pixels));
    return {
        .fit = fit, .height = input[0], .width = input[1], .channels = input[2], .bits = pixels == DType::u16 ? 16 : 8};
}

Tensor Classifier::probabilities(const std::vector<std::filesystem::path>& files) {
    check<UsageError>(!files.empty(), "classifier", "expected at least one image file, got none");
    const data::ImageFiles read = data::read_image_files(files, image_options());
    for (const data::SkippedFile& file : read.skipped) fail(file.path, file.reason);
    return probabilities(read.images);
}

Tensor Classifier::probabilities(const std::filesystem::path& file) { return probabilities(std::vector{file}); }

Classifier::Answer Classifier::classify(const std::filesystem::path& file) {
    return answer(probabilities(file).values<float>());
}

}  // namespace cyclone::train
