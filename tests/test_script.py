"""The script as a student runs it, in a folder with small CSV files."""

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
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, Popen
from unittest.mock import Mock

import matplotlib
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
NO_WINDOW = "No window could open: there is no screen, or no window toolkit."
read = partial(np.loadtxt, delimiter=",", ndmin=2)
write = partial(np.savetxt, fmt="%.8g", delimiter=",")


def edit(folder, pattern, new):
    """Replace the one place in the script that matches a pattern."""
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
    """A folder with the script, quick settings and rows of the four files."""
    folder = tmp_path / "mein Übungs ordner 数字"
    folder.mkdir()
    script = Path(nn.__file__).read_bytes()
    (folder / "neural_network.py").write_bytes(script)
    change(folder, **QUICK)
    for name, count in zip(FILES, (10, 10, 4, 4)):
        write(folder / name, read(PROJECT / name, max_rows=count))
    return folder


def launch(folder, stdout=PIPE, stderr=PIPE, **variables):
    """Start the script from elsewhere, in a process of its own, no screen."""
    unset = ["PYTHONWARNINGS", "PYTHONPATH"]
    env = {k: v for k, v in os.environ.items() if k not in unset}
    env |= {"PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"} | variables
    command = [sys.executable, folder / "neural_network.py"]
    # A suite in the background ignores Ctrl-C, and would hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return Popen(
        command,
        stdout=stdout,
        stderr=stderr,
        env=env,
        cwd=folder.parent,
        encoding="utf-8",
    )


def run(folder, **options):
    """Run the script; return its lines, its errors and its exit status."""
    process = launch(folder, **options)
    out, error = process.communicate()
    return out.splitlines(), error, process.returncode


def run_here(folder, **settings):
    """Run the script in this process, which is quicker."""
    change(folder, **settings)
    runpy.run_path(str(folder / "neural_network.py"), run_name="__main__")


def refusal(folder, **settings):
    """Run the script, which must end with one line; return it."""
    with pytest.raises(SystemExit) as end:
        run_here(folder, **settings)
    message = end.value.code  # Python prints it and ends with the status 1
    assert isinstance(message, str) and len(message.splitlines()) == 1
    return message


def shipped():
    return {name: getattr(nn, name) for name in nn.RULES}


# ----------------------------------------------------------------- a whole run
def test_a_run_prints_costs_accuracies_and_pictures(folder, capsys):
    x, y, u, v = nn.load_data(folder)
    settings = shipped() | QUICK
    del settings["data_folder"], settings["own_digits"]
    parameters, costs = nn.model(x, y, **settings)

    lines, error, status = run(folder)

    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12]  # of the 12 iterations
    expected = [
        f"Cost after {i} iterations is : {costs[i]:.4f}" for i in tenths
    ]
    train, test = nn.accuracy(x, y, parameters), nn.accuracy(u, v, parameters)
    expected += [f"Accuracy of Train Dataset {train:.1f} %"]
    expected += [f"Accuracy of Test Dataset {test:.1f} %"]
    nn.compare(train, test)  # so small a network learns little
    expected += capsys.readouterr().out.splitlines()
    figures = folder / "figures"
    expected += [f"Picture saved: {figures / name}.png" for name in PICTURES]
    expected += [NO_WINDOW]
    assert (lines, error, status) == (expected, "", 0)


def test_every_setting_arrives_at_model(folder, monkeypatch):
    values = {"n_h": 4, "learning_rate": 0.3, "iterations": 2}
    values |= {"activation": "relu", "batch_size": 7, "momentum": 0.1}
    values |= {"max_shift": 2, "max_distortion": 0.2, "seed": 9}
    values |= {"learning_rate_decay": False}
    for name, value in values.items():
        monkeypatch.setattr(nn, name, value)
    monkeypatch.setattr(nn, "__file__", str(folder / "neural_network.py"))
    expected = nn.model(*nn.load_data(folder)[:2], **values)
    end = Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setattr(nn, "comment_on", end)
    with pytest.raises(KeyboardInterrupt):
        nn.main()
    assert end.call_args.args == (expected[1], 2)


# ------------------------------------------------------------- wrong equations
def test_a_wrong_gradient_is_told_and_the_training_goes_on(folder, capsys):
    edit(folder, r"db2 = 1 / m \* dz2", "db2 = dz2")
    run_here(folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Gradient check: db2[")
    assert lines[1].startswith("Cost after 0 ")
    assert lines[-1] == NO_WINDOW


def test_the_activation_that_is_set_is_checked(folder, capsys):
    edit(folder, r"\(a > 0\)", "(a >= 0)")
    edit(folder, r"1 - a\*\*2", "None")
    run_here(folder, activation="relu")
    assert "Gradient check: dw1" in capsys.readouterr().out


def test_an_error_in_an_equation_shows_its_line(folder):
    edit(folder, r"dw1 = \(1 / m \* dz1\) @ x.T", "dw1 = (1 / m * dz1) @ x")
    _, error, status = run(folder)
    assert error.startswith("Traceback") and status == 1
    assert "dw1 = (1 / m * dz1) @ x  # (n_h, n_x)\n" in error
    assert "ValueError: " in error.splitlines()[-1]


@pytest.mark.parametrize("kind", [OSError, OverflowError, KeyError])
def test_other_errors_in_the_students_code_are_shown_as_such(folder, kind):
    edit(folder, r"    m = x.shape\[1\]\n", f"    raise {kind.__name__}\n")
    with pytest.raises(kind):
        run_here(folder)


def test_a_network_that_learned_nothing_says_so(folder, capsys):
    run_here(folder, learning_rate=1e-9)
    lines = capsys.readouterr().out.splitlines()
    (said,) = [line for line in lines if "learned nothing" in line]
    cost = lines[0].split()[-1]
    assert f"its cost was {cost} at first and is {cost} now" in said
    assert "Try a lower learning_rate, or a higher one if " in said
    assert "figures/training_images.png" in said
    assert (folder / "figures" / "cost.png").exists()


COMMENTS = {  # the costs of up to 2 iterations, and what is said
    "it learned": ([2, 2, 1.89], ""),
    "it didn't": ([2, 1, 1.91], "The network learned nothing: "),
    "stopped": ([2, 2], "Stopped in iteration 2 of 2.\n"),
    "stopped at once": ([2], "Stopped in iteration 1 of 2.\n"),
}


@pytest.mark.parametrize("costs, said", COMMENTS.values(), ids=COMMENTS)
def test_an_unusual_training_is_commented_on(capsys, costs, said):
    nn.comment_on(costs, 2)
    out = capsys.readouterr().out
    assert out.startswith(said) and (out == "") == (said == "")


@pytest.mark.parametrize("test, is_said", [(49, True), (51, False)])
def test_much_worse_test_images_are_pointed_out(capsys, test, is_said):
    nn.compare(100, test)
    assert ("the test files don't fit" in capsys.readouterr().out) == is_said


# --------------------------------------------------------------------- imports
HIDING = {  # a file of the student's own, and what is in it
    "a program": ("random.py", "print('my first program')"),
    "one that uses what it hides": ("copy.py", "import copy; copy.copy(1)"),
    "one that fails": ("secrets.py", "1 / 0"),
    "one that Python can't read": ("random.py", "def ("),
    "one that ends the program": ("random.py", "raise SystemExit"),
}


@pytest.mark.parametrize("name, text", HIDING.values(), ids=HIDING)
def test_a_file_that_hides_a_module_is_named(folder, name, text):
    (folder / name).write_text(text)
    _, error, status = run(folder)
    hides = "hides a module of the same name: rename this file."
    assert (error, status) == (f"{folder / name} {hides}\n", 1)


ADVICE = "Install or update the packages: pip install --upgrade -r "
ADVICE += "requirements.txt"
FAILING = {  # what an installed package does, and what is said
    "missing": ("raise ImportError('No NumPy.')", f"No NumPy. {ADVICE}"),
    "not fitting": (
        "import sys; sys.stderr.write('A page'); raise ImportError('no')",
        f"no. {ADVICE}",
    ),
    "an error behind it": (
        "try: 1 / 0\nexcept Exception as e: raise ImportError('PAGE') from e",
        f"division by zero. {ADVICE}",
    ),
    "no place for a cache": (
        "raise OSError('Set MPLCONFIGDIR')",
        "Set MPLCONFIGDIR",
    ),
    "Ctrl-C": ("raise KeyboardInterrupt", "Stopped."),
}


@pytest.mark.parametrize("text, said", FAILING.values(), ids=FAILING)
def test_a_failed_import_is_answered_in_one_line(folder, tmp_path, text, said):
    installed = tmp_path / "packages"
    installed.mkdir()
    (installed / "numpy.py").write_text(text)
    lines, error, status = run(folder, PYTHONPATH=str(installed))
    assert (lines, error, status) == ([], f"{said}\n", 1)


# --------------------------------------------------------------------- windows
SCREEN = """
import os, sys, matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManager
class FigureCanvas(FigureCanvasAgg):
    def __init__(self, *args):
        super().__init__(*args)
        self.required_interactive_framework = "pretended"
def show():
    print("Windows:", *sorted(plt.get_figlabels()), plt.isinteractive())
    print(os.environ["MPLBACKEND"])
    raise KeyboardInterrupt
"""


def test_with_a_screen_all_windows_open_and_wait_to_be_closed(folder):
    (folder / "screen.py").write_text(SCREEN)
    (folder / "matplotlibrc").write_text("interactive: True")
    lines, error, status = run(
        folder, MPLBACKEND="module://screen", MPLCONFIGDIR=str(folder)
    )
    names = " ".join(sorted([*PICTURES, "pad"]))
    assert lines[-4].endswith("hidden_neurons.png")
    assert lines[-3] == "Close all windows to end."
    assert lines[-2] == f"Windows: {names} False"  # not interactive
    assert lines[-1] == "module://screen"  # the variable is as it was
    assert (error, status) == ("Stopped.\n", 1)


NO_SCREEN = {  # a backend, the file in which it is defined, and what is said
    "unknown": (
        "TkAgg,Agg",
        "",
        "MPLBACKEND is TkAgg,Agg, which isn't there.",
    ),
    "a notebook's": ("module://matplotlib_inline.backend_inline", "", ""),
    "not installed": ("module://nowhere", "", "No module named 'nowhere'"),
    "no canvas": ("module://mine", "import sys", ""),
    "no window": (
        "module://mine",
        SCREEN.replace(
            "super().__init__(*args)", "raise RuntimeError('no Tcl')"
        ),
        "no Tcl",
    ),
    "no show": (
        "module://mine",
        SCREEN.replace("raise Key", "raise OSError('not\\nhere') from Key"),
        "not",
    ),
}


@pytest.mark.parametrize("name, text, said", NO_SCREEN.values(), ids=NO_SCREEN)
def test_if_no_window_can_open_the_reason_is_told(folder, name, text, said):
    if "inline" in name and find_spec("matplotlib_inline"):
        pytest.skip("this backend is installed")
    change(folder, iterations=1)
    if text:
        (folder / "mine.py").write_text(text)
    lines, error, status = run(folder, MPLBACKEND=name)
    assert (error, status) == ("", 0)
    assert lines[-1].startswith(f"No window could open: {said}")
    assert len([*(folder / "figures").iterdir()]) == 4


def test_pictures_are_saved_before_a_window_can_crash_the_program(folder):
    crash = "os._exit(3)"
    text = SCREEN.replace("super().__init__(*args)", crash)
    (folder / "screen.py").write_text(text)
    _, _, status = run(folder, MPLBACKEND="module://screen")
    assert status == 3
    assert len([*(folder / "figures").iterdir()]) == 4


def test_the_students_own_style_does_not_reach_the_pictures(folder):
    change(folder, iterations=1)
    own = {"image.origin": "lower", "text.usetex": True, "font.size": 99}
    with plt.rc_context(own):
        run_here(folder)
        assert all(plt.rcParams[name] == own[name] for name in own)
    drawn = plt.figure("test_images").axes[0]
    assert drawn.images[0].origin == "upper"
    assert not drawn.title.get_usetex() and drawn.title.get_size() < 20


def test_a_picture_that_can_not_be_saved_costs_only_itself(folder, capsys):
    (folder / "figures" / "cost.png").mkdir(parents=True)
    run_here(folder)
    lines = capsys.readouterr().out.splitlines()
    path = re.escape(str(folder / "figures" / "cost.png"))
    assert re.match(f"{path}: .+. This picture isn't saved.", lines[-5])
    saved = [folder / "figures" / f"{name}.png" for name in PICTURES[1:]]
    assert lines[-4:-1] == [f"Picture saved: {path}" for path in saved]


# -------------------------------- IDLE, notebooks, a second run, pipes, Ctrl-C
class Shell(io.StringIO):
    """What IDLE puts in the place of stdout: it says it is a terminal."""

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
    plt.figure("the student's own")
    filters, settings = warnings.filters[:], matplotlib.rcParams.copy()
    for _ in range(2):
        run_here(folder)
        axes = [len(plt.figure(name).axes) for name in PICTURES]
        assert axes == [1, 10, 4, 3]
    assert warnings.filters == filters
    assert matplotlib.rcParams == settings
    assert "the student's own" in plt.get_figlabels()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pretended terminal")
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
    assert re.search(rb"\n1 of 100000, \d+ s left +\r", shown)
    assert re.search(rb"\rStopped in iteration \d+ of 100000\.\r\n", shown)
    assert b"Accuracy of Test Dataset" in shown
    assert b"hidden_neurons.png" in shown


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no such pipes")
def test_a_closed_pipe_ends_the_program_in_one_line(folder):
    change(folder, iterations=3000)
    process = launch(folder)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == "Stopped.\n"
    assert process.wait() == 1


def test_a_status_is_hidden_by_the_next_line(monkeypatch):
    shown, times = [], iter([100, 110])
    monkeypatch.setattr(nn.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(
        "builtins.print", lambda text, **how: shown.append((text, how))
    )

    report = nn.make_report(20)
    for iteration in (0, 11, 20):
        report(iteration, 1.5, {})

    first, status, last = shown
    assert first == ("Cost after 0 iterations is : 1.5000", {})
    left = "11 of 20, 8 s left" + 10 * " " + "\r"
    assert status == (left, {"end": "", "flush": True})
    assert last == ("Cost after 20 iterations is : 1.5000", {})
    assert len(status[0].strip()) < len("Stopped in iteration 11 of 20.")


def test_ctrl_c_in_the_last_iteration_says_that_it_was_stopped(
    folder, capsys, monkeypatch
):
    for name, value in (shipped() | QUICK | {"iterations": 2}).items():
        monkeypatch.setattr(nn, name, value)
    monkeypatch.setattr(nn, "__file__", str(folder / "neural_network.py"))
    costs = Mock(side_effect=[3, 2, KeyboardInterrupt])  # the last is unknown
    monkeypatch.setattr(nn, "measure_cost", costs)
    monkeypatch.setattr(nn, "compare", Mock(side_effect=KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):  # enough is seen
        nn.main()

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("Cost after 1 iterations")
    assert lines[2] == "Stopped in iteration 2 of 2."


def test_ctrl_c_outside_of_the_training_leaves_no_traceback(folder):
    edit(
        folder, r"(?m)^    check_settings\(.*$", "    raise KeyboardInterrupt"
    )
    assert refusal(folder) == "Stopped."


# ------------------------------------------------------------------ own digits
def test_own_digits_are_read_and_drawn(folder):
    picture = Image.new("L", (60, 60), 255)
    picture.paste(0, (41, 10, 45, 50))
    name = "$one 一.png"  # with letters that terminals and fonts lack
    picture.save(folder / name)
    change(folder, own_digits=[name, name])

    lines, error, status = run(folder, PYTHONIOENCODING="ascii")

    answer = r"Our model says \$one \\u4e00.png is : \d \(\d+%\), \d \(\d+%\)"
    answers = [line for line in lines if line.startswith("Our model")]
    assert len(answers) == 2 and answers[0] == answers[1]
    assert re.fullmatch(answer, answers[0])
    assert lines[-2].endswith("own_digits.png")
    assert (error, status) == ("", 0)


def test_an_own_digit_that_goes_away_costs_no_other_picture(
    folder, monkeypatch
):
    Image.linear_gradient("L").save(folder / "a.png")
    edit(
        folder,
        r"    digits = \[.*\]",
        "    digits = [x_train[:, :1]]; paths[0].unlink()",
    )
    assert "a.png: No such file" in refusal(folder, own_digits=["a.png"])
    assert len([*(folder / "figures").iterdir()]) == 4


def test_a_misspelt_own_digit_is_told_before_the_training(folder, capsys):
    Image.new("L", (9, 9)).save(folder / "Seven.png.png", "PNG")
    message = refusal(folder, own_digits=["seven.png"])
    assert message.startswith(f"{folder / 'seven.png'}: No such file")
    assert message.endswith("Did you mean Seven.png.png?")
    assert capsys.readouterr().out == ""


# -------------------------------------------------------------- wrong settings
SETTINGS = {  # right values, some at their limits, and wrong ones
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
RIGHT = [(name, v) for name, (right, _) in SETTINGS.items() for v in right]
WRONG = [(name, v) for name, (_, wrong) in SETTINGS.items() for v in wrong]


@pytest.mark.parametrize("name, value", RIGHT)
def test_a_right_setting_is_accepted(name, value):
    nn.check_settings(shipped() | {name: value, "something": "else"})


@pytest.mark.parametrize("name, value", WRONG)
def test_a_wrong_setting_is_answered_in_words(name, value):
    with pytest.raises(nn.InputError) as caught:
        nn.check_settings(shipped() | {name: value})
    found = f"neural_network.py, setting {name}: found {value!r}, expected "
    assert str(caught.value).startswith(found)


EXPECTED = {
    "n_h": "a whole number from 1 to 1000000000",
    "learning_rate": "a number above 0 and below 1000000000",
    "batch_size": "a whole number from 1 to 1000000000, or None",
    "max_shift": "a whole number from 0 to 1000000000",
    "momentum": "a number from 0 to below 1",
    "activation": "one of ['tanh', 'relu']",
    "learning_rate_decay": "True or False",
    "data_folder": """a folder's name, such as ".", with / and no \\""",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_message_says_what_was_expected_and_what_to_do(name):
    with pytest.raises(nn.InputError) as caught:
        nn.check_settings(shipped() | {name: "?\n"})
    todo = f"expected {EXPECTED[name]}. Change it at the top of the file."
    assert str(caught.value).endswith(todo)


def test_a_setting_that_lost_its_name_is_missed(folder):
    edit(folder, "\nseed = ", "\nsed = ")
    assert "setting seed: found no such name" in refusal(folder)


def test_other_lost_names_are_bugs_and_are_shown_as_such(folder):
    edit(folder, "def draw_cost", "def draw_costs")
    with pytest.raises(NameError, match="draw_cost"):
        run_here(folder)


def test_a_network_larger_than_the_memory_is_answered_in_words(folder):
    assert refusal(folder, n_h=10**9).startswith("Out of memory: ")


def test_divergence_is_answered_in_words(folder):
    assert "which is 200000.0 now" in refusal(folder, learning_rate=2e5)


def test_names_are_seen_from_the_script_or_from_home(monkeypatch):
    monkeypatch.setattr(nn, "__file__", str(Path("a", "neural_network.py")))
    assert nn.beside_script("b/c.png") == Path("a", "b", "c.png")
    assert nn.beside_script("~/c") == Path.home() / "c"
    assert nn.beside_script("~nobody-here/c") == Path("a", "~nobody-here", "c")


# ----------------------------------------------------------------- wrong files
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
    """Return what changes the third label to these shares of classes."""
    row = np.pad(shares, (0, 10 - len(shares)))
    return table(lambda old: np.vstack([old[:2], row, old[3:]]))


def separated_by(mark):
    return text(lambda old: old.replace(b",", mark))


ROW_1 = f"{X}, row 1: found "
NO_NUMBER = ", expected only numbers, with commas between them. "
KINDS = "Is it a header, an Excel file or text that isn't UTF-8?"
ONE_HOT = "expected a one-hot label: a single 1 among 0s. "
ZEROS = "0,0,0,0,0,0,0,0,0,0"
SPOILT = {  # the file, what is done to it, and what is said
    "missing": (
        X,
        Path.unlink,
        "No such file or directory, expected a CSV file. Check data_f",
    ),
    "a folder": (X, lambda p: (p.unlink(), p.mkdir()), f"{X}: "),
    "another case": (
        X,
        lambda p: p.rename(p.with_name("TRAIN_x.CSV")).touch(),
        "Did you mean TRAIN_x.CSV?",
    ),
    "empty": (X, text(lambda _: b""), "found no rows, expected rows of n"),
    "blank": (X, text(lambda _: b"\n \n"), "found no rows, expected rows"),
    "a header": (
        X,
        text(lambda old: b"a,b\n" + old),
        f"{ROW_1}'a' in column 1{NO_NUMBER}{KINDS}",
    ),
    "a comment": (X, text(lambda old: b"#" + old), f"{ROW_1}'#0' in column 1"),
    "zipped": (X, text(gzip.compress), ROW_1),
    "in UTF-16": (X, text(lambda old: old.decode().encode("utf-16")), ROW_1),
    "semicolons": (
        X,
        separated_by(b";"),
        f"{ROW_1}'0;0;0;0;0;0;0;0;0;0;…' in column 1{NO_NUMBER}{KINDS}",
    ),
    "blanks": (X, separated_by(b" "), f"{ROW_1}'0 0 0 0 0 0 0 0 0 0 …' in "),
    "a gap": (X, start(b""), "row 2: found '' in column 1"),
    "a word": (
        X,
        start(b"dog"),
        f"row 2: found 'dog' in column 1{NO_NUMBER}Mend this cell.",
    ),
    "a last word": (
        X,
        text(lambda old: old[:-500] + b"dog" + 159 * b",0"),
        "row 10: found ",
    ),
    "another script": (X, start("٣".encode()), "row 2: found '٣' in column 1"),
    "an underscore": (X, start(b"1_0"), "row 2: found '1_0' in column 1"),
    "not a number": (X, start(b"nan"), "row 2: found nan in column 1"),
    "below 0": (X, start(b"-1"), "row 2: found -1 in column 1, expected a n"),
    "above 255": (X, start(b"255.1"), "row 2: found 255.1 in column 1"),
    "a short row": (
        X,
        text(lambda old: old[:-500] + b"7"),
        "columns, expected 784 as in most rows. Mend or delete this row.",
    ),
    "a long row": (X, start(b"0,0"), "row 2: found 785 columns, expected 784"),
    "a small scale": (
        X,
        table(lambda t: t // 17),
        "found 15 as the largest number, expected 1 or 255.",
    ),
    "another scale": (
        TEST_X,
        table(lambda t: t / 255),
        "found pixels from 0 to 1, expected 0 to 255 as in train_X.csv.",
    ),
    "fewer images": (X, table(lambda t: t[1:]), f"{X} has 9 rows, and "),
    "fewer labels": (LABEL, table(lambda t: t[1:]), f"{LABEL} has 9, expec"),
    "fewer tests": (TEST_X, table(lambda t: t[1:]), f"{TEST_X} has 3 rows"),
    "a label among the pixels": (
        X,
        table(lambda t: np.c_[300 + t[:, 0], t]),
        f"{X} has 785 columns, and ",
    ),
    "other test images": (
        TEST_X,
        table(lambda t: t[:, 1:]),
        f"{TEST_X} has 783, expected as many in both. Is a column the label",
    ),
    "other classes": (
        TEST_LABEL,
        table(lambda t: t[:, :9]),
        f"{LABEL} has 10 columns, and ",
    ),
    "two labels": (
        LABEL,
        label(1, 1),
        f"row 3: found 1,1,0,0,0,0,0,0,0,0, {ONE_HOT}",
    ),
    "no label": (LABEL, label(0), f"row 3: found {ZEROS}, {ONE_HOT}"),
    "shares": (LABEL, label(0.5, 0.5), "row 3: found 0.5,0.5,0,0,0,0,0,0,"),
    "a share more": (LABEL, label(2, -1), "row 3: found 2,-1,0,0,0,0,0,0,"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_file_is_answered_in_words(folder, case):
    name, spoil, said = SPOILT[case]
    if case == "another case" and (folder / X.lower()).exists():
        pytest.skip("names of files have no case here")
    spoil(folder / name)
    message = refusal(folder)
    assert str(folder) in message and name in message and said in message


BOTH = {  # what is done to a file of both parts, and what is said
    "row numbers": (
        [X, TEST_X],
        table(lambda t: np.c_[np.arange(len(t)), t]),
        f"{X}: found 785 columns, expected a square number like 784 = 28 · 28",
    ),
    "plain digits": (
        [LABEL, TEST_LABEL],
        table(lambda t: t @ np.arange(10)),
        'the recipe "Turn plain digits into one-hot labels" in docs/ helps.',
    ),
    "one class": (
        [LABEL, TEST_LABEL],
        table(lambda t: t[:, :1] ** 0),
        f"{LABEL}, row 1: found 1, {ONE_HOT}",
    ),
}


@pytest.mark.parametrize("case", BOTH)
def test_two_spoilt_files_are_answered_in_words(folder, case):
    names, spoil, said = BOTH[case]
    for name in names:
        spoil(folder / name)
    assert said in refusal(folder)


def test_the_same_checks_hold_for_the_test_files(folder):
    label(1, 1)(folder / TEST_LABEL)
    assert f"{TEST_LABEL}, row 3: found 1,1,0" in refusal(folder)


def test_the_recipe_that_a_message_names_is_there():
    recipes = (PROJECT / "docs" / "recipes.md").read_text("utf-8")
    assert "\n## Turn plain digits into one-hot labels\n" in recipes


THERE = ["Five.PNG.png", "my digits", "train_X.csv"]
MISSING = {  # a name, and what is suggested
    "five.png": "Five.PNG.png",
    "five.jpg": "Five.PNG.png",
    "fives.png": "Five.PNG.png",
    "nine.png": None,
    "test_X.csv": None,
    "my_digits/five.png": "my digits",
    300 * "n": None,
    "drawings/five.png": None,
}


@pytest.mark.parametrize("name, there", MISSING.items(), ids=MISSING)
def test_what_is_missing_is_compared_with_what_is_there(tmp_path, name, there):
    for one in THERE:
        (tmp_path / one).touch()
    question = f" Did you mean {there}?" if there else ""
    assert nn.suggest(tmp_path / name) == question


def test_a_folder_that_can_not_be_listed_gives_no_suggestion(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(os, "listdir", Mock(side_effect=PermissionError))
    assert nn.suggest(tmp_path / "train_X.csv") == ""


def test_a_drive_that_is_not_there_gives_no_suggestion(monkeypatch):
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert nn.suggest(Path("anywhere", "train_X.csv").absolute()) == ""


def test_a_program_of_the_students_own_hides_nothing(folder, tmp_path):
    (folder / "recipe.py").write_text("import neural_network")
    installed = tmp_path / "packages"
    installed.mkdir()
    (installed / "numpy.py").write_text("raise ImportError('No NumPy')")
    env = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, str(folder / "recipe.py")]
    process = Popen(command, stderr=PIPE, env=env, encoding="utf-8")
    assert process.communicate()[1] == f"No NumPy. {ADVICE}\n"


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


WRITTEN = {  # the same numbers in other ways: what is replaced, by what
    "Windows": (b"\n", b"\r\n"),
    "empty cells": (b"\n", b"\n,,,\n"),
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


@pytest.mark.parametrize("largest", [0.9, 1, 1.4, 128, 255])
def test_pixels_go_from_0_to_1_or_to_255(folder, largest):
    for name in (X, TEST_X):
        table(lambda t: t / t.max() * largest)(folder / name)
    scale = 1 if largest < 2 else 255
    for name, x in zip((X, TEST_X), nn.load_data(folder)[::2]):
        expected = np.minimum(read(folder / name) / scale, 1)
        assert np.abs(x.T - expected).max() < 1e-6


@pytest.mark.parametrize("largest", [1.6, 2, 100, 127])
def test_pixels_on_any_other_scale_are_refused(folder, largest):
    table(lambda t: t / 255 * largest)(folder / X)
    with pytest.raises(nn.InputError, match=f"found {largest} as the largest"):
        nn.load_data(folder)


OTHER_IMAGES = {"8 by 8": (64, 2, 9), "many classes": (64, 26, 1)}
OTHER_IMAGES["one pixel"] = (1, 2, 5)


@pytest.mark.parametrize(
    "n_x, n_y, m", OTHER_IMAGES.values(), ids=OTHER_IMAGES
)
def test_other_images_and_classes_work(folder, n_x, n_y, m):
    for part in ("train", "test"):
        pixels = np.random.default_rng(0).integers(199, 256, (m, n_x))
        write(folder / f"{part}_X.csv", pixels)
        write(folder / f"{part}_label.csv", np.eye(n_y)[np.arange(m) % 2])
    run_here(folder, iterations=2)
    assert len([*(folder / "figures").iterdir()]) == 4


def test_the_data_files_hold_as_many_images_of_each_digit_none_twice(data):
    for each, (x, y) in (400, data[:2]), (100, data[2:]):
        assert x.shape == (784, 10 * each) and (x.min(), x.max()) == (0, 1)
        assert y.sum(axis=1).tolist() == [each] * 10
    images = [image.tobytes() for x in data[::2] for image in x.T]
    assert len({*images}) == len(images) == 5000


def test_the_plain_network_learns_from_them(data):
    x, y, u, v = data
    parameters, _ = nn.model(x[:, :1000], y[:, :1000], 50, 0.5, 60)
    assert nn.accuracy(u, v, parameters) > 80
