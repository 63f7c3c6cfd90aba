// onnx.checker takes every file, and onnxruntime gives the answers that Cyclone gives.

#include <cyclone/nn/nn.h>
#include <cyclone/onnx/onnx.h>
#include <cyclone/ops/ops.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "onnx/networks.h"
#include "support/catch.h"
#include "support/python.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

/// Files for tests/onnx/oracle.py.
struct Cases {
    test::TemporaryFolder folder;
    nlohmann::json list = nlohmann::json::array();

    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(folder / name, std::ios::binary) << bytes;
    }
    static std::string bytes_of(const Tensor& t) {
        return {static_cast<const char*>(t.bytes()), static_cast<std::size_t>(t.numel()) * size_of(t.dtype())};
    }
    static std::vector<std::int64_t> sizes_of(const Tensor& t) { return {t.shape().begin(), t.shape().end()}; }

    void add(const std::string& name, const std::string& model, const Tensor& input, const Tensor& output) {
        write(name + ".onnx", model);
        write(name + ".in", bytes_of(input));
        write(name + ".out", bytes_of(output));
        const char* type = input.dtype() == DType::u8 ? "|u1" : input.dtype() == DType::u16 ? "<u2" : "<f4";
        list.push_back({{"name", name}, {"input", sizes_of(input)}, {"type", type}, {"output", sizes_of(output)}});
    }
};

}  // namespace

TEST_CASE("onnxruntime gives the answers of every network and layer") {
    Cases cases;
    int number = 0;
    for (const test::NamedNetwork& named : test::all_networks()) {
        nn::Sequential network = test::made(named);
        const Tensor x = test::images_for(named, 3);
        cases.add("network" + std::to_string(number++), onnx::to_bytes(network, named.image), test::nchw(x),
                  test::answer(network, x));
    }
    const test::NamedNetwork named{"conv:4 relu pool flatten linear:classes", {6, 4, 3}, 4};
    nn::Sequential network = test::made(named);
    const std::vector<double> mean{100.5, 3, -7}, scale{20, 30, 40};
    for (const DType type : {DType::u8, DType::u16, DType::f32}) {
        Tensor pixels = Tensor::empty({2, 6, 4, 3}, type), x = Tensor::empty({2, 6, 4, 3});
        visit_dtype(type, [&](auto zero) {
            using T = decltype(zero);
            for (std::int64_t i = 0; i < x.numel(); ++i) {
                const auto c = static_cast<std::size_t>(i % 3);
                const std::int64_t v = i * 37 % 256;
                pixels.mutable_data<T>()[i] = static_cast<T>(v);
                x.mutable_data<float>()[i] = static_cast<float>((static_cast<double>(v) - mean[c]) / scale[c]);
            }
        });
        cases.add("pixels_" + std::string(name_of(type)),
                  onnx::to_bytes(
                      network, named.image,
                      {.axes = onnx::ImageAxes::nhwc, .pixels = type, .mean = mean, .scale = scale, .softmax = true}),
                  pixels, softmax(test::answer(network, x)));
    }
    cases.write("cases.json", cases.list.dump());
    const test::PythonResult result = test::run_python("onnx/oracle.py", cases.folder.path().string());
    CYCLONE_NEED_ORACLE(result);
    INFO(result.out);
    REQUIRE(result.code == 0);
    std::istringstream lines(result.out);
    std::size_t checked = 0;
    for (std::string name, difference; lines >> name >> difference && name != "onnxruntime"; ++checked) {
        INFO(name << " " << difference);
        CHECK(std::stod(difference) <= 1e-5);
    }
    CHECK(checked == cases.list.size());
}
