"""The script as a student runs it, in a folder with small CSV files."""

import os
import re
import runpy
import subprocess
import sys
import traceback

import numpy as np
import pytest
from conftest import write
from PIL import Image


def run_here(folder, *changes, **settings):
    """Run the script in this process, which is quick; return its names."""
    path = write(folder, *changes, **settings)
    return runpy.run_path(str(path), run_name="__main__")


def run_alone(folder, *command, **variables):
    """Run Python in a folder; return what it says, errors and exit status."""
    # Where there is a screen, Matplotlib warns that "agg" can't show figures.
    quiet = {"PYTHONWARNINGS": "ignore:FigureCanvasAgg is non-interactive"}
    env = os.environ | {"PYTHONUTF8": "1"} | quiet | variables
    options = {"capture_output": True, "encoding": "utf-8", "env": env}
    command = [sys.executable, *command]
    end = subprocess.run(command, check=False, cwd=folder, **options)
    return end.stdout, end.stderr, end.returncode


# ----------------------------------------------------------------- a whole run
def test_a_run_prints_costs_accuracies_and_what_own_digits_are(folder):
    (folder / "data").mkdir()
    for file in folder.glob("*.csv"):
        file.rename(folder / "data" / file.name)
    settings = {"data_folder": "data", "own_digits": ["$11 ü.png"]}
    path = write(folder, iterations=12, **settings)

    said, error, status = run_alone(folder.parent, path)

    expected = (
        r"Gradient check: all 4 gradients agree.*\n"
        r"(Cost after \d+ iterations is : \d\.\d{4}\n){11}"
        r"(Accuracy of T(rain|est) Dataset [\d.]+ %\n){2}"
        r"Our model says \$11 ü\.png is : \d\d \(\d.*\n"
        r"(Picture saved: .*\n){7}"
    )
    assert (error, status) == ("", 0)
    assert re.fullmatch(expected, said), said
    assert (folder / "figures" / "own_digits.png").is_file()


def test_the_file_pasted_into_a_notebooks_first_cell_runs(folder):
    path = write(folder)
    cell = f"exec(open({path.name!r}, encoding='utf-8').read())"
    said, error, status = run_alone(folder, "-c", cell)
    assert (error, status) == ("", 0)
    assert len([*folder.glob("figures/*.png")]) == 6
    assert "Picture saved: figures" in said


@pytest.mark.parametrize("n_x, n_y, m", [(64, 26, 30), (1, 2, 5)])
def test_other_images_and_classes_work(folder, capsys, n_x, n_y, m):
    for part in ("train", "test"):
        labels = np.eye(n_y)[np.arange(m) % n_y]
        pixels = np.random.default_rng(0).integers(199, 256, (m, n_x))
        for name, table in ("X", pixels), ("label", labels):
            path = folder / f"{part}_{name}.csv"
            np.savetxt(path, table, fmt="%d", delimiter=",")
    names = run_here(folder, activation="relu", own_digits=["$11 ü.png"])
    assert capsys.readouterr().out.count("Picture saved") == 7
    assert names["parameters"]["w2"].shape == (n_y, 9)


FAKE = "raise SystemExit(__import__('os').environ['OPENBLAS_NUM_THREADS'])"


@pytest.mark.parametrize("asked", [{}, {"OPENBLAS_NUM_THREADS": "3"}])
def test_one_thread_works_unless_the_user_asks(folder, monkeypatch, asked):
    # NumPy reads it when it is imported; this one tells it, and ends.
    (folder / "numpy.py").write_text(FAKE)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    _, error, _ = run_alone(folder, write(folder), **asked)
    assert error.strip() == ("3" if asked else "1")


# -------------------------------------------------- mistakes, and what is said
STOP = "raise KeyboardInterrupt"
WRONG = {  # what a student edits, and what the script says when it ends
    "a setting": ([], {"momentum": 1}, "setting momentum: found 1, "),
    "no folder": ([], {"data_folder": "nowhere"}, "train_X.csv"),
    "a hidden ending": ([], {"own_digits": ["seven.png"]}, "seven.png.png"),
    "no picture": ([], {"own_digits": ["test_X.csv"]}, "test_X.csv: "),
    "Ctrl-C": ([("check_settings(globals())", STOP)], {}, "Stopped."),
}


@pytest.mark.parametrize("changes, settings, said", WRONG.values(), ids=WRONG)
def test_it_ends_with_one_line(folder, capsys, changes, settings, said):
    Image.new("L", (9, 9)).save(folder / "seven.png.png")
    with pytest.raises(SystemExit) as end:
        run_here(folder, *changes, **settings)
    message = end.value.code  # Python prints it; the exit status is 1
    assert said in message and len(message.splitlines()) == 1
    assert capsys.readouterr().out == ""


def test_a_slip_or_ctrl_c_in_the_training_costs_no_picture(folder, capsys):
    slip = "\n    dz2 = a2 - y", "\n    dz2 = y - a2"
    loop = "    for name in velocity"
    run_here(folder, slip, (loop, f"    {STOP}\n{loop}"))
    said = capsys.readouterr().out
    assert said.count("Gradient check: ") == 4
    assert "\nStopped in iteration 1 of 3.\nAccuracy of Train" in said
    assert said.count("Picture saved: ") == 6


def test_an_error_in_the_code_is_shown_with_the_tiny_networks_sizes(folder):
    slip = "a1 = activate(z1)", "a1 = activate(z1.reshape(784, -1))"
    with pytest.raises(ValueError, match="reshape") as caught:
        run_here(folder, slip)
    shown = "".join(traceback.format_exception(caught.value))
    assert "n_x 4, n_h 5, n_y 3, m 6" in shown
