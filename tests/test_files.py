"""Settings and CSV files: what is accepted, and what is said about others."""

import gzip
import os
import re

import numpy as np
import pytest
from conftest import one_line
from pytest import approx

import neural_network as nn

VALUES = {  # right values, some at their limits, and wrong ones
    "n_h": ([1, 5000], [0, -1, 1.5, True, "9"]),
    "iterations": ([1, 10**6], [0, 1.5]),
    "batch_size": ([None, 1, 10**6], [0, -1, 1.5, "all"]),
    "learning_rate": ([1e-9, 1, 20.0], [0, -1, "a", True, np.nan]),
    "activation": (["tanh", "relu"], ["sigmoid", None, ["tanh"]]),
    "momentum": ([0, 0.99], [-0.1, 1, True, "a"]),
    "max_distortion": ([0, 0.99], [-0.1, 1, "a"]),
    "max_shift": ([0, 1, 27], [-1, 0.5]),
    "learning_rate_decay": ([False, True], [0.5, 1]),
    "seed": ([0, 10**9], [-1, 0.5]),
    "data_folder": (["mnist", "~/a b/ü"], [None, 7]),
    "own_digits": ([[], ["a.png", "b.png"]], ["a.png", [7], None]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_setting_is_named_and_a_right_one_accepted(name):
    right, wrong = VALUES[name]
    for value in right:
        nn.check_settings(vars(nn) | {name: value})
    for value in wrong:
        with pytest.raises(nn.InputError) as caught:
            nn.check_settings(vars(nn) | {name: value})
        said = one_line(str(caught.value))
        assert f"setting {name}: found {value!r}, expected " in said
        assert said[-1] in '.)"]'


def test_only_what_was_changed_is_told_of_a_run():
    assert nn.describe_settings(vars(nn)) == "as shipped"
    changed = vars(nn) | {"n_h": 50, "seed": 3, "own_digits": ["a.png"]}
    assert nn.describe_settings(changed) == "n_h=50, seed=3"


# ------------------------------------------------------------------- CSV files
TINY = {  # two images of 2 by 2 pixels, of two classes, and as many for a test
    "train_X": "0,9,80,255\n255,0,0,7\n",
    "train_label": "1,0\n0,1\n",
    "test_X": "0,0,255,255\n128,0,0,0\n",
    "test_label": "0,1\n1,0\n",
}
X, LABEL, TEST_X, TEST_LABEL = TINY  # their names


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
    return one_line(str(caught.value)).replace(str(folder) + os.sep, "")


def test_rows_become_columns_and_pixels_go_from_0_to_1(tmp_path, printed):
    x, y, u, v = load(tmp_path)
    assert (255 * x).round().T.tolist() == [[0, 9, 80, 255], [255, 0, 0, 7]]
    assert (255 * u).round().T.tolist()[1] == [128, 0, 0, 0]
    assert (y.tolist(), v.tolist()) == ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    assert {array.dtype for array in (x, y, u, v)} == {np.dtype("f4")}
    assert printed() == ""


WRITTEN = {  # the same numbers in other ways: what is replaced, by what
    "Windows": (r"\n", "\r\n"),
    "blank rows": (r"\n", "\n\n  \n,,,\n"),
    "a comma at the end": (r"\n", ",\n"),
    "quotes": (r"(\d+)", r'"\1"'),
    "exponents": (r"\b0\b", "0e0"),
    "spaces": (",", " , "),
    "decimals": (r"(\d+)", r"\1.0"),
    "a byte-order mark": (r"\A", "\ufeff"),
    "no last line end": (r"\s+\Z", ""),
}


@pytest.mark.parametrize("old, new", WRITTEN.values(), ids=WRITTEN)
def test_files_written_in_other_ways_load_the_same(tmp_path, old, new):
    files = {name: re.sub(old, new, text) for name, text in TINY.items()}
    for one, other in zip(load(tmp_path), load(tmp_path, **files)):
        assert np.array_equal(one, other)


REFUSED = {  # the file, its text, and what is said; " ... " leaves some out
    "empty": (X, "", "train_X.csv: found no rows"),
    "blank": (X, "\n \r\n,,,\n", "train_X.csv: found no rows"),
    "a header": (
        X,
        "a,b,c,d\n1,2,3,4\n0,1,0,0\n",
        "row 1: ... 'a' ... header",
    ),
    "a short header": (X, "a\n1,2,3,4\n0,1,0,0\n", "row 1: ... header"),
    "blanks": (X, "0 9 0 0\n9 0 0 1\n", "row 1: ... '0 9 0 0' ... commas"),
    "semicolons": (X, "7;7;7;7\n7;7;7;7\n", "row 1: ... commas"),
    "in UTF-16": (X, "0,9,1,1\n".encode("utf-16"), "row 1: ... UTF-8"),
    "zipped": (X, gzip.compress(b"0,9,1,1\n", mtime=0), "row 1: ... Excel"),
    "a gap": (X, "0,1,0,9\n0,,0,1\n", "row 2: ... column 2 ... Mend"),
    "a word": (X, "0,1,1,9\n\n0,dog,1,1\n", "row 3: ... 'dog' ... column 2"),
    "an underscore": (X, "1,2,0,9\n1_0,0,0,1\n", "row 2: ... '1_0'"),
    "one bad row": (X, "0,9,a,1", "row 1: ... 'a' ... column 3"),
    "no number": (X, "0,0,0,9\n1,nan,1,9\n", "row 2: found 1,nan,1,9"),
    "endless": (X, "0,0,0,inf\n1,1,1,9\n", "row 1: found 0,0,0,inf"),
    "below 0": (X, "0,0,0,9\n0,-1,0,2\n", "row 2: found 0,-1,0,2"),
    "no ink": (X, "0,0,0,9\n0,0,0,0\n", "row 2: found 0,0,0,0 ... ink"),
    "a long row": (X, 3 * "0,1,1,1\n" + "0,1,1,1,1", "row 4: found 5 col"),
    "a short row": (X, "0,1,1\n" + 3 * "0,1,1,1\n", "row 1: found 3 col"),
    "a row too few": (X, "0,0,0,255\n", "train_X.csv has 1 rows, and ... 2"),
    "a column": (X, "3\n255\n", "train_X.csv has 1 columns, and test_X.csv"),
    "two classes": (LABEL, "1,0\n1,1\n", "row 2: found 1,1, expected a one"),
    "no class": (LABEL, "1,0\n0,0\n", "row 2: found 0,0, expected a one-hot"),
    "shares": (LABEL, "0.5,0.5\n0,1\n", "row 1: found 0.5,0.5, expected"),
    "words": (LABEL, "True,False\nFalse,True\n", "row 1: ... 'True'"),
    "a class": (LABEL, "1,0,0\n0,1,0\n", "has 3 columns, and test_label.csv"),
    "a test label": (TEST_LABEL, "1,0\n1,1\n", "test_label.csv, row 2: found"),
    "a test row": (TEST_X, "0,0,0,255\n", "test_X.csv has 1 rows"),
    "a lesser scale": (TEST_X, "0,0,1,1\n0,0,0,0.9\n", "test_X.csv: ... 255"),
    "a larger scale": (TEST_X, "0,0,1,500\n0,0,0,500\n", ": ... 500 ... 255"),
}


@pytest.mark.parametrize("name, text, said", REFUSED.values(), ids=REFUSED)
def test_a_spoilt_file_and_its_row_are_named(tmp_path, name, text, said):
    message = refusal(tmp_path, **{name: text})
    assert message.startswith(f"{name}.csv")
    assert re.search(".*".join(map(re.escape, said.split(" ... "))), message)


def test_a_long_row_is_told_in_short(tmp_path):
    x, y = np.zeros((2, 400)), "1,0\n0,1\n"
    x[0] = 7
    text = "\n".join(",".join(map(str, row)) for row in x)
    files = {"train_X": text, "test_X": text, "train_label": y}
    said = refusal(tmp_path, **files, test_label=y)
    assert "row 2: found" in said and "0" in said and len(said) < 200


def test_two_files_spoilt_alike_are_told(tmp_path):
    numbered = "1,0,0,0,9\n2,9,0,0,0\n"
    said = refusal(tmp_path, train_X=numbered, test_X=numbered)
    assert "train_X.csv: found 5 columns, expected a square number" in said
    said = refusal(tmp_path, train_label="1\n0\n", test_label="1\n1\n")
    assert "train_label.csv, row 1: found 1, expected a one-hot label" in said
    # pandas writes a header of numbers, 0, 1, 2, ..., unless told not to.
    header, images = "0,1,2,3\n", 2 * "9,0,0,0\n"
    labels = "0,1,2\n1,0,0\n0,1,0\n"
    files = {"train_X": header + images, "test_X": header + images}
    said = refusal(tmp_path, **files, train_label=labels, test_label=labels)
    assert "train_label.csv, row 1: found 0,1,2" in said and "header" in said


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(OSError, match=r"train_X\.csv"):
        nn.load_data(tmp_path)


SCALES = [(1, 1), (1, 1.0000001), (15, 15), (255, 255), (65535, 65535)]


@pytest.mark.parametrize("full, one", [*SCALES, (255, 2550)])  # a typo
def test_any_scale_of_pixels_becomes_0_to_1(tmp_path, full, one):
    x = f"0,0,0,{one}\n0,{full},{full / 2},0\n{full},0,0,0\n"
    y = "1,0\n0,1\n1,0\n"
    files = {"train_X": x, "test_X": x, "train_label": y, "test_label": y}
    x, *_ = load(tmp_path, **files)
    expected = [[0, 0, 0, 1], [0, 1, 0.5, 0], [1, 0, 0, 0]]
    assert x.T == approx(np.array(expected))


# ------------------------------------------------ what the files hold together
def test_the_data_files_hold_as_many_images_of_each_digit_none_twice(data):
    for each, (x, y) in (400, data[:2]), (100, data[2:]):
        assert x.shape == (784, 10 * each) and (x.min(), x.max()) == (0, 1)
        assert y.sum(axis=1).tolist() == [each] * 10
    images = [image.tobytes() for x in data[::2] for image in x.T]
    assert len({*images}) == len(images) == 5000


def warnings_about(data, printed):
    """Return what is said about the tables in four files, as lines."""
    files = [nn.Path(f"{name}.csv") for name in TINY]
    nn.warn_about_data(files, *(table.T for table in data))
    return printed().splitlines()


def test_a_class_without_training_images_is_told(data, printed):
    x, y, *test = data
    assert warnings_about(data, printed) == []
    rest = y[9] == 0
    (line,) = warnings_about([x[:, rest], y[:, rest], *test], printed)
    assert "train_label.csv" in line and "class 9" in line


def test_test_images_that_are_training_images_are_counted(data, printed):
    x, y, u, v = data
    u = np.hstack([u[:, :70], x[:, :30]])
    (line,) = warnings_about([x, y, u, v[:, :100]], printed)
    assert "test_X.csv" in line and "30 of 100" in line


def test_images_that_are_not_square_are_told(data, printed):
    x, y, u, v = data
    x, u = (
        images.reshape(28, 28, -1)[6:22, :25].reshape(400, -1)
        for images in (x, u)
    )
    (line,) = warnings_about([x, y, u, v], printed)
    assert "train_X.csv" in line and "25 pixels wide" in line
