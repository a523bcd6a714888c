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
from conftest import DOCS, PROJECT, QUICK, copy_rows
from PIL import Image, ImageDraw
from pytest import approx

import neural_network as nn

SCRIPT = (PROJECT / "neural_network.py").read_text("utf-8")
README = (PROJECT / "README.md").read_text("utf-8")
PAGES = {page.stem: page.read_text("utf-8") for page in DOCS.glob("*.md")}
EXAMPLE, RECIPES = PAGES["worked_example"], PAGES["recipes"]
TEACHING = PAGES["teaching"]


def test_the_readme_gives_one_command_to_run_and_one_to_test():
    install = "\n    python3 -m venv .venv && .venv/bin/pip install -r "
    install += "requirements.txt"
    python = " && .venv/bin/python"
    assert f"{install}{python} neural_network.py\n" in README
    assert f"{install} pytest{python} -m pytest\n" in README


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


def test_the_readme_shows_the_first_cost(data):
    network = nn.initialize_parameters(784, nn.n_h, 10, rng=nn.seed)
    first = float(re.search(r"Cost after 0 .* : ([\d.]+)", README)[1])
    assert first == approx(nn.measure_cost(*data[:2], network), abs=0.001)


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
    da1, slope = w2.T @ (a2 - y), nn.tanh_slope_from(a1)
    expected = [z1, a1, z2, np.exp(z2), a2, a2 - y]
    expected += [slopes["dw2"], slopes["db2"], da1, slope, da1 * slope]
    expected += [slopes["dw1"], slopes["db1"]]
    nn.update_parameters(parameters, slopes, 0.5)
    again = nn.forward_propagation(x, parameters)
    expected += [w1, b1, w2, b2, *again.values()]
    assert len(rest) == len(expected)
    for shown, computed in zip(rest, expected):
        assert shown == approx(computed, abs=6e-5)


def test_every_sum_of_the_update_by_hand_is_right():
    page = EXAMPLE.replace("−log", "−1·log").replace("log", "math.log")
    page = page.replace("−", "-").replace("·", "*")
    sums = re.findall(r"([-(\d][^=\n]*[*+][^=\n]*) = (-?[\d.]+\d)", page)
    assert len(sums) == 10
    for calculation, result in sums:
        expected = eval(calculation, {"math": math})
        assert float(result) == approx(expected, abs=1.5e-4)


# -------------------------------------------------------------- the exercises
def python_blocks(text):
    return re.findall(r"(?s)```python\n(.*?)```", text)


def block_with(words, page=TEACHING):
    """Return the one block of code on a page that contains these words."""
    (block,) = [block for block in python_blocks(page) if words in block]
    return block


def rest(function, start):
    """Return the end of a function's source, from what it starts with."""
    source = inspect.getsource(function)
    return source[source.index(start) :]


def changed(changes, activation="relu"):
    """Return the script as a module, changed, and what its check says."""
    script = SCRIPT
    for old, new in changes:
        assert old in script, old
        script = script.replace(old, new)
    module, said = ModuleType("changed"), []
    vars(module).update(print=said.append, __file__=nn.__file__)
    exec(script, vars(module))  # noqa: S102
    try:
        module.check_update(784, 5, 10, activation)
    except ValueError as error:
        said.append(f"{type(error).__name__}: {error}")
    return module, said


BODY = rest(nn.backward_prop, '    a1 = forward_cache["a1"]')
UPDATE = rest(nn.update_parameters, "    for name in LEARNED")
NO_B1 = ("db1 = 1 / m", "db1 = 0")
NO_LAYER_1 = [NO_B1, ("(1 / m * dz1)", "(0 * dz1)")]
THREE_LAYERS = [
    (rest(nn.initialize_parameters, "    w2 ="), block_with('"w3": w3')),
    (rest(nn.forward_propagation, "    z2 ="), block_with("a3 = softmax")),
    (rest(nn.probabilities, "    return"), block_with('parameters)["a3"]')),
    (BODY, block_with("dz3 = a3 - y")),
    ('LEARNED = ("w1", "b1", "w2", "b2")', block_with("LEARNED = ").strip()),
]
EXERCISES = {  # what an exercise changes in the script
    "as it is": [],
    "uphill": [("= a2 - y", "= y - a2")],
    "zeros": [(BODY, block_with("dw2 = np.zeros"))],
    "step 1": [*NO_LAYER_1, ("db2 = 1 / m", "db2 = 0")],
    "step 2": NO_LAYER_1,
    "step 3": [NO_B1],
    "no keepdims": [("dz2.sum(axis=1, keepdims=True)", "dz2.sum(1)")],
    "m twice": [("1 / m * dz", "1 / m**2 * dz")],
    "tanh twice": [("return 1 - a**2", "return 1 - np.tanh(a) ** 2")],
    "the slip": [("return a > 0", "return a >= 0")],
    "three layers, one way": THREE_LAYERS[:3],
    "three layers, two learn": THREE_LAYERS[:4],
    "three layers": THREE_LAYERS,
}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_exercises_show_what_the_check_says(exercise):
    activation = "tanh" if exercise == "tanh twice" else "relu"
    _, said = changed(EXERCISES[exercise], activation)
    assert said and all(line.strip() in TEACHING for line in said)


def test_the_exercises_change_lines_that_are_in_the_script_as_they_are():
    line = r"(?m)^( *\w+ = ).*  # before: (.+?)(?:;| \.\.\.|$)"
    lines = re.findall(line, TEACHING)
    assert len(lines) > 6
    for name, before in lines:
        assert re.search(rf"(?m)^{name}.*{re.escape(before)}", SCRIPT)


def test_the_quick_settings_give_what_the_pages_say(quick_run, data):
    settings = {}
    exec(block_with("iterations = 20"), settings)  # noqa: S102
    assert QUICK.items() <= settings.items() and len(settings) == 6
    parameters, costs = quick_run
    promised = TEACHING.split("*Step 4")[1]
    cost = re.search(r"Cost after 20 iterations is : ([\d.]+)", promised)[1]
    assert float(cost) == approx(costs[20], abs=0.002)
    for part, x, y in ("Train", *data[:2]), ("Test", *data[2:]):
        line = rf"Accuracy of {part} Dataset ([\d.]+) %"
        percent = float(re.search(line, promised)[1])
        assert percent == approx(nn.accuracy(x, y, parameters), abs=0.4)


# ---------------------------------------------------------------- the recipes
def programs(page):
    """Return the whole programs on a page by their headings."""
    found = {}
    for section in re.split(r"(?m)^##+ ", page)[1:]:
        for block in python_blocks(section):
            if re.match("import |from ", block):
                found[section.split("\n")[0]] = block
    return found


PROGRAMS = programs(RECIPES) | programs(TEACHING)


@pytest.fixture
def place(folder, monkeypatch):
    """Work in a folder with some of the project's files, little data, a digit
    in a picture, and the network of a run.
    """
    monkeypatch.chdir(folder)
    monkeypatch.setattr(nn.load_network, "__defaults__", (folder,))
    monkeypatch.setattr(nn, "own_digits", ["7_a.png"])
    copy_rows(folder, train=500, test=100)
    for name in ("README.md", "docs/teaching.md", "docs/worksheet.md"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes((PROJECT / name).read_bytes())
    picture = Image.new("L", (60, 60), 255)
    ImageDraw.Draw(picture).line([(10, 10), (50, 10), (25, 52)], 0, 5)
    picture.save("7_a.png")
    Path("figures").mkdir()
    network = nn.initialize_parameters(784, 9, 10, rng=0)
    np.savez("figures/network.npz", **network)
    return folder


def run_program(title, monkeypatch):
    """Run a program with less to do, and a stand-in for scikit-learn."""
    block = PROGRAMS[title]
    if "import torch" in block:
        pytest.importorskip("torch")
    for name in nn.RULES:
        monkeypatch.setattr(nn, name, getattr(nn, name))  # and afterwards back
    m, n_x = (60030, 4) if "60000" in block else (6100, 784)

    def fetch_openml(name, **options):
        images = np.random.default_rng(0).integers(0, 256, (m, n_x))
        return images.astype(float), (np.arange(m) % 10).astype(str)

    module = SimpleNamespace(fetch_openml=fetch_openml)
    monkeypatch.setitem(sys.modules, "sklearn", ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", module)
    block = re.sub(r"\biterations=\d+", "iterations=3", block)
    block = re.sub(r"\biterations, (.*) = 100, 20,", r"iterations, \1 = 9, 3,",
                   block)  # fmt: skip
    block = re.sub(r"\bn_h=\d+", "n_h=9", block)
    Path("recipe.py").write_text(block, "utf-8")
    return runpy.run_path("recipe.py")


OTHERS = ("One-hot labels", "Add your own digits to the training files")


@pytest.mark.parametrize("title", [t for t in PROGRAMS if t not in OTHERS])
def test_each_program_runs_and_writes_what_it_names(place, monkeypatch, title):
    run_program(title, monkeypatch)
    for name in re.findall(r'"([\w/]+\.(?:png|gif|npz))"', PROGRAMS[title]):
        assert Path(name).is_file(), name
    if Path("exercises.html").exists():
        text = Path("exercises.html").read_text("utf-8")
        titles = re.findall(r"(?m)^### 1.*", TEACHING)
        assert len(titles) > 2 and all(title in text for title in titles)
        assert "Solution" not in text and "details>" not in text


def test_the_recipe_that_adds_own_digits_can_run_twice(place, monkeypatch):
    before = nn.load_data(".")[0]
    Path("more").mkdir()
    Path("7_a.png").rename("more/7_a.png")
    for _ in range(2):
        run_program(OTHERS[1], monkeypatch)
        x, y, *_ = nn.load_data(".")
        assert x.shape[1] == y.shape[1] == 501
        assert (x[:, :-1] == before).all() and y[7, -1] == 1
        image = nn.read_digit(Path("more", "7_a.png"))[:, 0]
        assert x[:, -1] == approx(image, abs=0.002)
    assert Path("before", "train_X.csv").read_bytes().count(b"\n") == 500


def test_labels_of_any_kind_become_one_hot(place, monkeypatch):
    assert f'The recipe "{OTHERS[0]}" in docs/recipes.md' in SCRIPT
    for labels in (["10", "9", "2", "9"], ["a", "k", "u", "k"]):
        for part in ("train", "test"):
            Path(f"{part}_label.csv").write_text("\n".join(labels) + "\n")
        run_program(OTHERS[0], monkeypatch)
        y = np.loadtxt("train_label.csv", delimiter=",")
        order = sorted({*labels}, key=lambda name: (len(name), name))
        assert y.argmax(axis=1).tolist() == [order.index(n) for n in labels]
        assert y.sum(axis=1).tolist() == [1] * 4


IDEAS = RECIPES.split("## Weight decay, dropout, Adam")[1].split("\n## ")[0]
DECAY, KEEP, MASKED, BACK, ADAM = python_blocks(IDEAS)
DW2, DA1 = BACK.splitlines()
FORWARD, STEP = "forward_propagation(x, parameters)", rest(nn.train_step, "")
CHANGES = {
    "weight decay": [(UPDATE, DECAY + UPDATE)],
    "dropout": [
        (f"def {FORWARD}:", KEEP.strip()),
        (rest(nn.forward_propagation, "    z2 ="), MASKED),
        (DW2.split("  #")[0].replace('forward_cache["h1"]', "a1"), DW2),
        (f"    da1 = {DA1.split('before: ')[1]}", DA1),
        (STEP, STEP.replace(FORWARD, f"{FORWARD[:-1]}, keep=0.8)")),
    ],
    "Adam": [(rest(nn.train_step, "    for name in velocity"), ADAM)],
}


@pytest.mark.parametrize("idea", CHANGES)
def test_each_further_idea_is_right_and_learns(data, idea):
    module, said = changed(CHANGES[idea])
    assert "all 4 gradients agree" in said[0] and len(said) == 1
    x, y = (table[:, :400] for table in data[:2])
    rate = 0.002 if idea == "Adam" else 0.1
    _, costs = module.model(x, y, 50, rate, 15, "relu", 50, 0.5)
    assert costs[-1] < 0.5
