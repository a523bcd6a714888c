"""What more than one file of tests uses."""

import os

# One core is for the tests, another for the pictures that are drawn meanwhile.
# NumPy reads this when it is imported, here and in what the tests start.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys
from itertools import islice
from pathlib import Path
from subprocess import PIPE, Popen

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import neural_network as nn

PROJECT = Path(nn.__file__).parent
DOCS = PROJECT / "docs"


def untrained(*, n_x, n_h, n_y, activation="tanh"):
    """Return the parameters of an untrained network, always the same."""
    rng = np.random.default_rng(0)
    return nn.initialize_parameters(n_x, n_h, n_y, activation, rng)


def copy_rows(folder, train, test):
    """Write so many first rows of the project's CSV files into a folder."""
    for part, rows in ("train", train), ("test", test):
        for name in (f"{part}_X.csv", f"{part}_label.csv"):
            with open(PROJECT / name, encoding="utf-8") as file:
                (folder / name).write_text("".join(islice(file, rows)))


def pytest_collection_modifyitems(items):
    """Leave the test of the pictures in docs/ to the end: see drawing."""
    items.sort(key=lambda item: "pictures_in_docs" in item.name)


@pytest.fixture(scope="session")
def data():
    """The project's own images and labels."""
    return nn.load_data(PROJECT)


@pytest.fixture(autouse=True)
def no_windows(monkeypatch):
    """Draw without a screen, quickly, and leave no pictures behind."""
    plt.switch_backend("agg")
    plt.style.use("default")  # whatever the reader has set
    monkeypatch.setitem(matplotlib.rcParamsDefault, "savefig.dpi", 10)
    yield
    plt.close("all")


@pytest.fixture(scope="session", autouse=True)
def drawing(request, tmp_path_factory):
    """Draw the pictures in docs/ anew, on another core, while tests run.

    It takes half a minute, as the network is trained as shipped for it.
    """
    if "pictures_in_docs" not in request.session.items[-1].name:
        yield None
        return
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, DOCS / "make_pictures.py", folder]
    with Popen(command, stdout=PIPE, encoding="utf-8") as process:
        yield folder, process
        process.kill()
