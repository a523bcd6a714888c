#!/usr/bin/env bash
# Guess: in a network whose weights were made 8-bit numbers, an image's answer
# depends on that image alone, as in every network without batch statistics.
# Outcome: onnxruntime's quantize_dynamic measures the range of the inputs at
# run time, over the whole batch. One image that somebody forgot to divide by
# 255 takes nearly all of the 256 steps for itself: the thousand others of its
# batch fall from 93 to 82 %. In 32 bits nothing happens to them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 \
    onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0 scikit-learn==1.9.1 \
    mlxtend==0.25.0
cd "$dir"
"$dir/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from mlxtend.data import mnist_data
from onnxruntime.quantization import quantize_dynamic
from skl2onnx import to_onnx
from sklearn.neural_network import MLPClassifier

X, y = mnist_data()
X = (X / 255).astype(np.float32)
test = np.arange(len(X)) % 5 == 4
network = MLPClassifier((100,), max_iter=30, random_state=0)
network.fit(X[~test], y[~test])
model = to_onnx(network, X[:1], options={"zipmap": False})
Path("float.onnx").write_bytes(model.SerializeToString())
quantize_dynamic("float.onnx", "bytes.onnx")

print("onnxruntime", onnxruntime.__version__)
clean, odd = X[test], np.vstack([X[test], 255 * X[:1]])
right = {}
for name in ("float.onnx", "bytes.onnx"):
    session = onnxruntime.InferenceSession(name)
    for case, batch in (("alone", clean), ("with an odd one", odd)):
        answers = session.run(None, {"X": batch})[0][: len(clean)]
        right[name, case] = (answers == y[test]).mean()
        print(f"{name:10} the 1,000 {case:15} {right[name, case]:.1%}")
whole = list(right.values())
print("sizes", [Path(n).stat().st_size for n in ("float.onnx", "bytes.onnx")])
fine = whole[0] == whole[1] > 0.9 and whole[2] > 0.9
sys.exit(not (fine and whole[3] < 0.87))
PYTHON
