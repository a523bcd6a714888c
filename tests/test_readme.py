"""The README and docs/recipes.md: their recipes, numbers and names, from their text."""

import re
import runpy
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import neural_network as nn

PROJECT = Path(nn.__file__).parent
FILES = ("neural_network.py", "README.md", "docs/recipes.md")
SCRIPT, README, RECIPES = ((PROJECT / name).read_text("utf-8") for name in FILES)
TEXTS = README + RECIPES


def section(title):
    return README.split(f"# {title}\n", 1)[1].split("\n## ")[0]


def test_commands_links_numbers_map_and_settings_are_those_of_the_project():
    for more, name in (("", "neural_network.py"), (" pytest", "-m pytest")):
        assert (
            f"\n    pip install -r requirements.txt{more} && python {name}\n" in README
        )
    for link in re.findall(r"\]\((?!https)([^)]+)\)", TEXTS):
        assert (PROJECT / link).is_file()
    assert re.findall("«[^»]*»", TEXTS) == []
    names = re.findall(r"`(\w+)`", section("The map of the file").split("|---|")[1])
    assert len(names) > 20 and all(hasattr(nn, name) for name in names)
    settings = re.findall(r"(?m)^(\w+) = ", SCRIPT.split("# ---", 2)[1])
    table = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", section("Experiments"))
    values = [repr(getattr(nn, name)).replace("'", '"') for name in settings]
    assert table == list(zip(settings, values))


def test_the_update_by_hand():
    text = re.sub(r"\n {7,}= ", " = ", section("One update by hand"))  # long lines
    text = "\n".join(re.findall(r"(?m)^    (.*)", text)).replace("−", "-")
    written = re.findall(r"([^][\n]+?) += ([^][\n]*)(\[[^\n]*?\])(?! = )", text)
    written = [(re.split("  +", n)[-1].replace(" ", ""), h, v) for n, h, v in written]

    def table(text):
        rows = text.strip("[]").replace("·", "*").split(";")
        return np.array([[float(eval(cell)) for cell in row.split()] for row in rows])

    x, y, w1, b1, w2, b2, rate = (table(value) for _, _, value in written[:7])
    p = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    z1, a1, z2, a2 = (first := nn.forward_propagation(x, p)).values()
    dw1, db1, dw2, db2 = (slopes := nn.backward_prop(x, y, p, first)).values()
    back, slope = w2.T @ (a2 - y), nn.tanh_derivative(a1)
    true = [z1, a1, z2, np.exp(z2), a2, nn.cost_function(a2, y), a2 - y, db2, dw2]
    true += [back, slope, back * slope, db1, dw1]
    then = nn.forward_propagation(x, nn.update_parameters(p, slopes, rate))
    true += [w1, b1, w2, b2, *then.values(), nn.cost_function(then["a2"], y)]
    names = "X Y W₁ b₁ W₂ b₂ α Z₁ A₁ Z₂ e^Z₂ A₂ J dZ₂ db₂ dW₂ W₂ᵀ·dZ₂ 1-A₁² dZ₁ db₁ dW₁"
    assert " ".join(n for n, _, _ in written) == names + " W₁ b₁ W₂ b₂ Z₁ A₁ Z₂ A₂ J"
    for (name, how, values), value in zip(written[7:], true):
        *steps, printed = values.split(" = ")
        steps = [table(step) for step in steps]  # calculated from rounded numbers
        steps += [eval(how.split(" =")[0], {"log": np.log})] if "log" in how else []
        assert all(np.abs(step - value).max() < 1.5e-4 for step in steps), name
        assert re.findall(r"-?[\d.]+", printed) == [f"{v:.4f}" for v in np.ravel(value)]
    assert true[-1] < true[5]


def run(word, images=None, labels=None, change=("", "")):
    # Run the recipe that holds a word, in this folder, without scikit-learn.
    def fetch(name, return_X_y, as_frame):
        return name == word and return_X_y and not as_frame and (images, labels)

    (block,) = (b for b in re.findall(r"(?s)```python\n(.*?)```", TEXTS) if word in b)
    Path("recipe.py").write_text(textwrap.dedent(block).replace(*change), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        fake = SimpleNamespace(fetch_openml=fetch)
        patch.setitem(sys.modules, "sklearn.datasets", fake)
        return runpy.run_path("recipe.py")


def test_the_recipes_for_other_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz") * 40)
    result = run("Fashion-MNIST", 255 * np.eye(26, 64)[np.arange(1040) % 26], letters)
    accuracy, answer = capsys.readouterr().out.splitlines()
    letter = letters[result["test"][0]]
    assert float(accuracy.removesuffix(" %")) > 90
    assert answer == f"The first test image: class {letter}, read as {letter}"
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60030, 4)).astype(float)
    digits = rng.integers(0, 10, 60030).astype(str)
    run("mnist_784", images, digits)
    x, y, u, v = nn.load_data("mnist")
    assert (np.rint(np.hstack([x, u]) * 255) == images.T).all()
    assert (np.hstack([y, v]).argmax(axis=0) == digits.astype(int)).all()
    for part in ("train", "test"):
        np.savetxt(f"{part}_X.csv", np.eye(3, 4), "%d", ",")
        np.savetxt(f"{part}_label.csv", [3, 0, 9], "%d")
    run("np.loadtxt")  # plain digits become one-hot labels
    assert (nn.load_data(".")[1] == np.eye(10)[[3, 0, 9]].T).all()


def test_the_recipes_to_train_and_to_keep_a_network(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for file in PROJECT.glob("*.csv"):
        Path(file.name).symlink_to(file)
    plain = run("iterations=100", change=("iterations=100", "iterations=3"))
    assert len(plain["cost_list"]) == 3
    kept = run("np.savez")
    accuracy = nn.accuracy(kept["x_test"], kept["y_test"], kept["parameters"])
    assert capsys.readouterr().out.endswith(f"\n{accuracy:.1f} %\n") and accuracy > 80


def test_the_table_of_pytorch_names_tells_true_names():
    table = RECIPES[RECIPES.index("| here | in PyTorch |") :]
    ours, theirs = zip(*(row.split("|")[1:3] for row in table.splitlines()[2:]))
    assert all(hasattr(nn, name) for name in re.findall(r"`(\w+)`", str(ours)))
    known = {"torch": pytest.importorskip("torch")}
    assert all(eval(n, known) for n in re.findall(r"`(torch\.[\w.]+)`", str(theirs)))
