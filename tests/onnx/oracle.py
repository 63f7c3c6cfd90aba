"""Checks ONNX files with onnx.checker and onnxruntime: oracle.py FOLDER.

FOLDER/cases.json lists {"name", "input", "type", "output"}: the file name.onnx, its input name.in (shape "input", NumPy's
"type") and the expected output name.out (f32, shape "output"). Prints the largest difference of each; exit code 1 if a
file is refused, 77 if a package is missing.
"""

import json
import pathlib
import sys

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    print(error)
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.log_severity_level = 3
for case in json.loads((folder / "cases.json").read_text()):
    path = folder / (case["name"] + ".onnx")
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    images = numpy.fromfile(folder / (case["name"] + ".in"), case["type"]).reshape(case["input"])
    expected = numpy.fromfile(folder / (case["name"] + ".out"), "<f4").reshape(case["output"])
    (got,) = session.run(None, {session.get_inputs()[0].name: images})
    assert got.shape == expected.shape, f"{case['name']}: got {got.shape}, expected {expected.shape}"
    print(case["name"], float(numpy.abs(got - expected).max()))
print("onnxruntime", onnxruntime.__version__, "onnx", onnx.__version__)
