"""The README's recipes, run from its own text."""

import re
import runpy
import sys
import types
from pathlib import Path

import numpy as np

import neural_network as nn

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_two_commands_stand_in_the_readme():
    assert (
        "\n    pip install -r requirements.txt && python neural_network.py\n" in README
    )
    assert (
        "\n    pip install -r requirements.txt pytest && python -m pytest\n" in README
    )


def test_the_mnist_recipe_writes_files_that_load(tmp_path, monkeypatch):
    recipe = re.search(
        r"```python\n((?:(?!```).)*fetch_openml.*?)```", README, re.DOTALL
    )[1]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60030, 4)).astype(float)
    digits = rng.integers(0, 10, 60030).astype(str)

    def fetch_openml(name, return_X_y, as_frame):
        assert (name, return_X_y, as_frame) == ("mnist_784", True, False)
        return images, digits

    datasets = types.ModuleType("sklearn.datasets")
    datasets.fetch_openml = fetch_openml
    monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)
    monkeypatch.chdir(tmp_path)
    Path("recipe.py").write_text(recipe, "utf-8")
    runpy.run_path("recipe.py")
    x, y, u, v = nn.load_data("mnist")
    assert (np.rint(np.hstack([x, u]) * 255) == images.T).all()
    assert (np.hstack([y, v]).argmax(axis=0) == digits.astype(int)).all()


def test_the_settings_table_is_that_of_the_script():
    text = Path(nn.__file__).read_text("utf-8").split("# ---", 2)[1]
    names = re.findall(r"(?m)^(\w+) = ", text)
    table = README[README.index("## Settings") :]
    assert re.findall(r"(?m)^\| `(\w+)` \|", table) == names
    for name in names[:-1]:
        assert re.search(
            rf"\| `{name}` \| {getattr(nn, name)!r} ".replace("'", '"'), table
        )
