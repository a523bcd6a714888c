"""The README and docs/recipes.md: their recipes, numbers and names, from their text."""

import operator
import re
import runpy
import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import pytest

import neural_network as nn

PROJECT = Path(nn.__file__).parent
SCRIPT = Path(nn.__file__).read_text("utf-8")
README = (PROJECT / "README.md").read_text("utf-8")
RECIPES = (PROJECT / "docs" / "recipes.md").read_text("utf-8")


def section(title):
    return README.split(f"# {title}\n", 1)[1].split("\n## ")[0]


def test_the_two_commands_stand_in_the_readme():
    for more, command in (("", "neural_network.py"), (" pytest", "-m pytest")):
        line = f"    pip install -r requirements.txt{more} && python {command}"
        assert line in README.splitlines()


def test_every_link_leads_to_a_file():
    for link in re.findall(r"\]\((?!https)([^)]+)\)", README + RECIPES):
        assert (PROJECT / link).is_file()


def test_no_number_is_missing():
    assert re.findall("«[^»]*»", README + RECIPES) == []


def test_the_update_by_hand():
    text = re.sub(r"\n {7,}= ", " = ", section("One update by hand"))  # long lines
    text = "\n".join(re.findall(r"(?m)^    (.*)", text)).replace("−", "-")
    written = re.findall(r"([^][\n]+?) += ([^][\n]*)(\[[^\n]*?\])(?! = )", text)
    written = [(re.split("  +", name)[-1], how, value) for name, how, value in written]

    def table(text):
        rows = text.strip("[]").replace("·", "*").split(";")
        return np.array([[float(eval(cell)) for cell in row.split()] for row in rows])

    x, y, w1, b1, w2, b2, rate = (table(value) for _, _, value in written[:7])
    p = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    first = nn.forward_propagation(x, p)
    z1, a1, z2, a2 = first.values()
    dw1, db1, dw2, db2 = nn.backward_prop(x, y, p, first).values()
    back, slope = w2.T @ (a2 - y), nn.tanh_derivative(a1)
    true = [z1, a1, z2, np.exp(z2), a2, nn.cost_function(a2, y), a2 - y, db2, dw2]
    true += [back, slope, back * slope, db1, dw1]
    nn.update_parameters(p, nn.backward_prop(x, y, p, first), rate)
    then = nn.forward_propagation(x, p)
    true += [p["w1"], p["b1"], p["w2"], p["b2"], *then.values()]
    true += [nn.cost_function(then["a2"], y)]
    names = "X Y W₁ b₁ W₂ b₂ α Z₁ A₁ Z₂ e^Z₂ A₂ J dZ₂ db₂ dW₂ W₂ᵀ·dZ₂ 1-A₁² dZ₁ db₁ dW₁"
    names += " W₁ b₁ W₂ b₂ Z₁ A₁ Z₂ A₂ J"
    assert " ".join(name.replace(" ", "") for name, _, _ in written) == names
    for (name, how, values), value in zip(written[7:], true):
        *steps, printed = values.split(" = ")
        steps = [table(step) for step in steps]  # calculated from rounded numbers
        if "log" in how:
            steps.append(eval(how.split(" =")[0], {"log": np.log}))
        assert all(np.abs(step - value).max() < 1.5e-4 for step in steps), name
        rounded = [f"{v:.4f}" for v in np.ravel(value)]
        assert re.findall(r"-?[\d.]+", printed) == rounded, name
    assert true[-1] < true[5]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a way to run the recipe that holds a word, without scikit-learn."""

    def run(word, images=None, labels=None, folder=tmp_path, change=("", "")):
        datasets = types.ModuleType("sklearn.datasets")
        datasets.fetch_openml = lambda name, return_X_y, as_frame: (
            name == word and return_X_y and not as_frame and (images, labels)
        )
        monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
        monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)
        blocks = re.findall(r"(?s)( *)```python\n(.*?)```", README + RECIPES)
        (block,) = (textwrap.dedent(b) for _, b in blocks if word in b)
        (tmp_path / "recipe.py").write_text(block.replace(*change), "utf-8")
        monkeypatch.chdir(folder)
        return runpy.run_path(str(tmp_path / "recipe.py"))

    return run


def test_the_mnist_recipe_writes_files_that_load(run):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60030, 4)).astype(float)
    digits = rng.integers(0, 10, 60030).astype(str)
    run("mnist_784", images, digits)
    x, y, u, v = nn.load_data("mnist")
    assert (np.rint(np.hstack([x, u]) * 255) == images.T).all()
    assert (np.hstack([y, v]).argmax(axis=0) == digits.astype(int)).all()


def test_plain_digits_become_one_hot_labels(run, tmp_path):
    digits = [3, 0, 9]
    for part in ("train", "test"):
        np.savetxt(tmp_path / f"{part}_X.csv", np.eye(3, 4), "%d", ",")
        np.savetxt(tmp_path / f"{part}_label.csv", digits, "%d")
    run("np.loadtxt")
    assert (nn.load_data(".")[1] == np.eye(10)[digits].T).all()


def test_the_recipes_to_train_and_to_keep_a_network(run, tmp_path, capsys):
    for file in PROJECT.glob("*.csv"):
        (tmp_path / file.name).symlink_to(file)
    plain = run("iterations=100", change=("iterations=100", "iterations=3"))
    assert len(plain["cost_list"]) == 3
    kept = run("np.savez")
    accuracy = nn.accuracy(kept["x_test"], kept["y_test"], kept["parameters"])
    assert capsys.readouterr().out.endswith(f"\n{accuracy:.1f} %\n") and accuracy > 80


def test_the_recipe_for_another_dataset(run, capsys):
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz") * 40)
    result = run("Fashion-MNIST", 255 * np.eye(26, 64)[np.arange(1040) % 26], letters)
    accuracy, answer = capsys.readouterr().out.splitlines()
    letter = letters[result["test"][0]]
    assert float(accuracy.removesuffix(" %")) > 90
    assert answer == f"The first test image: class {letter}, read as {letter}"


def test_the_table_of_pytorch_names_tells_true_names():
    table = RECIPES[RECIPES.index("| here | in PyTorch |") :]
    ours, theirs = zip(*(row.split("|")[1:3] for row in table.splitlines()[2:]))
    assert all(hasattr(nn, name) for name in re.findall(r"`(\w+)`", str(ours)))
    torch = pytest.importorskip("torch")
    for name in re.findall(r"`torch\.([\w.]+)`", str(theirs)):
        assert operator.attrgetter(name)(torch)


def test_the_map_and_the_settings_are_those_of_the_script():
    names = re.findall(r"`(\w+)`", section("The map of the file").split("|---|")[1])
    assert len(names) > 20 and all(hasattr(nn, name) for name in names)
    settings = re.findall(r"(?m)^(\w+) = ", SCRIPT.split("# ---", 2)[1])
    table = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", section("Experiments"))
    values = [repr(getattr(nn, name)).replace("'", '"') for name in settings]
    assert table == list(zip(settings, values))
