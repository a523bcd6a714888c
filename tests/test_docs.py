"""The README and the pages in docs/: links, numbers, code that they show."""

import inspect
import math
import re
import subprocess
import sys

import numpy as np
import pytest
from conftest import PROJECT, SCRIPT, edited, write
from pytest import approx

import neural_network as nn

PAGES = {
    path: path.read_text("utf-8")
    for path in [PROJECT / "README.md", *PROJECT.glob("docs/*.md")]
}
ALL_TEXT = "\n\n".join(PAGES.values())
BY_HAND = PAGES[PROJECT / "docs" / "worked_example.md"].replace("−", "-")
CODE = re.findall(r"(?s)```python\n(.*?)```", ALL_TEXT)


def anchors(page):
    """Return the names by which a page's headings can be linked to."""
    titles = re.findall(r"(?m)^#+ (.+)", page.read_text("utf-8").lower())
    return {re.sub(r"[^\w\- ]", "", t).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page):
    for link in re.findall(r"\]\((?!http)([^)]+)\)", PAGES[page]):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


# ---------------------------------------------------------- the update by hand
def matrices(page):
    """Return the matrices on a page: rows in brackets below each other."""
    found = []
    for before, row in re.findall(r"(?m)^(.*?)\[ (.*)\]", page):
        if "=" in before:
            found.append([])
        found[-1].append([float(number) for number in row.split()])
    return [np.array(matrix) for matrix in found]


def test_every_matrix_of_the_update_by_hand_is_what_the_script_computes():
    x, y, w1, b1, w2, b2, *shown = matrices(BY_HAND)
    parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    cache = nn.forward_propagation(x, parameters)
    z1, a1, z2, a2 = (cache[name] for name in ("z1", "a1", "z2", "a2"))
    slopes = nn.backward_prop(x, y, parameters, cache)
    da1, slope = w2.T @ (a2 - y), nn.tanh_slope_from(a1)
    expected = [z1, a1, z2, np.exp(z2), a2, a2 - y]
    expected += [slopes["dw2"], slopes["db2"], da1, slope, da1 * slope]
    expected += [slopes["dw1"], slopes["db1"]]
    nn.update_parameters(parameters, slopes, 0.5)
    again = nn.forward_propagation(x, parameters)
    expected += [w1, b1, w2, b2, *again.values()]
    assert len(shown) == len(expected)
    for matrix, computed in zip(shown, expected):
        assert matrix == approx(computed, abs=6e-5)


def test_every_sum_of_the_update_by_hand_is_right():
    page = BY_HAND.replace("-log", "-1·log").replace("·", "*")
    sums = re.findall(r"([-(\d][^=\n]*[*+][^=\n]*) = (-?[\d.]+\d)", page)
    assert len(sums) > 5
    for calculation, result in sums:
        expected = eval(calculation, {"log": math.log})
        assert float(result) == approx(expected, abs=1.5e-4)


# ---------------------------------------------------------- code on the pages
def test_lines_that_a_page_changes_are_in_the_script_as_it_says():
    lines = re.findall(r"(?m)^( *\w+ = ).*  # before: ([^;\n]+)", ALL_TEXT)
    assert lines
    for name, before in lines:  # ... leaves something out
        parts = [re.escape(part) for part in before.split("...")]
        assert re.search(rf"(?m)^{name}.*{'.*'.join(parts)}", SCRIPT), before


def code(words):
    """Return the one block of code on the pages that contains these words."""
    (block,) = [block for block in CODE if words in block]
    return block


def end_of(function, start):
    """Return the end of a function's source, from what it starts with."""
    source = inspect.getsource(function)
    return source[source.index(start) :]


MISTAKES = {  # what a page lets a reader write in place of what, and the curve
    "uphill": ("\n    dz2 = a2 - y", "\n    dz2 = y - a2", "relu"),
    "zeros": (
        end_of(nn.backward_prop, "    a1 ="), code("dw2 = np.zeros"), "relu"),
    "no keepdims": ("dz2.sum(axis=1, keepdims=True)", "dz2.sum(1)", "relu"),
    "m twice": ("m = x.shape[1]\n\n", "m = x.shape[1] ** 2\n", "relu"),
    "hidden": ("return a > 0", "return a >= 0", "relu"),
    "tanh twice": ("1 - a**2\n", "1 - np.tanh(a) ** 2\n", "tanh"),
}  # fmt: skip
IDEAS = {  # how a page lets a reader go on, rightly
    "three layers": [
        ('"w2", "b2")', '"w2", "b2", "w3", "b3")'),
        (end_of(nn.initialize_parameters, "    w2 ="), code('"w3": w3')),
        (end_of(nn.forward_propagation, "    a2 ="), code("a3 = softmax")),
        ('parameters)["a2"]', 'parameters)["a3"]'),
        (end_of(nn.backward_prop, "    a1 ="), code("dz3 = a3 - y")),
    ],
    "batch normalisation": [
        ('"w2", "b2")', '"w2", "b2", "g1")'),
        ('"b2": np', '"g1": np.ones((n_h, 1), np.float32), "b2": np'),
        ("def forward_p", code("def mean_and_spread") + "def forward_p"),
        (end_of(nn.forward_propagation, "    z1 =").splitlines()[0],
         code("z1 = parameters.get")),
        (end_of(nn.forward_propagation, "    ret"), code("cache = {")),
        (end_of(nn.backward_prop, "    dw1 ="), code("dg1 = 1 / m")),
    ],
    "Adam": [(end_of(nn.train_step, "    for name"), code("0.999**t"))],
}  # fmt: skip
# What the check says, whole or without the beginning of the line.
SAID = r"\w+\[\d, \d\] is [-\d.]+ in backward_prop, but measured [-\d.]+\d\."
SAID += r"|is [-\d.]+ times what was measured\."
SAID += r"|\w+ is \([\d, ]+\), but should be \([\d, ]+\)\."
SAID += r"|all \d gradients agree|The cost diverged to"


def test_pages_quote_the_script_as_it_is(capsys):
    for old, new, curve in MISTAKES.values():
        edited((old, new)).check_gradients(curve)
    for changes in IDEAS.values():
        edited(*changes).check_gradients("relu")
    nn.model(np.eye(4), np.eye(4), 5, 1e9, 9)  # diverges
    said = capsys.readouterr().out
    quotations = re.findall(SAID, " ".join(ALL_TEXT.split()))
    assert len(quotations) > 5
    for words in quotations:
        assert words in said, words


@pytest.mark.parametrize("changes", IDEAS.values(), ids=IDEAS)
def test_ideas_on_the_pages_learn(changes, data):
    x, y = (table[:, ::10] for table in data[:2])
    rate = 0.003 if "0.999" in changes[0][1] else 0.1
    module = edited(*changes)
    parameters, _ = module.model(x, y, 50, rate, 15, "relu", 50, 0.5)
    assert module.accuracy(x, y, parameters) > 85


# ---------------------------------------------------------------- the recipes
def run_program(program, folder):
    """Run a program from a page beside the script and a run's network."""
    write(folder)
    (folder / "figures").mkdir(exist_ok=True)
    network = nn.initialize_parameters(784, 9, 10)
    np.savez(folder / "figures" / "network.npz", **network)
    text = re.sub(r"\biterations=\d+", "iterations=3", program)
    (folder / "recipe.py").write_text(text, "utf-8")
    subprocess.run([sys.executable, "recipe.py"], cwd=folder, check=True)


RECIPES = [block for block in CODE if "import neural_network" in block]
ALONE = [text for text in RECIPES if not re.search("fetch_|torch", text)]


@pytest.mark.parametrize("program", ALONE, ids=range(len(ALONE)))
def test_each_program_that_needs_no_more_packages_runs(folder, program):
    run_program(program, folder)


def test_own_digits_are_added_to_the_training_files_once(folder):
    (folder / "more").mkdir()
    picture = (folder / "$11 ü.png").rename(folder / "more" / "11_a.png")
    before = nn.load_data(folder)[0]
    for _ in range(2):
        run_program(code("shutil.copy"), folder)
    x, y, *_ = nn.load_data(folder)
    assert x.shape[1] == y.shape[1] == 42 and y[1, 40:].all()
    x_expected = np.hstack([before, nn.read_digits(picture)])
    assert x == approx(x_expected, abs=0.003)


def test_labels_of_any_kind_become_one_hot(folder):
    assert "One-hot labels" in SCRIPT and "## One-hot labels" in ALL_TEXT
    for name in ("train_label.csv", "test_label.csv"):
        (folder / name).write_text("b\nk\na\nk")
    run_program(code("np.genfromtxt"), folder)
    y = nn.load_labels(folder / "train_label.csv")
    assert y[:, :3].sum(axis=1).tolist() == [1, 1, 1]
    assert (y[:, 1] == y[:, 3]).all()
