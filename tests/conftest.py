"""What more than one file of tests uses."""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

import neural_network as nn


@pytest.fixture(scope="session")
def data():
    """The project's own images and labels."""
    return nn.load_data(Path(nn.__file__).parent)


@pytest.fixture(autouse=True)
def no_windows(monkeypatch):
    """Draw without a screen, quickly, and leave no pictures behind."""
    plt.switch_backend("agg")
    monkeypatch.setitem(matplotlib.rcParamsDefault, "savefig.dpi", 10)
    yield
    plt.close("all")
