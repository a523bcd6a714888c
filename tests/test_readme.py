"""The README's recipes, run from its own text."""

import operator
import re
import runpy
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import neural_network as nn

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_two_commands_stand_in_the_readme():
    assert (
        "\n    pip install -r requirements.txt && python neural_network.py\n" in README
    )
    assert (
        "\n    pip install -r requirements.txt pytest && python -m pytest\n" in README
    )


def recipe(word):
    """Return the README's Python block that holds the word."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (block,) = (block for block in blocks if word in block)
    return block


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a way to run a recipe in a folder of its own, without scikit-learn."""
    monkeypatch.chdir(tmp_path)

    def run(word, images=None, labels=None):
        def fetch_openml(name, return_X_y, as_frame):
            assert (name, return_X_y, as_frame) == (word, True, False)
            return images, labels

        datasets = types.ModuleType("sklearn.datasets")
        datasets.fetch_openml = fetch_openml
        monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
        monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)
        Path("recipe.py").write_text(recipe(word), "utf-8")
        return runpy.run_path("recipe.py")

    return run


def test_the_mnist_recipe_writes_files_that_load(run):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60030, 4)).astype(float)
    digits = rng.integers(0, 10, 60030).astype(str)
    run("mnist_784", images, digits)
    x, y, u, v = nn.load_data("mnist")
    assert (np.rint(np.hstack([x, u]) * 255) == images.T).all()
    assert (np.hstack([y, v]).argmax(axis=0) == digits.astype(int)).all()


def test_the_recipe_to_save_and_load_a_network(run, capsys):
    result = run("np.savez")
    accuracy = nn.accuracy(result["x_test"], result["y_test"], result["parameters"])
    assert capsys.readouterr().out == f"{accuracy:.1f} %\n" and accuracy > 80


def test_the_recipe_for_the_plain_network(tmp_path, capsys):
    text = recipe("iterations=100").replace("iterations=100", "iterations=3")
    (tmp_path / "plain.py").write_text(text, "utf-8")
    assert len(runpy.run_path(tmp_path / "plain.py")["cost_list"]) == 3
    assert re.fullmatch(r"\d+\.\d %\n", capsys.readouterr().out)


def test_a_saved_relu_network_stays_one(tmp_path):
    parameters = nn.initialize_parameters(4, 3, 2, "relu")
    np.savez(tmp_path / "network.npz", **parameters)
    with np.load(tmp_path / "network.npz") as file:
        loaded = dict(file)
    cache = nn.forward_propagation(np.ones((4, 1)), loaded)
    assert (cache["a1"] == np.maximum(cache["z1"], 0)).all()


def test_the_recipe_for_another_dataset(run, capsys):
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz") * 40)
    images = np.zeros((len(letters), 64))
    images[np.arange(len(letters)), np.arange(len(letters)) % 26] = 255
    result = run("Fashion-MNIST", images, letters)
    accuracy, answer = capsys.readouterr().out.splitlines()
    assert float(accuracy.removesuffix(" %")) > 90
    assert answer.endswith(f"['{letters[result['test'][0]]}']")


def test_the_table_of_pytorch_names_tells_true_names():
    table = README[README.index("| here | in PyTorch |") :].split("\n\n")[0]
    ours, theirs = zip(*(row.split("|")[1:3] for row in table.splitlines()[2:]))
    for name in re.findall(r"`(\w+)`", " ".join(ours)):
        assert callable(getattr(nn, name))
    torch = pytest.importorskip("torch")
    for name in re.findall(r"`torch\.([\w.]+)`", " ".join(theirs)):
        assert operator.attrgetter(name)(torch)


def test_the_settings_table_is_that_of_the_script():
    text = Path(nn.__file__).read_text("utf-8").split("# ---", 2)[1]
    names = re.findall(r"(?m)^(\w+) = ", text)
    table = README[README.index("## Settings") :].split("\n## ")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", table) == names
    for name in names[:-2]:
        assert re.search(
            rf"\| `{name}` \| {getattr(nn, name)!r} ".replace("'", '"'), table
        )
