"""What more than one file of tests uses."""

import os

# One core is for the tests, another for the pictures that are drawn meanwhile.
# NumPy reads this when it is imported, here and in what the tests start.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import re
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import matplotlib
import matplotlib.pyplot as plt
import pytest
from PIL import Image

import neural_network as nn

DOCS = Path(nn.__file__).parent / "docs"
with Image.open(DOCS / "pad.png") as pad:  # it tells what has drawn it
    MATPLOTLIB = re.search(r"version(\d+\.\d+)", pad.text["Software"])[1]


def pytest_collection_modifyitems(items):
    """Leave the test of the pictures in docs/ to the end: see drawing."""
    items.sort(key=lambda item: "pictures_in_docs" in item.name)


@pytest.fixture(scope="session")
def data():
    """The project's own images and labels."""
    return nn.load_data(DOCS.parent)


@pytest.fixture(autouse=True)
def no_windows(monkeypatch):
    """Draw without a screen, quickly, and leave no pictures behind."""
    plt.switch_backend("agg")
    monkeypatch.setitem(matplotlib.rcParamsDefault, "savefig.dpi", 10)
    yield
    plt.close("all")


@pytest.fixture(scope="session", autouse=True)
def drawing(request, tmp_path_factory):
    """Draw the pictures in docs/ anew, on another core, while tests run.

    It takes half a minute, as the network is trained as shipped for it.
    Another Matplotlib than that of the pictures places the letters otherwise.
    """
    is_wanted = "pictures_in_docs" in request.session.items[-1].name
    if not is_wanted or not matplotlib.__version__.startswith(MATPLOTLIB):
        yield None
        return
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, DOCS / "make_pictures.py", folder]
    with Popen(command, stdout=PIPE, encoding="utf-8") as process:
        yield folder, process
        process.kill()
