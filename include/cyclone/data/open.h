#pragma once
// open(): reads data in any format, which it recognises by content. The formats are rows of one table, formats(), to
// which a program can add its own.

#include <cyclone/base/registry.h>
#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <list>
#include <string>
#include <vector>

namespace cyclone::data {

/// What a format looks at to recognise its data.
struct Candidate {
    std::filesystem::path path = {};  ///< of the data
    bool folder = false;              ///< a folder, else a file
    std::string beginning = {};       ///< of a file: its first 4096 bytes, decompressed where it is gzip

    /// Whether the folder has an entry with one of these names.
    bool has_any(std::initializer_list<const char*> names) const;
};

/// One format that open() knows.
struct Format {
    std::string name = {};                                  ///< for people, as in Splits::format: "NPZ"; unique
    std::string description = {};                           ///< for people: what the data consist of
    bool folder = false;                                    ///< the data are a folder, else a file
    std::function<bool(const Candidate&)> looks_like = {};  ///< whether it can be data of this format
    /// Reads the data. `format` of the result may stay empty.
    std::function<Splits(const std::filesystem::path&, ReadContext&)> read = {};
    std::string refusal = {};  ///< of files that are no labelled data: the text of the Error, instead of `read`
};

/// Formats in the order in which they are asked. Rows may be added before threads start; reading is safe from any
/// thread.
class FormatTable {
public:
    /// Adds a format that is asked before all others. Error when the name is taken or a function is missing.
    void add(Format format);
    /// The first format that looks like the candidate; nullptr: none does.
    const Format* find(const Candidate& candidate) const;
    /// All rows.
    const std::list<Format>& rows() const { return rows_; }
    /// The formats that can be read, for --help.
    std::vector<NamedItem> names() const;
    /// names() as a table of `width` columns.
    std::string help(std::size_t width = 80) const { return help_table(names(), width); }

private:
    std::list<Format> rows_;  // rows keep their addresses
};

/// The formats that open() knows. The built-in ones:
///   a folder with  Positive_train.h5 ...             read_study_folder()
///                  train-images-idx3-ubyte[.gz] ...  read_mnist_folder()
///                  data_batch_1.bin or train.bin     read_cifar_folder()
///                  one subfolder per class           read_image_folder()
///   a file that is .npz (zip), HDF5, or a CSV table (also gzip): read_npz_dataset(), read_hdf5(), read_csv();
///   a .npy file with its labels in another file: OpenOptions::label;
///   a flat file, which is not read but mapped into memory: read_flat_file().
/// A single IDX or image file has no labels and is refused with a hint.
FormatTable& formats();

/// Reads the data at `path` with the first format that recognises them by content, not by name. Splits::format says
/// which, Splits::notes what was chosen and what is not used. Errors: nothing there, not recognised (lists what was
/// tried), those of the reader, data beyond memory_limit, an option without effect on these data (UsageError).
Splits open(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace cyclone::data
