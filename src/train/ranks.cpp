// What ranks do together, made of exchanges.

#include <cyclone/base/error.h>
#include <cyclone/io/crc64.h>
#include <cyclone/train/ranks.h>

#include <algorithm>
#include <numeric>

namespace cyclone::train {

std::pair<std::int64_t, std::int64_t> Ranks::part_of(std::int64_t count, int rank) const {
    const auto begin = [&](std::int64_t r) { return (count * r + size() - 1) / size(); };
    return {begin(rank), begin(rank + 1)};
}

void Ranks::share_bytes(std::span<std::byte> all, std::size_t size_of_one, std::span<const std::size_t> begins) {
    const auto count = static_cast<std::size_t>(size()), own = static_cast<std::size_t>(rank());
    check(begins.size() == count + 1 && begins.back() * size_of_one <= all.size(), "Ranks::share", "expected ",
          count + 1, " begins within ", all.size(), " bytes");
    std::vector<std::span<std::byte>> parts;
    for (std::size_t r = 0; r < count; ++r)
        parts.push_back(all.subspan(begins[r] * size_of_one, (begins[r + 1] - begins[r]) * size_of_one));
    std::vector<std::span<const std::byte>> to(count, parts[own]);
    to[own] = {}, parts[own] = {};
    exchange(to, parts);
}

bool Ranks::any(bool here) {
    std::vector<std::size_t> begins(static_cast<std::size_t>(size()) + 1);
    std::iota(begins.begin(), begins.end(), std::size_t{0});
    std::vector<char> all(static_cast<std::size_t>(size()), 0);
    all[static_cast<std::size_t>(rank())] = here ? 1 : 0;
    share(std::span(all), begins);
    return std::count(all.begin(), all.end(), 1) > 0;
}

bool Ranks::same(std::string_view bytes) {
    const std::uint64_t own = io::crc64(0, bytes.data(), bytes.size());
    std::uint64_t first = own;
    std::vector<std::size_t> begins(static_cast<std::size_t>(size()) + 1, 1);
    begins[0] = 0;
    share(std::span(&first, 1), begins);
    return !any(first != own);
}

std::string Ranks::from_first(std::string bytes) {
    std::vector<std::size_t> begins(static_cast<std::size_t>(size()) + 1, 1);
    begins[0] = 0;
    std::uint64_t length = bytes.size();
    share(std::span(&length, 1), begins);
    bytes.resize(static_cast<std::size_t>(length));
    std::fill(begins.begin() + 1, begins.end(), bytes.size());
    share(std::span(bytes), begins);
    return bytes;
}

}  // namespace cyclone::train
