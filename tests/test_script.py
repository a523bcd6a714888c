"""The script as a student runs it, in a folder of its own with small CSV files."""

import gzip
import io
import os
import re
import runpy
import signal
import sys
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from unittest.mock import Mock

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import neural_network as nn

PROJECT = Path(nn.__file__).parent
FILES = ["train_X.csv", "train_label.csv", "test_X.csv", "test_label.csv"]
X, LABEL, TEST_X, TEST_LABEL = FILES
QUICK = {"n_h": 3, "iterations": 12, "batch_size": 8, "learning_rate": 0.05}
PICTURES = ["cost", "training_images", "test_images", "hidden_neurons"]
read = partial(np.loadtxt, delimiter=",", ndmin=2)
write = partial(np.savetxt, fmt="%.8g", delimiter=",")


def edit(folder, pattern, new):
    """Replace the one place in the script that a regular expression matches."""
    script = folder / "neural_network.py"
    text, count = re.subn(pattern, lambda _: new, script.read_text("utf-8"))
    assert count == 1
    script.write_text(text, "utf-8")


def change(folder, **settings):
    """Change settings at the top of the script, as a student does."""
    for name, value in settings.items():
        edit(folder, rf"(?m)^{name} = .*$", f"{name} = {value!r}")


@pytest.fixture
def folder(tmp_path):
    """A folder with the script, quick settings and the first rows of the four files."""
    folder = tmp_path / "mein Übungs ordner 数字"
    folder.mkdir()
    (folder / "neural_network.py").write_bytes(Path(nn.__file__).read_bytes())
    change(folder, **QUICK)
    for name, count in zip(FILES, (20, 20, 6, 6)):
        write(folder / name, read(PROJECT / name, max_rows=count))
    return folder


def launch(folder, stdout=PIPE, stderr=PIPE, **variables):
    """Start the script from elsewhere, in a process of its own, without a screen."""
    unset = ["DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONWARNINGS", "PYTHONPATH"]
    env = {k: v for k, v in os.environ.items() if k not in unset} | variables
    command = [sys.executable, folder / "neural_network.py"]
    # A suite in the background ignores Ctrl-C, and would hand that on to the script.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return Popen(command, stdout=stdout, stderr=stderr, env=env, cwd="/", text=True)


def run(folder, **options):
    """Run the script to its end; return the printed lines, the errors and the status."""
    process = launch(folder, **options)
    out, error = process.communicate()
    return out.splitlines(), error, process.returncode


def run_here(folder, **settings):
    """Run the script within this process, which is quicker, with changed settings."""
    change(folder, **settings)
    runpy.run_path(str(folder / "neural_network.py"), run_name="__main__")


def refusal(folder, **settings):
    """Run the script, which must end with a message; return this single line."""
    with pytest.raises(SystemExit) as end:
        run_here(folder, **settings)
    message = end.value.code  # Python prints it and ends with the exit status 1
    assert isinstance(message, str) and len(message.splitlines()) == 1
    return message


def shipped():
    return {name: getattr(nn, name) for name in nn.RULES}


# ------------------------------------------------------------------- a whole run
def test_a_run_prints_costs_accuracies_and_pictures(folder):
    x, y, u, v = nn.load_data(folder)
    settings = shipped() | QUICK
    del settings["data_folder"], settings["own_digits"]
    parameters, costs = nn.model(x, y, **settings)

    lines, error, status = run(folder)

    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12]  # of the 12 iterations
    expected = [f"Cost after {i} iterations is : {costs[i]:.4f}" for i in tenths]
    expected += [f"Accuracy of Train Dataset {nn.accuracy(x, y, parameters):.1f} %"]
    expected += [f"Accuracy of Test Dataset {nn.accuracy(u, v, parameters):.1f} %"]
    expected += [f"Picture saved: {folder}/figures/{name}.png" for name in PICTURES]
    assert (lines, error, status) == (expected, "", 0)


SCREEN = """
import sys, matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManager
class FigureCanvas(FigureCanvasAgg):
    def __init__(self, *args):
        super().__init__(*args)
        self.required_interactive_framework = "pretended"
def show():
    print("Windows:", *plt.get_figlabels(), file=sys.stderr)
    raise KeyboardInterrupt
"""


def test_with_a_screen_all_windows_open_and_ctrl_c_closes_them(folder):
    (folder / "screen.py").write_text(SCREEN)
    lines, _, status = run(folder, stderr=STDOUT, MPLBACKEND="module://screen")
    assert lines[-2:] == [f"Windows: {' '.join(PICTURES)} pad", "Stopped."]
    assert lines[-3].endswith("hidden_neurons.png")  # said at once, not at the end
    assert status == 1


def test_without_the_screen_asked_for_the_pictures_are_saved(folder):
    change(folder, iterations=1)
    lines, error, status = run(folder, MPLBACKEND="tkagg")
    assert [Path(line).stem for line in lines[-4:]] == PICTURES
    assert (error, status) == ("", 0)


def test_what_must_be_installed_is_told_if_it_is_missing(folder):
    (folder / "numpy.py").write_text("raise ModuleNotFoundError('No NumPy')")
    error = "No NumPy. Install what is missing: pip install -r requirements.txt\n"
    assert run(folder) == ([], error, 1)


# ---------------------------------------------- IDLE, notebooks, a second run, Ctrl-C
class Shell(io.StringIO):
    """What IDLE puts in the place of stdout: it says that it is a terminal."""

    def isatty(self):
        return True


def test_a_shell_that_is_no_terminal_gets_plain_lines(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Shell())
    run_here(folder)
    text = sys.stdout.getvalue()
    assert text.startswith("Cost after 0 iterations is : ")
    assert "\r" not in text and " \n" not in text and "left" not in text


def test_it_runs_without_any_stdout(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    run_here(folder)
    assert len([*(folder / "figures").iterdir()]) == 4


def test_it_runs_when_pasted_into_a_notebook(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    text = (folder / "neural_network.py").read_text("utf-8")
    exec(text, {"__name__": "__main__"})  # noqa: S102
    assert "Accuracy of Test Dataset" in capsys.readouterr().out
    assert Path("figures", "cost.png").exists()


def test_a_second_run_draws_anew_and_leaves_the_session_as_it_was(folder):
    filters = warnings.filters[:]
    for _ in range(2):
        run_here(folder)
        axes = [len(plt.figure(name).axes) for name in PICTURES]
        assert axes == [1, 20, 6, 3]
    assert warnings.filters == filters


def test_a_terminal_shows_progress_and_ctrl_c_keeps_what_was_learned(folder):
    change(folder, n_h=300, iterations=100_000)
    ours, theirs = os.openpty()
    process, shown = launch(folder, stdout=theirs), b""
    os.close(theirs)
    while b" s left" not in shown:
        shown += os.read(ours, 1000)
    process.send_signal(signal.SIGINT)
    with suppress(OSError):  # the terminal's other end is closed
        while chunk := os.read(ours, 1000):
            shown += chunk

    assert process.wait() == 0 and process.stderr.read() == ""
    assert re.search(rb"\nIteration 1 of 100000, \d+ s left +\r", shown)
    assert re.search(rb"\rStopped in iteration \d+ of 100000\. +\r\n", shown)
    assert b"Accuracy of Test Dataset" in shown and b"hidden_neurons.png" in shown


@pytest.mark.parametrize("columns, width", [(100, 60), (45, 44), (0, 60)])
def test_a_status_is_hidden_by_the_next_line(monkeypatch, columns, width):
    shown, times = [], iter([100, 110])
    monkeypatch.setattr(nn.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(nn.shutil, "get_terminal_size", lambda: Mock(columns=columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("builtins.print", lambda text, **how: shown.append((text, how)))

    report = nn.make_report(20)
    for iteration in (0, 11, 20):
        report(iteration, 1.5, {})

    first, status, last = shown
    assert first == ("Cost after 0 iterations is : 1.5000".ljust(width), {})
    left = "Iteration 11 of 20, 8 s left".ljust(width) + "\r"
    assert status == (left, {"end": "", "flush": True})
    assert last == ("Cost after 20 iterations is : 1.5000".ljust(width), {})


def test_ctrl_c_in_the_last_iteration_says_that_it_was_stopped(
    folder, capsys, monkeypatch
):
    for name, value in (shipped() | QUICK | {"iterations": 2}).items():
        monkeypatch.setattr(nn, name, value)
    monkeypatch.setattr(nn, "__file__", str(folder / "neural_network.py"))
    costs = Mock(side_effect=[3, 2, KeyboardInterrupt])  # the last one is never known
    monkeypatch.setattr(nn, "measure_cost", costs)

    nn.main()

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("Cost after 1 iterations")
    assert lines[2] == "Stopped in iteration 2 of 2.".ljust(60)  # hides a status


def test_ctrl_c_while_loading_leaves_no_traceback(folder):
    (folder / X).unlink()
    os.mkfifo(folder / X)
    process = launch(folder)
    with open(folder / X, "w"):  # waits until the script reads it
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "Stopped.\n")
    assert process.returncode == 1


# -------------------------------------------------------------------- own digits
def test_own_digits_are_read_and_drawn(folder):
    picture = Image.new("L", (60, 60), 255)
    picture.paste(0, (41, 10, 45, 50))
    name = "$one 一.png"  # with letters that terminals and fonts lack
    picture.save(folder / name)
    change(folder, own_digits=[name])

    lines, error, status = run(folder, PYTHONIOENCODING="ascii")

    answer = r"Our model says \$one \\u4e00.png is : \d \(\d+\.\d %\)"
    assert re.fullmatch(answer, lines[13])
    assert lines[-1].endswith("own_digits.png")
    assert (error, status) == ("", 0)


def test_a_misspelt_own_digit_is_told_before_the_training(folder, capsys):
    message = refusal(folder, own_digits=["no.png"])
    assert message.startswith(f"{folder / 'no.png'}: found No such file")
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------- wrong settings
SETTINGS = {  # right values, some at their limits, and wrong ones
    "n_h": ([1, 10**9], [0, -1, 1.5, True, 10**9 + 1]),
    "iterations": ([1, 10**9], [0, 1.5]),
    "batch_size": ([None, 1, 10**9], [0, -1, 1.5, "all"]),
    "learning_rate": ([1e-9, 1, 1e8], [0, -1, "a", True, 10**400, 1e9, np.nan]),
    "activation": (["tanh", "relu"], ["sigmoid", None, ["tanh"]]),
    "momentum": ([0, 0.99], [-0.1, 1, True, "a"]),
    "max_distortion": ([0, 0.99], [-0.1, 1, "a"]),
    "max_shift": ([0, 1, 27], [-1, 0.5]),
    "learning_rate_decay": ([False, True], [0.5, 1]),
    "seed": ([0, 10**9], [-1, 0.5]),
    "data_folder": (["mnist"], [None]),
    "own_digits": ([[], ["a.png", "b.png"]], ["seven.png", [7], None]),
}
RIGHT = [(name, value) for name, (right, _) in SETTINGS.items() for value in right]
WRONG = [(name, value) for name, (_, wrong) in SETTINGS.items() for value in wrong]


@pytest.mark.parametrize("name, value", RIGHT)
def test_a_right_setting_is_returned_with_the_others(name, value):
    settings = shipped() | {name: value}
    assert nn.check_settings(settings | {"something": "else"}) == settings


@pytest.mark.parametrize("name, value", WRONG)
def test_a_wrong_setting_is_answered_in_words(name, value):
    with pytest.raises(ValueError) as caught:
        nn.check_settings(shipped() | {name: value})
    found = f"neural_network.py, setting {name}: found {value!r}, expected "
    assert str(caught.value).startswith(found)


def test_the_message_says_what_was_found_and_expected_and_what_to_do(folder):
    assert refusal(folder, n_h=0) == (
        "neural_network.py, setting n_h: found 0, expected a whole number from 1 up. "
        "Change it at the top of the file."
    )


def test_a_setting_that_lost_its_name_is_missed(folder):
    edit(folder, "\nseed = ", "\nsed = ")
    assert "setting seed: found no such name" in refusal(folder)


def test_other_lost_names_are_bugs_and_are_shown_as_such(folder):
    edit(folder, "def draw_cost", "def draw_costs")
    with pytest.raises(NameError, match="draw_cost"):
        run_here(folder)


def test_a_network_larger_than_the_memory_is_answered_in_words(folder):
    assert refusal(folder, n_h=10**9).startswith("Out of memory (")


def test_divergence_is_answered_in_words(folder):
    assert "which is 200000.0 now" in refusal(folder, learning_rate=2e5)


@pytest.mark.parametrize("moves", [(1, 0, []), (0, 0.1, []), (0, 0, ["a.png"])])
def test_what_needs_square_images_is_refused_for_others(moves):
    with pytest.raises(ValueError, match="found images of 700 pixels, expected square"):
        nn.check_image_size(700, *moves)


@pytest.mark.parametrize("n_x, shift", [(784, 27), (700, 0)])
def test_other_images_are_fine_if_nothing_moves_and_square_ones_if_little(n_x, shift):
    nn.check_image_size(n_x, shift, 0, [])


def test_a_shift_as_wide_as_the_image_is_refused(folder):
    assert "max_shift: found 28, expected less than 28" in refusal(folder, max_shift=28)


# ------------------------------------------------------------------- wrong files
def text(change):
    """Return what changes a file's bytes."""
    return lambda path: path.write_bytes(change(path.read_bytes()))


def table(change):
    """Return what changes a file's table."""
    return lambda path: write(path, change(read(path)))


def start(new):
    """Return what changes the first cell of the second row."""
    return text(lambda old: old.replace(b"\n0,", b"\n" + new + b",", 1))


def label(*shares):
    """Return what changes the third label to these shares of the first classes."""
    row = np.pad(shares, (0, 10 - len(shares)))
    return table(lambda old: np.vstack([old[:2], row, old[3:]]))


NOT_ONE_HOT = "row 3: found no one-hot label, expected a single 1 among 0s"
SPOILT = {  # the file, what is done to it, and what the message says
    "missing": (X, Path.unlink, "found No such file or directory"),
    "a folder": (X, lambda p: (p.unlink(), p.mkdir()), "found Is a directory"),
    "empty": (X, text(lambda _: b""), "found no rows"),
    "blank": (X, text(lambda _: b"\n \n"), "found no rows, expected numbers"),
    "a header": (X, text(lambda old: b"a,b\n" + old), "row 1: found 2 columns"),
    "a comment": (X, text(lambda old: b"#" + old), "row 1: found '#0' in column 1"),
    "zipped": (X, text(gzip.compress), "row "),
    "semicolons": (X, text(lambda old: old.replace(b",", b";")), "row 1: found '0;0;"),
    "a gap": (X, start(b""), "row 2: found '' in column 1"),
    "a word": (X, start(b"dog"), "row 2: found 'dog' in column 1"),
    "not a number": (X, start(b"nan"), "row 2: found 'nan' in column 1"),
    "below 0": (X, start(b"-1"), "row 2: found '-1' in column 1"),
    "above 255": (X, start(b"255.1"), "row 2: found '255.1' in column 1"),
    "a short row": (X, text(lambda old: old[:-500] + b"7"), "row 20: found "),
    "a long row": (X, start(b"0,0"), "row 2: found 785 columns, expected 784 as in"),
    "fewer images": (X, table(lambda t: t[1:]), "found 19 images and 20 labels"),
    "other test images": (TEST_X, table(lambda t: t[:, 1:]), "found [783, 10] columns"),
    "other classes": (TEST_LABEL, table(lambda t: t[:, :9]), "found [784, 9] columns"),
    "two labels": (LABEL, label(1, 1), NOT_ONE_HOT),
    "no label": (LABEL, label(0), NOT_ONE_HOT),
    "shares": (LABEL, label(0.5, 0.5), NOT_ONE_HOT),
    "a share more": (LABEL, label(0.5, 1), NOT_ONE_HOT),
    "one class": (LABEL, table(lambda t: t[:, :1] ** 0), "row 1: found no one-hot"),
    "plain digits": (
        LABEL,
        table(lambda t: t @ np.arange(10)),
        "expected a number from",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_file_is_answered_in_words(folder, case):
    name, spoil, said = SPOILT[case]
    spoil(folder / name)
    message = refusal(folder)
    assert str(folder) in message and name in message and said in message


def test_the_message_on_a_cell_names_the_file_the_row_and_the_column(folder):
    start(b"dog")(folder / X)
    assert refusal(folder) == (
        f"{folder / X}, row 2: found 'dog' in column 1, expected a number from 0 to 255."
        " Mend it, or see README.md."
    )


WRITTEN = {  # the same numbers in other ways: what of the text is replaced, by what
    "Windows": (b"\n", b"\r\n"),
    "empty lines": (b"\n", b"\n\n  \n"),
    "exponents": (b",0,", b",0e0,"),
    "large exponents": (b",0,", b",0E0,"),
    "spaces": (b",", b" , "),
    "decimals": (rb"(\d+)", rb"\1.0"),
    "a byte-order mark": (rb"\A", b"\xef\xbb\xbf"),
    "no last line end": (rb"\s+\Z", b""),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_files_written_in_other_ways_load_the_same(folder, case):
    before = nn.load_data(folder)
    for name in FILES:
        text(partial(re.sub, *WRITTEN[case]))(folder / name)
    for one, other in zip(before, nn.load_data(folder)):
        assert (one == other).all() and one.dtype == other.dtype == np.float32


@pytest.mark.parametrize("largest, scale", [(1, 1), (1.5, 255), (2, 255), (255, 255)])
def test_pixels_above_1_are_divided_by_255(folder, largest, scale):
    table(lambda t: t / 255 * largest)(folder / X)
    x = nn.load_data(folder)[0]
    assert np.abs(x.T - read(folder / X) / scale).max() < 1e-6


OTHER_IMAGES = {"8 by 8": (64, 2, 9, 1), "many classes": (64, 26, 1, 1)}
OTHER_IMAGES["not square"] = (6, 2, 5, 0)


@pytest.mark.parametrize("case", OTHER_IMAGES)
def test_other_images_and_classes_work(folder, case):
    n_x, n_y, m, shift = OTHER_IMAGES[case]
    for part in ("train", "test"):
        pixels = np.random.default_rng(0).integers(9, 256, (m, n_x))
        write(folder / f"{part}_X.csv", pixels)
        write(folder / f"{part}_label.csv", np.eye(n_y)[np.arange(m) % 2])
    run_here(folder, max_shift=shift, max_distortion=shift * 0.3, iterations=2)
    assert len([*(folder / "figures").iterdir()]) == 4


def test_the_data_files_hold_as_many_images_of_each_digit_and_none_twice(data):
    for each, (x, y) in (400, data[:2]), (100, data[2:]):
        assert x.shape == (784, 10 * each) and (x.min(), x.max()) == (0, 1)
        assert y.sum(axis=1).tolist() == [each] * 10
    images = [image.tobytes() for x in data[::2] for image in x.T]
    assert len({*images}) == len(images) == 5000


def test_the_plain_network_learns_from_them(data):
    x, y, u, v = data
    parameters, _ = nn.model(x[:, :1000], y[:, :1000], 50, 0.5, 60)
    assert nn.accuracy(u, v, parameters) > 80
