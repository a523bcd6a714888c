"""Measure what else gets how much on the project's images.

python tests/peers.py trains other methods on the same 4,000 images, and prints
a table of docs/experiments.md (half an hour). It needs more packages, and the
folder mnist of the recipe "The whole of MNIST" in docs/recipes.md. Its
training images from number 50,000 on are the 10,000 others.
"""

import os
import sys
import time

for library in ("OPENBLAS", "OMP", "MKL"):  # before they are imported
    os.environ[f"{library}_NUM_THREADS"] = "1"  # or times don't compare

import numpy as np
from benchmark import PROJECT, nn, shipped

try:
    import torch
    from lightgbm import LGBMClassifier
    from skimage.feature import hog
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC
    from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Unflatten
except ImportError as error:
    packages = "scikit-learn scikit-image lightgbm torch"
    sys.exit(f"{error}. Install the packages: pip install {packages}")

MOVES = nn.max_shift, nn.max_distortion


def describe(images):
    """Return how many edges run which way in each of 7 by 7 cells (HOG)."""
    cells = {"pixels_per_cell": (4, 4), "cells_per_block": (2, 2)}
    return [hog(image, **cells) for image in images.reshape(-1, 28, 28)]


class Network:
    """This project's network, used as scikit-learn's methods are."""

    def __init__(self, seed, **changes):
        self.settings = shipped(seed=seed, **changes)

    def fit(self, images, digits):
        labels = np.eye(10)[:, digits]
        self.parameters, _ = nn.model(images.T, labels, **self.settings)

    def predict(self, images):
        return nn.predict(images.T, self.parameters)


class Moved:
    """A method that also learns from ten moved copies of each image."""

    def __init__(self, method):
        self.method, self.predict = method, method.predict

    def fit(self, images, digits):
        rng = np.random.default_rng(0)
        parts = np.array_split(np.tile(images.T, 10), 2500, axis=1)
        moved = [nn.augment(part, *MOVES, rng) for part in parts]
        self.method.fit(np.hstack([images.T, *moved]).T, np.tile(digits, 11))


class Convolutional:
    """A network like LeNet-5 (LeCun et al., 1998), with ReLU, in PyTorch."""

    def __init__(self, moves):
        self.moves = moves
        torch.manual_seed(0)
        first = Unflatten(1, (1, 28, 28)), Conv2d(1, 16, 5), ReLU()
        second = MaxPool2d(2), Conv2d(16, 32, 5), ReLU(), MaxPool2d(2)
        last = Flatten(), Linear(512, 128), ReLU(), Linear(128, 10)
        self.layers = torch.nn.Sequential(*first, *second, *last)

    def fit(self, images, digits):
        rng, digits = np.random.default_rng(0), torch.tensor(digits)
        adam = torch.optim.Adam(self.layers.parameters())
        rate = torch.optim.lr_scheduler.LinearLR(adam, 1, 0, nn.iterations)
        for _ in range(nn.iterations):
            for batch in np.array_split(rng.permutation(len(images)), 32):
                x = nn.augment(images[batch].T, *self.moves, rng).T
                answers = self.layers(torch.tensor(x))
                torch.nn.CrossEntropyLoss()(answers, digits[batch]).backward()
                adam.step()
                adam.zero_grad()
            rate.step()

    def predict(self, images):
        with torch.no_grad():
            return self.layers(torch.tensor(images)).argmax(axis=1).numpy()


def rows():
    """Yield each row's name and methods; several to average over chance."""
    with_hog, forest = FunctionTransformer(describe), RandomForestClassifier
    three, mlp, wide = range(3), MLPClassifier, (nn.n_h,)
    plain = {"n_jobs": 1, "verbose": -1}  # it doesn't look at the variables
    tenth = {"n_estimators": 300, "colsample_bytree": 0.1}  # of the pixels
    yield "**this network**", [Network(s) for s in three]
    yield "this network, ReLU", [Network(s, activation="relu") for s in three]
    yield "convolutional network", [Convolutional(moves=(0, 0))]
    yield "convolutional network, moves", [Convolutional(MOVES)]
    yield "HOG and SVM", [make_pipeline(with_hog, SVC())]
    yield "HOG and SVM, `C=10`", [make_pipeline(with_hog, SVC(C=10))]
    yield "SVM", [SVC()]
    yield "SVM, `C=10`", [SVC(C=10)]
    yield "SVM, `C=10`, ten moved copies", [Moved(SVC(C=10))]
    yield "MLPClassifier", [mlp() for _ in three]
    yield "MLPClassifier, 1,000 neurons", [mlp(wide)]
    yield "MLPClassifier, 1,000 neurons, ten moved copies", [Moved(mlp(wide))]
    yield "random forest", [forest() for _ in three]
    yield "random forest, 500 trees", [forest(500)]
    yield "LightGBM", [LGBMClassifier(**plain)]
    yield "LightGBM, 300 trees", [LGBMClassifier(**plain, **tenth)]
    yield "5 neighbours", [KNeighborsClassifier()]
    yield "4 neighbours", [KNeighborsClassifier(4, weights="distance")]
    yield "logistic regression", [LogisticRegression()]
    yield "the same, `C=0.1`", [LogisticRegression(C=0.1, max_iter=1000)]


if __name__ == "__main__":
    if not (PROJECT / "mnist").exists():
        sys.exit('Run the recipe "The whole of MNIST": it makes mnist/.')
    x_other, y_other, _, _ = nn.load_data(PROJECT / "mnist")
    x, y, x_test, y_test = nn.load_data(PROJECT)
    judges = (x_test, y_test), (x_other[:, 50000:], y_other[:, 50000:])
    own_time = None
    print("| method | test, 1,000 | 10,000 others | time |\n|---|---|---|---|")
    for name, methods in rows():
        times, cells = [], [name]
        for seed, method in enumerate(methods):
            np.random.seed(seed)  # for scikit-learn
            start = time.process_time()  # what others run doesn't count
            method.fit(x.T, y.argmax(axis=0))
            times.append(time.process_time() - start)
        own_time = own_time or np.mean(times)  # of the first row
        for images, labels in judges:
            right = labels.argmax(axis=0)
            hits = [method.predict(images.T) == right for method in methods]
            shares = 100 * np.mean(hits, axis=1)
            spread = f" ± {shares.std(ddof=1):.1f}" if len(shares) > 1 else ""
            cells.append(f"{shares.mean():.1f}{spread} %")
        print("|", " | ".join(cells), f"| {np.mean(times) / own_time:.2f} |")
