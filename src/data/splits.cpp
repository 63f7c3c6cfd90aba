// Splitting a dataset, and looking for images that stand in two of its sets.

#include <cyclone/base/random.h>
#include <cyclone/data/splits.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <unordered_map>

namespace cyclone::data {
namespace {

constexpr std::uint64_t kSplitStream = std::uint64_t{0x5711'7000} << 32;  // of split(fraction), plus the class
constexpr std::uint64_t kClassStream = std::uint64_t{0x5711'7100} << 32;  // plus the class
constexpr std::uint64_t kGroupStream = std::uint64_t{0x5711'7200} << 32;

using Indices = std::vector<std::int64_t>;

void check_inputs(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups, const char* where) {
    check(!labels.empty(), where, "expected at least one image");
    check(*std::min_element(labels.begin(), labels.end()) >= 0, where, "expected labels of at least 0");
    check<UsageError>(groups.empty() || groups.size() == labels.size(), where, "expected a group for each of the ",
                      labels.size(), " images, got ", groups.size());
}

// The images of each class in an order drawn from the seed.
std::vector<Indices> shuffled_classes(std::span<const std::int64_t> labels, std::uint64_t seed) {
    std::map<std::int64_t, Indices> members;
    for (std::size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(static_cast<std::int64_t>(i));
    std::vector<Indices> out;
    for (const auto& [label, all] : members) {
        const auto order = permutation(static_cast<std::int64_t>(all.size()),
                                       Random(seed, kClassStream + static_cast<std::uint64_t>(label)));
        Indices shuffled;
        for (const std::int64_t i : order) shuffled.push_back(all[static_cast<std::size_t>(i)]);
        out.push_back(std::move(shuffled));
    }
    return out;
}

// Whole groups to sets of the given fractions: the largest group first (ties in an order drawn from the seed), each to
// the set where the images of its classes are most below what the set is to have.
std::vector<Indices> deal_groups(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups,
                                 const std::vector<double>& fractions, std::uint64_t seed, const char* where) {
    std::map<std::int64_t, Indices> by_group;
    for (std::size_t i = 0; i < groups.size(); ++i) by_group[groups[i]].push_back(static_cast<std::int64_t>(i));
    check(by_group.size() >= fractions.size(), where, "expected at least ", fractions.size(), " groups, got ",
          by_group.size());
    std::vector<const Indices*> in_turn;
    in_turn.reserve(by_group.size());
    for (const auto& entry : by_group) in_turn.push_back(&entry.second);
    const auto order = permutation(static_cast<std::int64_t>(in_turn.size()), Random(seed, kGroupStream));
    std::vector<const Indices*> dealt;
    dealt.reserve(order.size());
    for (const std::int64_t i : order) dealt.push_back(in_turn[static_cast<std::size_t>(i)]);
    std::stable_sort(dealt.begin(), dealt.end(), [](auto a, auto b) { return a->size() > b->size(); });

    const auto classes = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
    std::vector<double> total(classes);
    for (const std::int64_t label : labels) total[static_cast<std::size_t>(label)] += 1;
    std::vector<std::vector<double>> lacking(fractions.size(), total);  // images of each class that a set still lacks
    for (std::size_t p = 0; p < fractions.size(); ++p)
        for (double& count : lacking[p]) count *= fractions[p];
    std::vector<Indices> out(fractions.size());
    for (std::size_t g = 0; g < dealt.size(); ++g) {
        const auto empty = static_cast<std::size_t>(
            std::count_if(out.begin(), out.end(), [](const Indices& set) { return set.empty(); }));
        const bool fill = dealt.size() - g <= empty;  // no set may stay empty
        std::size_t best = fractions.size();
        double best_need = 0;
        for (std::size_t p = 0; p < fractions.size(); ++p) {
            if (fill && !out[p].empty()) continue;
            double need = 0;  // as fractions of the class, so that rare classes weigh as much
            for (const std::int64_t i : *dealt[g]) {
                const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
                need += lacking[p][label] / total[label];
            }
            if (best == fractions.size() || need > best_need) best = p, best_need = need;
        }
        for (const std::int64_t i : *dealt[g]) {
            out[best].push_back(i);
            lacking[best][static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])] -= 1;
        }
    }
    return out;
}

// FNV-1a over 8 bytes at a time; equal hashes are compared byte by byte.
std::uint64_t hash_of(const unsigned char* bytes, std::size_t count) {
    std::uint64_t hash = 0xCBF29CE484222325;
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * 0x100000001B3;
        hash ^= hash >> 29;
    };
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + i, 8);
        mix(word);
    }
    for (; i < count; ++i) mix(bytes[i]);
    return hash;
}

}  // namespace

SplitIndices split_indices(std::span<const std::int64_t> labels, const SplitOptions& options) {
    const char* where = "split_indices";
    const double validation = options.validation, test = options.test;
    check<UsageError>(validation >= 0 && test >= 0 && validation + test < 1 && validation + test > 0, where,
                      "expected fractions for validation and test that leave something for training, got ", validation,
                      " and ", test);
    check_inputs(labels, options.groups, where);
    SplitIndices out;
    if (!options.groups.empty()) {
        std::vector<double> fractions{1 - validation - test};
        std::vector<Indices*> sets{&out.train};
        if (validation > 0) fractions.push_back(validation), sets.push_back(&out.validation);
        if (test > 0) fractions.push_back(test), sets.push_back(&out.test);
        auto dealt = deal_groups(labels, options.groups, fractions, options.seed, where);
        for (std::size_t p = 0; p < sets.size(); ++p) *sets[p] = std::move(dealt[p]);
    } else {
        for (const Indices& members : shuffled_classes(labels, options.seed)) {
            const auto n = static_cast<std::int64_t>(members.size());
            std::int64_t left = n - 1;  // one stays for training
            const auto take = [&](double fraction, std::int64_t for_others) {
                if (fraction == 0) return std::int64_t{0};
                auto count = static_cast<std::int64_t>(std::llround(fraction * static_cast<double>(n)));
                count = std::min(std::max<std::int64_t>(count, 1), left > for_others ? left - for_others : left);
                left -= count;
                return count;
            };
            const std::int64_t in_test = take(test, validation > 0 ? 1 : 0), in_validation = take(validation, 0);
            const auto begin = members.begin();
            out.test.insert(out.test.end(), begin, begin + in_test);
            out.validation.insert(out.validation.end(), begin + in_test, begin + in_test + in_validation);
            out.train.insert(out.train.end(), begin + in_test + in_validation, members.end());
        }
    }
    for (Indices* set : {&out.train, &out.validation, &out.test}) std::sort(set->begin(), set->end());
    return out;
}

Splits Dataset::split(double train_fraction, std::uint64_t seed) const {
    const char* where = "Dataset::split";
    check<UsageError>(train_fraction > 0 && train_fraction < 1, where,
                      "expected a train fraction between 0 and 1, got ", train_fraction);
    validate(where);
    Indices train, test;
    const auto members = class_members();
    for (std::size_t c = 0; c < members.size(); ++c) {
        const auto n = static_cast<std::int64_t>(members[c].size());
        auto wanted = static_cast<std::int64_t>(std::round(train_fraction * static_cast<double>(n)));
        wanted = n >= 2 ? std::clamp<std::int64_t>(wanted, 1, n - 1) : n;
        const auto order = permutation(n, Random(seed, kSplitStream + c));
        for (std::int64_t i = 0; i < n; ++i)
            (i < wanted ? train : test)
                .push_back(members[c][static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
    check(!test.empty(), where, "expected a class of at least two images, got ", describe());
    std::sort(train.begin(), train.end());
    std::sort(test.begin(), test.end());
    Splits out{.train = subset(train), .test = subset(test), .format = "split"};
    out.standardize();
    return out;
}

Splits Dataset::split(const SplitOptions& options) const {
    const char* where = "Dataset::split";
    validate(where);
    const SplitIndices indices = split_indices(labels.values<std::int64_t>(), options);
    check(!indices.train.empty() && (options.validation == 0 || !indices.validation.empty()) &&
              (options.test == 0 || !indices.test.empty()),
          where, "too few images for every set to have one: ", describe());
    Splits out{.train = subset(indices.train), .format = "split"};
    if (!indices.validation.empty()) out.validation = subset(indices.validation);
    if (!indices.test.empty()) out.test = subset(indices.test);
    if (!options.groups.empty())
        for (const std::int64_t i : indices.train) out.groups.push_back(options.groups[static_cast<std::size_t>(i)]);
    out.standardize();
    return out;
}

std::vector<Duplicate> duplicates_across(const Splits& splits) {
    const auto sets = splits.sets();
    const auto label_of = [&](std::size_t set, std::int64_t i) {
        return sets[set].second->labels.data<std::int64_t>()[i];
    };
    const std::size_t bytes = splits.train.images.bytes_per_image();
    std::unordered_multimap<std::uint64_t, std::pair<std::size_t, std::int64_t>> seen;  // hash -> set, index
    std::vector<Duplicate> out;
    for (std::size_t s = 0; s < sets.size(); ++s) {
        const auto& [name, dataset] = sets[s];
        check(dataset->images.bytes_per_image() == bytes, "duplicates_across", "expected images of one size and type");
        std::vector<std::uint64_t> hashes;
        for (std::int64_t i = 0; i < dataset->size(); ++i) {
            const void* image = dataset->images.pixels(i);
            hashes.push_back(hash_of(static_cast<const unsigned char*>(image), bytes));
            const auto [begin, end] = seen.equal_range(hashes.back());
            std::pair<std::size_t, std::int64_t> first{sets.size(), 0};
            for (auto it = begin; it != end; ++it)
                if (it->second < first &&
                    std::memcmp(image, sets[it->second.first].second->images.pixels(it->second.second), bytes) == 0)
                    first = it->second;
            if (first.first < sets.size())
                out.push_back({sets[first.first].first, name, first.second, i,
                               label_of(first.first, first.second) == label_of(s, i)});
        }
        if (s + 1 < sets.size())
            for (std::size_t i = 0; i < hashes.size(); ++i)
                seen.emplace(hashes[i], std::pair{s, static_cast<std::int64_t>(i)});
    }
    return out;
}

}  // namespace cyclone::data
