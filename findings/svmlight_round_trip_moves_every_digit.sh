#!/usr/bin/env bash
# Guess: what scikit-learn writes with dump_svmlight_file, it reads back with
# load_svmlight_file: the same 1,797 digits, at most without empty columns at
# the end. Both calls take their defaults.
# Outcome: every picture comes back one pixel further left, and its top left
# pixel is gone. That pixel is empty in all of them, so no line of the file
# has a column 0, and the reader takes the file for one that counts from 1.
# Naming the 64 columns doesn't help; zero_based=True on reading does.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check \
    scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
"$dir/venv/bin/python" - "$dir/digits.txt" <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.datasets import (
    dump_svmlight_file,
    load_digits,
    load_svmlight_file,
)

path = sys.argv[1]
X, y = load_digits(return_X_y=True)
dump_svmlight_file(X, y, path)
short = load_svmlight_file(path)[0].toarray()
named = load_svmlight_file(path, n_features=64)[0].toarray()
right = load_svmlight_file(path, n_features=64, zero_based=True)[0].toarray()

print("scikit-learn", sklearn.__version__)
print("written", X.shape, "read", short.shape, "with n_features", named.shape)
print("first row written:", X[0, :8].astype(int))
print("first row read:   ", named[0, :8].astype(int))
moved = np.array_equal(short, X[:, 1:]) and np.array_equal(
    named[:, :-1], X[:, 1:]
)
print("everything moved by one pixel:", moved)
print("with zero_based=True the same as written:", np.array_equal(right, X))
sys.exit(not (moved and np.array_equal(right, X)))
PYTHON
