// Which arrays of an archive are what.

#include "data/arrays.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "data/assemble.h"
#include "data/label_file.h"
#include "data/names.h"

namespace cyclone::data {
namespace {

using Entries = std::vector<ArrayEntry>;
using Kind = ArrayEntry::Kind;

struct SetOfArrays {
    const ArrayEntry *images = nullptr, *labels = nullptr, *groups = nullptr;
};

class ArrayChooser {
public:
    ArrayChooser(const Entries& entries, ReadContext& context, const std::string& where)
        : entries_(entries), context_(context), where_(where) {}

    /// The sets, the training set first; of what cannot be told an Error.
    std::map<Part, SetOfArrays> choose() {
        std::map<Part, SetOfArrays> sets;
        if (!context_.array().empty()) {
            const ArrayEntry& images = named("--images", context_.options.array);
            sets[Part::train] = {&images, labels_of(images, read_name(images.name).part), nullptr};
        } else {
            for (const Part part : {Part::train, Part::validation, Part::test}) {
                const ArrayEntry* images = best(Role::images, part, "--images");
                if (images) sets[part] = {images, labels_of(*images, part), nullptr};
            }
            if (!sets.contains(Part::train)) choose_by_shape(sets);
        }
        for (auto& [part, set] : sets) set.groups = groups_of(*set.images, part);
        return sets;
    }

    const ArrayEntry* class_names() const {
        for (const ArrayEntry& entry : entries_) {
            const auto words = words_of(entry.name);
            const auto has = [&](const char* word) {
                return std::find(words.begin(), words.end(), word) != words.end();
            };
            if (entry.kind == Kind::text && entry.is_list() && entry.count() <= 10'000 &&
                (read_name(entry.name).role == Role::class_names || has("classes") || has("categories")))
                return &entry;
        }
        return nullptr;
    }

    std::string names() const {
        std::vector<std::string> all;
        for (const ArrayEntry& entry : entries_) all.push_back(entry.name);
        return all.empty() ? "none" : listed(all);
    }

private:
    const ArrayEntry& named(const char* option, const std::string& name) const {
        for (const ArrayEntry& entry : entries_)
            if (entry.name == name) {
                check(entry.kind != Kind::other, where_ + ", " + printable(name), entry.refusal);
                return entry;
            }
        fail<UsageError>(option, where_, " has no array '", printable(name), "', it has ", names());
    }

    static bool is_of(const ArrayEntry& entry, Role role, Part part) {
        const NameSays says = read_name(entry.name);
        if (says.role != role || (says.part != part && !(part == Part::train && says.part == Part::none))) return false;
        if (entry.kind == Kind::other) return true;  // with the reason when it is read
        return role == Role::images ? entry.may_be_images() : role == Role::labels || entry.is_list();
    }

    // The array of this role whose name is surest. Sets named "train" come before those of no part.
    const ArrayEntry* best(Role role, Part part, const char* option) const {
        const ArrayEntry *found = nullptr, *second = nullptr;
        const auto rank = [&](const ArrayEntry& e) {
            const NameSays says = read_name(e.name);
            return says.rank + (says.part != part ? 1000 : 0);
        };
        for (const ArrayEntry& entry : entries_) {
            if (!is_of(entry, role, part)) continue;
            if (!found || rank(entry) < rank(*found))
                found = &entry, second = nullptr;
            else if (rank(entry) == rank(*found))
                second = &entry;
        }
        check<UsageError>(!second, option, "expected the name of the array in ", where_, ": '",
                          second ? printable(found->name) : "", "' or '", second ? printable(second->name) : "", "'");
        return found;
    }

    const ArrayEntry* labels_of(const ArrayEntry& images, Part part) const {
        const std::string& label = context_.label();
        const bool is_array =
            std::any_of(entries_.begin(), entries_.end(), [&](const auto& e) { return e.name == label; });
        const bool main_set = part == Part::train || part == Part::none || !context_.options.array.empty();
        if (!label.empty() && main_set) return is_array || !is_label_file(label) ? &named("--label", label) : nullptr;
        if (!label.empty()) return is_array ? of_other_part(label, part) : nullptr;
        if (const ArrayEntry* found = best(Role::labels, part == Part::none ? Part::train : part, "--label"))
            return found;
        const ArrayEntry* only = nullptr;  // the one list of as many elements
        for (const ArrayEntry& entry : entries_) {
            const NameSays says = read_name(entry.name);
            if (&entry == &images || !entry.is_list() || entry.count() != images.count() || entry.kind == Kind::other ||
                says.role != Role::unknown)
                continue;
            if (only) return nullptr;
            only = &entry;
        }
        if (only) context_.note(where_ + ": '" + printable(only->name) + "' is taken for the labels (--label NAME)");
        return only;
    }

    // y_test_fine, where y_train_fine is named.
    const ArrayEntry* of_other_part(const std::string& label, Part part) const {
        const auto split = [](const std::string& name) {
            std::pair<std::string, Part> out{"", Part::none};
            for (const std::string& word : words_of(name)) {
                const auto said = part_called(word);
                if (said && out.second == Part::none)
                    out.second = *said;
                else
                    out.first += word + ' ';
            }
            return out;
        };
        for (const ArrayEntry& entry : entries_)
            if (entry.name != label && split(entry.name) == std::pair(split(label).first, part)) return &entry;
        context_.note(where_ +
                      ": --label names the labels of the training images only: none of the arrays has its name "
                      "with " +
                      name_of(part) + " in it");
        return nullptr;
    }

    const ArrayEntry* groups_of(const ArrayEntry& images, Part part) const {
        const std::string& group = context_.group();
        if (group == "none" || part != Part::train) return nullptr;
        const ArrayEntry* found = nullptr;
        for (const ArrayEntry& entry : entries_) {
            const NameSays says = read_name(entry.name);
            const bool fits = says.role == Role::groups && says.part != Part::validation && says.part != Part::test &&
                              entry.kind != Kind::other && entry.is_list() && entry.count() == images.count();
            if (group.empty() && fits && (!found || says.rank < read_name(found->name).rank)) found = &entry;
        }
        return group.empty() ? found : &named("--group", group);
    }

    void choose_by_shape(std::map<Part, SetOfArrays>& sets) const {
        const ArrayEntry* only = nullptr;
        for (const ArrayEntry& entry : entries_) {
            if (entry.kind != Kind::numbers || entry.sizes.size() < 3 || entry.is_list() ||
                read_name(entry.name).role != Role::unknown)
                continue;
            check<UsageError>(!only, "--images", "expected the name of the array of images in ", where_, ", which has ",
                              names());
            only = &entry;
        }
        if (!only) return;
        context_.note(where_ + ": '" + printable(only->name) + "' is taken for the images (--images NAME)");
        sets[Part::train] = {only, labels_of(*only, Part::train), nullptr};
    }

    const Entries& entries_;
    ReadContext& context_;
    const std::string& where_;
};

std::vector<std::int64_t> groups_in(const ArrayValues& values, const ArrayEntry& entry, const std::string& where) {
    if (entry.kind == Kind::text) return Labels().add(values.texts, where).to_vector<std::int64_t>();
    const DType type = values.numbers.dtype();
    if (type == DType::f32 || type == DType::f64) {
        const double most = type == DType::f32 ? 0x1p24 : 0x1p53;  // whole numbers up to it have values of their own
        for (const double group : values.numbers.to(DType::f64).to_vector<double>())
            check(group == std::floor(group) && std::abs(group) <= most, where,
                  "expected groups that are texts or whole numbers that their type holds exactly, got ", group);
    }
    return values.numbers.viewed({values.numbers.size(0)}).to(DType::i64).to_vector<std::int64_t>();
}

}  // namespace

Splits read_arrays(const ArrayArchive& archive, ReadContext& context, const std::string& where, const char* format) {
    const auto& [entries, read] = archive;
    ArrayChooser chooser(entries, context, where);
    std::map<Part, SetOfArrays> sets = chooser.choose();
    check(!sets.empty(), where,
          "expected arrays of images and labels (images and labels, x_train and y_train, ...), got: ", chooser.names(),
          " (hint: --images NAME and --label NAME say which)");
    const bool need_labels = context.options.purpose != Purpose::prediction;
    std::set<const ArrayEntry*> used;
    Splits out;
    out.format = format;
    Labels labels;
    if (!sets.contains(Part::train) && sets.size() == 1)  // a file of test images alone
        sets = {{Part::train, sets.begin()->second}};
    check(sets.contains(Part::train), where, "has images of several sets, but none for training: ", chooser.names());
    SetOfArrays& train = sets[Part::train];
    std::optional<Tensor> own_labels;
    if (!train.labels && need_labels) own_labels = labels_beside(where, context, labels);
    check(train.labels || own_labels || !need_labels, where, "has images ('", printable(train.images->name),
          "') but no labels, got: ", chooser.names(), " (hint: --label NAME says which array or file they are in)");
    for (const auto& [part, set] : sets) {
        if (part != Part::train && need_labels && !set.labels) {
            context.note(where + ": '" + printable(set.images->name) + "' is not used, it has no labels");
            used.insert(set.images);
            continue;
        }
        used.insert({set.images, set.labels, set.groups});
        Dataset& data = part == Part::train        ? out.train
                        : part == Part::validation ? out.validation.emplace()
                                                   : out.test.emplace();
        const auto name_of_array = [&](const ArrayEntry* entry) { return where + ", " + printable(entry->name); };
        data.images = as_images(read(*set.images).numbers, context, name_of_array(set.images));
        if (set.labels && need_labels) {
            const ArrayValues values = read(*set.labels);
            data.labels = set.labels->kind == Kind::text ? labels.add(values.texts, name_of_array(set.labels))
                                                         : labels.add(values.numbers, name_of_array(set.labels));
        } else if (own_labels) {
            data.labels = *own_labels;
        }
        data.source = where;
        if (!set.groups || context.options.purpose != Purpose::training) continue;  // nothing is split
        out.groups = groups_in(read(*set.groups), *set.groups, name_of_array(set.groups));
        context.note(where + ": images of one '" + printable(set.groups->name) +
                     "' stay together when training images are split (--group none splits them)");
    }
    std::vector<std::string> class_names;
    if (const ArrayEntry* entry = chooser.class_names(); entry && !used.contains(entry) && need_labels) {
        class_names = read(*entry).texts;
        used.insert(entry);
    }
    std::vector<std::string> unused;
    for (const ArrayEntry& entry : entries)
        if (!used.contains(&entry)) unused.push_back(entry.name);
    if (!unused.empty() && need_labels) context.note(where + ": not used: " + listed(unused));
    finish_sets(out, labels, context, where, class_names);
    return out;
}

}  // namespace cyclone::data
