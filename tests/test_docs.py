"""The README and the pages in docs/: commands, numbers, names, recipes."""

import inspect
import math
import re
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from conftest import DOCS, PROJECT, copy_rows
from PIL import Image, ImageDraw

import neural_network as nn

SCRIPT = (PROJECT / "neural_network.py").read_text("utf-8")
README = (PROJECT / "README.md").read_text("utf-8")
PAGES = {page.stem: page.read_text("utf-8") for page in DOCS.glob("*.md")}
EXAMPLE, RECIPES = PAGES["worked_example"], PAGES["recipes"]
TEACHING = PAGES["teaching"]


def test_the_readme_gives_the_two_commands():
    install = "\n    pip install -r requirements.txt"
    assert f"{install} && python neural_network.py\n" in README
    assert f"{install} pytest && python -m pytest\n" in README


def test_the_readme_tells_where_the_lesson_ends():
    lines, start = inspect.getsourcelines(nn.main)
    assert f"The lesson ends at line {start + len(lines) - 1} of" in README


def anchors(page):
    """Return the names by which a page's headings can be linked to."""
    titles = re.findall(r"(?m)^#+ (.+)", page.read_text("utf-8"))
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{name}.md" for name in PAGES)]
)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page):
    page = PROJECT / page
    for link in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text("utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


NAMES = {  # a table of names, and in which of its columns they stand
    "the map": (README.split("| part |")[1], 2),
    "PyTorch's": (RECIPES.split("| here |")[1], 1),
}


@pytest.mark.parametrize("text, column", NAMES.values(), ids=NAMES)
def test_the_tables_tell_names_that_are_in_the_file(text, column):
    rows = text.split("\n\n")[0].splitlines()[1:]
    cells = " ".join(row.split("|")[column] for row in rows)
    names = re.findall(r"`(\w+)`", cells)
    assert len(names) > 8 and all(hasattr(nn, name) for name in names)


def test_the_table_of_settings_shows_the_settings_as_shipped():
    settings = re.findall(r"(?m)^(\w+) = ", SCRIPT.split("# ---", 2)[1])
    table = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", README)
    values = [repr(getattr(nn, name)).replace("'", '"') for name in settings]
    assert settings == [*nn.RULES]
    assert table == list(zip(settings, values))


# ---------------------------------------------------------- the update by hand
def matrices(page):
    """Return the matrices on a page, in the order in which they stand there.

    The rows of a matrix stand below each other, each in square brackets.
    """
    found = []
    for line in page.splitlines():
        before, _, row = line.replace("−", "-").partition("[ ")
        if row:
            if "=" in before:
                found.append([])
            found[-1].append([float(n) for n in row.strip(" ]").split()])
    return found


def test_every_matrix_of_the_update_by_hand_is_what_the_script_computes():
    x, y, w1, b1, w2, b2, *rest = map(np.array, matrices(EXAMPLE))
    parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    cache = nn.forward_propagation(x, parameters)
    z1, a1, z2, a2 = cache.values()
    slopes = nn.backward_prop(x, y, parameters, cache)
    da1, slope = w2.T @ (a2 - y), nn.tanh_derivative(a1)
    expected = [z1, a1, z2, np.exp(z2), a2, a2 - y]
    expected += [slopes["dw2"], slopes["db2"], da1, slope, da1 * slope]
    expected += [slopes["dw1"], slopes["db1"]]
    nn.update_parameters(parameters, slopes, 0.5)
    again = nn.forward_propagation(x, parameters)
    expected += [w1, b1, w2, b2, *again.values()]
    assert len(rest) == len(expected)
    for shown, computed in zip(rest, expected):
        assert shown == pytest.approx(computed, abs=6e-5)


def test_every_sum_of_the_update_by_hand_is_right():
    page = EXAMPLE.replace("−log", "−1·log").replace("log", "math.log")
    page = page.replace("−", "-").replace("·", "*")
    sums = re.findall(r"([-(\d][^=\n]*[*+][^=\n]*) = (-?[\d.]+\d)", page)
    assert len(sums) == 10
    for calculation, result in sums:
        expected = eval(calculation, {"math": math})
        assert float(result) == pytest.approx(expected, abs=1.5e-4)


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


def python_blocks(text):
    return re.findall(r"(?s)```python\n(.*?)```", text)


NO_LAYER_1 = ("(1 / m * dz1)", "(0 * dz1)"), ("db1 = 1 / m", "db1 = 0")
NO_DB2 = ("db2 = 1 / m", "db2 = 0")
BODY = inspect.getsource(nn.backward_prop).split('"""\n')[-1]
(ZEROS,) = [b for b in python_blocks(TEACHING) if "dw2 = np.zeros" in b]
EXERCISES = {  # what an exercise changes in the script, and what remains wrong
    "uphill": ([("= a2 - y", "= y - a2")], 4),
    "zeros": ([(BODY, ZEROS)], 4),
    "step 1": ([*NO_LAYER_1, NO_DB2], 3),
    "step 2": (NO_LAYER_1, 2),
    "step 3": (NO_LAYER_1[1:], 1),
    "no keepdims": ([("dz2.sum(axis=1, keepdims=True)", "dz2.sum(1)")], 1),
    "m twice": ([("1 / m * dz", "1 / m**2 * dz")], 4),
    "tanh twice": ([("return 1 - a**2", "return 1 - np.tanh(a) ** 2")], 2),
    "the slip": ([("a > 0)", "a >= 0)"), ('n = "tanh" ', 'n = "relu" ')], 2),
}


@pytest.mark.parametrize("changes, wrong", EXERCISES.values(), ids=EXERCISES)
def test_the_exercises_show_what_the_gradient_check_prints(changes, wrong):
    said = check_of(*changes)
    assert len(said) == wrong
    if wrong > 1:
        assert "".join(f"    {line}\n" for line in said) in TEACHING
    assert all(line in TEACHING for line in said)


def test_the_exercises_change_lines_that_are_in_the_script_as_they_are():
    line = r"(?m)^( *\w+ = ).*  # before: (.+?)(?:;| \.\.\.|$)"
    changed = re.findall(line, TEACHING)
    assert len(changed) > 6
    for name, before in changed:
        assert re.search(rf"(?m)^{name}.*{re.escape(before)}", SCRIPT)


def test_the_exercises_can_be_printed_without_their_solutions():
    (Path("docs")).mkdir()
    Path("docs", "teaching.md").write_text(TEACHING, "utf-8")
    (block,) = [b for b in python_blocks(TEACHING) if "exercises.md" in b]
    exec(block, {})  # noqa: S102
    text = Path("exercises.md").read_text("utf-8")
    titles = re.findall(r"(?m)^### 1.*", TEACHING)
    assert len(titles) > 2 and all(title in text for title in titles)
    assert "<details>" not in text and "Solution" not in text
    assert "Questions" not in text


def test_the_program_of_the_exercise_on_more_data_runs(monkeypatch, capsys):
    (block,) = [b for b in python_blocks(TEACHING) if "load_digits" in b]
    images = np.random.default_rng(0).integers(0, 17, (20, 64)).astype(float)
    digits = images, np.arange(20) % 10
    fake_sklearn(monkeypatch, load_digits=lambda return_X_y: digits)
    monkeypatch.setattr(nn, "n_h", 5)
    monkeypatch.setattr(nn, "iterations", 1)
    exec(block, {})  # noqa: S102
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * 7 and lines[0] == "as it is"


# ---------------------------------------------------------------- the recipes
def fake_sklearn(monkeypatch, **functions):
    """Let programs import these functions from sklearn.datasets."""
    module = SimpleNamespace(**functions)
    monkeypatch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", module)


def run_recipe(word, *changes):
    """Run the recipe with this word, changed a little, in this folder."""
    (block,) = [block for block in python_blocks(RECIPES) if word in block]
    for old, new in changes:
        assert old in block
        block = block.replace(old, new)
    Path("recipe.py").write_text(block, "utf-8")
    return runpy.run_path("recipe.py")


@pytest.fixture(autouse=True)
def folder_of_recipes(tmp_path, monkeypatch):
    """Work in a folder with a tenth of the project's data."""
    monkeypatch.chdir(tmp_path)
    copy_rows(tmp_path, train=400, test=100)


@pytest.fixture
def quick(monkeypatch):
    """Train for a short time with the settings at the top of the script."""
    monkeypatch.setattr(nn, "n_h", 20)
    monkeypatch.setattr(nn, "iterations", 2)
    monkeypatch.setattr(nn, "own_digits", [str(Path.cwd() / "7_a.png")])


def draw_seven(path):
    picture = Image.new("L", (60, 60), 255)
    line = [(10, 10), (50, 10), (25, 52)]
    ImageDraw.Draw(picture).line(line, 0, 5)
    picture.save(path)


def test_the_recipe_for_plain_gradient_descent(capsys):
    changes = ("iterations=100", "iterations=9"), ("1000", "100")
    run_recipe("iterations=100", *changes)
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
    assert table.sum() == 100
    assert np.trace(table) == round(accuracy)
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
        assert x.shape[1] == y.shape[1] == 401
        assert (x[:, :-1] == before).all() and y[7, -1] == 1
        image = nn.read_digit("more/7_a.png")[:, 0]
        assert x[:, -1] == pytest.approx(image, abs=0.002)
    assert Path("before", "train_X.csv").read_bytes().count(b"\n") == 400


def test_the_recipe_for_pytorch(capsys):
    pytest.importorskip("torch")
    run_recipe("import torch")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    for line in lines:
        size, difference = map(float, re.findall(r"\d\S+e-\d+", line))
        assert difference < 1e-5 * size


def test_the_recipe_for_all_of_mnist(monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60030, 4)).astype(float)
    digits = rng.integers(0, 10, 60030)
    fetched = images, digits.astype(str)
    fake_sklearn(monkeypatch, fetch_openml=lambda name, **options: fetched)
    run_recipe("mnist_784")
    x, y, u, v = nn.load_data("mnist")
    assert (np.rint(np.hstack([x, u]) * 255) == images.T).all()
    assert (np.hstack([y, v]).argmax(axis=0) == digits).all()


def test_the_recipe_for_clothes(monkeypatch, capsys):
    names = np.array(list("abcdefghijklmnopqrstuvwxyz") * 40)
    fetched = 255 * np.eye(26, 64)[np.arange(1040) % 26], names
    fake_sklearn(monkeypatch, fetch_openml=lambda name, **options: fetched)
    result = run_recipe("Fashion-MNIST")
    accuracy, answer = capsys.readouterr().out.splitlines()
    first = names[result["test"][0]]
    assert float(accuracy.removesuffix(" %")) > 90
    assert answer.endswith(f"is of class {first} and was read as {first}.")


def test_the_recipe_that_makes_plain_digits_one_hot():
    for part in ("train", "test"):
        Path(f"{part}_label.csv").unlink()
        np.savetxt(f"{part}_label.csv", [3, 0, 9], "%d")
    run_recipe("np.loadtxt")
    for part in ("train", "test"):
        labels = np.loadtxt(f"{part}_label.csv", delimiter=",")
        assert (labels == np.eye(10)[[3, 0, 9]]).all()
