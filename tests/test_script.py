"""The script as a user runs it, in a folder of its own with small CSV files."""

import ast
import gzip
import os
import pty
import re
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import neural_network as nn

PROJECT = Path(nn.__file__).parent
X, LABEL, TEST_X, TEST_LABEL = FILES = [
    f"{part}_{kind}.csv" for part in ("train", "test") for kind in ("X", "label")
]
QUICK = {"n_h": 3, "iterations": 12, "batch_size": 8, "learning_rate": 0.05}


def write(path, table, fmt="%g"):
    np.savetxt(path, table, fmt=fmt, delimiter=",")


def read(path, count=None):
    return np.loadtxt(path, delimiter=",", ndmin=2, max_rows=count)


def change(folder, **settings):
    """Edit settings at the top of the script, as a student does; ... renames one."""
    script = folder / "neural_network.py"
    text = script.read_text("utf-8")
    for name, value in settings.items():
        line = f"{name} = {value!r}" if value is not ... else "renamed = 0"
        text, count = re.subn(rf"(?m)^{name} = .*$", line, text)
        assert count == 1
    script.write_text(text, "utf-8")


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """A folder with the script, quick settings and the first rows of the four files."""
    folder = tmp_path_factory.mktemp("example") / "mein Übungs ordner 数字"
    folder.mkdir()
    shutil.copy(PROJECT / "neural_network.py", folder)
    change(folder, **QUICK)
    for name in FILES:
        write(folder / name, read(PROJECT / name, 20 if "train" in name else 6))
    return folder


@pytest.fixture
def folder(example, tmp_path):
    return Path(shutil.copytree(example, tmp_path / example.name))


def launch(folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **extra):
    """Start the script from elsewhere, in a process of its own, without a screen."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONWARNINGS")
    kept = {name: value for name, value in os.environ.items() if name not in screens}
    command = [sys.executable, folder / "neural_network.py"]
    options = {"env": kept | {"PYTHONPATH": ""} | extra, "cwd": "/", "text": True}
    return subprocess.Popen(command, stdout=stdout, stderr=stderr, **options)


def run(folder, **options):
    """Run the script in a process of its own; return its lines, errors and status."""
    process = launch(folder, **options)
    out, error = process.communicate()
    return out.splitlines(), error, process.returncode


@pytest.fixture
def start(folder, capsys):
    """Return a way to run the script within this process, which is faster."""

    def start(**settings):
        change(folder, **settings)
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(folder / "neural_network.py"), run_name="__main__")
        (out, error), status = capsys.readouterr(), ended.value.code
        if isinstance(status, str):  # then Python prints it
            error, status = f"{error}{status}\n", 1
        return out.splitlines(), error, status

    return start


def is_one_line(error, *said):
    return len(error.splitlines()) == 1 and all(str(word) in error for word in said)


def test_a_run_prints_true_costs_and_accuracies_and_saves_pictures(folder):
    lines, error, status = run(folder)
    assert (error, status) == ("", 0)
    x, y, u, v = nn.load_data(folder)
    script = runpy.run_path(str(folder / "neural_network.py"))
    names = ("n_h", "learning_rate", "iterations", "activation", "batch_size")
    names += ("momentum", "max_shift", "max_distortion", "decay", "seed")
    parameters, costs = nn.model(x, y, **{name: script[name] for name in names})
    assert 2.2 < costs[0] < 2.4
    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]  # of the 12 iterations
    expected = [f"Cost after {i} iterations is : {costs[i]:.4f}" for i in tenths]
    for part, *pair in ("Train", x, y), ("Test", u, v):
        percent = f"{nn.accuracy(*pair, parameters):.1f} %"
        expected.append(f"Accuracy of {part} Dataset {percent}")
    for name in ("cost", "training_images", "test_images", "hidden_neurons"):
        path = folder / "figures" / f"{name}.png"
        expected.append(f"Picture saved: {path}")
        assert path.read_bytes().startswith(b"\x89PNG")
    assert lines == expected


def test_with_a_screen_all_windows_open_and_ctrl_c_closes_them(folder):
    (folder / "screen.py").write_text("""if True:
        from matplotlib.backend_bases import FigureManagerBase as FigureManager
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        class FigureCanvas(FigureCanvasAgg):
            def __init__(self, *args):
                super().__init__(*args)
                self.required_interactive_framework = "pretended"

        def show(*args, **kwargs):
            import matplotlib.pyplot as plt, sys
            print("Windows:", *plt.get_figlabels(), file=sys.stderr)
            raise KeyboardInterrupt
    """)
    extra = {"MPLBACKEND": "module://screen", "PYTHONPATH": str(folder)}
    lines, _, status = run(folder, stderr=subprocess.STDOUT, **extra)
    windows = "Windows: cost training_images test_images hidden_neurons pad"
    assert lines[-2:] == [windows, "Stopped."] and status == 1
    assert lines[-3].endswith("hidden_neurons.png")  # said at once, not at the end


@pytest.mark.parametrize("backend", ["template", "module://pretend_inline"])
def test_a_backend_without_windows_saves_files(folder, start, monkeypatch, backend):
    text = "from matplotlib.backends.backend_agg import *\n"
    (folder / "pretend_inline.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    plt.switch_backend(backend)
    assert start(iterations=1)[1:] == ("", 0)
    assert len([*(folder / "figures").iterdir()]) == 4


def test_a_missing_package_is_answered_in_words(folder):
    (folder / "numpy.py").write_text("raise ModuleNotFoundError('No NumPy')")
    lines, error, status = run(folder, PYTHONPATH=str(folder))
    assert is_one_line(error, "No NumPy", "pip install -r requirements")
    assert lines == [] and status == 1


def test_fewer_than_ten_iterations_print_a_cost_each(folder, start):
    (folder / "figures").write_text("in the way: nothing can be saved here")
    lines, error, status = start(iterations=3)
    assert [line.split()[2] for line in lines[:-2]] == ["0", "1", "2"]
    assert is_one_line(error, folder / "figures") and status == 0


def test_a_terminal_shows_progress_and_ctrl_c_keeps_what_was_learned(folder):
    change(folder, n_h=300, iterations=100_000)
    ours, theirs = pty.openpty()
    process, shown = launch(folder, stdout=theirs), b""
    os.close(theirs)
    while b" s left" not in shown:
        shown += os.read(ours, 1000)
    assert b"\rTraining: 1 of 100000 iterations, about " in shown
    process.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(ours, 1000):
            shown += chunk
    except OSError:  # the terminal's other end is closed
        pass
    erased = b" s left\r" + b" " * 60 + b"\rAccuracy of Train Dataset"
    assert erased in shown and b"hidden_neurons.png" in shown
    assert process.wait() == 0
    assert re.fullmatch(r"Stopped in iteration \d+\.\n", process.stderr.read())


def test_the_time_left_is_that_of_the_iterations_left(monkeypatch, capsys):
    clock, blank = iter([100, 110]), " " * 60
    monkeypatch.setattr(nn.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with nn.progress(10) as report:
        report(0, 2.3)
        report(2, 1.5)
    first = f"\r{blank}\rCost after 0 iterations is : 2.3000\n"
    second = f"\r{blank}\rCost after 2 iterations is : 1.5000\n"
    status = f"\r{blank}\rTraining: 2 of 10 iterations, about 40 s left"
    assert capsys.readouterr().out == f"{first}{second}{status}\r{blank}\r"


def test_ctrl_c_while_loading_leaves_no_traceback(folder):
    (folder / X).unlink()
    os.mkfifo(folder / X)
    process = launch(folder)
    with open(folder / X, "w"):  # waits until the script reads it
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "Stopped.\n")
    assert process.returncode == 1


def test_own_digits_are_read_and_drawn(folder):
    seven = Image.new("L", (60, 60), 255)
    seven.save(folder / "blank.png")
    seven.paste(0, (15, 10, 45, 14))
    seven.paste(0, (41, 10, 45, 50))
    seven.save(folder / "$seven 七.png")
    change(folder, own_digits=["no.png", "$seven 七.png", "blank.png"])
    # The terminal and the font lack a letter, and the screen asked for isn't there.
    lines, error, status = run(folder, MPLBACKEND="tkagg", PYTHONIOENCODING="ascii")
    answer = r"Our model says \$seven \\u4e03.png is : \d \(\d+\.\d %\)"
    assert "Accuracy of Test Dataset" in lines[11] and re.fullmatch(answer, lines[12])
    pictures = sorted(path.stem for path in (folder / "figures").iterdir())
    assert pictures == sorted(line.split("/")[-1][:-4] for line in lines[13:])
    assert len(pictures) == 5 and "own_digits" in pictures
    first, second = error.splitlines()
    assert "no.png" in first and "blank.png" in second and status == 1


SETTINGS = {  # right values at their limits, and wrong ones
    "n_h": ([1, 10**9 - 1], [0, -1, 1.5, True, 10**9]),
    "iterations": ([1, 10**9 - 1], [0, -1, 1.5, True, 10**9]),
    "batch_size": ([None, 1, 10**9], [0, -1, 1.5, "all"]),
    "learning_rate": (
        [1e-9, 1, 1e300],
        [0, -0.1, "fast", True, 10**400, 1e308, np.inf, np.nan],
    ),
    "activation": (["tanh", "relu"], ["sigmoid", None, ["tanh"]]),
    "momentum": ([0, 0.99], [-0.1, 1, 1.5, "much"]),
    "max_shift": ([0, 1, 27], [-1, 28, 29, 0.5, 10**9]),
    "max_distortion": ([0, 0.99], [-0.1, 1]),
    "decay": ([False, True], [0.5, 1]),
    "seed": ([0, 10**30], [-1, 0.5]),
    "data_folder": (["mnist", Path("mnist")], [None]),
    "own_digits": ([[], ["a.png", Path("b.png")]], ["seven.png", [7], None]),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_wrong_settings_are_answered_in_words(example, name):
    def check(value):
        nn.check_settings({"decay": True, name: value})
        if name == "max_shift":
            nn.load_data(example, value)

    right, wrong = SETTINGS[name]
    for value in right:
        check(value)
    for value in wrong:
        with pytest.raises(ValueError) as error:
            check(value)
        said = f"neural_network.py, setting {name}"
        assert is_one_line(str(error.value), said, repr(value))


def on_text(change_text):
    return lambda path: path.write_bytes(change_text(path.read_bytes()))


def on_table(change_table):
    return lambda path: write(path, change_table(read(path)))


def put(row, column, value):
    def put(table):
        table[row, column] = value
        return table

    return on_table(put)


def swap(path):
    other, spare = path.with_name(LABEL), path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(spare)


def become_folder(path):
    path.unlink()
    path.mkdir()


def become_loop(path):
    path.unlink()
    path.symlink_to(path)


WRONG_FILES = {
    "missing": (X, Path.unlink, ""),
    "missing labels": (TEST_LABEL, Path.unlink, ""),
    "folder": (X, become_folder, ""),
    "unreadable": (X, become_loop, ""),
    "swapped": (X, swap, ""),
    "empty": (X, on_text(lambda b: b""), ""),
    "blank": (X, on_text(lambda b: b"\n \n"), ""),
    "header": (X, on_text(lambda b: b"a,b\n" + b), "row 1; 'a'; column 1"),
    "semicolons": (X, on_text(lambda b: b.replace(b",", b";")), "row 1; comma"),
    "tabs": (X, on_text(lambda b: b.replace(b",", b"\t")), "row 1; comma"),
    "spaces": (X, on_text(lambda b: b.replace(b",", b" ")), "row 1; comma"),
    "text": (X, on_text(lambda b: b.replace(b"\n0", b"\ndog", 1)), "row 2; 'dog'"),
    "blank cell": (X, on_text(lambda b: b.replace(b"\n0", b"\n", 1)), "row 2; ''"),
    "open end": (X, on_text(lambda b: b[: b.rindex(b",") + 1]), "row 20; ''; 784"),
    "comment": (X, on_text(lambda b: b"# pixels\n" + b), "row 1; '# pixels'"),
    "no number for NumPy": (X, on_text(lambda b: b.replace(b"\n0", b"\n1_0")), ""),
    "cut off": (X, on_text(lambda b: b[:-500] + b"7"), "row 20; columns"),
    "gzip": (X, on_text(gzip.compress), "row 1"),
    "excel": (X, on_text(lambda b: b"PK\x03\x04" + b), "row 1; 'PK"),
    "nan": (X, put(2, 4, np.nan), "row 3; column 5; nan"),
    "inf": (X, put(2, 4, np.inf), "row 3; column 5; inf"),
    "below 0": (X, put(2, 4, -1), "row 3; column 5; -1"),
    "above 255": (X, put(2, 4, 256), "row 3; column 5; 256"),
    "just above": (X, put(2, 4, 255.1), "row 3; column 5; 255.1"),
    "label in front": (X, on_table(lambda t: np.c_[t[:, 0], t]), "785 columns"),
    "too few": (X, on_table(lambda t: t[1:]), f"{LABEL}; 19; 20"),
    "other width": (TEST_X, on_table(lambda t: t[:, 1:]), "783"),
    "other classes": (TEST_LABEL, on_table(lambda t: np.c_[0 * t[:, 0], t]), "11"),
    "two ones": (LABEL, put(1, slice(4), 1), "row 2"),
    "half": (LABEL, put(1, slice(None), 0.1), "row 2"),
    "one and a half": (LABEL, put(2, slice(2), [0.5, 1]), "row 3"),
    "no one": (LABEL, put(1, slice(None), 0), "row 2"),
    "digits": (LABEL, on_table(lambda t: t.argmax(axis=1)), "row "),
    "one class": (LABEL, on_table(lambda t: t[:, :1] ** 0), "row 1"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_wrong_files_are_answered_in_words(folder, case):
    name, spoil, said = WRONG_FILES[case]
    spoil(folder / name)
    with pytest.raises(ValueError) as error:
        nn.load_data(folder)
    name = "train_" if case == "swapped" else name  # one of the two
    assert is_one_line(str(error.value), folder, name, *said.split("; "))


def test_images_that_are_not_square_cannot_move(folder):
    for name in (X, TEST_X):
        on_table(lambda table: table[:, :700])(folder / name)
    with pytest.raises(ValueError) as error:
        nn.load_data(folder, 1)
    assert is_one_line(str(error.value), "max_shift", "700")


ENDS = [  # a setting, a file that is missing, and what is said
    *[({name: ...}, "", [name]) for name in ("n_h", "seed", "data_folder")],
    ({"n_h": 0}, "", ["setting n_h"]),
    ({"max_shift": 28}, "", ["setting max_shift"]),
    ({"learning_rate": 1e30}, "", ["learning_rate", "1e+30"]),
    ({"n_h": 10**9 - 1}, "", ["n_h", "batch_size"]),  # of memory, there isn't so much
    ({"data_folder": "nowhere"}, "", [Path("nowhere", X)]),
    ({}, TEST_X, [TEST_X]),
]


@pytest.mark.parametrize("settings, missing, said", ENDS)
def test_what_is_wrong_ends_the_script(folder, start, settings, missing, said):
    if missing:
        (folder / missing).unlink()
    lines, error, status = start(**settings)
    assert is_one_line(error, *said) and status == 1
    assert len(lines) == ("1e+30" in said)


SAME_NUMBERS = {
    "CRLF": lambda b: b.replace(b"\n", b"\r\n"),
    "byte-order mark": lambda b: b"\xef\xbb\xbf" + b,
    "blank lines": lambda b: b.replace(b"\n", b"\n\n  \n"),
    "spaces": lambda b: b.replace(b",", b" , "),
    "no last line end": lambda b: b.rstrip(),
    "decimals": lambda b: re.sub(rb"(\d+)", rb"\1.0", b),
    "scientific": lambda b: b.replace(b",0,", b",0e0,"),
    "capitals": lambda b: b.replace(b",0,", b",0E0,"),
}


@pytest.mark.parametrize("case", SAME_NUMBERS)
def test_files_written_in_other_ways_load_the_same(example, folder, case):
    for name in FILES:
        on_text(SAME_NUMBERS[case])(folder / name)
    for one, other in zip(nn.load_data(example), nn.load_data(folder)):
        assert (one == other).all() and one.dtype == other.dtype == np.float32


@pytest.mark.parametrize("largest, scale", [(1, 1), (1.5, 255), (2, 255), (255, 255)])
def test_pixels_above_1_are_divided_by_255(folder, largest, scale):
    for name in (X, TEST_X):
        write(folder / name, read(folder / name) / 255 * largest, "%.7f")
    for name, x in zip((X, TEST_X), nn.load_data(folder)[::2]):
        pixels = read(PROJECT / name, x.shape[1]) / 255 * largest / scale
        assert np.abs(x.T - pixels).max() < 1e-6


@pytest.mark.parametrize(
    "side, n_y, m, shift", [(8, 2, 9, 1), (8, 26, 1, 1), (3, 3, 4, 2), (2.5, 2, 5, 0)]
)
def test_other_images_and_classes_work(folder, start, side, n_y, m, shift):
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        write(folder / f"{part}_X.csv", rng.integers(9, 256, (m, int(side * side))))
        write(folder / f"{part}_label.csv", np.eye(n_y)[np.arange(m) % 2])
    assert start(max_shift=shift, iterations=2)[1:] == ("", 0)


def test_the_data_files(data):
    for part, each, (x, y) in ("train", 400, data[:2]), ("test", 100, data[2:]):
        assert x.shape == (784, 10 * each) and (x.min(), x.max()) == (0, 1)
        assert np.abs(np.rint(255 * x) - 255 * x).max() < 1e-4
        assert y.sum(axis=1).tolist() == [each] * 10
        assert b"\r" not in (PROJECT / f"{part}_X.csv").read_bytes()
    train, test = ({image.tobytes() for image in x.T} for x in data[::2])
    assert not train & test


def test_inline_metadata_names_the_requirements():
    text = (PROJECT / "neural_network.py").read_text("utf-8")
    wanted = re.search(r"(?m)^# dependencies = (.*)$", text)[1]
    requirements = (PROJECT / "requirements.txt").read_text().split()
    assert ast.literal_eval(wanted) == requirements


def test_the_plain_network_learns(data):
    x, y, u, v = data
    x, y = x[:, :1000], y[:, :1000]
    parameters, cost_list = nn.model(x, y, n_h=50, learning_rate=0.5, iterations=60)
    assert len(cost_list) == 60 and cost_list[-1] < 0.5
    assert nn.accuracy(u, v, parameters) > 80
