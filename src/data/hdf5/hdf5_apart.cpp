// Both ends of the pipe between the HDF5 reader process and its parent.

#include "data/hdf5/hdf5_apart.h"

#include <cyclone/base/error.h>
#include <cyclone/base/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>

#include "data/assemble.h"

namespace cyclone::data {
namespace {

constexpr std::int64_t kBlockBytes = std::int64_t{1} << 20;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;
constexpr std::uint64_t kChoiceStream = std::uint64_t{0xC401'CE00} << 32;

// What is sent before elements.
struct Announcement {
    std::array<std::int64_t, 4> sizes{};
    std::int64_t rank = 0, dtype = 0;
};

void announce(const Shape& shape, DType dtype, ToParent& out) {
    Announcement what;
    what.rank = shape.rank();
    for (int d = 0; d < shape.rank(); ++d) what.sizes[static_cast<std::size_t>(d)] = shape[d];
    what.dtype = static_cast<std::int64_t>(dtype);
    out.write(&what, sizeof what);
}

void check_pixels(const Hdf5Images& dataset, const std::byte* row, std::int64_t pixels, std::int64_t image) {
    for (std::int64_t i = 0; i < pixels; ++i) {
        float pixel = 0;
        std::memcpy(&pixel, row + i * static_cast<std::int64_t>(sizeof pixel), sizeof pixel);
        check(std::isfinite(pixel), dataset.where(), "pixel ", i, " of image ", image, " is ", pixel,
              ", expected a finite number");
    }
}

// The rows at `indices`, which ascend; blocks without any are not read.
void send_rows(const Hdf5Images& dataset, const std::vector<std::int64_t>& indices, ToParent& out) {
    const std::int64_t elements = dataset.shape(1).numel(),
                       bytes = elements * static_cast<std::int64_t>(size_of(dataset.dtype())),
                       rows = std::max<std::int64_t>(1, kBlockBytes / bytes);
    std::vector<std::byte> block(static_cast<std::size_t>(std::min(rows, dataset.count()) * bytes));
    for (auto next = indices.begin(); next != indices.end();) {
        const std::int64_t first = *next / rows * rows, count = std::min(rows, dataset.count() - first);
        dataset.read_block(first, count, block.data());
        std::int64_t kept = 0;
        for (; next != indices.end() && *next < first + count; ++next, ++kept) {
            const std::byte* row = block.data() + (*next - first) * bytes;
            if (dataset.dtype() == DType::f32) check_pixels(dataset, row, elements, *next);
            if (kept != *next - first) std::memmove(block.data() + kept * bytes, row, static_cast<std::size_t>(bytes));
        }
        out.write(block.data(), static_cast<std::size_t>(kept * bytes));
    }
}

std::vector<std::int64_t> choose(std::int64_t available, std::int64_t count, std::uint64_t seed) {
    return random_choice(available, count < 0 ? available : count, Random(seed, kChoiceStream));
}

void send_chosen(const std::vector<Hdf5Choice>& files, ToParent& out) {
    std::vector<std::unique_ptr<Hdf5Images>> datasets;
    std::vector<std::vector<std::int64_t>> indices;
    std::vector<std::int64_t> numbers;
    std::int64_t taken = 0;
    for (const Hdf5Choice& file : files) {
        datasets.push_back(std::make_unique<Hdf5Images>(file.file));
        const Hdf5Images &first = *datasets.front(), &images = *datasets.back();
        check(images.shape(1) == first.shape(1) && images.dtype() == first.dtype(), images.where(), "the images are ",
              images.shape(images.count()), ' ', images.dtype(), ", those of ", first.where(), " are ",
              first.shape(first.count()), ' ', first.dtype(), ", expected images of one size and type");
        indices.push_back(choose(images.count(), file.count, file.seed));
        const auto count = static_cast<std::int64_t>(indices.back().size());
        numbers.insert(numbers.end(), {images.count(), count});
        taken += count;
    }
    out.write(numbers.data(), numbers.size() * sizeof numbers[0]);
    announce(datasets.front()->shape(taken), datasets.front()->dtype(), out);
    for (std::size_t i = 0; i < files.size(); ++i) send_rows(*datasets[i], indices[i], out);
}

}  // namespace

void send_dataset(const Hdf5Images& dataset, ToParent& out) {
    announce(dataset.shape(dataset.count()), dataset.dtype(), out);
    send_rows(dataset, choose(dataset.count(), -1, 0), out);
}

Tensor receive_dataset(FromChild& from, const std::string& where, MemoryBudget& memory) {
    Announcement what;
    from.read(&what, sizeof what);
    check(what.rank >= 1 && what.rank <= 4 && what.dtype >= 0 && what.dtype <= static_cast<std::int64_t>(DType::u16),
          where, "the HDF5 reader process returned malformed data");
    Shape shape;
    std::uint64_t bytes = size_of(static_cast<DType>(what.dtype));
    for (std::int64_t d = 0; d < what.rank; ++d) {
        const std::int64_t size = what.sizes[static_cast<std::size_t>(d)];
        check(size > 0 && static_cast<std::uint64_t>(size) <= kMostBytes / bytes, where,
              "the HDF5 reader process returned malformed data");
        bytes *= static_cast<std::uint64_t>(size);
        shape.push_back(size);
    }
    memory.take(bytes, where);
    Tensor out = Tensor::empty(shape, static_cast<DType>(what.dtype));
    from.read(out.mutable_bytes(), bytes);
    return out;
}

namespace {

constexpr const char* kMalformed = "the HDF5 reader process returned malformed data";

void send_text(const std::string& text, ToParent& out) {
    const auto length = static_cast<std::uint64_t>(text.size());
    out.write(&length, sizeof length);
    if (length > 0) out.write(text.data(), text.size());
}

std::string receive_text(FromChild& from, const std::string& where, MemoryBudget& memory) {
    std::uint64_t length = 0;
    from.read(&length, sizeof length);
    check(length <= kMostBytes, where, kMalformed);
    memory.check_room(length, where);
    std::string text(length, '\0');
    if (length > 0) from.read(text.data(), text.size());
    return text;
}

void send_entries(const std::vector<Hdf5Entry>& entries, ToParent& out) {
    const auto count = static_cast<std::int64_t>(entries.size());
    out.write(&count, sizeof count);
    for (const Hdf5Entry& entry : entries) {
        const std::array<std::int64_t, 2> numbers{entry.text ? 1 : 0, static_cast<std::int64_t>(entry.sizes.size())};
        out.write(numbers.data(), sizeof numbers);
        for (const auto size : entry.sizes) out.write(&size, sizeof size);
        send_text(entry.name, out);
        send_text(entry.refusal, out);
    }
}

std::vector<ArrayEntry> receive_entries(FromChild& from, const std::string& where, MemoryBudget& memory) {
    std::int64_t count = 0;
    from.read(&count, sizeof count);
    check(count >= 0 && count <= 10'000, where, kMalformed);
    std::vector<ArrayEntry> entries;
    for (std::int64_t i = 0; i < count; ++i) {
        ArrayEntry& entry = entries.emplace_back();
        std::array<std::int64_t, 2> numbers{};
        from.read(numbers.data(), sizeof numbers);
        check(numbers[1] >= 0 && numbers[1] <= 32, where, kMalformed);
        entry.sizes.resize(static_cast<std::size_t>(numbers[1]));
        for (std::int64_t& size : entry.sizes) from.read(&size, sizeof size);
        entry.name = receive_text(from, where, memory);
        entry.refusal = receive_text(from, where, memory);
        entry.kind = !entry.refusal.empty() ? ArrayEntry::Kind::other
                     : numbers[0] != 0      ? ArrayEntry::Kind::text
                                            : ArrayEntry::Kind::numbers;
    }
    return entries;
}

// Runs `work` in a child and `receive` here, with the library locked until the child exists.
void run_reader(const std::string& where, const Hdf5Limits& limits, const std::function<void(ToParent&)>& work,
                const std::function<void(FromChild&)>& receive) {
    require_hdf5(where);
    check<UsageError>(limits.seconds > 0 && limits.seconds <= 1e6, "Hdf5Limits", "expected more than 0 seconds, got ",
                      limits.seconds);
    auto lock = hdf5_lock();
    run_isolated(
        where, {limits.seconds, limits.memory},
        [&](ToParent& out) {
            lock.unlock();
            work(out);
        },
        [&](FromChild& from) {
            lock.unlock();
            receive(from);
        });
}

ArrayValues read_values(const std::filesystem::path& path, const ArrayEntry& entry, ReadContext& context) {
    const std::string where = path.string() + ", " + printable(entry.name);
    check(entry.kind != ArrayEntry::Kind::other, where, entry.refusal);
    ArrayValues values;
    run_reader(
        path.string(), context.options.hdf5,
        [&](ToParent& out) {
            const Hdf5Images dataset(path, entry.name, Hdf5Role::values);
            const std::int64_t texts = dataset.is_text() ? dataset.count() : -1;
            out.write(&texts, sizeof texts);
            if (texts < 0) return send_dataset(dataset, out);
            for (const std::string& text : dataset.read_texts()) send_text(text, out);
        },
        [&](FromChild& from) {
            std::int64_t texts = 0;
            from.read(&texts, sizeof texts);
            if (texts < 0) values.numbers = receive_dataset(from, where, context.memory);
            for (std::int64_t i = 0; i < texts; ++i) values.texts.push_back(receive_text(from, where, context.memory));
        });
    return values;
}

}  // namespace

ArrayArchive open_hdf5(const std::filesystem::path& path, ReadContext& context) {
    ArrayArchive archive;
    run_reader(
        path.string(), context.options.hdf5, [&](ToParent& out) { send_entries(hdf5_entries(path), out); },
        [&](FromChild& from) { archive.entries = receive_entries(from, path.string(), context.memory); });
    archive.read = [path, &context](const ArrayEntry& entry) { return read_values(path, entry, context); };
    return archive;
}

Hdf5Chosen read_chosen_images(const std::string& where, const std::vector<Hdf5Choice>& files, MemoryBudget& memory) {
    require_hdf5(where);
    Hdf5Chosen out;
    auto lock = hdf5_lock();
    run_isolated(
        where, IsolationLimits{},
        [&](ToParent& to) {
            lock.unlock();
            send_chosen(files, to);
        },
        [&](FromChild& from) {
            lock.unlock();
            std::int64_t sum = 0;
            for (std::size_t i = 0; i < files.size(); ++i) {
                std::array<std::int64_t, 2> numbers{};
                from.read(numbers.data(), sizeof numbers);
                const auto [available, taken] = numbers;
                check(taken >= 1 && taken <= available && available <= static_cast<std::int64_t>(kMostBytes), where,
                      "the HDF5 reader process returned malformed data");
                out.available.push_back(available);
                out.taken.push_back(taken);
                sum += taken;
            }
            out.images = receive_dataset(from, where, memory);
            check(out.images.rank() == 4 && out.images.size(0) == sum, where,
                  "the HDF5 reader process returned malformed data");
        });
    check(out.images.defined(), where, "the HDF5 reader process returned malformed data");
    return out;
}

}  // namespace cyclone::data
