"""What several files of tests use: one core, no screen, edited scripts."""

import os
import re
import sys
from itertools import islice
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is imported
os.environ["MPLBACKEND"] = "agg"
PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))  # for plain "pytest"

import matplotlib.pyplot as plt
import pytest
from PIL import Image

import neural_network as nn

SCRIPT = (PROJECT / "neural_network.py").read_text("utf-8")


def edit(*changes, **settings):
    """Return the script with other texts and settings; each must be in it."""
    text = SCRIPT
    for name, value in settings.items():
        (line,) = re.findall(rf"(?m)^{name} = .*$", text)
        changes += ((f"\n{line}\n", f"\n{name} = {value!r}\n"),)
    for old, new in changes:
        before, after = text.split(old)
        text = before + new + after
    return text


def edited(*changes):
    """Return the edited script as a module."""
    module = type(nn)("edited")
    module.__file__ = nn.__file__
    exec(edit(*changes), vars(module))  # noqa: S102
    return module


def write(folder, *changes, **settings):
    """Put the edited script, with little to do, into a folder."""
    path = folder / "neural_network.py"
    text = edit(*changes, **{"n_h": 9, "iterations": 3} | settings)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(autouse=True)
def figures(monkeypatch):
    """Save figures quickly, and leave none behind."""
    monkeypatch.setitem(plt.rcParamsDefault, "savefig.dpi", 10)
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def data():
    """The project's own images and labels."""
    return nn.load_data(PROJECT)


@pytest.fixture(scope="session")
def network(data):
    """A network that has learned to read within a second."""
    ideas = {"batch_size": 128, "momentum": 0.9, "learning_rate_decay": True}
    ideas |= {"activation": "relu", "max_shift": 1, "max_distortion": 0.3}
    return nn.model(*data[:2], 100, 0.2, 10, **ideas)[0]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let the script lie in a folder with little data and quick settings.

    Return the folder. There is a picture of two digits in it, too.
    """
    folder = tmp_path / "mein Übungsordner 数字"
    folder.mkdir()
    for path in PROJECT.glob("*.csv"):
        rows = 40 if path.name.startswith("train") else 12
        with open(path) as file:
            (folder / path.name).write_text("".join(islice(file, rows)))
    picture = Image.new("L", (120, 60), 255)
    for x in (30, 80):
        picture.paste(0, (x, 10, x + 5, 50))
    picture.save(folder / "$11 ü.png")
    for name, value in {"FOLDER": folder, "n_h": 9, "iterations": 3}.items():
        monkeypatch.setattr(nn, name, value)
    return folder
