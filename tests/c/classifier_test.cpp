#include <cyclone/base/random.h>
#include <cyclone/nn/parse.h>
#include <cyclone/train/classifier.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "c/handles.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

Classifier network(Shape input, std::vector<std::string> names, DType pixels) {
    manual_seed(5);
    Classifier c{
        .model = "conv:4 relu flatten linear:classes",
        .input = input,
        .pixels = pixels,
        .class_names = std::move(names),
        .standardization = data::Standardization{std::vector<double>(static_cast<std::size_t>(input[2]), 100.0),
                                                 std::vector<double>(static_cast<std::size_t>(input[2]), 30.0)},
        .threshold = 0.3};
    c.network = nn::parse_model(c.model, c.input, static_cast<std::int64_t>(c.class_names.size()));
    return c;
}

Tensor pixels_of(Shape shape, DType dtype) {
    Tensor images = Tensor::empty(shape, DType::f32);
    const Random random(3);
    for (std::int64_t i = 0; i < images.numel(); ++i)
        images.mutable_data<float>()[i] =
            static_cast<float>(random.below(static_cast<std::uint64_t>(i), dtype == DType::u16 ? 60'000 : 256));
    return images.to(dtype);
}

std::vector<float> probabilities(const ClassifierHandle& classifier, const Tensor& images, std::size_t classes) {
    std::vector<float> values(static_cast<std::size_t>(images.size(0)) * classes);
    const cyclone_images given = images_of(images);
    std::size_t written = 0;
    ok(cyclone_classifier_probabilities(classifier.get(), &given, values.data(), values.size(), &written));
    CHECK(written == values.size());
    return values;
}

}  // namespace

TEST_CASE("a classifier answers in C as in C++, to the bit, for every type of pixels") {
    const TemporaryFolder folder;
    const std::string file = (folder / "net.safetensors").string();
    for (const DType type : {DType::u8, DType::u16, DType::f32}) {
        INFO(name_of(type));
        Classifier c = network({5, 4, 3}, {"a", "b", "c"}, type);
        c.save(file);
        const ClassifierHandle loaded = load(file);
        const Tensor images = pixels_of({7, 5, 4, 3}, type);
        CHECK(probabilities(loaded, images, 3) == c.probabilities(images).to_vector<float>());
        std::vector<std::int64_t> chosen(7), expected;
        for (const auto& answer : c.classify_all(images)) expected.push_back(answer.index);
        const cyclone_images given = images_of(images);
        ok(cyclone_classifier_classify(loaded.get(), &given, chosen.data(), 7, nullptr));
        CHECK(chosen == expected);
    }
}

TEST_CASE("a classifier from memory is the one from the file, and the bytes are not needed afterwards") {
    const TemporaryFolder folder;
    const std::string file = (folder / "net.safetensors").string();
    Classifier c = network({4, 4, 1}, {"no", "yes"}, DType::u8);
    c.save(file);
    std::string bytes = whole_file(file);
    cyclone_classifier* made = nullptr;
    ok(cyclone_classifier_load_memory(bytes.data(), bytes.size(), &made));
    const ClassifierHandle from_memory(made);
    std::fill(bytes.begin(), bytes.end(), 'x');
    const Tensor images = pixels_of({3, 4, 4, 1}, DType::u8);
    CHECK(probabilities(from_memory, images, 2) == c.probabilities(images).to_vector<float>());
    cyclone_classifier_info info{};
    info.struct_size = sizeof info;
    ok(cyclone_classifier_describe(from_memory.get(), &info));
    CHECK(info.struct_size == sizeof info);
    CHECK(std::vector{info.height, info.width, info.channels, info.classes, info.members} ==
          std::vector<std::int64_t>{4, 4, 1, 2, 1});
    CHECK(info.threshold == 0.3);
    CHECK(info.model == c.model);
    CHECK(std::string(info.notes).empty());
    CHECK(info.type == CYCLONE_U8);
    const char* name = nullptr;
    ok(cyclone_classifier_class_name(from_memory.get(), 1, &name));
    CHECK(name == std::string("yes"));
    fails(cyclone_classifier_class_name(from_memory.get(), 2, &name), CYCLONE_USAGE, "a class from 0 to 1, got 2");
}

TEST_CASE("what C saves is what C++ saves") {
    const TemporaryFolder folder;
    const std::string first = (folder / "first.safetensors").string(), second = (folder / "second").string();
    network({4, 4, 1}, {"no", "yes"}, DType::u16).save(first);
    ok(cyclone_classifier_save(load(first).get(), second.c_str()));
    CHECK(whole_file(first) == whole_file(second));
    fails(cyclone_classifier_save(load(first).get(), (folder / "none/x").string().c_str()), CYCLONE_ERROR, "none");
}

TEST_CASE("an ensemble answers with the mean of its members, and is not saved as one network") {
    const TemporaryFolder folder;
    Classifier c = network({4, 4, 1}, {"no", "yes"}, DType::u8);
    c.save(folder / "a.safetensors");
    c.threshold = 0.5;
    c.save(folder / "b.safetensors");
    Classifier::save_ensemble(folder / "all.json", {"a.safetensors", "b.safetensors"}, 0.4);
    const ClassifierHandle all = load((folder / "all.json").string());
    const Tensor images = pixels_of({3, 4, 4, 1}, DType::u8);
    CHECK(probabilities(all, images, 2) == c.probabilities(images).to_vector<float>());
    cyclone_classifier_info info{};
    info.struct_size = sizeof info;
    ok(cyclone_classifier_describe(all.get(), &info));
    CHECK(info.members == 2);
    fails(cyclone_classifier_save(all.get(), (folder / "x").string().c_str()), CYCLONE_USAGE, "an ensemble of 2");
}

TEST_CASE("images that do not fit a classifier are errors that say what was expected and what came") {
    const TemporaryFolder folder;
    const std::string file = (folder / "net.safetensors").string();
    network({4, 4, 1}, {"no", "yes"}, DType::f32).save(file);
    const ClassifierHandle net = load(file);
    const Tensor images = pixels_of({2, 4, 4, 1}, DType::f32);
    std::vector<float> p(4, -1);
    std::size_t written = 99;
    const auto ask = [&](const cyclone_images& given, std::size_t length = 4) {
        return cyclone_classifier_probabilities(net.get(), &given, p.data(), length, &written);
    };
    cyclone_images given = images_of(images);
    fails(ask(given, 3), CYCLONE_BUFFER, "expected a buffer of 4 values, got one of 3");
    CHECK(written == 4);
    const cyclone_images wrong_size = images_of(images.viewed({2, 2, 8, 1}));
    fails(ask(wrong_size), CYCLONE_ERROR, "expected images of (4, 4, 1) as the network was trained on");
    const cyclone_images wrong_type = images_of(images.to(DType::u8));
    fails(ask(wrong_type), CYCLONE_ERROR, "expected pixels of f32 as the network was trained on, got u8");
    given.length = 31;
    fails(ask(given), CYCLONE_USAGE, "expected 32 values for images of shape (2, 4, 4, 1), got a length of 31");
    given = images_of(images);
    given.type = 7;
    fails(ask(given), CYCLONE_USAGE, "CYCLONE_F32 (3), got 7");
    given = images_of(images);
    given.shape[0] = 0;
    fails(ask(given), CYCLONE_USAGE, "sizes from 1, got (0, 4, 4, 1)");
    given.shape[0] = std::numeric_limits<std::int64_t>::max();
    fails(ask(given), CYCLONE_ERROR, "more than 2^62 elements");
    given = images_of(images);
    given.pixels = static_cast<const char*>(given.pixels) + 1;
    fails(ask(given), CYCLONE_USAGE, "a multiple of 4 bytes");
    Tensor not_a_number = images.clone();
    not_a_number.mutable_data<float>()[5] = std::numeric_limits<float>::quiet_NaN();
    const cyclone_images nan = images_of(not_a_number);
    fails(ask(nan), CYCLONE_ERROR, "NaN or infinity");
    CHECK(p == std::vector<float>(4, -1));  // nothing was written
}

TEST_CASE("files that are no classifier are errors that name them") {
    const TemporaryFolder folder;
    const std::string file = (folder / "net.safetensors").string();
    network({4, 4, 1}, {"no", "yes"}, DType::u8).save(file);
    const std::string bytes = whole_file(file);
    auto* const untouched = reinterpret_cast<cyclone_classifier*>(16);
    cyclone_classifier* made = untouched;
    fails(cyclone_classifier_load((folder / "none").string().c_str(), &made), CYCLONE_ERROR, "none");
    fails(cyclone_classifier_load(folder.path().string().c_str(), &made), CYCLONE_ERROR, folder.path().string());
    fails(cyclone_classifier_load_memory("abc", 3, &made), CYCLONE_ERROR, "the bytes given");
    fails(cyclone_classifier_load_memory(bytes.data(), 0, &made), CYCLONE_ERROR, "the bytes given");
    for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
        const std::string part = bytes.substr(0, length);  // its own memory, so that a read beyond it shows
        CHECK(cyclone_classifier_load_memory(part.data(), part.size(), &made) == CYCLONE_ERROR);
    }
    CHECK(made == untouched);
}
