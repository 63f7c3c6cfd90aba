#include <cyclone/base/random.h>
#include <cyclone/data/splits.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <unordered_map>

#include "data/each_image.h"

namespace cyclone::data {
namespace {

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

// Whole groups to parts of the given shares: the largest group first (ties in an order drawn from the seed), each to
// the part where the images of its classes are most below what the part is to have.
std::vector<Indices> deal_groups(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups,
                                 const std::vector<double>& shares, std::uint64_t seed, const char* where) {
    std::map<std::int64_t, Indices> by_group;
    for (std::size_t i = 0; i < groups.size(); ++i) by_group[groups[i]].push_back(static_cast<std::int64_t>(i));
    check(by_group.size() >= shares.size(), where, "expected at least ", shares.size(), " groups, got ",
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
    std::vector<std::vector<double>> lacking(shares.size(), total);  // images of each class a part still wants
    for (std::size_t p = 0; p < shares.size(); ++p)
        for (double& count : lacking[p]) count *= shares[p];
    std::vector<Indices> out(shares.size());
    for (std::size_t g = 0; g < dealt.size(); ++g) {
        const auto empty = static_cast<std::size_t>(
            std::count_if(out.begin(), out.end(), [](const Indices& part) { return part.empty(); }));
        const bool fill = dealt.size() - g <= empty;  // no part may stay empty
        std::size_t best = shares.size();
        double best_need = 0;
        for (std::size_t p = 0; p < shares.size(); ++p) {
            if (fill && !out[p].empty()) continue;
            double need = 0;  // in shares of the class, so that rare classes weigh as much
            for (const std::int64_t i : *dealt[g]) {
                const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
                need += lacking[p][label] / total[label];
            }
            if (best == shares.size() || need > best_need) best = p, best_need = need;
        }
        for (const std::int64_t i : *dealt[g]) {
            out[best].push_back(i);
            lacking[best][static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])] -= 1;
        }
    }
    return out;
}

// Bytes of one image and where they stand, comparable across parts.
struct ImagesOf {
    const char* name;
    const Dataset* dataset;
    std::size_t bytes() const {
        return static_cast<std::size_t>(dataset->images.shape().numel_between(1, 4)) * size_of(dataset->images.dtype());
    }
    const unsigned char* image(std::int64_t i) const {
        if (dataset->file) have_read(*dataset);
        return static_cast<const unsigned char*>(dataset->images.bytes()) +
               static_cast<std::size_t>(dataset->row(i)) * bytes();
    }
    std::int64_t label(std::int64_t i) const { return dataset->labels.data<std::int64_t>()[i]; }
};

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
                      "expected shares of validation and test that leave something for training, got ", validation,
                      " and ", test);
    check_inputs(labels, options.groups, where);
    SplitIndices out;
    if (!options.groups.empty()) {
        std::vector<double> shares{1 - validation - test};
        std::vector<Indices*> parts{&out.train};
        if (validation > 0) shares.push_back(validation), parts.push_back(&out.validation);
        if (test > 0) shares.push_back(test), parts.push_back(&out.test);
        auto dealt = deal_groups(labels, options.groups, shares, options.seed, where);
        for (std::size_t p = 0; p < parts.size(); ++p) *parts[p] = std::move(dealt[p]);
    } else {
        for (const Indices& members : shuffled_classes(labels, options.seed)) {
            const auto n = static_cast<std::int64_t>(members.size());
            std::int64_t left = n - 1;  // one stays for training
            const auto take = [&](double share) {
                if (share == 0) return std::int64_t{0};
                auto count = static_cast<std::int64_t>(std::llround(share * static_cast<double>(n)));
                count = std::min(std::max<std::int64_t>(count, 1), left);
                left -= count;
                return count;
            };
            const std::int64_t in_test = take(test), in_validation = take(validation);
            const auto begin = members.begin();
            out.test.insert(out.test.end(), begin, begin + in_test);
            out.validation.insert(out.validation.end(), begin + in_test, begin + in_test + in_validation);
            out.train.insert(out.train.end(), begin + in_test + in_validation, members.end());
        }
    }
    for (Indices* part : {&out.train, &out.validation, &out.test}) std::sort(part->begin(), part->end());
    return out;
}

Parts split(const Dataset& dataset, const SplitOptions& options) {
    dataset.validate("split");
    const SplitIndices indices = split_indices(dataset.labels.values<std::int64_t>(), options);
    check(!indices.train.empty() && (options.validation == 0 || !indices.validation.empty()) &&
              (options.test == 0 || !indices.test.empty()),
          "split", "too few images for every part to have one: ", dataset.describe());
    Parts out;
    out.format = "split";
    out.train = dataset.subset(indices.train);
    if (!indices.validation.empty()) out.validation = dataset.subset(indices.validation);
    if (!indices.test.empty()) out.test = dataset.subset(indices.test);
    if (!options.groups.empty())
        for (const std::int64_t i : indices.train) out.groups.push_back(options.groups[static_cast<std::size_t>(i)]);
    out.standardize();
    return out;
}

std::vector<std::vector<std::int64_t>> k_folds(std::span<const std::int64_t> labels, std::int64_t k, std::uint64_t seed,
                                               std::span<const std::int64_t> groups) {
    const char* where = "k_folds";
    check_inputs(labels, groups, where);
    check<UsageError>(k >= 2 && k <= static_cast<std::int64_t>(labels.size()), where, "expected 2 to ", labels.size(),
                      " folds, got ", k);
    const auto folds = static_cast<std::size_t>(k);
    std::vector<Indices> out(folds);
    if (!groups.empty()) {
        out = deal_groups(labels, groups, std::vector<double>(folds, 1.0 / static_cast<double>(k)), seed, where);
    } else {
        std::size_t next = 0;  // goes on from class to class, so that the folds' sizes differ by one at most
        for (const Indices& members : shuffled_classes(labels, seed))
            for (const std::int64_t i : members) out[next++ % folds].push_back(i);
    }
    for (Indices& fold : out) std::sort(fold.begin(), fold.end());
    return out;
}

Parts fold_of(const Dataset& dataset, std::span<const std::vector<std::int64_t>> folds, std::size_t fold) {
    check<UsageError>(fold < folds.size(), "fold_of", "expected a fold below ", folds.size(), ", got ", fold);
    Indices train;
    for (std::size_t f = 0; f < folds.size(); ++f)
        if (f != fold) train.insert(train.end(), folds[f].begin(), folds[f].end());
    std::sort(train.begin(), train.end());
    Parts out;
    out.format = "fold " + std::to_string(fold + 1) + " of " + std::to_string(folds.size());
    out.train = dataset.subset(train);
    out.test = dataset.subset(folds[fold]);
    out.standardize();
    return out;
}

std::vector<Duplicate> duplicates_across(const Parts& parts) {
    std::vector<ImagesOf> all{{"train", &parts.train}};
    if (parts.validation) all.push_back({"validation", &*parts.validation});
    if (parts.test) all.push_back({"test", &*parts.test});
    std::unordered_multimap<std::uint64_t, std::pair<std::size_t, std::int64_t>> seen;  // hash -> part, index
    std::vector<Duplicate> out;
    for (std::size_t p = 0; p < all.size(); ++p) {
        check(all[p].bytes() == all[0].bytes(), "duplicates_across", "expected images of one size and type");
        std::vector<std::uint64_t> hashes;
        for (std::int64_t i = 0; i < all[p].dataset->size(); ++i) {
            const unsigned char* image = all[p].image(i);
            hashes.push_back(hash_of(image, all[p].bytes()));
            const auto [begin, end] = seen.equal_range(hashes.back());
            std::pair<std::size_t, std::int64_t> first{all.size(), 0};
            for (auto it = begin; it != end; ++it)
                if (it->second < first &&
                    std::memcmp(image, all[it->second.first].image(it->second.second), all[p].bytes()) == 0)
                    first = it->second;
            if (first.first < all.size())
                out.push_back({all[first.first].name, all[p].name, first.second, i,
                               all[first.first].label(first.second) == all[p].label(i)});
        }
        if (p + 1 < all.size())
            for (std::size_t i = 0; i < hashes.size(); ++i)
                seen.emplace(hashes[i], std::pair{p, static_cast<std::int64_t>(i)});
    }
    return out;
}

}  // namespace cyclone::data
