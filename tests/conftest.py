"""What several files of tests use: one core, no screen, edited scripts."""

import os
import re
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy reads it when it is imported
os.environ["MPLBACKEND"] = "agg"
PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))  # for plain "pytest"

import matplotlib.pyplot as plt
import pytest

import neural_network as nn

SCRIPT = (PROJECT / "neural_network.py").read_text("utf-8")


def edit(*changes, **settings):
    """Return the script's text with each old text replaced by a new one.

    It must hold the old one exactly once, or the test is outdated. Settings
    get other values.
    """
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


def copy_rows(folder, train, test):
    """Write so many first rows of the project's CSV files into a folder."""
    for part, rows in ("train", train), ("test", test):
        for name in (f"{part}_X.csv", f"{part}_label.csv"):
            with open(PROJECT / name) as file:
                lines = [next(file) for _ in range(rows)]
            (folder / name).write_text("".join(lines))


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
    """Let the script lie in a folder with little data and quick settings."""
    folder = tmp_path / "mein Übungsordner 数字"
    folder.mkdir()
    copy_rows(folder, train=40, test=12)
    monkeypatch.setattr(nn, "FOLDER", folder)
    monkeypatch.setattr(nn, "n_h", 9)
    monkeypatch.setattr(nn, "iterations", 3)
    return folder
