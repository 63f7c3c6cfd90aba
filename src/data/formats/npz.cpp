// .npz archives: their members, and which of them are images and labels.

#include <cyclone/data/formats/numpy.h>

#include <zip.h>

#include <map>
#include <memory>
#include <set>

#include "data/arrays.h"
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

// Calls f with the bytes of a member.
template <class F>
auto with_member(zip_t* archive, zip_uint64_t index, const zip_stat_t& stat, const std::string& where,
                 MemoryBudget* memory, F f) {
    check(stat.comp_method == ZIP_CM_STORE || stat.comp_method == ZIP_CM_DEFLATE, where,
          "expected no compression or deflate, got method ", stat.comp_method);
    check(stat.size <= kBombBytes || stat.size / kBombRatio <= stat.comp_size, where, "the archive declares ",
          stat.size, " bytes but stores ", stat.comp_size, ", which is refused for safety");
    const Member member(zip_fopen_index(archive, index, 0));
    check(member != nullptr, where, "cannot be opened: ", zip_strerror(archive));
    const auto read = [&](void* into, std::size_t count) {
        std::size_t done = 0;
        while (done < count) {
            const auto got = zip_fread(member.get(), static_cast<char*>(into) + done, count - done);
            check(got >= 0, where, "the data are damaged: ", zip_file_strerror(member.get()));
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    };
    return f(ArraySource{where, stat.size, read, memory});
}

// Calls f(index, name, stat) for each member, whose names and sizes are checked against the file.
template <class F>
void for_each_member(const std::filesystem::path& path, zip_t* archive, F f) {
    const std::string where = path.string();
    const zip_int64_t members = zip_get_num_entries(archive, 0);
    check(members >= 1 && members <= kMostMembers, where, "expected 1 to ", kMostMembers, " arrays, got ", members);
    std::uint64_t left = std::filesystem::file_size(path);  // members that overlap would need more
    std::set<std::string> names;
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(members); ++i) {
        const zip_stat_t stat = stat_of(archive, i, where);
        std::string name = stat.name;
        if (name.size() > 4 && name.ends_with(".npy")) name.resize(name.size() - 4);
        check(stat.comp_size <= left, where, "the members claim more bytes than the file has");
        left -= stat.comp_size;
        check(names.insert(name).second, where, "has two arrays '", printable(name), "'");
        f(i, name, stat);
    }
}

std::string where_of(const std::filesystem::path& path, const std::string& name) {
    return path.string() + ", " + printable(name);
}

}  // namespace

StateDict read_npz(const std::filesystem::path& path) {
    const Archive archive = open_archive(path, path.string());
    StateDict out;
    for_each_member(path, archive.get(), [&](zip_uint64_t i, const std::string& name, const zip_stat_t& stat) {
        out.add(name, with_member(archive.get(), i, stat, where_of(path, name), nullptr, read_array));
    });
    return out;
}

ArrayArchive open_npz(const std::filesystem::path& path, ReadContext& context) {
    const std::shared_ptr<zip_t> archive(open_archive(path, path.string()));
    ArrayArchive out;
    std::map<std::string, zip_uint64_t> place;
    for_each_member(path, archive.get(), [&](zip_uint64_t i, const std::string& name, const zip_stat_t& stat) {
        place[name] = i;
        out.entries.push_back(with_member(archive.get(), i, stat, where_of(path, name), &context.memory,
                                          [&](const ArraySource& source) { return read_array_entry(name, source); }));
    });
    out.read = [path, archive, place, &memory = context.memory](const ArrayEntry& entry) {
        const zip_uint64_t i = place.at(entry.name);
        const zip_stat_t stat = stat_of(archive.get(), i, path.string());
        check(entry.kind != ArrayEntry::Kind::other, where_of(path, entry.name), entry.refusal);
        return with_member(archive.get(), i, stat, where_of(path, entry.name), &memory, read_array_values);
    };
    return out;
}

Splits read_npy_dataset(const std::filesystem::path& path, ReadContext& context) {
    return read_arrays(open_npy(path, context), context, path.string(), "NPY");
}

Splits read_npz_dataset(const std::filesystem::path& path, ReadContext& context) {
    return read_arrays(open_npz(path, context), context, path.string(), "NPZ");
}

Splits read_npz_dataset(const std::filesystem::path& path, const OpenOptions& options) {
    return read_with(options, path, [&](ReadContext& context) { return read_npz_dataset(path, context); });
}

}  // namespace cyclone::data
