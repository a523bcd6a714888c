"""The script as a student runs it, in a folder with small CSV files."""

import os
import runpy
import sys
from subprocess import PIPE, run

import numpy as np
import pytest
from conftest import edit
from PIL import Image


def write(folder, *changes, **settings):
    """Put the edited script into a folder; return its path."""
    path = folder / "neural_network.py"
    text = edit(*changes, **{"n_h": 9, "iterations": 3} | settings)
    path.write_text(text, "utf-8")
    return path


def run_here(folder, *changes, **settings):
    """Run the script in this process, which is quick; return its names."""
    path = write(folder, *changes, **settings)
    return runpy.run_path(str(path), run_name="__main__")


def run_alone(folder, *command, **variables):
    """Run Python in a folder; return its lines, errors and exit status."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env |= {"PYTHONUTF8": "1"} | variables
    options = {"stdout": PIPE, "stderr": PIPE, "encoding": "utf-8"}
    options |= {"cwd": folder, "env": env}
    end = run([sys.executable, *command], check=False, **options)
    return end.stdout.splitlines(), end.stderr, end.returncode


# ----------------------------------------------------------------- a whole run
def test_a_run_prints_costs_accuracies_and_what_own_digits_are(folder):
    picture = Image.new("L", (160, 60), 255)
    picture.paste(0, (41, 10, 45, 50))
    picture.save(folder / "$one ü.png")
    picture.paste(0, (101, 10, 105, 50))
    picture.save(folder.parent / "eleven.png")
    digits = ["$one ü.png", (folder.parent / "eleven.png").as_posix()]
    (folder / "data").mkdir()
    for file in folder.glob("*.csv"):
        file.rename(folder / "data" / file.name)
    settings = {"data_folder": "data", "own_digits": digits, "iterations": 12}
    path = write(folder, n_h=50, **settings)

    lines, error, status = run_alone(folder.parent, path)

    assert (error, status) == ("", 0)
    assert lines[0].startswith("Gradient check: all 4 gradients agree")
    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12]  # of the 12 iterations
    costs, lines = lines[1:12], lines[12:]
    for iteration, line in zip(tenths, costs):
        assert line.startswith(f"Cost after {iteration} iterations is : ")
    assert float(costs[-1].split()[-1]) < float(costs[0].split()[-1])
    for part, line in zip(("Train", "Test"), lines):
        assert line.startswith(f"Accuracy of {part} Dataset ")
        assert line.endswith(" %")
    for name, count, line in zip(digits, (1, 2), lines[2:]):
        start, answer = line.split(" is : ")
        assert start == f"Our model says {name}"
        assert answer.split()[0].isdigit() and len(answer.split()[0]) == count
    pictures = {line.split(": ")[1] for line in lines[4:]}
    assert pictures == {str(p) for p in folder.glob("figures/*.png")}
    assert (folder / "figures" / "own_digits.png").is_file()


def test_the_file_pasted_into_a_notebooks_first_cell_runs(folder):
    path = write(folder)
    cell = f"exec(open({path.name!r}, encoding='utf-8').read())"
    lines, error, status = run_alone(folder, "-c", cell)
    assert (error, status) == ("", 0)
    assert len([*folder.glob("figures/*.png")]) == 6
    assert lines[-1].startswith("Picture saved: figures")


@pytest.mark.parametrize("n_x, n_y, m", [(64, 26, 30), (1, 2, 5)])
def test_other_images_and_classes_work(folder, capsys, n_x, n_y, m):
    for part in ("train", "test"):
        labels = np.eye(n_y)[np.arange(m) % n_y]
        pixels = np.random.default_rng(0).integers(199, 256, (m, n_x))
        for name, table in ("X", pixels), ("label", labels):
            path = folder / f"{part}_{name}.csv"
            np.savetxt(path, table, fmt="%d", delimiter=",")
    names = run_here(folder, activation="relu")
    assert capsys.readouterr().out.count("Picture saved") == 6
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


def test_errors_in_the_students_code_are_shown_as_such(folder):
    slip = "z1 = parameters", "z1 = x.reshape(7, -1) * parameters"
    with pytest.raises(ValueError, match="reshape"):
        run_here(folder, slip)
