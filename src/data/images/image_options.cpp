// Names of ImageFit.

#include <cyclone/base/registry.h>
#include <cyclone/data/images/image_options.h>

#include <array>

namespace cyclone::data {
namespace {

const std::array<NamedItem, 4> kFits{{{"exact", "exact", "all images have the same size"},
                                      {"resize", "resize", "stretched to the size"},
                                      {"crop", "crop", "the middle is cut out"},
                                      {"pad", "pad", "in the middle of zeros"}}};

}  // namespace

std::string name_of(ImageFit fit) { return kFits.at(static_cast<std::size_t>(fit)).name; }

ImageFit parse_image_fit(std::string_view text) {
    for (std::size_t i = 0; i < kFits.size(); ++i)
        if (kFits.at(i).name == text) return static_cast<ImageFit>(i);
    fail_unknown_name("image fit", text, {kFits.begin(), kFits.end()});
}

}  // namespace cyclone::data
