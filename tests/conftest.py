"""What more than one file of tests uses."""

import os

# One core is enough. NumPy reads this when it is imported, here and in what
# the tests start.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import matplotlib
import matplotlib.pyplot as plt
import pytest

import neural_network as nn

PROJECT = nn.Path(nn.__file__).parent
DOCS = PROJECT / "docs"
QUICK = {"n_h": 100, "learning_rate": 0.2, "iterations": 20}  # see docs/
QUICK |= {"activation": "relu", "momentum": 0.9}
LEARNED = ("w1", "b1", "w2", "b2")


def copy_rows(folder, train, test):
    """Write so many first rows of the project's CSV files into a folder."""
    for part, rows in ("train", train), ("test", test):
        for name in (f"{part}_X.csv", f"{part}_label.csv"):
            lines = (PROJECT / name).read_text("utf-8").split("\n")
            (folder / name).write_text("\n".join(lines[:rows]) + "\n")


def one_line(message):
    """Return a message, which must be a single line."""
    assert isinstance(message, str) and len(message.splitlines()) == 1
    return message


@pytest.fixture(autouse=True)
def no_windows(monkeypatch):
    """Draw without a screen, quickly, and leave no figures behind."""
    plt.switch_backend("agg")
    monkeypatch.setitem(matplotlib.rcParamsDefault, "savefig.dpi", 10)
    yield
    plt.close("all")


@pytest.fixture
def patch(monkeypatch):
    """Return what puts something else into its place for a test."""
    return monkeypatch.setattr


@pytest.fixture
def printed(capsys):
    """Return a function that returns what was printed since its last call."""
    return lambda: capsys.readouterr().out


@pytest.fixture(scope="session")
def data():
    """The project's own images and labels."""
    return nn.load_data(PROJECT)


@pytest.fixture(scope="session")
def quick_run(data):
    """Return a network trained with the quick settings, and its costs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setattr(nn, name, value)
        return nn.train_with_settings(*data[:2])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let the script lie in a folder with little data and quick settings."""
    folder = tmp_path / "mein Übungs ordner 数字"
    folder.mkdir()
    copy_rows(folder, train=40, test=12)
    monkeypatch.setattr(nn, "__file__", str(folder / "neural_network.py"))
    for name, value in {"n_h": 9, "iterations": 3}.items():
        monkeypatch.setattr(nn, name, value)
    return folder
