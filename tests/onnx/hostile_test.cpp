// Bad ONNX files are errors of one line that name the file; nothing large is allocated for them.

#include <cyclone/onnx/onnx.h>

#ifndef _WIN32
#include <sys/resource.h>
#endif

#include "onnx/model.h"
#include "onnx/networks.h"
#include "onnx/wire.h"
#include "support/catch.h"

using namespace cyclone;
using onnx::Model;
using onnx::Node;
using onnx::WireWriter;

namespace {

std::string error_of(const std::string& bytes, const onnx::LoadOptions& options = {}) {
    try {
        onnx::parse(bytes, "bad.onnx", options);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

onnx::ValueInfo value(const std::string& name, std::vector<std::int64_t> sizes) {
    return {.name = name, .sizes = std::move(sizes)};
}

/// in -> Relu -> out, to be damaged.
Model small() {
    Model model;
    model.nodes = {{.op = "Relu", .name = "r", .inputs = {"in"}, .outputs = {"out"}}};
    model.inputs = {value("in", {1, 3, 4, 4})};
    model.outputs = {value("out", {1, 3, 4, 4})};
    return model;
}

template <class Change>
std::string error_after(Change change) {
    Model model = small();
    change(model);
    return error_of(onnx::write_model(model));
}

/// A model whose graph has one tensor of these fields.
std::string with_tensor(const WireWriter& tensor) {
    WireWriter graph, model, opset;
    graph.message(5, tensor);
    opset.number(2, 17);
    model.message(8, opset);
    model.message(7, graph);
    return model.text();
}

WireWriter tensor(std::initializer_list<std::int64_t> sizes, std::int64_t type, const std::string& raw) {
    WireWriter out;
    for (const std::int64_t size : sizes) out.number(1, size);
    out.number(2, type);
    out.bytes(8, "w");
    out.bytes(9, raw);
    return out;
}

#ifndef _WIN32
long peak_kb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}
#endif

}  // namespace

TEST_CASE("every truncated file is an error, and so is what is no ONNX file") {
    const test::NamedNetwork named{"conv:2 relu flatten linear:classes", {4, 4, 1}};
    const std::string whole = onnx::to_bytes(test::made(named), named.image);
    CHECK(error_of(whole).empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO(size);
        // The last fields are the operator set and, before them, the graph: no file is whole without them.
        CHECK_THAT(error_of(whole.substr(0, size)), Catch::StartsWith("bad.onnx"));
    }
    for (const std::string& text :
         {std::string("PK\3\4"), std::string("\x89HDF\r\n"), std::string("{\"a\": 1}"), std::string(64, '\0')})
        CHECK_THAT(error_of(text), Catch::StartsWith("bad.onnx"));
    CHECK_THROWS_WITH(onnx::load("/nonexistent/x.onnx"), Catch::Contains("x.onnx"));
}

TEST_CASE("tensors whose sizes are not those of their elements are errors") {
    constexpr std::int64_t kHuge = std::int64_t{1} << 40;
    const std::string four(16, '\1');
    CHECK_THAT(error_of(with_tensor(tensor({5}, 1, four))), Catch::Contains("tensor 'w': its sizes and its elements"));
    CHECK_THAT(error_of(with_tensor(tensor({2, -2}, 1, four))), Catch::Contains("do not agree"));
    CHECK_THAT(error_of(with_tensor(tensor({kHuge, kHuge}, 1, four))), Catch::Contains("do not agree"));
    CHECK_THAT(error_of(with_tensor(tensor({kHuge, kHuge, 0}, 1, ""))), Catch::Contains("bad.onnx"));
    CHECK_THAT(error_of(with_tensor(tensor({kHuge, 1 << 24}, 1, ""))), Catch::Contains("do not agree"));
    CHECK_THAT(error_of(with_tensor(tensor({3}, 1, std::string(13, 'a')))), Catch::Contains("do not agree"));
    CHECK_THAT(error_of(with_tensor(tensor({1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, "abcd"))),
               Catch::Contains("at most 8 axes"));
    WireWriter external;
    external.number(1, 4);
    external.number(2, 1);
    external.bytes(8, "w");
    WireWriter entry;
    entry.bytes(1, "location");
    entry.bytes(2, "../../../etc/passwd");
    external.message(13, entry);
    external.number(14, 1);
    CHECK_THAT(error_of(with_tensor(external)), Catch::Contains("is stored in another file (external data)"));
}

TEST_CASE("graphs that are none are errors that name node and value") {
    CHECK(error_after([](Model&) {}).empty());
    CHECK_THAT(error_after([](Model& m) {
                   m.nodes = {{.op = "Add", .name = "a", .inputs = {"in", "y"}, .outputs = {"x"}},
                              {.op = "Relu", .name = "b", .inputs = {"x"}, .outputs = {"y"}},
                              {.op = "Relu", .name = "c", .inputs = {"y"}, .outputs = {"out"}}};
               }),
               Catch::Contains("node 'a' (Add): no node before it gives its input 'y'") && Catch::Contains("cycle"));
    CHECK_THAT(error_after([](Model& m) { m.nodes.push_back(m.nodes[0]); }),
               Catch::Contains("the name 'out' is given twice"));
    CHECK_THAT(error_after([](Model& m) {
                   m.initializers = {{"in2", Tensor::ones({1})}, {"in2", Tensor::ones({1})}};
               }),
               Catch::Contains("'in2' is given twice"));
    CHECK_THAT(error_after([](Model& m) {
                   m.initializers = {{"", Tensor::ones({1})}};
               }),
               Catch::Contains("a tensor has no name"));
    CHECK_THAT(error_after([](Model& m) { m.inputs.push_back(value("second", {1})); }),
               Catch::Contains("expected one input, got 2: 'in', 'second'"));
    CHECK_THAT(error_after([](Model& m) { m.outputs.push_back(value("out", {1})); }),
               Catch::Contains("expected one output"));
    CHECK_THAT(error_after([](Model& m) { m.outputs = {value("nothing", {1})}; }),
               Catch::Contains("no node gives its output"));
    CHECK_THAT(error_after([](Model& m) { m.nodes[0].op = "Foo"; }), Catch::Contains("'r' (Foo)"));
    CHECK_THAT(error_after([](Model& m) { m.nodes[0].domain = "com.other"; }), Catch::Contains("'r' (com.other.Relu)"));
    CHECK_THAT(
        error_after([](Model& m) { m.nodes[0].attributes = {{.name = "odd", .type = onnx::Attribute::Type::number}}; }),
        Catch::Contains("node 'r' (Relu): its attribute 'odd' is not known"));
    CHECK_THAT(error_after([](Model& m) { m.opset = 23; }), Catch::Contains("set 7 to 22, got set 23"));
    CHECK_THAT(error_after([](Model& m) { m.opset = 6; }), Catch::Contains("got set 6"));
    CHECK_THAT(error_after([](Model& m) {
                   m.inputs = {value("in", {1, 3, 1 << 20, 1 << 20})};
               }),
               Catch::Contains("expected images of at most"));
    CHECK_THAT(error_after([](Model& m) { m.inputs[0].type = onnx::ElementType::text; }),
               Catch::Contains("got STRING"));
    CHECK_THAT(error_after([](Model& m) { m.inputs = {value("in", {3})}; }), Catch::Contains("got 1 axes"));
}

TEST_CASE("a node with too few inputs is an error of its own, when it is read or computed") {
    for (const std::string op : {"Add", "MatMul", "Gather", "Reshape"}) {
        INFO(op);
        Model model = small();
        model.nodes = {{.op = op, .name = "a", .inputs = {"in"}, .outputs = {"out"}}};
        const auto compute = [&] {
            onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "few.onnx");
            test::answer(loaded.network, Tensor::ones({1, 4, 4, 3}));
        };
        CHECK_THROWS_AS(compute(), Error);
        CHECK_THROWS_WITH(compute(), Catch::Contains("node 'a' (" + op + ")"));
    }
}

TEST_CASE("sizes that grow without bound are errors before anything is allocated") {
    const auto pool = [](std::vector<std::int64_t> pads) {
        return error_after([&](Model& m) {
            const auto numbers = [](const char* name, std::vector<std::int64_t> values) {
                return onnx::Attribute{
                    .name = name, .type = onnx::Attribute::Type::numbers, .numbers = std::move(values)};
            };
            m.nodes[0].op = "MaxPool";
            m.nodes[0].attributes = {numbers("kernel_shape", {1 << 20, 1 << 20}), numbers("pads", std::move(pads))};
        });
    };
#ifndef _WIN32
    const long before = peak_kb();
#endif
    CHECK_THAT(pool({1 << 20, 1 << 20, 1 << 20, 1 << 20}), Catch::Contains("elements per image"));
    CHECK_THAT(pool({0, 0, 0, std::int64_t{1} << 62}), Catch::Contains("expected pads of 0 to"));
    CHECK_THAT(pool({0, 0, -1, 0}), Catch::Contains("expected pads of 0 to"));
    CHECK_THAT(pool({0, 0, 0, 0}), Catch::Contains("does not fit into images"));
#ifndef _WIN32
    CHECK(peak_kb() - before < 64 * 1024);
#endif
}

TEST_CASE("deep and wide graphs take no time") {
    for (const bool wide : {false, true}) {
        Model model = small();
        model.nodes.clear();
        std::string last = "in";
        for (int i = 0; i < 4'999; ++i) {  // wide: each adds the input again, which no layers do
            Node node{.op = wide ? "Add" : "Relu",
                      .inputs = {last},
                      .outputs = {i == 4'998 ? "out" : "v" + std::to_string(i)}};
            if (wide) node.inputs.push_back("in");
            last = node.outputs[0];
            model.nodes.push_back(node);
        }
        const onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "deep.onnx");
        CHECK(loaded.has_layers == !wide);
    }
    Model front = small();  // what may stand before the network
    front.nodes.clear();
    for (int i = 0; i < 20'000; ++i)
        front.nodes.push_back({.op = "Identity",
                               .inputs = {i == 0 ? "in" : "v" + std::to_string(i - 1)},
                               .outputs = {i == 19'999 ? "out" : "v" + std::to_string(i)}});
    CHECK(onnx::parse(onnx::write_model(front), "front.onnx").has_layers);
    // Branches that share nodes, within each other: looked at once, not 2^40 times.
    Model model = small();
    model.nodes.clear();
    std::string last = "in";
    for (int i = 0; i < 40; ++i) {
        const std::string n = std::to_string(i);
        model.nodes.push_back({.op = "Relu", .inputs = {last}, .outputs = {"p" + n}});
        model.nodes.push_back({.op = "Add", .inputs = {"p" + n, last}, .outputs = {"a" + n}});
        model.nodes.push_back({.op = "Relu", .inputs = {"p" + n}, .outputs = {"b" + n}});
        model.nodes.push_back({.op = "Add", .inputs = {"a" + n, "b" + n}, .outputs = {i == 39 ? "out" : "s" + n}});
        last = model.nodes.back().outputs[0];
    }
    onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "shared.onnx");
    CHECK(!loaded.has_layers);
    CHECK(test::answer(loaded.network, Tensor::ones({1, 4, 4, 3})).data<float>()[0] == std::pow(3.0F, 40.0F));
}
