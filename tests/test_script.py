"""The script as a student runs it, in a folder with small CSV files."""

import io
import os
import re
import runpy
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import copy_rows
from PIL import Image

import neural_network as nn

QUICK = {"n_h": 3, "iterations": 12, "batch_size": 8, "learning_rate": 0.05}
PICTURES = ["cost", "training_images", "test_images", "hidden_neurons"]
NO_WINDOW = "No window could open: there is no screen, or no window toolkit."


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
    copy_rows(folder, train=10, test=4)
    return folder


def launch(folder, script="neural_network.py", stdout=PIPE, **variables):
    """Start a script from elsewhere, in a process of its own, no screen."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env |= {"PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"} | variables
    # A suite in the background ignores Ctrl-C, and would hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, folder / script]
    options = {"env": env, "cwd": folder.parent, "encoding": "utf-8"}
    return Popen(command, stdout=stdout, stderr=PIPE, **options)


def run(folder, **options):
    """Run a script; return its lines, its errors and its exit status."""
    process = launch(folder, **options)
    out, error = process.communicate()
    return out.splitlines(), error, process.returncode


def run_here(folder, **settings):
    """Run the script in this process, which is quicker."""
    change(folder, **settings)
    runpy.run_path(str(folder / "neural_network.py"), run_name="__main__")


def last_words(folder, **settings):
    """Run the script, which must end with one line; return it."""
    with pytest.raises(SystemExit) as end:
        run_here(folder, **settings)
    message = end.value.code  # Python prints it and ends with the status 1
    assert isinstance(message, str) and len(message.splitlines()) == 1
    return message


def saved(folder):
    """Return the names of the pictures that were saved."""
    return {path.stem for path in (folder / "figures").glob("*.png")}


# ----------------------------------------------------------------- a whole run
def test_a_run_prints_costs_and_accuracies_and_draws_pictures(folder, capsys):
    values = {"n_h": 4, "learning_rate": 0.3, "iterations": 12, "seed": 9}
    values |= {"activation": "relu", "batch_size": 7, "momentum": 0.1}
    values |= {"max_shift": 2, "max_distortion": 0.2}
    values |= {"learning_rate_decay": False}
    x, y, u, v = nn.load_data(folder)
    parameters, costs = nn.model(x, y, **values)
    train, test = nn.accuracy(x, y, parameters), nn.accuracy(u, v, parameters)
    nn.compare(train, test)  # so small a network learns little
    comment = capsys.readouterr().out.splitlines()
    figures = [
        nn.draw_cost(costs),
        nn.draw_answers("training", x, y, parameters, seed=9),
        nn.draw_answers("test", u, v, parameters, seed=9),
        nn.draw_neurons(u, parameters),
    ]

    change(folder, **values)
    lines, error, status = run(folder)

    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12]  # of the 12 iterations
    assert lines == [
        *(f"Cost after {i} iterations is : {costs[i]:.4f}" for i in tenths),
        f"Accuracy of Train Dataset {train:.1f} %",
        f"Accuracy of Test Dataset {test:.1f} %",
        *comment,
        *(f"Picture saved: {folder / 'figures' / p}.png" for p in PICTURES),
        NO_WINDOW,
    ]
    assert (error, status) == ("", 0)
    for name, figure in zip(PICTURES, figures):
        figure.savefig(folder / "expected.png", dpi=100)
        path = folder / "figures" / f"{name}.png"
        with Image.open(path) as a, Image.open(folder / "expected.png") as b:
            assert np.array_equal(a, b), name


def test_own_digits_and_data_may_lie_elsewhere(folder):
    picture = Image.new("L", (60, 60), 255)
    picture.paste(0, (41, 10, 45, 50))
    name = "$one 一.png"  # with letters that terminals and fonts lack
    picture.save(folder / name)
    picture.save(folder.parent / "one.png")
    elsewhere = folder.parent / "data"
    elsewhere.mkdir()
    for file in folder.glob("*.csv"):
        file.rename(elsewhere / file.name)
    digits = [name, (folder.parent / "one.png").as_posix()]
    change(folder, own_digits=digits, data_folder="../data")

    lines, error, status = run(folder, PYTHONIOENCODING="ascii")

    answers = [line for line in lines if line.startswith("Our model")]
    says = r"Our model says {} is : (\d \(\d+%\), \d \(\d+%\))"
    first = re.fullmatch(says.format(r"\$one \\u4e00.png"), answers[0])
    second = re.fullmatch(says.format("one.png"), answers[1])
    assert len(answers) == 2 and first[1] == second[1]
    pictures = [line for line in lines if line.startswith("Picture saved")]
    assert len(pictures) == 5 and pictures[-1].endswith("own_digits.png")
    assert (error, status) == ("", 0)


@pytest.mark.parametrize("n_x, n_y, m", [(64, 26, 5), (1, 2, 9)])
def test_other_images_and_classes_work(folder, n_x, n_y, m):
    for part in ("train", "test"):
        pixels = np.random.default_rng(0).integers(199, 256, (m, n_x))
        labels = np.eye(n_y)[np.arange(m) % 2]
        for name, table in ("X", pixels), ("label", labels):
            path = folder / f"{part}_{name}.csv"
            np.savetxt(path, table, fmt="%d", delimiter=",")
    run_here(folder, iterations=2)
    assert saved(folder) == {*PICTURES}


# -------------------------------------------------- mistakes, and what is said
class Shell(io.StringIO):
    """What IDLE puts in the place of stdout: it says it is a terminal."""

    def isatty(self):
        return True


def test_in_idle_a_wrong_gradient_is_told_between_costs(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Shell())
    edit(folder, r"\(a > 0\)", "(a >= 0)")
    edit(folder, r"1 - a\*\*2", "None")  # only what is set is checked
    run_here(folder, activation="relu")
    lines = sys.stdout.getvalue().split("\n")  # no status, which ends in "\r"
    assert lines[0].startswith("Gradient check: dw1[")
    assert lines[1].startswith("Gradient check: db1[")
    assert all(line.startswith("Cost after ") for line in lines[2:13])
    assert lines[13].startswith("Accuracy of Train")
    assert lines[-2:] == [NO_WINDOW, ""]


KINDS = [ValueError, OSError, OverflowError, KeyError]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_in_the_students_code_are_shown_as_such(folder, kind):
    edit(folder, r"    m = x.shape\[1\]\n", f"    raise {kind.__name__}\n")
    with pytest.raises(kind):
        run_here(folder)


def test_a_lost_setting_is_missed_and_another_lost_name_is_an_error(folder):
    edit(folder, "def draw_cost", "def draw_costs")
    with pytest.raises(NameError, match="draw_cost"):
        run_here(folder)
    edit(folder, "\nseed = ", "\nsed = ")
    assert "setting seed: found no such name" in last_words(folder)


def test_a_spoilt_file_or_setting_or_a_missing_digit_ends_it(folder, capsys):
    Image.new("L", (9, 9)).save(folder / "Seven.png.png", "PNG")
    said = last_words(folder, own_digits=["seven.png"])
    assert said.startswith(f"{folder / 'seven.png'}: No such file")
    assert said.endswith("Did you mean Seven.png.png?")
    (folder / "test_label.csv").write_text("3\n")
    assert f"{folder / 'test_label.csv'} has 1" in last_words(folder)
    assert "setting momentum: found 1, " in last_words(folder, momentum=1)
    assert capsys.readouterr().out == ""


def test_memory_divergence_and_ctrl_c_are_answered_in_one_line(folder):
    said = last_words(folder, learning_rate=2e5)
    assert said.endswith("Lower learning_rate, which is 200000.0 now.")
    edit(folder, r"check_settings\(globals\(\)\)", "raise MemoryError('no')")
    said = "Out of memory: no. Lower n_h, or set a smaller batch_size."
    assert last_words(folder) == said
    edit(folder, r"MemoryError\('no'\)", "KeyboardInterrupt")
    assert last_words(folder) == "Stopped."


COMMENTS = {  # the costs of up to 2 iterations, and what is said
    "it learned": ([2, 1, 1.89], ""),
    "it didn't": (
        [2, 1, 1.9],
        "The cost has not really fallen: .* 2.0.* 1.9.*\n",
    ),
    "stopped": ([2, 2], "Stopped in iteration 2 of 2.\n"),
    "stopped at once": ([2], "Stopped in iteration 1 of 2.\n"),
}


@pytest.mark.parametrize("costs, said", COMMENTS.values(), ids=COMMENTS)
def test_an_unusual_training_is_commented_on(capsys, costs, said):
    nn.comment_on(costs, 2)
    assert re.fullmatch(said, capsys.readouterr().out)


@pytest.mark.parametrize("test, is_said", [(49, True), (50, False)])
def test_much_worse_test_images_are_pointed_out(capsys, test, is_said):
    nn.compare(100, test)
    assert ("the test files don't fit" in capsys.readouterr().out) == is_said


# --------------------------------------------------------------------- imports
HIDING = {  # what a file of the student's own named statistics.py holds
    "a program": "print('my first program')",
    "one that uses what it hides": "import statistics; statistics.mode([1])",
    "one that fails": "1 / 0",
    "one that Python can't read": "def (",
    "one that ends the program": "raise SystemExit",
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_a_file_that_hides_a_module_is_named(folder, text):
    (folder / "statistics.py").write_text(text)
    _, error, status = run(folder)
    hides = "hides a module of the same name: rename this file."
    assert (error, status) == (f"{folder / 'statistics.py'} {hides}\n", 1)


ADVICE = " Install or update the packages: pip install --upgrade"
ADVICE += " -r requirements.txt\n"
PRINTS_A_PAGE = "import sys; sys.stderr.write('A page'); "
BEHIND = (
    "try: 1 / 0\nexcept Exception as e: raise ImportError('not this') from e"
)
FAILING = {  # what an installed package does, and what is said
    "missing": ("raise ImportError('No NumPy.')", f"No NumPy.{ADVICE}"),
    "not fitting": (f"{PRINTS_A_PAGE}raise ImportError('no')", f"no.{ADVICE}"),
    "an error behind it": (BEHIND, f"division by zero.{ADVICE}"),
    "no place for a cache": ("raise OSError('Set CACHE')", "Set CACHE\n"),
    "Ctrl-C": ("raise KeyboardInterrupt", "Stopped.\n"),
}


@pytest.mark.parametrize("text, said", FAILING.values(), ids=FAILING)
def test_a_failed_import_is_answered_in_one_line(folder, tmp_path, text, said):
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "numpy.py").write_text(text)
    (folder / "recipe.py").write_text("import neural_network")  # hides nothing
    for script in ("neural_network.py", "recipe.py"):
        path = str(tmp_path / "packages")
        lines, error, status = run(folder, script=script, PYTHONPATH=path)
        assert (lines, error, status) == ([], said, 1)


# --------------------------------------------------------------------- windows
SCREEN = """
import os, sys, matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManager
class FigureCanvas(FigureCanvasAgg):
    def __init__(self, *args):
        print("A window opens")
        super().__init__(*args)
        self.required_interactive_framework = "pretended"
def show():
    print("Windows:", *sorted(plt.get_figlabels()), plt.isinteractive())
    print(os.environ["MPLBACKEND"], plt.rcParams["tk.window_focus"])
    raise KeyboardInterrupt
"""


def test_with_a_screen_all_windows_open_and_wait_to_be_closed(folder):
    (folder / "screen.py").write_text(SCREEN)
    (folder / "matplotlibrc").write_text("interactive: True")
    variables = {"MPLBACKEND": "module://screen", "MPLCONFIGDIR": str(folder)}
    lines, error, status = run(folder, **variables)
    start = lines.index("A window opens")
    # A window can crash the program, so all pictures are saved before.
    assert lines[start - 1].endswith("hidden_neurons.png")
    assert lines[start:].count("A window opens") == 1 + len(PICTURES) + 1
    assert "Close all windows to end." in lines[start:]
    names = " ".join(sorted([*PICTURES, "pad"]))
    assert lines[-2] == f"Windows: {names} False"  # not interactive
    assert lines[-1] == "module://screen True"  # the variable is as it was
    assert (error, status) == ("Stopped.\n", 1)


NO_TCL = "raise RuntimeError('no Tcl')"
NO_WINDOWS = SCREEN.replace("super().__init__(*args)", NO_TCL)
NO_SHOW = SCREEN.replace("raise Key", "raise OSError('not\\nhere') from Key")
NO_SCREEN = {  # a backend, the file in which it is defined, and what is said
    "unknown": ("TkAgg,", "", "MPLBACKEND is TkAgg,, which isn't there."),
    "not here": ("module://nowhere", "", "No module named 'nowhere'."),
    "no canvas": ("module://mine", "import sys", ""),
    "no window": ("module://mine", NO_WINDOWS, "no Tcl"),
    "no show": ("module://mine", NO_SHOW, "not."),
}


@pytest.mark.parametrize("name, text, said", NO_SCREEN.values(), ids=NO_SCREEN)
def test_if_no_window_can_open_the_reason_is_told(folder, name, text, said):
    if text:
        (folder / "mine.py").write_text(text)
    program = "import neural_network as nn\nnn.has_screen()\n"
    program += "nn.show_windows([nn.new_figure('cost', '')])"
    (folder / "program.py").write_text(program)
    lines, error, status = run(folder, script="program.py", MPLBACKEND=name)
    assert (error, status) == ("", 0)
    assert lines[-1].startswith(f"No window could open: {said}")


def test_what_can_not_be_drawn_or_saved_costs_only_itself(folder, capsys):
    Image.linear_gradient("L").save(folder / "a.png")
    lost = "    digits = [x_train[:, :1]]; paths[0].unlink()"
    edit(folder, r"    digits = \[.*\]", lost)
    (folder / "figures" / "cost.png").mkdir(parents=True)
    assert "a.png: No such file" in last_words(folder, own_digits=["a.png"])
    path = re.escape(str(folder / "figures" / "cost.png"))
    said = f"{path}: .+. This picture isn't saved."
    assert re.search(said, capsys.readouterr().out)
    assert saved(folder) == {*PICTURES}  # where cost.png is still a folder


# -------------------------------------- notebooks, a second run, pipes, Ctrl-C
def test_it_runs_in_a_notebook_without_any_stdout(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.chdir(folder)
    text = (folder / "neural_network.py").read_text("utf-8")
    exec(text, {"__name__": "__main__"})  # noqa: S102  (pasted into a cell)
    assert saved(folder) == {*PICTURES}


def test_a_second_run_draws_anew_and_leaves_the_session_as_it_was(folder):
    plt.figure("the student's own")
    own = {"image.origin": "lower", "text.usetex": True, "font.size": 99}
    with plt.rc_context(own):
        filters, settings = warnings.filters[:], matplotlib.rcParams.copy()
        shown = []
        for _ in range(2):
            run_here(folder)
            shown += [plt.figure(name) for name in PICTURES]
        assert len({*shown}) == 8
        assert (warnings.filters, matplotlib.rcParams) == (filters, settings)
    assert "the student's own" in plt.get_figlabels()
    drawn = plt.figure("test_images").axes[0]  # not in the student's own style
    assert drawn.images[0].origin == "upper"
    assert not drawn.title.get_usetex() and drawn.title.get_size() < 20


def test_a_terminal_shows_a_status_that_the_next_line_hides(monkeypatch):
    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    clock = [100]
    terminal = Terminal(io.BytesIO(), "utf-8", newline="\n")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(nn.time, "monotonic", lambda: clock[0])
    report = nn.make_report(20)
    clock[0] += 10
    report(11, 1.5, {})
    nn.comment_on([1.5], 9)  # the shortest line that can follow
    terminal.flush()
    status, line = terminal.buffer.getvalue().decode().split("\r")
    assert status.rstrip() == "11 of 20, 8 s left"
    assert len(status) == 28 == len(line.rstrip("\n"))


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pretended terminal")
def test_ctrl_c_in_a_terminal_keeps_what_was_learned(folder):
    change(folder, n_h=300, iterations=100_000)
    ours, theirs = os.openpty()
    process, shown = launch(folder, stdout=theirs), b""
    os.close(theirs)
    while b" s left" not in shown:
        chunk = os.read(ours, 1000)
        assert chunk, "the script has ended"
        shown += chunk
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
