"""Settings and CSV files: what is accepted, and what is said about others."""

import gzip
import os
import re
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from conftest import DOCS

import neural_network as nn


def settings(**changes):
    """Return all settings as shipped, with changes."""
    return {name: getattr(nn, name) for name in nn.RULES} | changes


VALUES = {  # right values, some at their limits, and wrong ones
    "n_h": ([1, 10**9], [0, -1, 1.5, True, 10**9 + 1]),
    "iterations": ([1, 10**9], [0, 1.5]),
    "batch_size": ([None, 1, 10**9], [0, -1, 1.5, "all"]),
    "learning_rate": ([1e-9, 1, 1e8], [0, -1, "a", True, 1e9, np.nan]),
    "activation": (["tanh", "relu"], ["sigmoid", None, ["tanh"]]),
    "momentum": ([0, 0.99], [-0.1, 1, True, "a"]),
    "max_distortion": ([0, 0.99], [-0.1, 1, "a"]),
    "max_shift": ([0, 1, 27], [-1, 0.5]),
    "learning_rate_decay": ([False, True], [0.5, 1]),
    "seed": ([0, 10**9], [-1, 0.5]),
    "data_folder": (["mnist", "~/a b/ü"], [None, "my\new", "a\x1fb"]),
    "own_digits": ([[], ["a.png", "b.png"]], ["a.png", [7], None, ["a\tb"]]),
}
COUNT = "a whole number from 1 to 1000000000"
SHARE = "a number from 0 to below 1"
EXPECTED = {
    "n_h": COUNT,
    "iterations": COUNT,
    "batch_size": f"{COUNT}, or None",
    "learning_rate": "a number above 0 and below 1000000000",
    "activation": "one of ['tanh', 'relu']",
    "momentum": SHARE,
    "max_distortion": SHARE,
    "max_shift": "a whole number from 0 to 1000000000",
    "learning_rate_decay": "True or False",
    "seed": "a whole number from 0 to 1000000000",
    "data_folder": """a folder's name, such as ".", with / and no \\""",
    "own_digits": """a list of files, such as ["digits/seven.png"], """
    "with / and no \\",
}


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_setting_is_answered_in_words_and_a_right_one_accepted(name):
    right, wrong = VALUES[name]
    for value in right:
        nn.check_settings(settings(**{name: value, "something": "else"}))
    for value in wrong:
        with pytest.raises(nn.InputError) as caught:
            nn.check_settings(settings(**{name: value}))
        assert str(caught.value) == (
            f"neural_network.py, setting {name}: found {value!r}, expected "
            f"{EXPECTED[name]}. Change it at the top of the file."
        )


# ------------------------------------------------------------------- CSV files
TINY = {  # two images of 2 by 2 pixels, of two classes, and as many for a test
    "train_X": "0,9,80,255\n255,0,0,7\n",
    "train_label": "1,0\n0,1\n",
    "test_X": "0,0,255,255\n128,0,0,0\n",
    "test_label": "0,1\n1,0\n",
}


def load(folder, **changes):
    """Write the tiny files, some of them changed, and load them."""
    for name, text in (TINY | changes).items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.csv").write_bytes(content)
    return nn.load_data(folder)


def refusal(folder, **changes):
    """Return what is said about files that can't be loaded: one line."""
    with pytest.raises(nn.InputError) as caught:
        load(folder, **changes)
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and str(folder) in message
    return message.replace(str(folder) + os.sep, "")


def test_rows_become_columns_and_pixels_go_from_0_to_1(tmp_path):
    x, y, u, v = load(tmp_path)
    assert (255 * x).round().T.tolist() == [[0, 9, 80, 255], [255, 0, 0, 7]]
    assert (255 * u).round().T.tolist() == [[0, 0, 255, 255], [128, 0, 0, 0]]
    assert (y.tolist(), v.tolist()) == ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    assert {array.dtype for array in (x, y, u, v)} == {np.dtype("f4")}
    assert x.max() == 1


X, LABEL, TEST_X, TEST_LABEL = TINY  # their names
REFUSED = {  # the file, its text, and what is said; " ... " leaves some out
    "empty": (X, "", "train_X.csv: found no rows, expected rows of numbers."),
    "blank": (X, "\n \r\n,,,\n", "train_X.csv: found no rows, expected"),
    "a header": (X, "a,b\n1,2\n", "row 1: found 'a' in column 1 ... header, "),
    "a comment": (X, "#1,2,3,4\n", "row 1: found '#1' in column 1"),
    "blanks": (X, "0 9 0 0\n9 0 0 1\n", "row 1: found '0 9 0 0' in column 1"),
    "semicolons": (X, 30 * "7;", f"row 1: found '{10 * '7;'}…' in column 1"),
    "in UTF-16": (X, "0,9,1,1\n".encode("utf-16"), "row 1: found ... UTF-8?"),
    "zipped": (X, gzip.compress(b"0,9,1,1\n"), "row 1: found ... UTF-8?"),
    "a gap": (X, "0,1,0,9\n0,,0,1\n", "row 2: found '' in column 2 ... Mend"),
    "a last gap": (X, "0,0,1,9\n0,0,0,\n", "row 2: found '' in column 4, exp"),
    "a word": (X, "0,1,1,9\n0,0,1,dog\n", "row 2: found 'dog' in column 4"),
    "a foreign digit": (X, "1,2,0,9\n0,0,٣,1\n", "row 2: found '٣' in column"),
    "an underscore": (X, "1,2,0,9\n1_0,0,0,1\n", "row 2: found '1_0' in col"),
    "no number": (X, "0,0,0,nan\n1,1,1,9\n", "row 1: found nan in column 4"),
    "below 0": (X, "0,0,0,9\n0,-1,0,2\n", "row 2: found -1 in column 2, exp"),
    "above 255": (X, "0,0,0,255.1\n0,0,0,0\n", "row 1: found 255.1 in column"),
    "a long row": (X, 3 * "0,1,1,1\n" + "0,1,1,1,1", "row 4: found 5 columns"),
    "a short row": (X, "0,1,1\n" + 3 * "0,1,1,1\n", "row 1: found 3 columns"),
    "a small scale": (X, "0,0,0,15\n0,0,9,0\n", "found 15 as the largest num"),
    "a half": (X, "0,0,0,127.9\n0,0,0,0\n", "found 127.9 as the largest"),
    "1.6": (X, "0,0,0,1.6\n0,0,0,0\n", "found 1.6 as the largest ... 255."),
    "two scales": (X, "0,0,0,1\n1,0,0,0\n", "test_X.csv: ... 0 to 255, ex"),
    "a row": (X, "0,0,0,255\n", "train_X.csv has 1 rows, and train_label.csv"),
    "a column": (X, "3\n255\n", "train_X.csv has 1 columns, and test_X.csv"),
    "two classes": (LABEL, "1,0\n1,1\n", "row 2: found 1,1, expected a one"),
    "no class": (LABEL, "1,0\n0,0\n", "row 2: found 0,0, expected a one-hot"),
    "shares": (LABEL, "0.5,0.5\n0,1\n", "row 1: found 0.5,0.5, expected a "),
    "more than 1": (LABEL, "1,0\n2,-1\n", "row 2: found 2,-1, expected a one"),
    "a label": (LABEL, "1,0\n", "train_X.csv has 2 rows, and train_label.csv"),
    "a class": (LABEL, "1,0,0\n0,1,0\n", "has 3 columns, and test_label.csv"),
    "in the test": (TEST_LABEL, "1,0\n1,1\n", "test_label.csv, row 2: found "),
    "as pixels": (TEST_X, "0,0,0,15\n0,0,9,0\n", "test_X.csv: found 15 as"),
    "a test row": (TEST_X, "0,0,0,255\n", "test_X.csv has 1 rows, and test_l"),
}


@pytest.mark.parametrize("name, text, said", REFUSED.values(), ids=REFUSED)
def test_a_spoilt_file_is_answered_in_words(tmp_path, name, text, said):
    message = refusal(tmp_path, **{name: text})
    assert re.search(".*".join(map(re.escape, said.split(" ... "))), message)
    assert re.match(r".+ (found|has) .+, expected .+[.?]$", message)


def test_two_spoilt_files_are_answered_in_words(tmp_path):
    numbered = "1,0,0,0,9\n2,9,0,0,0\n"
    said = "train_X.csv: found 5 columns, expected a square number like 784 = "
    assert said in refusal(tmp_path, train_X=numbered, test_X=numbered)
    digits = "1\n1\n"
    recipe = "Turn plain digits into one-hot labels"
    said = refusal(tmp_path, train_label=digits, test_label=digits)
    assert "row 1: found 1, expected a one-hot label" in said
    assert f'the recipe "{recipe}" in docs/ helps.' in said
    assert f"\n## {recipe}\n" in (DOCS / "recipes.md").read_text("utf-8")
    classes = 2 * f"{40 * '1,'}1\n"
    said = refusal(tmp_path, train_label=classes, test_label=classes)
    assert f"row 1: found {30 * '1,'}…, expected" in said


WRITTEN = {  # the same numbers in other ways: what is replaced, by what
    "Windows": (r"\n", "\r\n"),
    "empty cells": (r"\n", "\n,,,\n"),
    "empty lines": (r"\n", "\n\n  \n"),
    "exponents": (r"\b0\b", "0e0"),
    "large exponents": (r"\b0\b", "0E0"),
    "spaces": (",", " , "),
    "decimals": (r"(\d+)", r"\1.0"),
    "a byte-order mark": (r"\A", "\ufeff"),
    "no last line end": (r"\s+\Z", ""),
}


@pytest.mark.parametrize("old, new", WRITTEN.values(), ids=WRITTEN)
def test_files_written_in_other_ways_load_the_same(tmp_path, old, new):
    files = {name: re.sub(old, new, text) for name, text in TINY.items()}
    for one, other in zip(load(tmp_path), load(tmp_path, **files)):
        assert (one == other).all()


@pytest.mark.parametrize("largest", [0.9, 1, 1.4, 128, 255])
def test_pixels_go_from_0_to_1_or_to_255(tmp_path, largest):
    text = f"0,0,0.5,{largest}\n0,0,0,0\n"
    x, *_ = load(tmp_path, train_X=text, test_X=text)
    scale = 1 if largest < 2 else 255
    expected = [0, 0, 0.5 / scale, min(largest / scale, 1)]
    assert x[:, 0] == pytest.approx(expected)


# ------------------------------------------------------------------- names
def test_names_are_seen_from_the_script_or_from_home(monkeypatch):
    monkeypatch.setattr(nn, "__file__", str(Path("a", "neural_network.py")))
    assert nn.beside_script("b/c.png") == Path("a", "b", "c.png")
    assert nn.beside_script("~/c") == Path.home() / "c"
    assert nn.beside_script("~nobody-here/c").name == "c"


def test_a_missing_file_is_told_with_what_is_there_instead(tmp_path):
    path = tmp_path / "train_X.csv"
    said = f"{path}: No such file or directory, expected a CSV file. "
    with pytest.raises(nn.InputError) as caught:
        nn.load_data(tmp_path)
    assert str(caught.value) == f"{said}Check data_folder."
    (tmp_path / "TRAIN_x.CSV").touch()
    if path.exists():
        pytest.skip("names of files have no case here")
    with pytest.raises(nn.InputError) as caught:
        nn.load_data(tmp_path)
    assert str(caught.value) == f"{said}Did you mean TRAIN_x.CSV?"


MISSING = {  # a name, and what is suggested
    "five.png": "Five.PNG.png",
    "five.jpg": "Five.PNG.png",
    "fives.png": "Five.PNG.png",
    "my_digits/five.png": "my digits",
    "nine.png": None,
    "test_X.csv": None,
    "drawings/five.png": None,
    300 * "n": None,
    "train_X.csv": None,  # it is there
}


@pytest.mark.parametrize("name, there", MISSING.items(), ids=MISSING)
def test_what_is_missing_is_compared_with_what_is_there(tmp_path, name, there):
    for one in ("Five.PNG.png", "my digits", "train_X.csv"):
        (tmp_path / one).touch()
    question = f" Did you mean {there}?" if there else ""
    assert nn.suggest(tmp_path / name) == question


def test_an_unreadable_folder_gives_no_suggestion(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", Mock(side_effect=PermissionError))
        assert nn.suggest(tmp_path / "train_X.csv") == ""
    # On Windows, a whole drive may be missing.
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert nn.suggest(tmp_path / "train_X.csv") == ""


ERRORS = {
    "an error of the system": (OSError(1, "not here."), "not here"),
    "one without a number": (OSError("not here"), "not here"),
    "several lines": (ValueError("\nfirst\nsecond"), "first"),
    "no words": (ValueError(), "ValueError()"),
    "a blank": (ValueError(" "), "ValueError(' ')"),
}


@pytest.mark.parametrize("error, said", ERRORS.values(), ids=ERRORS)
def test_every_error_is_explained_in_one_line(error, said):
    assert nn.explain(error) == said


def test_the_data_files_hold_as_many_images_of_each_digit_none_twice(data):
    for each, (x, y) in (400, data[:2]), (100, data[2:]):
        assert x.shape == (784, 10 * each) and (x.min(), x.max()) == (0, 1)
        assert y.sum(axis=1).tolist() == [each] * 10
    images = [image.tobytes() for x in data[::2] for image in x.T]
    assert len({*images}) == len(images) == 5000
