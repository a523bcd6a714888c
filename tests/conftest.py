"""What more than one file of tests uses."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import neural_network as nn


@pytest.fixture(scope="session")
def data():
    """The project's own images and labels."""
    return nn.load_data(Path(nn.__file__).parent)


@pytest.fixture(autouse=True)
def no_windows():
    """Draw without a screen, quickly, and leave no pictures to the next test."""
    plt.switch_backend("agg")
    with plt.rc_context({"savefig.dpi": 10}):
        yield
    plt.close("all")
