#!/usr/bin/env bash
# Guess: where two inputs are equally large, libraries differ in how they
# share the slope of the maximum out, but the shares add up to 1. (The largest
# of s, s and s is just s, whose slope along s is 1; equal numbers are common
# in the pictures of digits, where most pixels are 0.)
# Outcome: PyTensor's max gives all three the whole slope, so it is 3.
# MyGrad's maximum gives it to neither of the two, so it is 0 (while its max
# gives it to the first). autograd shares it out: 1.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 \
    autograd==1.9.1 mygrad==2.5.0 pytensor==2.38.3
export PYTENSOR_FLAGS="cxx=,mode=FAST_COMPILE,compiledir=$dir/compiled"
"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import autograd
import autograd.numpy as anp
import mygrad
import pytensor
import pytensor.tensor as pt


def in_mygrad(f):
    f(s := mygrad.tensor(2.0)).backward()
    return float(s.grad)


def in_pytensor(f):
    slope = pytensor.grad(f(s := pt.dscalar()), s)
    return float(pytensor.function([s], slope)(2.0))


found = {  # for each library: the slope of max(s, s, s), of maximum(s, s)
    "autograd": (
        autograd.grad(lambda s: anp.max(anp.array([s, s, s])))(2.0),
        autograd.grad(lambda s: anp.maximum(s, s))(2.0),
    ),
    "mygrad": (
        in_mygrad(lambda s: mygrad.max(mygrad.stack([s, s, s]))),
        in_mygrad(lambda s: mygrad.maximum(s, s)),
    ),
    "pytensor": (
        in_pytensor(lambda s: pt.stack([s, s, s]).max()),
        in_pytensor(lambda s: pt.maximum(s, s)),
    ),
}
for name, (of_max, of_maximum) in found.items():
    print(f"{name:9} {version(name):7} max {of_max:g} maximum {of_maximum:g}")
wrong = {name: pair for name, pair in found.items() if pair != (1, 1)}
sys.exit(wrong != {"mygrad": (1, 0), "pytensor": (3, 1)})
PYTHON
