"""The study's CNN in OpenVINO, inference only. Modes: f32, bf16."""

import openvino

from onnx_model import study_cnn
from worker import arguments, images_and_labels, serve


def main():
    args = arguments()
    core = openvino.Core()
    model = core.read_model(model=study_cnn(args.batch))
    request = core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": args.threads,
        "INFERENCE_PRECISION_HINT": args.mode,
    }).create_infer_request()
    images, _ = images_and_labels(args.batch)
    x = images.reshape(args.batch, 1, 16, 16)
    serve(lambda: request.infer([x], share_inputs=True), args.batch)


main()
