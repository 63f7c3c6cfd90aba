"""The study's CNN in ONNX Runtime, f32, inference only. Mode: cpu."""

import onnxruntime

from onnx_model import study_cnn
from worker import arguments, images_and_labels, serve


def main():
    args = arguments()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = args.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(study_cnn(args.batch), settings, providers=["CPUExecutionProvider"])
    images, _ = images_and_labels(args.batch)
    x = images.reshape(args.batch, 1, 16, 16)
    serve(lambda: session.run(None, {"images": x}), args.batch)


main()
