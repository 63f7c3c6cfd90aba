// The network of the study.

#include <cyclone/nn/layers.h>
#include <cyclone/nn/models.h>

namespace cyclone::nn {

Sequential study_cnn(const StudyCnnOptions& options) {
    check(options.size >= 4 && options.size % 4 == 0, "study_cnn",
          "expected a size divisible by 4 (two pools halve it), got ", options.size);
    check(options.classes >= 2, "study_cnn", "expected at least two classes, got ", options.classes);
    check(options.width >= 1, "study_cnn", "expected a width of at least 1, got ", options.width);
    const std::int64_t filters = 32 * options.width, width = 256 * options.width;
    const Conv2dOptions same_relu{.kernel = 3, .padding = same, .activation = relu};
    const LinearOptions dense_relu{.activation = relu};
    const std::int64_t features = options.size / 4 * (options.size / 4) * filters;
    return Sequential{
        Conv2d{options.channels, filters, same_relu},
        Conv2d{filters, filters, same_relu},
        MaxPool2d{2},
        Conv2d{filters, filters, same_relu},
        Conv2d{filters, filters, same_relu},
        MaxPool2d{2},
        Flatten{},
        Linear{features, width, dense_relu},
        Dropout{options.dropout},
        Linear{width, width, dense_relu},
        Dropout{options.dropout},
        Linear{width, options.classes},
    };
}

}  // namespace cyclone::nn
