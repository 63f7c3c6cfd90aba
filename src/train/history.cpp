#include <cyclone/io/atomic_file.h>
#include <cyclone/train/history.h>

#include <charconv>

namespace cyclone::train {
namespace {

constexpr std::string_view kHeader =
    "update,epoch,learning_rate,loss,images_per_second,epoch_loss,validation_loss,validation_accuracy,validation_auc,"
    "validation_average_precision,validation_f1\n";
constexpr int kEpochCells = 6;

template <class Number>
void append(std::string& text, Number value) {
    char digits[64];
    std::to_chars_result end{};
    if constexpr (std::is_floating_point_v<Number>)
        end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 9);
    else
        end = std::to_chars(digits, digits + sizeof digits, value);
    text.append(digits, end.ptr);
}

void append_epoch(std::string& text, const EpochRow& row) {
    append(text += ',', row.train_loss);
    if (!row.validation) {
        text.append(kEpochCells - 1, ',');
        return;
    }
    append(text += ',', row.validation->loss);
    append(text += ',', row.validation->accuracy);
    if (const auto& binary = row.validation->binary) {
        append(text += ',', binary->auc);
        append(text += ',', binary->average_precision);
        append(text += ',', binary->f1);
    } else {
        text += ",,,";
    }
}

}  // namespace

void History::reserve(std::size_t updates, std::size_t epochs) {
    updates_.reserve(updates);
    epochs_.reserve(epochs);
}

std::string History::csv() const {
    std::string text(kHeader);
    text.reserve(kHeader.size() + updates_.size() * 64);
    auto epoch = epochs_.begin();
    for (const UpdateRow& row : updates_) {
        append(text, row.update);
        append(text += ',', row.epoch);
        append(text += ',', row.lr);
        append(text += ',', row.loss);
        append(text += ',', row.images_per_second);
        if (epoch != epochs_.end() && row.update + 1 == epoch->updates)
            append_epoch(text, *epoch++);
        else
            text.append(kEpochCells, ',');
        text += '\n';
    }
    return text;
}

void History::write_csv(const std::filesystem::path& path) const { io::write_file_atomically(path, csv()); }

}  // namespace cyclone::train
