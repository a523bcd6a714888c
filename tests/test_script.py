"""The script as a student runs it, in a folder with small CSV files."""

import io
import os
import re
import runpy
import sys
from subprocess import PIPE, run

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import PROJECT, one_line
from PIL import Image

import neural_network as nn

SCRIPT = (PROJECT / "neural_network.py").read_text("utf-8")
NO_WINDOW = "No window can open: there is no screen, or no window toolkit."


def change(folder, **settings):
    """Put the script into a folder, with other settings at its top."""
    text = SCRIPT
    for name, value in ({"n_h": 9, "iterations": 12} | settings).items():
        head, tail = re.split(rf"(?m)^{name} = .*$", text)  # at one place
        text = f"{head}{name} = {value!r}{tail}"
    (folder / "neural_network.py").write_text(text, "utf-8")


def run_alone(folder, **variables):
    """Run the script from elsewhere, in a process of its own, no screen.

    Return its lines, its errors and its exit status.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env |= {"PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"} | variables
    options = {"stdout": PIPE, "stderr": PIPE, "encoding": "utf-8"}
    command = [sys.executable, folder / "neural_network.py"]
    end = run(command, cwd=folder.parent, env=env, check=False, **options)
    return end.stdout.splitlines(), end.stderr, end.returncode


def run_here(folder, **settings):
    """Run the script in this process, which is quicker; return its names."""
    change(folder, **settings)
    return runpy.run_path(str(folder / "neural_network.py"), None, "__main__")


def last_words(folder, **settings):
    """Run the script, which must end with one line; return it."""
    with pytest.raises(SystemExit) as end:
        run_here(folder, **settings)
    return one_line(end.value.code)  # Python prints it; the exit status is 1


# ----------------------------------------------------------------- a whole run
def test_a_run_prints_costs_accuracies_and_what_own_digits_are(folder):
    picture = Image.new("L", (60, 60), 255)
    picture.paste(0, (41, 10, 45, 50))
    name = "$one ü.png"  # with a letter that not all terminals have
    picture.save(folder / name)
    picture.save(folder.parent / "one.png")
    elsewhere = folder.parent / "data"
    elsewhere.mkdir()
    for file in folder.glob("*.csv"):
        file.rename(elsewhere / file.name)
    digits = [name, (folder.parent / "one.png").as_posix()]
    change(folder, own_digits=digits, data_folder="../data", n_h=50)

    lines, error, status = run_alone(folder, PYTHONIOENCODING="ascii")

    assert (error, status) == ("", 0)
    assert lines[0].startswith("Gradient check: all 4 gradients agree")
    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12]  # of the 12 iterations
    for line, i in zip(lines[1:], tenths):
        cost = rf"Cost after {i} iterations is : \d\.\d{{4}}"
        assert re.fullmatch(cost, line)
    assert re.fullmatch(r"Accuracy of Train Dataset [\d.]+ %", lines[12])
    assert re.fullmatch(r"Accuracy of Test Dataset [\d.]+ %", lines[13])
    answers = [line for line in lines if line.startswith("Our model says")]
    says = r"Our model says {} is : (\d \(\d+%\), \d \(\d+%\))"
    first = re.fullmatch(says.format(r"\$one \\xfc.png"), answers[0])
    second = re.fullmatch(says.format(".*one.png"), answers[1])
    assert len(answers) == 2 and first[1] == second[1]
    assert "\n".join(lines).count("Picture saved") == 7
    assert lines[-1] == NO_WINDOW
    files = {path.name for path in (folder / "figures").iterdir()}
    assert len(files) == 8 and {"own_digits.png", "network.npz"} < files
    assert any("n_h=50, iterations=12, data_folder" in name for name in files)


def test_the_same_seed_gives_the_same_and_main_the_parameters(folder, printed):
    first, said = run_here(folder)["parameters"], printed()
    again = run_here(folder)["parameters"]
    assert printed() == said
    assert first["w1"].shape == (9, 784)
    assert np.array_equal(first["w1"], again["w1"])


@pytest.mark.parametrize("n_x, n_y, m", [(64, 26, 30), (1, 2, 5)])
def test_other_images_and_classes_work(folder, patch, printed, n_x, n_y, m):
    for part in ("train", "test"):
        labels = np.eye(n_y)[np.arange(m) % n_y]
        pixels = np.random.default_rng(0).integers(199, 256, (m, n_x))
        for name, table in ("X", pixels), ("label", labels):
            path = folder / f"{part}_{name}.csv"
            np.savetxt(path, table, fmt="%d", delimiter=",")
    patch(nn, "activation", "relu")
    nn.main()
    assert printed().count("Picture saved") == 6


def test_in_idle_it_runs_with_a_stdout_of_another_kind(folder, patch):
    patch(sys, "stdout", io.StringIO())
    run_here(folder, iterations=1)
    assert sys.stdout.getvalue().endswith(f"{NO_WINDOW}\n")


def test_each_line_is_shown_at_once_whatever_its_letters(folder, patch):
    patch(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    last_words(folder, momentum=1)
    assert sys.stdout.line_buffering
    print("Übung", end="")


def test_in_a_notebook_each_picture_is_shown(folder, patch, printed):
    shown = []
    patch(plt, "get_backend", lambda: "inline")
    patch(plt, "show", lambda: shown.extend(plt.get_figlabels()[-1:]))
    nn.main()
    assert {*shown} == {"window", "cost", "training_images", "test_images",
                        "hidden_neurons", "stamp"}  # fmt: skip
    said = printed()
    assert NO_WINDOW not in said and "%matplotlib widget" in said


END = "raise SystemExit(__import__('os').environ['OPENBLAS_NUM_THREADS'])"


@pytest.mark.parametrize("asked, threads", [({}, 1), ({"": "3"}, 3)])
def test_one_thread_works_unless_the_user_asks(
    folder, monkeypatch, asked, threads
):
    # NumPy reads this when it is imported; this one ends the program then.
    (folder / "numpy.py").write_text(END)
    change(folder)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    variables = {f"OPENBLAS_NUM_THREADS{k}": v for k, v in asked.items()}
    assert run_alone(folder, **variables) == ([], f"{threads}\n", 1)


# -------------------------------------------------- mistakes, and what is said
def test_a_wrong_file_or_setting_ends_it_in_one_line(folder, printed):
    Image.new("L", (9, 9)).save(folder / "seven.png.png")
    said = last_words(folder, own_digits=["seven.png"])
    assert f"{folder / 'seven.png'}: " in said and "seven.png.png" in said
    assert "setting momentum: found 1, " in last_words(folder, momentum=1)
    assert "train_X.csv" in last_words(folder, data_folder="nowhere")
    (folder / "test_label.csv").write_text("3\n")
    assert f"{folder / 'test_label.csv'} has 1" in last_words(folder)
    assert printed() == ""


def test_ctrl_c_before_the_training_ends_it_in_a_word(folder, patch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    patch(np, "loadtxt", interrupt)
    assert last_words(folder) == "Stopped."


def test_ctrl_c_in_the_training_keeps_what_was_learned_and_saves_it(
    folder, patch, printed
):
    steps, step = [], nn.train_step

    def stop(*args):
        steps.append(step(*args))
        if len(steps) == 2:
            raise KeyboardInterrupt

    patch(nn, "train_step", stop)
    parameters = nn.main()
    out = printed()
    assert "Stopped in iteration 2 of 3.\nAccuracy of Train Dataset" in out
    assert (nn.load_network(folder)["w1"] == parameters["w1"]).all()
    assert out.count("Picture saved") == 6


def test_after_a_wrong_gradient_no_other_advice_is_given(
    folder, patch, printed
):
    back = nn.backward_prop

    def wrong(*args):
        return {name: 0 * slope for name, slope in back(*args).items()}

    patch(nn, "backward_prop", wrong)
    nn.main()
    out = printed()
    assert out.count("Gradient check: ") == 4
    assert "learning_rate" not in out and "what the check has found" in out


def test_errors_in_the_students_code_are_shown_as_such(folder, patch):
    patch(nn, "cost_function", {}.__getitem__)
    with pytest.raises(TypeError, match="__getitem__"):
        nn.main()


def test_a_network_without_a_hidden_layer_trains_and_keeps_its_pictures(
    folder, patch, printed
):
    def initialize(n_x, n_h, n_y, activation, rng=0):
        w1, b1 = np.zeros((n_y, n_x), "f4"), np.zeros((n_y, 1), "f4")
        return {"w1": w1, "b1": b1, "activation": activation}

    def forward(x, parameters):
        a2 = nn.softmax(parameters["w1"] @ x + parameters["b1"])
        return {"a2": a2}

    def back(x, y, parameters, forward_cache):
        dz1 = (forward_cache["a2"] - y) / x.shape[1]
        return {"dw1": dz1 @ x.T, "db1": dz1.sum(axis=1, keepdims=True)}

    patch(nn, "LEARNED", ("w1", "b1"))
    patch(nn, "initialize_parameters", initialize)
    patch(nn, "forward_propagation", forward)
    patch(nn, "backward_prop", back)
    nn.main()
    out = printed()
    assert out.startswith("Gradient check: all 2 gradients agree")
    for name in ("cost", "training_images", "test_images"):
        assert (folder / "figures" / f"{name}.png").is_file()
    assert "hidden_neurons.png: not done" in out
