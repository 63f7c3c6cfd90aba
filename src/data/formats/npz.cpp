// .npz archives: their members, and which of them are images and labels.

#include <cyclone/data/formats/numpy.h>

#include <zip.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "data/assemble.h"
#include "data/formats/npy.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kBombBytes = std::uint64_t{256} << 20;  // a larger member must be backed by the file
constexpr std::uint64_t kBombRatio = 200;
constexpr zip_int64_t kMostMembers = 10'000;

struct CloseArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
    void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
using Member = std::unique_ptr<zip_file_t, CloseMember>;

Archive open_archive(const std::filesystem::path& path, const std::string& where) {
    std::error_code error;
    check(std::filesystem::is_regular_file(path, error), where, "expected a .npz file, got ",
          std::filesystem::exists(path, error) ? "a folder or special file" : "nothing of that name");
    int code = 0;
    Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive) return archive;
    zip_error_t reason;
    zip_error_init_with_code(&reason, code);
    const std::string text = zip_error_strerror(&reason);
    zip_error_fini(&reason);
    fail(where, "expected a .npz file (a zip archive), got a truncated or damaged one: ", text);
}

zip_stat_t stat_of(zip_t* archive, zip_uint64_t index, const std::string& where) {
    zip_stat_t stat;
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    check(zip_stat_index(archive, index, 0, &stat) == 0 && (stat.valid & needed) == needed, where, "member ", index,
          " is damaged");
    return stat;
}

Tensor read_member(zip_t* archive, zip_uint64_t index, const zip_stat_t& stat, const std::string& where,
                   MemoryBudget* memory) {
    check(stat.comp_method == ZIP_CM_STORE || stat.comp_method == ZIP_CM_DEFLATE, where,
          "expected no compression or deflate, got method ", stat.comp_method);
    check(stat.size <= kBombBytes || stat.size / kBombRatio <= stat.comp_size, where, "the archive declares ",
          stat.size, " bytes but stores ", stat.comp_size, ", which is refused for safety");
    const Member member(zip_fopen_index(archive, index, 0));
    check(member != nullptr, where, "cannot be opened: ", zip_strerror(archive));
    return read_array({where, stat.size,
                       [&](void* into, std::size_t count) {
                           std::size_t done = 0;
                           while (done < count) {
                               const auto got = zip_fread(member.get(), static_cast<char*>(into) + done, count - done);
                               check(got >= 0, where, "the data are damaged: ", zip_file_strerror(member.get()));
                               if (got == 0) break;
                               done += static_cast<std::size_t>(got);
                           }
                           return done;
                       },
                       memory});
}

// One way of naming the arrays in an archive; empty where there is no such set.
struct Layout {
    std::array<const char*, 2> train, validation, test;
};
constexpr Layout kLayouts[] = {
    {{"train_images", "train_labels"}, {"val_images", "val_labels"}, {"test_images", "test_labels"}},
    {{"x_train", "y_train"}, {"x_val", "y_val"}, {"x_test", "y_test"}},
    {{"X_train", "y_train"}, {"X_val", "y_val"}, {"X_test", "y_test"}},
    {{"images", "labels"}, {"", ""}, {"", ""}},
    {{"data", "labels"}, {"", ""}, {"", ""}},
    {{"x", "y"}, {"", ""}, {"", ""}},
    {{"X", "y"}, {"", ""}, {"", ""}},
};

// A set's images and labels without classes; none when the archive has neither.
std::optional<Dataset> take_set(const StateDict& arrays, const std::array<const char*, 2>& keys,
                                const std::string& where) {
    const Tensor *images = arrays.find(keys[0]), *labels = arrays.find(keys[1]);
    if (!images && !labels) return std::nullopt;
    check(images && labels, where, "has '", images ? keys[0] : keys[1], "' but no '", images ? keys[1] : keys[0], "'");
    Dataset out;
    out.images = as_images(*images, where + ", " + keys[0]);
    out.labels = as_labels(*labels, where + ", " + keys[1]);
    out.source = where;
    return out;
}

Splits assemble(std::optional<Dataset> train, std::optional<Dataset> validation, std::optional<Dataset> test,
                const std::string& where) {
    Splits out;
    out.train = std::move(*train);
    out.validation = std::move(validation);
    out.test = std::move(test);
    out.format = "NPZ";
    std::vector<const Tensor*> labels{&out.train.labels};
    for (const auto* part : {&out.validation, &out.test})
        if (*part) labels.push_back(&(*part)->labels);
    out.train.class_names = numbered_classes(labels);
    for (auto* part : {&out.validation, &out.test})
        if (*part) (*part)->class_names = out.train.class_names;
    out.validate(where);
    if (out.validation || out.test) out.standardize();
    return out;
}

StateDict read_arrays(const std::filesystem::path& path, MemoryBudget* memory) {
    const std::string where = path.string();
    const Archive archive = open_archive(path, where);
    const zip_int64_t members = zip_get_num_entries(archive.get(), 0);
    check(members >= 1 && members <= kMostMembers, where, "expected 1 to ", kMostMembers, " arrays, got ", members);
    std::uint64_t left = std::filesystem::file_size(path);  // members that overlap would need more
    std::uint64_t declared = 0;
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(members); ++i)
        declared = std::max(declared, declared + stat_of(archive.get(), i, where).size);
    if (memory) memory->check_room(declared, where);
    StateDict out;
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(members); ++i) {
        const zip_stat_t stat = stat_of(archive.get(), i, where);
        std::string name = stat.name;
        if (name.size() > 4 && name.ends_with(".npy")) name.resize(name.size() - 4);
        check(stat.comp_size <= left, where, "the members claim more bytes than the file has");
        left -= stat.comp_size;
        check(out.find(name) == nullptr, where, "has two arrays '", printable(name), "'");
        out.add(name, read_member(archive.get(), i, stat, where + ", " + printable(name), memory));
    }
    return out;
}

}  // namespace

StateDict read_npz(const std::filesystem::path& path) { return read_arrays(path, nullptr); }

Splits read_npz_dataset(const std::filesystem::path& path, MemoryBudget memory) {
    const std::string where = path.string();
    const StateDict arrays = read_arrays(path, &memory);
    for (const Layout& layout : kLayouts) {
        if (!arrays.find(layout.train[0]) || !arrays.find(layout.train[1])) continue;
        return assemble(take_set(arrays, layout.train, where), take_set(arrays, layout.validation, where),
                        take_set(arrays, layout.test, where), where);
    }
    std::string names;
    for (const auto& [name, array] : arrays)
        if (names.size() < 200) names += (names.empty() ? "" : ", ") + printable(name);
    fail(where,
         "expected the arrays train_images and train_labels, x_train and y_train, images and labels, or x and y, got: ",
         names);
}

}  // namespace cyclone::data
