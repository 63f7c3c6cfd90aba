#include <cyclone/data/parts.h>

#include <array>
#include <utility>

namespace cyclone::data {
namespace {

// The parts there are, with their names.
std::vector<std::pair<const char*, const Dataset*>> present(const Parts& parts) {
    std::vector<std::pair<const char*, const Dataset*>> out{{"train", &parts.train}};
    if (parts.validation) out.emplace_back("validation", &*parts.validation);
    if (parts.test) out.emplace_back("test", &*parts.test);
    return out;
}

}  // namespace

std::string Parts::describe() const {
    const bool split = validation || test;
    std::string out;
    for (const auto& [name, dataset] : present(*this)) {
        if (split) out += std::string(name) + ": ";
        out += dataset->describe() + '\n';
    }
    if (!skipped.empty()) out += std::to_string(skipped.size()) + " files left out\n";
    return out;
}

void Parts::standardize() {
    train.standardization = Standardization::fit(train);
    if (validation) validation->standardization = train.standardization;
    if (test) test->standardization = train.standardization;
}

void Parts::validate(std::string_view where) const {
    for (const auto& [name, dataset] : present(*this)) {
        dataset->validate(where);
        check(dataset->image_shape() == train.image_shape() && dataset->images.dtype() == train.images.dtype(), where,
              "the training images are ", train.image_shape(), ' ', train.images.dtype(), ", those of ", name, ' ',
              dataset->image_shape(), ' ', dataset->images.dtype(), ", expected images of one size and type");
        check(dataset->class_names == train.class_names, where, "the training set has ", train.classes(),
              " classes, the part ", name, ' ', dataset->classes(), ", or their names differ");
    }
    const auto counts = train.class_counts();
    for (std::size_t c = 0; c < counts.size(); ++c)
        check(counts[c] > 0, where, "class '", train.class_names[c], "' has no image",
              validation || test ? " in the training set" : "");
    check(groups.empty() || static_cast<std::int64_t>(groups.size()) == train.size(), where,
          "expected a group for each of the ", train.size(), " images, got ", groups.size());
}

}  // namespace cyclone::data
