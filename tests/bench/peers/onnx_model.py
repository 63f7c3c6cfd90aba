"""The study's CNN as bytes of an ONNX model (opset 17) with random weights, for peers that only answer."""

import numpy
from onnx import TensorProto, helper, numpy_helper


def study_cnn(batch):
    """images (batch, 1, 16, 16) -> logits (batch, 2)."""
    random = numpy.random.default_rng(1)
    nodes, weights = [], []
    last = "images"

    def constant(name, shape):
        scale = (2 / numpy.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.01
        values = (scale * random.standard_normal(shape)).astype(numpy.float32)
        weights.append(numpy_helper.from_array(values, name))
        return name

    def add(kind, *constants, **attributes):
        nonlocal last
        output = f"{kind.lower()}{len(nodes)}"
        nodes.append(helper.make_node(kind, [last, *constants], [output], **attributes))
        last = output

    for block, channels_in in enumerate((1, 32)):
        for i, channels in enumerate((channels_in, 32)):
            name = f"conv{block}{i}"
            add("Conv", constant(name, (32, channels, 3, 3)), constant(name + "b", (32,)), pads=[1, 1, 1, 1])
            add("Relu")
        add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    add("Flatten")
    for i, (inputs, units) in enumerate(((512, 256), (256, 256), (256, 2))):
        add("Gemm", constant(f"dense{i}", (units, inputs)), constant(f"dense{i}b", (units,)), transB=1)
        if units > 2:
            add("Relu")
    graph = helper.make_graph(
        nodes, "study", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 1, 16, 16])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [batch, 2])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model.SerializeToString()
