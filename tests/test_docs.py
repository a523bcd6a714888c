"""The README and the pages in docs/: commands, numbers, names, recipes."""

import inspect
import re
import runpy
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import neural_network as nn

PROJECT = Path(nn.__file__).parent
NAMES = ["worked_example", "worksheet", "recipes", "teaching", "experiments"]
FILES = ["neural_network.py", "README.md"]
FILES += [f"docs/{name}.md" for name in NAMES]
SCRIPT, README, EXAMPLE, WORKSHEET, RECIPES, TEACHING, EXPERIMENTS = (
    (PROJECT / name).read_text("utf-8") for name in FILES
)
PAGES = EXAMPLE + WORKSHEET + RECIPES + TEACHING + EXPERIMENTS


def test_the_readme_gives_the_two_commands():
    install = "\n    pip install -r requirements.txt"
    assert f"{install} && python neural_network.py\n" in README
    assert f"{install} pytest && python -m pytest\n" in README


def test_the_readme_tells_where_the_lesson_ends():
    lines, start = inspect.getsourcelines(nn.main)
    assert f"The lesson ends at line {start + len(lines) - 1} of" in README


def anchors(text):
    """Return the names by which a page's headings can be linked to."""
    titles = re.findall(r"(?m)^#+ (.+)", text)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in titles
    }


def test_every_link_leads_to_a_file_and_to_a_heading_in_it():
    for folder, text in ("", README), ("docs", PAGES):
        for link in re.findall(r"\]\((?!http)([^)]+)\)", text):
            name, _, anchor = link.partition("#")
            page = text
            if name:
                assert (PROJECT / folder / name).is_file(), link
            if name.endswith(".md"):
                page = (PROJECT / folder / name).read_text("utf-8")
            assert not anchor or anchor in anchors(page), link


def test_the_map_names_what_is_in_the_file():
    names = re.findall(
        r"`(\w+)`", README.split("| part |")[1].split("\n\n")[0]
    )
    assert len(names) > 20 and all(hasattr(nn, name) for name in names)


def test_the_table_of_settings_shows_the_settings_as_shipped():
    settings = re.findall(r"(?m)^(\w+) = ", SCRIPT.split("# ---", 2)[1])
    table = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", README)
    values = [repr(getattr(nn, name)).replace("'", '"') for name in settings]
    assert settings == [*nn.RULES]
    assert table == list(zip(settings, values))


# ---------------------------------------------------------- the update by hand
def written(value, decimals=4):
    return f"{value:.{decimals}f}".replace("-", "−")


def laid_out(name, array):
    """Return the text of a matrix as the page shows it."""
    rows = [
        "  ".join(f"{written(value):>7}" for value in row) for row in array
    ]
    below = f" ]\n{' ' * len(f'    {name} = ')}[ "
    return f"    {name} = [ {below.join(rows)} ]\n"


def sum_of_products(weights, inputs):
    """Return the text of a sum of products, without needless zeros."""
    numbers = [
        written(value).rstrip("0").rstrip(".") for value in (*weights, *inputs)
    ]
    first, second, *factors = [f"({n})" if "−" in n else n for n in numbers]
    return f"    {first}·{factors[0]} + {second}·{factors[1]}"


def forward_text(x, y, parameters):
    z1, a1, z2, a2 = nn.forward_propagation(x, parameters).values()
    steps = {"Z₁ = W₁X + b₁": z1, "A₁ = tanh(Z₁)": a1, "Z₂ = W₂A₁ + b₂": z2}
    steps["A₂ = softmax(Z₂)"] = a2
    cost = (
        f"J = −log({written(a2[0, 0])}) = {written(nn.cost_function(a2, y))}\n"
    )
    return [*map(laid_out, steps, steps.values()), cost]


def test_every_number_of_the_update_by_hand_is_what_the_script_computes():
    x, y = np.array([[1], [0.5]]), np.array([[1.0], [0]])
    w1, w2 = (
        np.array([[0.4, -0.2], [0.1, 0.8]]),
        np.array([[0.3, -0.5], [0.2, 0.4]]),
    )
    b1, b2 = np.zeros((2, 1)), np.zeros((2, 1))
    parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    given = {"X": x, "Y": y, "W₁": w1, "b₁": b1, "W₂": w2, "b₂": b2}
    cache = nn.forward_propagation(x, parameters)
    slopes = nn.backward_prop(x, y, parameters, cache)
    a1, dz2 = cache["a1"], cache["a2"] - y
    da1, slope = w2.T @ dz2, nn.tanh_derivative(a1)
    backward = {"exp(Z₂)": np.exp(cache["z2"]), "dZ₂ = A₂ − Y": dz2}
    backward |= {
        "dW₂ = 1/m · dZ₂A₁ᵀ": slopes["dw2"],
        "db₂ = 1/m · dZ₂": slopes["db2"],
    }
    backward |= {
        "dA₁ = W₂ᵀdZ₂": da1,
        "1 − A₁²": slope,
        "dZ₁ = dA₁ ∗ (1 − A₁²)": da1 * slope,
    }
    backward |= {
        "dW₁ = 1/m · dZ₁Xᵀ": slopes["dw1"],
        "db₁ = 1/m · dZ₁": slopes["db1"],
    }
    expected = [
        laid_out(name, array) for name, array in (given | backward).items()
    ]
    expected += forward_text(x, y, parameters)
    expected += [sum_of_products(w1[j], x[:, 0]) for j in (0, 1)]
    expected += [sum_of_products(w2[k], a1[:, 0]) for k in (0, 1)]
    expected += [sum_of_products(w2[:, j], dz2[:, 0]) for j in (0, 1)]

    nn.update_parameters(parameters, slopes, 0.5)
    for name, letter in {
        "w1": "W₁",
        "b1": "b₁",
        "w2": "W₂",
        "b2": "b₂",
    }.items():
        step = f"{letter} = {letter} − α·d{letter}"
        expected.append(laid_out(step, parameters[name]))
    expected += forward_text(x, y, parameters)

    assert [text for text in expected if text not in EXAMPLE] == []


# -------------------------------------------------------------- the exercises
def check_of(*changes):
    """Return what the gradient check of a changed script prints, as lines."""
    script = SCRIPT
    for old, new in changes:
        assert old in script, old
        script = script.replace(old, new)
    module, said = ModuleType("changed"), []
    vars(module).update(print=said.append, __file__=nn.__file__)
    exec(script, vars(module))  # noqa: S102
    module.check_gradients(module.activation)
    return said


NO_LAYER_1 = ("(1 / m * dz1)", "(0 * dz1)"), ("db1 = 1 / m", "db1 = 0")
NO_LAYER_2 = ("(1 / m * dz2)", "(0 * dz2)"), ("db2 = 1 / m", "db2 = 0")
EXERCISES = {  # what an exercise changes in the script, and what remains wrong
    "uphill": ([("= a2 - y", "= y - a2")], 4),
    "zeros": ([*NO_LAYER_1, *NO_LAYER_2], 4),
    "step 1": ([*NO_LAYER_1, NO_LAYER_2[1]], 3),
    "step 2": (NO_LAYER_1, 2),
    "step 3": (NO_LAYER_1[1:], 1),
    "no keepdims": (
        [("dz2.sum(axis=1, keepdims=True)", "dz2.sum(axis=1)")],
        1,
    ),
    "m twice": ([("1 / m *", "1 / m**2 *"), ("-1 / m**2", "-1 / m")], 4),
    "tanh twice": ([("return 1 - a**2", "return 1 - np.tanh(a) ** 2")], 2),
    "the slip": (
        [("a > 0)", "a >= 0)"), ('n = "tanh"  #', 'n = "relu"  #')],
        2,
    ),
}


@pytest.mark.parametrize("changes, wrong", EXERCISES.values(), ids=EXERCISES)
def test_the_exercises_show_what_the_gradient_check_prints(changes, wrong):
    said = check_of(*changes)
    assert len(said) == wrong
    if wrong > 1:
        assert "".join(f"    {line}\n" for line in said) in TEACHING
    assert all(line in TEACHING for line in said)


def test_the_exercises_change_lines_that_are_in_the_script_as_they_are():
    lines = re.findall(r"(?m)^( *\w+ = .*?)  # before: (.*)$", TEACHING)
    assert len(lines) > 6
    for new, before in lines:
        indented_name = new.split(" = ")[0] + " = "
        assert f"\n{indented_name}" in SCRIPT
        assert before.split(";")[0].split(" ...")[0] in SCRIPT


def python_blocks(text):
    return re.findall(r"(?s)```python\n(.*?)```", text)


def test_the_first_body_of_backward_prop_gives_zeros_in_the_right_shapes():
    (body,) = [b for b in python_blocks(TEACHING) if "dw2 = np.zeros" in b]
    namespace = dict(vars(nn))
    head = "def backward_prop(x, y, parameters, forward_cache):\n"
    exec(head + body, namespace)  # noqa: S102
    rng = np.random.default_rng(0)
    parameters = nn.initialize_parameters(16, 5, 3, "tanh", rng)
    x, y = rng.random((16, 4)), np.eye(3)[:, [0, 1, 2, 0]]
    cache = nn.forward_propagation(x, parameters)
    gradients = namespace["backward_prop"](x, y, parameters, cache)
    for name in nn.LEARNED:
        assert gradients["d" + name].shape == parameters[name].shape
        assert not gradients["d" + name].any()


def test_the_exercises_can_be_printed_without_their_solutions():
    (Path("docs")).mkdir()
    Path("docs", "teaching.md").write_text(TEACHING, "utf-8")
    (block,) = [b for b in python_blocks(TEACHING) if "exercises.md" in b]
    exec(block, {})  # noqa: S102
    text = Path("exercises.md").read_text("utf-8")
    titles = [
        line for line in TEACHING.splitlines() if line.startswith("### 1")
    ]
    assert len(titles) > 2 and all(title in text for title in titles)
    assert "<details>" not in text and "Solution" not in text
    assert "Questions" not in text


def test_the_program_of_the_exercise_on_more_data_runs(capsys):
    (block,) = [b for b in python_blocks(TEACHING) if "load_digits" in b]
    images = np.random.default_rng(0).integers(0, 17, (20, 64)).astype(float)
    fake = ModuleType("sklearn.datasets")
    fake.load_digits = lambda return_X_y: (images, np.arange(20) % 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
        patch.setitem(sys.modules, "sklearn.datasets", fake)
        patch.setattr(nn, "n_h", 5)
        patch.setattr(nn, "iterations", 1)
        exec(block, {"__name__": "more_data"})  # noqa: S102
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * 7 and lines[0] == "as it is"


# ---------------------------------------------------------------- the recipes
def run_recipe(word, images=None, labels=None, changes=()):
    """Run the recipe with this word in the current folder, without sklearn."""

    def fetch(name, return_X_y, as_frame):
        assert name == word and return_X_y and not as_frame
        return images, labels

    (block,) = [block for block in python_blocks(RECIPES) if word in block]
    for old, new in changes:
        assert old in block
        block = block.replace(old, new)
    Path("recipe.py").write_text(block, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        fake = SimpleNamespace(fetch_openml=fetch)
        patch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
        patch.setitem(sys.modules, "sklearn.datasets", fake)
        return runpy.run_path("recipe.py")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own for the recipes, with the project's data."""
    monkeypatch.chdir(tmp_path)
    for file in PROJECT.glob("*.csv"):
        shutil.copy(file, file.name)


@pytest.fixture
def quick(monkeypatch):
    """Train for a short time with the settings at the top of the script."""
    monkeypatch.setattr(nn, "n_h", 20)
    monkeypatch.setattr(nn, "iterations", 2)
    monkeypatch.setattr(nn, "own_digits", [str(Path.cwd() / "7_a.png")])


def draw_seven(path):
    picture = nn.Image.new("L", (60, 60), 255)
    line = [(10, 10), (50, 10), (25, 52)]
    nn.ImageDraw.Draw(picture).line(line, 0, 5)
    picture.save(path)


def test_the_recipe_for_plain_gradient_descent(capsys):
    run_recipe(
        "iterations=100",
        changes=[("iterations=100", "iterations=2"), ("1000", "100")],
    )
    assert float(capsys.readouterr().out.removesuffix(" %\n")) > 30


def test_the_recipes_that_keep_a_network_and_use_it_again(quick, capsys):
    draw_seven("7_a.png")
    kept = run_recipe("np.savez")
    assert capsys.readouterr().out.endswith(" %\n")
    loaded = run_recipe("nn.open_pad")
    assert (loaded["parameters"]["w1"] == kept["parameters"]["w1"]).all()
    first, second = capsys.readouterr().out.splitlines()
    answer = nn.describe_answer(nn.read_digit("7_a.png"), kept["parameters"])
    assert first.endswith(f"7_a.png: {answer}")
    assert second.startswith("No window could open")

    table = run_recipe("confusions.png")["table"]
    accuracy = nn.accuracy(*nn.load_data(".")[2:], kept["parameters"])
    assert table.sum(axis=1).tolist() == [100] * 10
    assert np.trace(table) == round(10 * accuracy)
    assert Path("confusions.png").exists()


def test_the_recipe_that_draws_both_costs(quick, capsys):
    run_recipe("both_costs")
    moving, still = capsys.readouterr().out.splitlines()
    assert moving.startswith("moving: training ")
    assert still.startswith("not moving: training ")
    assert Path("both_costs.png").exists()


def test_the_recipe_that_adds_own_digits_can_run_twice(capsys):
    before = nn.load_data(".")[0]
    Path("more").mkdir()
    draw_seven("more/7_a.png")
    for _ in range(2):
        run_recipe("shutil.copy")
        x, y, *_ = nn.load_data(".")
        assert x.shape[1] == y.shape[1] == 4001
        assert (x[:, :-1] == before).all() and y[7, -1] == 1
        image = nn.read_digit("more/7_a.png")[:, 0]
        assert x[:, -1] == pytest.approx(image, abs=0.002)
    assert Path("before", "train_X.csv").read_bytes().count(b"\n") == 4000


def test_the_recipe_for_pytorch(capsys):
    pytest.importorskip("torch")
    run_recipe("import torch")
    for line in capsys.readouterr().out.splitlines():
        size, difference = map(float, re.findall(r"\d\S+e-\d+", line))
        assert difference < 1e-5 * size


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
    assert (
        answer
        == f"The first test image is of class {name} and was read as {name}."
    )


def test_the_recipe_that_makes_plain_digits_one_hot():
    for part in ("train", "test"):
        Path(f"{part}_label.csv").unlink()
        np.savetxt(f"{part}_label.csv", [3, 0, 9], "%d")
    run_recipe("np.loadtxt")
    for part in ("train", "test"):
        labels = np.loadtxt(f"{part}_label.csv", delimiter=",")
        assert (labels == np.eye(10)[[3, 0, 9]]).all()


def test_the_recipe_to_watch_it_learn():
    changes = [("iterations=40", "iterations=1"), ("range(15)", "range(2)")]
    run_recipe("PillowWriter", changes=changes)
    with nn.Image.open("learning.gif") as film:
        assert film.n_frames == 2
        film.seek(1)
        assert film.info["duration"] == 200 + 2 * 200  # and so 15 take 3 s


def test_the_table_of_pytorch_names_tells_true_names():
    rows = RECIPES.split("| in PyTorch |\n")[1].splitlines()[1:]
    ours = re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows))
    assert len(ours) > 8 and all(hasattr(nn, name) for name in ours)
