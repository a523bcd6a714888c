"""Settings and CSV files: what is accepted, and what is said about others."""

import random
import re
import warnings

import numpy as np
import pytest
from pytest import approx

import neural_network as nn

VALUES = {  # right values, some at their limits, and wrong ones
    "n_h": ([1, 5000], [0, 1.5, True, "9", [100, 50]]),
    "iterations": ([1], [0]),
    "batch_size": ([None, 1, 10**6], [0, 1.5, "all"]),
    "learning_rate": ([1e-9, 20], [0, "0,02", True, np.nan]),
    "activation": (["tanh", "relu"], ["sigmoid", nn.relu, ["tanh"]]),
    "momentum": ([0, 0.99], [-0.1, 1, True]),
    "max_shift": ([0, 27], [-1, 0.5]),
    "max_distortion": ([0, 0.99], [-0.1, 1]),
    "learning_rate_decay": ([False], [0.5, 1]),
    "seed": ([0, 10**9], [-1, 0.5]),
    "data_folder": (["~/a b/ü"], [None]),
    "own_digits": ([[], ["a.png"]], ["a.png"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_setting_is_named_and_a_right_one_accepted(name):
    right, wrong = VALUES[name]
    for value in right:
        nn.check_settings(vars(nn) | {name: value})
    for value in wrong:
        said = rf"\A.* {name}: found {re.escape(repr(value))}, expected .*\Z"
        with pytest.raises(nn.InputError, match=said):
            nn.check_settings(vars(nn) | {name: value})


TINY = {  # two images of 2 by 2 pixels, of two classes, and as many for a test
    "train_X": "0,9,80,255\n255,0,0,7\n",
    "train_label": "1,0\n0,1\n",
    "test_X": "0,0,255,255\n255,51,0,0\n",
    "test_label": "0,1\n1,0\n",
}


def load(folder, **changes):
    """Write the tiny files, some of them changed, and load them."""
    for name, text in (TINY | changes).items():
        (folder / f"{name}.csv").write_bytes(text.encode())
    return nn.load_data(folder)


def test_rows_become_columns_and_pixels_go_from_0_to_1(tmp_path):
    x, y, u, v = load(tmp_path)
    assert (255 * x).round().T.tolist() == [[0, 9, 80, 255], [255, 0, 0, 7]]
    assert u.T == approx(np.array([[0, 0, 1, 1], [1, 0.2, 0, 0]]))
    assert (y.tolist(), v.tolist()) == ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    assert {table.dtype for table in (x, y, u, v)} == {np.dtype("f4")}


WRITTEN = {  # the same numbers in other ways: what is replaced, by what
    "by Windows": (r"\n", "\r\n"),
    "with blank rows": (r"\n", "\n\n \t\n,,,\n"),
    "with a comma at the end": (r"\n", ",\n"),
    "in quotes": (r"(\d+)", r'"\1"'),
    "with a byte-order mark": (r"\A", "\ufeff"),
}


@pytest.mark.parametrize("old, new", WRITTEN.values(), ids=WRITTEN)
def test_files_written_in_other_ways_load_the_same(tmp_path, old, new):
    files = {name: re.sub(old, new, text) for name, text in TINY.items()}
    for one, other in zip(load(tmp_path), load(tmp_path, **files)):
        assert np.array_equal(one, other)


REFUSED = {  # the file, its text, and what is said of it
    "nothing": ("train_X", " \n,,\n", "found no rows"),
    "a header": ("train_X", "a,b,c,d\n1,2,3,4\n0,1,0,0\n", "row 1: .* header"),
    "a gap": ("train_X", "0,1,0,9\n\n0,,0,1\n", "row 3: [^0]* column 2"),
    "no number": ("train_X", "0,0,0,9\n1,nan,1,9\n", "row 2: .*number"),
    "no ink": ("train_X", "0,0,0,0\n0,0,0,0\n", "no ink"),
    "a long row": ("train_X", "0,1,1,1\n0,1,1,1,1\n", "row 2: .*5 .*4"),
    "a row too few": ("train_X", "0,0,0,255\n", "1 rows.*_label.csv has 2"),
    "a test row": ("test_X", "9,0,0,0\n", "1 rows.*_label.csv has 2"),
    "a class too many": ("train_label", "1,0,0\n0,1,0\n", "3 .*_label.csv"),
    "wide images": ("train_X", 2 * "9,9,9,9,9,9,9,9,9\n", "9 .*_X.csv has 4"),
    "the label in it": ("train_X", "1,0,0,0,9\n2,9,0,0,0\n", "5 col.* square"),
    "two classes": ("train_label", "1,0\n1,1\n", "row 2: .* one-hot"),
    "plain digits": ("test_label", "7\n0\n", "row 1: .* one-hot"),
}


@pytest.mark.parametrize("name, text, said", REFUSED.values(), ids=REFUSED)
def test_a_spoilt_file_and_its_row_are_named(tmp_path, name, text, said):
    path = re.escape(f"{tmp_path / name}.csv")
    with pytest.raises(nn.InputError, match=rf"\A{path}.* {said}.*\Z"):
        load(tmp_path, **{name: text})


INJURIES = [*' \t\n\r,;.-+"#09xe_', "", "\0", "\x1f", "\u2028", "ü", "１"]


@pytest.mark.parametrize("name", TINY)
def test_each_injured_file_is_used_or_told_in_one_line(tmp_path, name):
    dice, used = random.Random(0), 0
    warnings.simplefilter("error")
    for _ in range(100):
        text = TINY[name]
        place = dice.randrange(len(text) + 1)
        rest = text[place + dice.randrange(4) :]
        text = text[:place] + dice.choice(INJURIES) + rest
        try:
            tables = load(tmp_path, **{name: text})
        except nn.InputError as error:
            said = str(error)
            assert f"{name}.csv" in said and len(said.splitlines()) == 1, text
        else:
            used += 1
            assert all(np.abs(t).max() == 1 for t in tables), text
    assert 0 < used < 90  # or the injuries are too large, or too small


def test_most_images_tell_what_full_ink_is(tmp_path):
    expected = [[0, 0, 0, 1], [0, 1, 0.5, 0], [1, 0, 0, 0]]
    for full, one in (1, 1), (65535, 65535), (255, 2550):  # at last, a typo
        x = f"0,0,0,{one}\n0,{full},{full / 2},0\n{full},0,0,0\n"
        x, *_ = load(tmp_path, train_X=x, train_label="1,0\n0,1\n1,0\n")
        assert x.T == approx(np.array(expected))
