#!/usr/bin/env bash
# Guess: a distortion of strength 0 changes nothing; with a strength of plus
# or minus something, pictures go astray equally to all sides.
# Outcome: albumentations' OpticalDistortion with a limit of 0 moves every
# picture half a pixel up and half a pixel to the left, and blurs it by as
# much: a single pixel of 255 becomes four of 64. GridDistortion with 0 moves
# this 28 x 28 picture's ink, too. Rotate and ElasticTransform leave it alone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 \
    albumentations==2.0.8 opencv-python-headless==5.0.0.93 scipy==1.17.1
export NO_ALBUMENTATIONS_UPDATE=1
"$dir/venv/bin/python" - <<'PYTHON'
import sys

import albumentations as A
import numpy as np
from scipy.ndimage import center_of_mass

image = np.zeros((28, 28), np.uint8)
image[4:24, 13:16] = 255  # a fat 1
image[23:25, 9:20] = 255  # its foot
dot = np.zeros((28, 28), np.uint8)
dot[14, 14] = 255

transforms = {
    "OpticalDistortion": A.OpticalDistortion(distort_limit=(0, 0), p=1),
    "GridDistortion": A.GridDistortion(distort_limit=(0, 0), p=1),
    "ElasticTransform": A.ElasticTransform(alpha=0, p=1),
    "Rotate": A.Rotate(limit=(0, 0), p=1),
}
print("albumentations", A.__version__)
moved = {}
for name, transform in transforms.items():
    result = np.squeeze(transform(image=image)["image"])
    shift = np.subtract(center_of_mass(result), center_of_mass(image))
    greys = np.squeeze(transform(image=dot)["image"])
    moved[name] = shift
    print(
        f"{name:17} of strength 0: down {shift[0]:.2f}, right {shift[1]:.2f};"
        f" one pixel becomes {greys[greys > 0].tolist()}"
    )
optical, grid = moved["OpticalDistortion"], moved["GridDistortion"]
still = [moved["ElasticTransform"], moved["Rotate"]]
same = np.allclose(optical, -0.5, atol=0.02) and grid.max() < -0.3
sys.exit(not (same and np.allclose(still, 0)))
PYTHON
