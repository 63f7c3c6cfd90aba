#pragma once
// Small folders and tables to train on, and the program that does it.

#include <filesystem>
#include <fstream>
#include <string>

#include "support/programs.h"

namespace cyclone::test {

namespace fs = std::filesystem;

inline const std::string kModel = " --model 'conv:4 relu pool flatten linear:classes' ";

// 8 x 8 grey pixels; class 1 is bright on the left, class 0 on the right.
inline std::string pixels(int label, int number) {
    std::string out;
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 8; ++x) {
            const bool bright = (x < 4) == (label == 1);
            out += static_cast<char>((bright ? 150 : 50) + (number * 7 + x * 13 + y * 29) % 60);
        }
    return out;
}

inline void write_pgm(const fs::path& file, const std::string& bytes, const std::string& size = "8 8") {
    std::ofstream(file, std::ios::binary) << "P5\n" << size << "\n255\n" << bytes;
}

// A folder of two classes, `count` images each.
inline fs::path write_folder(const fs::path& folder, int count) {
    for (const int label : {0, 1}) {
        const fs::path below = folder / (label ? "left" : "a \"right\", one");
        fs::create_directories(below);
        for (int i = 0; i < count; ++i) write_pgm(below / (std::to_string(i) + ".pgm"), pixels(label, i));
    }
    return folder;
}

// A table of three classes of 4 x 4 pixels, one bright row each.
inline fs::path write_table(const fs::path& file, int count) {
    std::ofstream out(file);
    for (int i = 0; i < 3 * count; ++i) {
        out << i % 3;
        for (int pixel = 0; pixel < 16; ++pixel)
            out << ',' << (pixel / 4 == i % 3 ? 200 : 30) + (i * 11 + pixel * 5) % 40;
        out << '\n';
    }
    return file;
}

inline ProgramResult run_train(const std::string& arguments) { return run_program("cyclone", "train " + arguments); }

}  // namespace cyclone::test
