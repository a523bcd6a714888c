#!/usr/bin/env bash
# Guess: MedMNIST has the same eleven organs as slices from three sides and
# in three dimensions, and numbers them alike, so that one list of names will
# do for all four sets.
# Outcome: the three sets of slices agree. OrganMNIST3D numbers otherwise,
# and no organ has the same number in both: 0 is the bladder in slices and
# the liver in space. The package's own lists say so.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check --no-deps \
    medmnist==3.0.2
"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from medmnist.info import INFO

slices = [INFO[f"organ{side}mnist"]["label"] for side in "acs"]
solid = INFO["organmnist3d"]["label"]
print("medmnist", version("medmnist"))
print("slices agree:", slices[0] == slices[1] == slices[2])
for number, organ in slices[0].items():
    print(f"{number:>2} in slices: {organ:13} in space: {solid[number]}")
agree = [n for n in solid if solid[n] == slices[0][n]]
print("the same organs:", set(solid.values()) == set(slices[0].values()))
print("numbers that agree:", agree)
same = slices[0] == slices[1] == slices[2] and not agree
sys.exit(not (same and set(solid.values()) == set(slices[0].values())))
PYTHON
