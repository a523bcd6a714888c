"""The README and the pages in docs/: their commands, numbers, names and recipes."""

import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import neural_network as nn

PROJECT = Path(nn.__file__).parent
FILES = ["neural_network.py", "README.md"]
FILES += [f"docs/{name}.md" for name in ("worked_example", "recipes", "teaching")]
SCRIPT, README, EXAMPLE, RECIPES, TEACHING = (
    (PROJECT / name).read_text("utf-8") for name in FILES
)


def test_the_readme_gives_the_two_commands():
    install = "\n    pip install -r requirements.txt"
    assert f"{install} && python neural_network.py\n" in README
    assert f"{install} pytest && python -m pytest\n" in README


def test_every_link_leads_to_a_file():
    for folder, text in ("", README), ("docs", EXAMPLE + RECIPES + TEACHING):
        for link in re.findall(r"\]\((?!http|#)([^)#]+)", text):
            assert (PROJECT / folder / link).is_file(), link


def test_the_map_names_what_is_in_the_file():
    names = re.findall(r"`(\w+)`", README.split("| part |")[1].split("\n\n")[0])
    assert len(names) > 20 and all(hasattr(nn, name) for name in names)


def test_the_table_of_settings_shows_the_settings_as_shipped():
    settings = re.findall(r"(?m)^(\w+) = ", SCRIPT.split("# ---", 2)[1])
    table = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", README)
    values = [repr(getattr(nn, name)).replace("'", '"') for name in settings]
    assert settings == [*nn.RULES]
    assert table == list(zip(settings, values))


# ------------------------------------------------------------------ the update by hand
def written(value, decimals=4):
    return f"{value:.{decimals}f}".replace("-", "−")


def laid_out(name, array):
    """Return the text of a matrix as the page shows it, with its rows under each other."""
    rows = ["  ".join(f"{written(value):>7}" for value in row) for row in array]
    below = f" ]\n{' ' * len(f'    {name} = ')}[ "
    return f"    {name} = [ {below.join(rows)} ]\n"


def sum_of_products(weights, inputs):
    """Return the text of a sum of products, without needless zeros."""
    numbers = [written(value).rstrip("0").rstrip(".") for value in (*weights, *inputs)]
    first, second, *factors = [f"({n})" if "−" in n else n for n in numbers]
    return f"    {first}·{factors[0]} + {second}·{factors[1]}"


def forward_text(x, y, parameters):
    z1, a1, z2, a2 = nn.forward_propagation(x, parameters).values()
    steps = {"Z₁ = W₁X + b₁": z1, "A₁ = tanh(Z₁)": a1, "Z₂ = W₂A₁ + b₂": z2}
    steps["A₂ = softmax(Z₂)"] = a2
    cost = f"J = −log({written(a2[0, 0])}) = {written(nn.cost_function(a2, y))}\n"
    return [*map(laid_out, steps, steps.values()), cost]


def test_every_number_of_the_update_by_hand_is_what_the_script_computes():
    x, y = np.array([[1], [0.5]]), np.array([[1.0], [0]])
    w1, w2 = np.array([[0.4, -0.2], [0.1, 0.8]]), np.array([[0.3, -0.5], [0.2, 0.4]])
    b1, b2 = np.zeros((2, 1)), np.zeros((2, 1))
    parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    given = {"X": x, "Y": y, "W₁": w1, "b₁": b1, "W₂": w2, "b₂": b2}
    cache = nn.forward_propagation(x, parameters)
    slopes = nn.backward_prop(x, y, parameters, cache)
    a1, dz2 = cache["a1"], cache["a2"] - y
    da1, slope = w2.T @ dz2, nn.tanh_derivative(a1)
    backward = {"exp(Z₂)": np.exp(cache["z2"]), "dZ₂ = A₂ − Y": dz2}
    backward |= {"dW₂ = 1/m · dZ₂A₁ᵀ": slopes["dw2"], "db₂ = 1/m · dZ₂": slopes["db2"]}
    backward |= {
        "dA₁ = W₂ᵀdZ₂": da1,
        "1 − A₁²": slope,
        "dZ₁ = dA₁ ∗ (1 − A₁²)": da1 * slope,
    }
    backward |= {"dW₁ = 1/m · dZ₁Xᵀ": slopes["dw1"], "db₁ = 1/m · dZ₁": slopes["db1"]}
    expected = [laid_out(name, array) for name, array in (given | backward).items()]
    expected += forward_text(x, y, parameters)
    expected += [sum_of_products(w1[j], x[:, 0]) for j in (0, 1)]
    expected += [sum_of_products(w2[k], a1[:, 0]) for k in (0, 1)]
    expected += [sum_of_products(w2[:, j], dz2[:, 0]) for j in (0, 1)]

    nn.update_parameters(parameters, slopes, 0.5)
    for name, letter in {"w1": "W₁", "b1": "b₁", "w2": "W₂", "b2": "b₂"}.items():
        step = f"{letter} = {letter} − α·d{letter}"
        expected.append(laid_out(step, parameters[name]))
    expected += forward_text(x, y, parameters)

    assert [text for text in expected if text not in EXAMPLE] == []


# ------------------------------------------------------------------------- the recipes
def run_recipe(word, images=None, labels=None, change=("", "")):
    """Run the one recipe with this word in the current folder, without scikit-learn."""

    def fetch(name, return_X_y, as_frame):
        assert name == word and return_X_y and not as_frame
        return images, labels

    blocks = re.findall(r"(?s)```python\n(.*?)```", README + RECIPES)
    (block,) = [block for block in blocks if word in block]
    Path("recipe.py").write_text(block.replace(*change), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        fake = SimpleNamespace(fetch_openml=fetch)
        patch.setitem(sys.modules, "sklearn.datasets", fake)
        return runpy.run_path("recipe.py")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own for the recipes, with the project's data."""
    monkeypatch.chdir(tmp_path)
    for file in PROJECT.glob("*.csv"):
        Path(file.name).symlink_to(file)


def test_the_recipe_for_plain_gradient_descent(capsys):
    run_recipe("iterations=100", change=("iterations=100", "iterations=3"))
    assert float(capsys.readouterr().out.removesuffix(" %\n")) > 50


def test_the_recipe_that_keeps_a_network(capsys):
    run_recipe("np.savez", change=("iterations=50", "iterations=3"))
    before, after = capsys.readouterr().out.split(" %\n")[:2]
    assert before == after and float(before) > 50


def test_the_recipe_for_all_of_mnist():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60030, 4)).astype(float)
    digits = rng.integers(0, 10, 60030)
    run_recipe("mnist_784", images, digits.astype(str))
    x, y, u, v = nn.load_data("mnist")
    assert (np.rint(np.hstack([x, u]) * 255) == images.T).all()
    assert (np.hstack([y, v]).argmax(axis=0) == digits).all()


def test_the_recipe_for_clothes(capsys):
    names = np.array(list("abcdefghijklmnopqrstuvwxyz") * 40)
    images = 255 * np.eye(26, 64)[np.arange(1040) % 26]
    result = run_recipe("Fashion-MNIST", images, names)
    accuracy, answer = capsys.readouterr().out.splitlines()
    name = names[result["test"][0]]
    assert float(accuracy.removesuffix(" %")) > 90
    assert answer == f"The first test image is of class {name} and was read as {name}."


def test_the_recipe_that_makes_plain_digits_one_hot():
    for part in ("train", "test"):
        Path(f"{part}_label.csv").unlink()
        np.savetxt(f"{part}_label.csv", [3, 0, 9], "%d")
    run_recipe("np.loadtxt")
    assert (nn.load_csv(Path("test_label.csv"), 1) == np.eye(10)[[3, 0, 9]]).all()


def test_the_recipe_to_watch_it_learn():
    run_recipe("PillowWriter", change=("iterations=40", "iterations=2"))
    with nn.Image.open("learning.gif") as film:
        assert film.n_frames == 3


def test_the_table_of_pytorch_names_tells_true_names():
    rows = RECIPES.split("| in PyTorch |\n")[1].splitlines()[1:]
    ours = re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows))
    assert len(ours) > 8 and all(hasattr(nn, name) for name in ours)
