#pragma once
// OpenOptions: what a caller says about data before they are read. ReadContext: what a reader gets, and where it notes
// what it used and what people should know.

#include <cyclone/data/images/image_options.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

struct Splits;

/// What the data are for, which decides what they must have.
enum class Purpose {
    training,    ///< labels of two classes or more, each with an image for training
    evaluation,  ///< labels, of one class or more
    prediction,  ///< images; where there are no labels all are 0, of one class called "unlabelled"
};

/// Limits of the process that reads an HDF5 file.
struct Hdf5Limits {
    double seconds = 60;  ///< the child process is stopped when it sends nothing for this long
    std::uint64_t memory = std::uint64_t{2} << 30;  ///< bytes that the library may take besides the pixels
};

/// Options of open(). What is empty or 0 is found in the data. One that is given and has no effect on the data is a
/// UsageError.
struct OpenOptions {
    /// --label: column or array of the labels. A column by its name, by its number from 1, or "first" or "last"; also
    /// the path of a file that holds the labels alone (.npy, HDF5).
    std::string label = {};
    /// --group: column or array of the groups (patient, ...), named likewise; "none": no groups.
    std::string group = {};
    /// --split: column that says train, validation or test, named likewise; "fold=3": the rows in whose column fold
    /// stands 3 are for testing ("fold=3,2": and those with 2 for validation); "none": none. Of a folder of images:
    /// "folder", its subfolders are sets; "none": they are classes; empty: as their names say.
    std::string split = {};
    std::string array = {};  ///< --images: array of the images in an NPZ or HDF5 file
    /// --layout: order of the dimensions of an array of images, nhwc or nchw; nwh: rows and columns are exchanged, as
    /// in EMNIST's files, which are known by their names (emnist-...); nhw: they are not.
    std::string layout = {};
    Shape shape = {};                       ///< --shape: (H, W, C) of images in rows; empty: square, grey
    char separator = '\0';                  ///< of a table; '\0': found in its first line
    std::filesystem::path image_root = {};  ///< --image-root: where the files are that a table names; empty: beside it
    std::string file_column = {};         ///< --file-column: column of a table that names image files, named as `label`
    std::string ending = {};              ///< --ending: what the names in a table lack, ".jpg"; empty: tried by looking
    ImageOptions images = {};             ///< of image files
    Hdf5Limits hdf5 = {};                 ///< of an HDF5 file
    Purpose purpose = Purpose::training;  ///< what the data are for
    /// Pixel type that is wanted. Values whose file gives them no pixel type (a table, integers that are neither u8 nor
    /// u16) become it where they fit; none: the smallest of u8, u16, f32 that holds all sets.
    std::optional<DType> pixels = std::nullopt;
    /// (H, W, C) that is wanted, by which pixels are told from labels in a table; empty: not known.
    Shape image = {};
    /// Bytes that the pixels and arrays may take in memory, of all sets together; 0: half of the memory that is free
    /// (in the system and in the process's control group). What files declare is checked against it before they are
    /// read, a table of numbers (4 bytes per pixel) and images while they are. Reading and splitting may take as much
    /// again for a time, a table twice as much. A flat file is mapped and has no limit.
    std::uint64_t memory_limit = 0;
};

/// What a reader gets besides the path. An option that is asked for here counts as used.
class ReadContext {
public:
    /// `given` must outlive it.
    explicit ReadContext(const OpenOptions& given) : options(given), memory(given.memory_limit) {}

    const std::string& label() { return use("--label", options.label); }                    ///< OpenOptions::label
    const std::string& group() { return use("--group", options.group); }                    ///< OpenOptions::group
    const std::string& split() { return use("--split", options.split); }                    ///< OpenOptions::split
    const std::string& array() { return use("--images", options.array); }                   ///< OpenOptions::array
    const std::string& layout() { return use("--layout", options.layout); }                 ///< OpenOptions::layout
    const Shape& shape() { return use("--shape", options.shape); }                          ///< OpenOptions::shape
    const std::string& file_column() { return use("--file-column", options.file_column); }  ///< as its name says
    void names_files() { mark_used("--image-root"), mark_used("--ending"); }  ///< a table that names image files
    const ImageOptions& images() { return use("--resize", options.images); }  ///< OpenOptions::images

    /// A sentence that people should read once: a choice that was made, or what was found and is not used.
    void note(std::string text);
    /// Moves the notes into `read`. UsageError for an option that was given and not used.
    void finish(Splits& read, std::string_view where);

    const OpenOptions& options;  ///< of open(), without counting as used
    MemoryBudget memory;         ///< to be asked before pixels are allocated
    bool columns_first = false;  ///< the file is MATLAB's, whose arrays have rows and columns exchanged

private:
    template <class T>
    const T& use(const char* name, const T& value) {
        mark_used(name);
        return value;
    }
    void mark_used(const char* name);

    std::vector<std::string> used_;
    std::vector<std::string> notes_;
};

/// What a reader that is called by itself does around read(context).
template <class Read>
auto read_with(const OpenOptions& options, const std::filesystem::path& path, Read read) {
    ReadContext context(options);
    auto out = read(context);
    context.finish(out, path.string());
    return out;
}

}  // namespace cyclone::data
