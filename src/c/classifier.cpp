// Classifiers for C programs.

#include <algorithm>

#include "c/call.h"
#include "c/objects.h"

using namespace cyclone;
using c::ClassifierObject;

namespace {

std::int32_t type_of(DType pixels) {
    return pixels == DType::u8 ? CYCLONE_U8 : pixels == DType::u16 ? CYCLONE_U16 : CYCLONE_F32;
}

std::int64_t classes_of(const ClassifierObject& classifier) {
    return static_cast<std::int64_t>(classifier.value.class_names.size());
}

}  // namespace

extern "C" {

int32_t cyclone_classifier_load(const char* path, cyclone_classifier** classifier) {
    return c::call(__func__, [&](std::string_view where) {
        c::need(where, path, "the path of a file");
        c::need(where, classifier, "a place for the classifier");
        *classifier = c::new_handle(std::make_shared<ClassifierObject>(Classifier::load(path)));
    });
}

int32_t cyclone_classifier_load_memory(const void* bytes, size_t size, cyclone_classifier** classifier) {
    return c::call(__func__, [&](std::string_view where) {
        c::need(where, bytes, "the bytes of a file");
        c::need(where, classifier, "a place for the classifier");
        const std::string_view text(static_cast<const char*>(bytes), size);
        *classifier = c::new_handle(std::make_shared<ClassifierObject>(Classifier::parse(text, "the bytes given")));
    });
}

int32_t cyclone_classifier_free(cyclone_classifier* classifier) {
    return c::call(__func__, [&](std::string_view where) { c::free_handle<ClassifierObject>(where, classifier); });
}

int32_t cyclone_classifier_describe(const cyclone_classifier* classifier, cyclone_classifier_info* info) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ClassifierObject>(where, classifier);
        const Classifier& value = object->value;
        c::write_struct(where, info,
                        {.struct_size = 0,
                         .height = value.input[0],
                         .width = value.input[1],
                         .channels = value.input[2],
                         .classes = classes_of(*object),
                         .members = 1 + static_cast<std::int64_t>(value.others.size()),
                         .threshold = value.threshold,
                         .model = value.model.c_str(),
                         .notes = object->notes.c_str(),
                         .type = type_of(value.pixels),
                         .reserved = 0},
                        "cyclone_classifier_info");
    });
}

int32_t cyclone_classifier_class_name(const cyclone_classifier* classifier, int64_t index, const char** name) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ClassifierObject>(where, classifier);
        c::need(where, name, "a place for the name");
        check<UsageError>(index >= 0 && index < classes_of(*object), where, "expected a class from 0 to ",
                          classes_of(*object) - 1, ", got ", index);
        *name = object->value.class_names[static_cast<std::size_t>(index)].c_str();
    });
}

int32_t cyclone_classifier_probabilities(const cyclone_classifier* classifier, const cyclone_images* images,
                                         float* values, size_t length, size_t* written) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ClassifierObject>(where, classifier);
        const Tensor pixels = c::tensor_of(where, images);
        const auto count = static_cast<std::size_t>(pixels.size(0) * classes_of(*object));
        if (!c::wants(where, count, values, length, written)) return;
        const Tensor probabilities = object->value.probabilities(pixels);
        std::ranges::copy(probabilities.values<float>(), values);
    });
}

int32_t cyclone_classifier_classify(const cyclone_classifier* classifier, const cyclone_images* images, int64_t* values,
                                    size_t length, size_t* written) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ClassifierObject>(where, classifier);
        const Tensor pixels = c::tensor_of(where, images);
        if (!c::wants(where, static_cast<std::size_t>(pixels.size(0)), values, length, written)) return;
        for (const Classifier::Answer& answer : object->value.classify_all(pixels)) *values++ = answer.index;
    });
}

int32_t cyclone_classifier_save(const cyclone_classifier* classifier, const char* path) {
    return c::call(__func__, [&](std::string_view where) {
        const auto object = c::object_of<ClassifierObject>(where, classifier);
        c::need(where, path, "the path of a file");
        check<UsageError>(object->value.others.empty(), where, "expected a single network, got an ensemble of ",
                          1 + object->value.others.size(), ", whose members are files already");
        object->value.save(path);
    });
}

}  // extern "C"
