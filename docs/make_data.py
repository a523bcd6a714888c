"""Write the project's four CSV files anew, byte for byte, from MNIST.

    pip install scikit-learn pandas
    python docs/make_data.py

The test images are 100 of the first 500 images of each digit in MNIST. The
training images are the other 400, but for 100 of the ones: in their place
stand those ones, among MNIST's first 50,000 images, which have the largest
share of ink to the left of their stem. Most of these have a flag or a foot.
Exercise 11, "What was missing?", tells why.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml

FOLDER = Path(__file__).parent.parent

images, digits = fetch_openml("mnist_784", return_X_y=True, as_frame=False)
images, digits = images[:50000].astype(int), digits[:50000].astype(int)
row, column = np.indices((28, 28)).reshape(2, -1)


def ink_left_of_stem(image):
    """Return the share of a 1's ink that is left of its stem by 4 pixels.

    The stem is the straight line that fits the ink best (least squares).
    """
    slope, start = np.polyfit(row, column, 1, w=np.sqrt(image))
    return image[column - slope * row - start < -4].sum() / image.sum()


# RandomState's stream of numbers never changes between NumPy versions.
random = np.random.RandomState(0)
numbers = [np.flatnonzero(digits == digit) for digit in range(10)]
order = [random.permutation(n[:500]) for n in numbers]
others = numbers[1][500:]
left = [ink_left_of_stem(image) for image in images[others]]
order[1][300:400] = np.sort(others[np.argsort(left)[-100:]])
for name, part in ("train", slice(0, 400)), ("test", slice(400, 500)):
    rows = random.permutation(np.concatenate([n[part] for n in order]))
    labels = np.eye(10)[digits[rows]]
    for kind, table in ("X", images[rows]), ("label", labels):
        path = FOLDER / f"{name}_{kind}.csv"
        np.savetxt(path, table, fmt="%d", delimiter=",")
