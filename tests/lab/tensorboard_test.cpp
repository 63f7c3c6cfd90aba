// Event files read back: by a small reader of the two formats, and by the tensorboard package where it is there.

#include <cyclone/lab/tensorboard.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "lab/crc32c.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

template <class T>
T number_at(const std::string& bytes, std::size_t at) {
    T value;
    REQUIRE(at + sizeof value <= bytes.size());
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

bool is_masked_sum(std::uint32_t masked, const std::string& of) {
    const std::uint32_t turned = masked - 0xA282EAD8U;
    return ((turned >> 17) | (turned << 15)) == lab::crc32c(of);
}

// The messages of a TFRecord; both sums of each are checked.
std::vector<std::string> messages(const std::string& file) {
    std::vector<std::string> list;
    for (std::size_t at = 0; at < file.size();) {
        const auto size = number_at<std::uint64_t>(file, at);
        CHECK(is_masked_sum(number_at<std::uint32_t>(file, at + 8), file.substr(at, 8)));
        list.push_back(file.substr(at + 12, size));
        CHECK(is_masked_sum(number_at<std::uint32_t>(file, at + 12 + size), list.back()));
        at += 16 + size;
    }
    return list;
}

// The fields of a protobuf message as (number, bytes); a varint as its digits.
std::vector<std::pair<int, std::string>> fields_of(const std::string& message) {
    std::vector<std::pair<int, std::string>> list;
    std::size_t at = 0;
    const auto varint = [&] {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            REQUIRE(at < message.size());
            const auto byte = static_cast<unsigned char>(message[at++]);
            value |= std::uint64_t{byte & 127U} << shift;
            if (byte < 128) return value;
        }
    };
    while (at < message.size()) {
        const std::uint64_t key = varint(), type = key & 7U;
        const int field = static_cast<int>(key >> 3);
        if (type == 0) {
            list.emplace_back(field, std::to_string(varint()));
            continue;
        }
        const std::size_t size = type == 1 ? 8 : type == 5 ? 4 : varint();
        REQUIRE(at + size <= message.size());
        list.emplace_back(field, message.substr(at, size));
        at += size;
    }
    return list;
}

}  // namespace

TEST_CASE("CRC-32C has the values of RFC 3720, appendix B.4") {
    CHECK(lab::crc32c("123456789") == 0xE3069283U);
    CHECK(lab::crc32c(std::string(32, '\0')) == 0x8A9136AAU);
    CHECK(lab::crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
    CHECK(lab::crc32c("") == 0);
}

TEST_CASE("an event file holds every scalar") {
    const std::vector<lab::Scalar> scalars = {
        {"loss/train", 0, 0.25}, {"loss/train", 300, 0.125}, {"learning rate", 70000, 0.1}};
    const auto all = messages(lab::event_file(scalars, 12.5));
    REQUIRE(all.size() == 4);
    const auto first = fields_of(all[0]);
    CHECK(number_at<double>(first[0].second, 0) == 12.5);
    CHECK(first[1] == std::pair<int, std::string>(3, "brain.Event:2"));
    for (std::size_t i = 0; i < scalars.size(); ++i) {
        const auto event = fields_of(all[i + 1]);
        CHECK(event[1] == std::pair<int, std::string>(2, std::to_string(scalars[i].step)));
        REQUIRE(event[2].first == 5);
        const auto summary = fields_of(event[2].second);
        REQUIRE(summary.size() == 1);
        const auto value = fields_of(summary[0].second);
        CHECK(value[0] == std::pair<int, std::string>(1, scalars[i].tag));
        CHECK(number_at<float>(value[1].second, 0) == static_cast<float>(scalars[i].value));
    }
}

TEST_CASE("the scalars of a run are those of its history, without what is not finite") {
    train::History history;
    history.add({.update = 0, .epoch = 1, .lr = 0.1, .loss = 0.7});
    history.add({.update = 1, .epoch = 1, .lr = 0.2, .loss = std::nan("")});
    train::EpochRow epoch{.epoch = 1, .updates = 2};
    epoch.validation.emplace().loss = 0.5;
    history.add(epoch);
    lab::Run run;
    run.auc_curve = {{2, 0.1, 0.9}};
    const auto list = lab::scalars_of(run, history);
    const auto find = [&](const std::string& tag) {
        std::vector<std::pair<std::uint64_t, double>> values;
        for (const auto& scalar : list)
            if (scalar.tag == tag) values.emplace_back(scalar.step, scalar.value);
        return values;
    };
    using Values = std::vector<std::pair<std::uint64_t, double>>;
    CHECK(find("learning rate") == Values{{0, 0.1}, {1, 0.2}});
    CHECK(find("loss/train") == Values{{0, 0.7}});
    CHECK(find("loss/validation") == Values{{2, 0.5}});
    CHECK(find("test/auc") == Values{{2, 0.9}});
}

TEST_CASE("TensorBoard reads an event file") {
    if (std::system("python3 -c 'import tensorboard' >/dev/null 2>&1") != 0)
        CYCLONE_SKIP("tensorboard is not installed");
    const test::TemporaryFolder temporary;
    lab::write_events(temporary / "run", std::vector<lab::Scalar>{{"loss/train", 5, 0.25}});
    const std::string script =
        "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator as E\n"
        "e = E('" +
        (temporary / "run").string() +
        "').Reload().Scalars('loss/train')\n"
        "assert [(s.step, s.value) for s in e] == [(5, 0.25)]\n";
    CHECK(std::system(("python3 -c \"" + script + "\"").c_str()) == 0);
}
