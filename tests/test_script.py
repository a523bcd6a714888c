"""The script as a user runs it, in a folder of its own with small CSV files."""

import ast
import gzip
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import neural_network as nn

PROJECT = Path(__file__).parent.parent
FILES = ("train_X.csv", "train_label.csv", "test_X.csv", "test_label.csv")
QUICK = {"n_h": 20, "iterations": 12, "batch_size": 16, "learning_rate": 0.05}


def write(path, table, fmt="%d"):
    np.savetxt(path, table, fmt=fmt, delimiter=",")


def rows(name, count):
    table = np.loadtxt(PROJECT / name, np.uint8, delimiter=",", max_rows=count)
    return table.reshape(count, -1)


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """A folder with the script and the first rows of the four files."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(PROJECT / "neural_network.py", folder)
    for name in FILES:
        write(folder / name, rows(name, 60 if "train" in name else 40))
    return folder


@pytest.fixture
def folder(example, tmp_path):
    return Path(shutil.copytree(example, tmp_path / "mein Übungs ordner 数字"))


def change(folder, **settings):
    """Edit settings at the top of the script, as a student does."""
    script = folder / "neural_network.py"
    text = script.read_text("utf-8")
    for name, value in settings.items():
        text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
        assert count == 1
    script.write_text(text, "utf-8")


def environment(**extra):
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONWARNINGS")
    kept = {name: value for name, value in os.environ.items() if name not in screens}
    return kept | {"PYTHONPATH": ""} | extra


def output(command, cwd, **extra):
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**extra),
        capture_output=True,
        text=True,
        check=False,
    )


def run(folder, cwd="/", **extra):
    command = [sys.executable, folder / "neural_network.py"]
    return output(command, cwd, **extra)


def test_a_run_prints_costs_and_accuracies_and_saves_pictures(folder):
    change(folder, **QUICK)
    result = run(folder)
    assert result.stderr == "" and result.returncode == 0
    *lines, train, test, one, two, three = result.stdout.splitlines()
    after = [
        re.fullmatch(r"Cost after (\d+) iterations is : (\d\.\d{4})", line)[1]
        for line in lines
    ]
    assert [int(i) for i in after] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert 2.2 < float(lines[0].split()[-1]) < 2.4
    assert re.fullmatch(r"Accuracy of Train Dataset \d+\.\d %", train)
    assert re.fullmatch(r"Accuracy of Test Dataset \d+\.\d %", test)
    for line in (one, two, three):
        picture = Path(line.removeprefix("Picture saved: "))
        assert picture.parent == folder / "figures"
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_printed_numbers_are_true(folder):
    change(folder, **QUICK)
    script = """if True:
        import neural_network as nn
        x, y, u, v = nn.load_data(nn.data_folder)
        names = ("n_h", "learning_rate", "iterations", "activation", "batch_size")
        names += ("momentum", "max_shift", "max_distortion", "decay", "seed")
        p, costs = nn.model(x, y, **{name: getattr(nn, name) for name in names})
        for i in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10):
            print(f"Cost after {i} iterations is : {costs[i]:.4f}")
        print(f"Accuracy of Train Dataset {nn.accuracy(x, y, p):.1f} %")
        print(f"Accuracy of Test Dataset {nn.accuracy(u, v, p):.1f} %")
    """
    command = [sys.executable, "-c", script]
    expected = output(command, folder)
    assert run(folder).stdout.splitlines()[:12] == expected.stdout.splitlines()


def test_with_a_screen_the_pictures_open_as_windows(folder):
    backend = "from matplotlib.backends.backend_agg import FigureCanvasAgg\n"
    backend += "from matplotlib.backend_bases import FigureManagerBase\n"
    backend += "FigureCanvas, FigureManager = FigureCanvasAgg, FigureManagerBase\n"
    backend += "def show(*args, **kwargs):\n"
    backend += "    import matplotlib.pyplot as plt\n"
    backend += "    print('Windows:', plt.get_figlabels())\n"
    (folder / "screen.py").write_text(backend)
    change(folder, **QUICK)
    result = run(folder, MPLBACKEND="module://screen", PYTHONPATH=str(folder))
    windows = "Windows: ['cost', 'training_images', 'test_images']"
    assert windows in result.stdout and result.stderr == ""
    assert not (folder / "figures").exists()


def test_a_backend_without_its_screen_saves_files(folder):
    change(folder, **QUICK)
    result = run(folder, MPLBACKEND="tkagg")
    assert result.returncode == 0 and result.stderr == ""
    assert len(list((folder / "figures").iterdir())) == 3


@pytest.mark.parametrize("backend", ["template", "module://pretend_inline"])
def test_a_backend_without_windows_saves_files(folder, backend):
    text = "from matplotlib.backends.backend_agg import *\n"
    (folder / "pretend_inline.py").write_text(text)
    change(folder, **QUICK)
    result = run(folder, MPLBACKEND=backend, PYTHONPATH=str(folder))
    assert result.returncode == 0 and result.stderr == ""
    assert len(list((folder / "figures").iterdir())) == 3


def test_a_missing_package_or_a_senseless_backend_is_answered_in_words(folder):
    result = run(folder, MPLBACKEND="nonsense")
    assert result.stderr.startswith("Matplotlib can't start: ")
    assert result.stderr.count("\n") == 1 and result.returncode == 1
    (folder / "numpy.py").write_text("raise ModuleNotFoundError('No NumPy')")
    result = run(folder, PYTHONPATH=str(folder))
    expected = "No NumPy. Install what is missing: pip install -r requirements.txt\n"
    assert result.stderr == expected and result.returncode == 1


def test_a_setting_that_is_gone_is_answered_in_words(folder):
    script = folder / "neural_network.py"
    text = script.read_text("utf-8").replace("\nn_h =", "\nn_hidden =", 1)
    script.write_text(text, "utf-8")
    result = run(folder)
    assert result.stderr.startswith("neural_network.py, setting n_h: found None")
    assert result.stderr.count("\n") == 1 and result.returncode == 1


def test_fewer_than_ten_iterations_print_a_cost_each(folder):
    change(folder, **QUICK | {"iterations": 3})
    (folder / "figures").write_text("in the way: nothing can be saved here")
    result = run(folder)
    assert [line.split()[2] for line in result.stdout.splitlines()[:-2]] == [
        "0",
        "1",
        "2",
    ]
    assert "can't save pictures" in result.stderr and result.returncode == 0


def test_a_terminal_shows_progress_and_ctrl_c_keeps_what_was_learned(folder):
    change(folder, n_h=300, iterations=100_000)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, folder / "neural_network.py"],
        env=environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while b" s left" not in shown:
        shown += os.read(ours, 1000)
    assert b"\rTraining: 1 of 100000 iterations, about " in shown
    process.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(ours, 1000):
            shown += chunk
    except OSError:  # the terminal's other end is closed
        pass
    assert b"Accuracy of Test Dataset" in shown and b"test_images.png" in shown
    assert process.wait() == 0
    assert re.fullmatch(r"Stopped in iteration \d+\.\n", process.stderr.read())


def test_the_time_left_is_that_of_the_iterations_left(monkeypatch, capsys):
    clock = iter([100, 100, 110])
    monkeypatch.setattr(nn.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    report = nn.reporter(10)
    report(0, 2.3)
    report(2, 1.5)
    shown = capsys.readouterr().out.split("\r")
    assert "Cost after 0 iterations is : 2.3000\n" in shown
    assert "Training: 0 of 10 iterations".ljust(60) in shown
    assert "Training: 2 of 10 iterations, about 40 s left".ljust(60) in shown


@pytest.mark.parametrize("moment", ["load_data", "show_pictures"])
def test_ctrl_c_elsewhere_leaves_no_traceback(folder, moment):
    change(folder, **QUICK | {"iterations": 1})
    script = folder / "neural_network.py"
    text, count = re.subn(
        rf"(?m)^(def {moment}\(.*\n)",
        r"\1    time.sleep(60)\n",
        script.read_text("utf-8"),
    )
    assert count == 1
    script.write_text(text, "utf-8")
    process = subprocess.Popen(
        [sys.executable, script],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert errors == "Stopped.\n" and process.returncode == 1


def test_divergence_ends_in_one_line(folder):
    change(folder, **QUICK | {"learning_rate": 1e30})
    result = run(folder)
    expected = "The training diverged. Lower learning_rate (now 1e+30).\n"
    assert result.stderr == expected and result.returncode == 1


def test_own_digits_are_read_and_drawn(folder):
    seven = np.full((60, 60), 255, np.uint8)
    seven[10:14, 15:45] = seven[10:50, 41:45] = 0
    Image.fromarray(seven).save(folder / "$seven ü.png")
    Image.fromarray(255 + 0 * seven).save(folder / "blank.png")
    change(folder, **QUICK, own_digits='["no.png", "$seven ü.png", "blank.png"]')
    result = run(folder)
    *_, saved = lines = result.stdout.splitlines()
    assert re.fullmatch(
        r"Our model says \$seven ü.png is : \d \(\d+\.\d %\)", lines[12]
    )
    assert "Accuracy of Test Dataset" in lines[11] and len(lines) == 17
    assert (
        saved.endswith("own_digits.png")
        and (folder / "figures/own_digits.png").exists()
    )
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{folder / 'no.png'}: found no file, expected")
    assert second.startswith(f"{folder / 'blank.png'}: found a blank picture")
    assert result.returncode == 1


def assert_in_words(error, where):
    """Check that an error is one line that says where, what is found and expected."""
    place, rest = error.split(": found ")
    found, rest = rest.split(", expected ")
    assert where in place and where not in found and "\n" not in error
    assert re.search(r"\S\. [A-Z].*\.$", rest)


WRONG_SETTINGS = [
    *[(name, value) for name in ("n_h", "iterations") for value in (0, -1, 1.5, 10**9)],
    *[("batch_size", value) for value in (0, -1, 1.5)],
    *[("learning_rate", value) for value in (0, -0.1, "fast", True, 10**400)],
    *[("learning_rate", float(value)) for value in ("nan", "inf")],
    ("activation", "sigmoid"),
    *[("momentum", value) for value in (-0.1, 1, 1.5, "much")],
    *[("max_shift", value) for value in (-1, 28, 0.5)],
    *[("max_distortion", value) for value in (-0.1, 1)],
    ("decay", 0.5),
    *[("seed", value) for value in (-1, 0.5)],
    ("data_folder", None),
    *[("own_digits", value) for value in ("seven.png", [7])],
]


@pytest.mark.parametrize("name, value", WRONG_SETTINGS)
def test_wrong_settings_are_answered_in_words(example, name, value):
    settings = vars(nn) | {name: value}
    with pytest.raises(ValueError) as error:
        nn.check_settings(settings)
        nn.load_data(example, settings["max_shift"])
    assert_in_words(str(error.value), f"neural_network.py, setting {name}")


SETTINGS_AT_THEIR_LIMITS = [
    *[(name, 1) for name in ("n_h", "iterations", "batch_size")],
    *[(name, 0) for name in ("momentum", "max_shift", "max_distortion", "seed")],
    ("batch_size", None),
    ("learning_rate", 1e300),
    ("activation", "relu"),
    ("decay", False),
    ("data_folder", "mnist"),
    ("own_digits", ["a.png", Path("b.png")]),
]


@pytest.mark.parametrize("name, value", SETTINGS_AT_THEIR_LIMITS)
def test_settings_at_their_limits_are_right(name, value):
    nn.check_settings(vars(nn) | {name: value})


@pytest.mark.parametrize("name, value", [("n_h", 0), ("max_shift", 28)])
def test_a_wrong_setting_ends_the_script(folder, name, value):
    change(folder, **{name: value})
    result = run(folder)
    assert_in_words(result.stderr.removesuffix("\n"), f"setting {name}")
    assert result.stdout == "" and result.returncode == 1


def as_text(change_text):
    """Return a way to spoil a file by changing its text."""

    def spoil(path):
        path.write_bytes(change_text(path.read_bytes()))

    return spoil


def as_table(change_table):
    """Return a way to spoil a file by changing its numbers."""

    def spoil(path):
        table = np.loadtxt(path, delimiter=",", ndmin=2)
        write(path, change_table(table), "%g")

    return spoil


def set_cell(row, column, value):
    def spoil(table):
        table[row, column] = value
        return table

    return as_table(spoil)


def swap(path):
    labels = path.with_name("train_label.csv")
    spare = path.read_bytes()
    path.write_bytes(labels.read_bytes())
    labels.write_bytes(spare)


def become_folder(path):
    path.unlink()
    path.mkdir()


def become_loop(path):
    path.unlink()
    path.symlink_to(path)


X, LABEL = "train_X.csv", "train_label.csv"
WRONG_FILES = {
    "missing": (X, Path.unlink, "no readable file"),
    "missing test": ("test_label.csv", Path.unlink, "no readable file"),
    "empty": (X, as_text(lambda b: b""), "no table of numbers"),
    "blank": (X, as_text(lambda b: b"\n \n"), "no table of numbers"),
    "header": (X, as_text(lambda b: b"a,b\n" + b), "row 1: found 'a' in column 1"),
    "semicolons": (X, as_text(lambda b: b.replace(b",", b";")), "by commas"),
    "tabs": (X, as_text(lambda b: b.replace(b",", b"\t")), "by commas"),
    "spaces": (X, as_text(lambda b: b.replace(b",", b" ")), "by commas"),
    "text": (
        X,
        as_text(lambda b: b.replace(b"\n0,", b"\ndog,", 1)),
        "row 2: found 'dog'",
    ),
    "blank cell": (
        X,
        as_text(lambda b: b.replace(b"\n0,", b"\n,", 1)),
        "row 2: found ''",
    ),
    "cut off after a comma": (
        X,
        as_text(lambda b: b[: b.rindex(b",") + 1]),
        "row 60: found '' in column 784",
    ),
    "comment": (X, as_text(lambda b: b"# pixels\n" + b), "row 1: found '# pixels'"),
    "no numbers for NumPy": (
        X,
        as_text(lambda b: b.replace(b"\n0,", b"\n1_0,")),
        "table",
    ),
    "cut off": (
        X,
        as_text(lambda b: b[:-500] + b"7"),
        "columns, expected 784 as before",
    ),
    "gzip": (X, as_text(gzip.compress), "save the file as plain CSV"),
    "excel": (X, as_text(lambda b: b"PK\x03\x04" + b), "save the file as plain CSV"),
    "nan": (X, set_cell(2, 4, np.nan), "row 3, column 5: found nan"),
    "inf": (X, set_cell(2, 4, np.inf), "row 3, column 5: found inf"),
    "below 0": (X, set_cell(2, 4, -1), "row 3, column 5: found -1"),
    "above 255": (X, set_cell(2, 4, 256), "row 3, column 5: found 256"),
    "label in front": (
        X,
        as_table(lambda t: np.c_[np.arange(60) % 10, t]),
        "785 columns",
    ),
    "too few": (X, as_table(lambda t: t[1:]), "59 and 60 rows"),
    "other width": (
        "test_X.csv",
        as_table(lambda t: t[:, 1:]),
        "783 columns, expected 784 as in train_X.csv",
    ),
    "two ones": (LABEL, set_cell(1, slice(4), 1), "row 2: found no one-hot label"),
    "half": (LABEL, set_cell(1, slice(None), 0.1), "row 2: found no one-hot label"),
    "no one": (LABEL, set_cell(1, slice(None), 0), "row 2: found no one-hot label"),
    "digits": (LABEL, as_table(lambda t: t.argmax(axis=1)), "np.eye(10)[np.loadtxt("),
    "swapped": (X, swap, "labels in the first"),
    "folder": (X, become_folder, "no readable file"),
    "unreadable": (X, become_loop, "no readable file"),
    "not square": (X, as_table(lambda t: t[:, :700]), None),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_wrong_files_are_answered_in_words(folder, case):
    name, spoil, said = WRONG_FILES[case]
    spoil(folder / name)
    if case == "not square":
        as_table(lambda table: table[:, :700])(folder / "test_X.csv")
        name, said = "max_shift", "with images of 700 pixels"
    with pytest.raises(ValueError) as error:
        nn.load_data(folder, 1)
    assert_in_words(str(error.value), name)
    assert said in str(error.value)


def test_the_line_that_converts_plain_digits_does_so(folder):
    text = (folder / LABEL).read_text()
    as_table(lambda table: table.argmax(axis=1))(folder / LABEL)
    with pytest.raises(ValueError) as error:
        nn.load_data(folder)
    line = str(error.value).split("Convert it: ")[1].removesuffix(".")
    output([sys.executable, "-c", line], folder)
    assert (folder / LABEL).read_text() == text


@pytest.mark.parametrize("case", ["missing", "header", "inf", "unreadable"])
def test_a_wrong_file_ends_the_script(folder, case):
    name, spoil, said = WRONG_FILES[case]
    spoil(folder / name)
    result = run(folder)
    assert_in_words(result.stderr.removesuffix("\n"), f"{folder / name}")
    assert said in result.stderr and result.stdout == "" and result.returncode == 1


def test_a_missing_folder_is_answered_in_words(folder):
    change(folder, data_folder='"nowhere"')
    result = run(folder)
    assert str(Path("nowhere", "train_X.csv")) in result.stderr
    assert result.stderr.count("\n") == 1 and result.returncode == 1


SAME_NUMBERS = {
    "CRLF": lambda b: b.replace(b"\n", b"\r\n"),
    "byte-order mark": lambda b: b"\xef\xbb\xbf" + b,
    "blank lines": lambda b: b + b"\n\n  \n",
    "spaces": lambda b: b.replace(b",", b" , "),
    "no last line end": lambda b: b.rstrip(),
    "decimals": lambda b: re.sub(rb"(\d+)", rb"\1.0", b),
    "scientific": lambda b: b.replace(b",0,", b",0e0,"),
}


@pytest.mark.parametrize("case", SAME_NUMBERS)
def test_files_written_in_other_ways_load_the_same(example, folder, case):
    for name in FILES:
        as_text(SAME_NUMBERS[case])(folder / name)
    for one, other in zip(nn.load_data(example), nn.load_data(folder)):
        assert (one == other).all() and one.dtype == np.float32


def test_loaded_data_are_columns_of_pixels_from_0_to_1(example):
    x, y, u, v = nn.load_data(example)
    assert [t.shape for t in (x, y, u, v)] == [(784, 60), (10, 60), (784, 40), (10, 40)]
    assert (np.rint(x * 255).T == rows("train_X.csv", 60)).all()
    assert (v.T == rows("test_label.csv", 40)).all()


def test_pixels_already_from_0_to_1_stay_as_they_are(example, folder):
    for name in ("train_X.csv", "test_X.csv"):
        write(folder / name, np.loadtxt(folder / name, delimiter=",") / 255, "%.7f")
    for one, other in zip(nn.load_data(example), nn.load_data(folder)):
        assert one == pytest.approx(other, abs=1e-6)


@pytest.mark.parametrize("largest, scale", [(1, 1), (1.5, 255), (2, 255)])
def test_pixels_above_1_are_divided_by_255(folder, largest, scale):
    for name in ("train_X.csv", "test_X.csv"):
        as_table(lambda table: table / 255 * largest)(folder / name)
    assert nn.load_data(folder)[0].max() == pytest.approx(largest / scale)


@pytest.mark.parametrize(
    "side, n_y, m, shift", [(8, 2, 9, 1), (8, 26, 1, 1), (3, 3, 4, 2), (2.5, 2, 5, 0)]
)
def test_other_images_and_classes_work(folder, side, n_y, m, shift):
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        write(folder / f"{part}_X.csv", rng.integers(9, 256, (m, int(side * side))))
        write(folder / f"{part}_label.csv", np.eye(n_y)[np.arange(m) % 2])
    change(folder, **QUICK | {"max_shift": shift})
    result = run(folder)
    assert result.returncode == 0 and result.stderr == ""


@pytest.mark.parametrize("part, each", [("train", 400), ("test", 100)])
def test_the_data_files(part, each):
    x, y = rows(f"{part}_X.csv", 10 * each), rows(f"{part}_label.csv", 10 * each)
    assert x.shape == (10 * each, 784) and y.shape == (10 * each, 10)
    assert x.min() == 0 and x.max() == 255
    assert set(np.unique(y)) == {0, 1} and (y.sum(axis=1) == 1).all()
    assert y.sum(axis=0).tolist() == [each] * 10
    assert b"\r" not in (PROJECT / f"{part}_X.csv").read_bytes()


def test_no_test_image_is_a_training_image():
    train, test = rows("train_X.csv", 4000), rows("test_X.csv", 1000)
    assert not {row.tobytes() for row in train} & {row.tobytes() for row in test}


def test_inline_metadata_names_the_requirements():
    text = (PROJECT / "neural_network.py").read_text("utf-8")
    wanted = re.search(r"(?m)^# dependencies = (.*)$", text)[1]
    requirements = (PROJECT / "requirements.txt").read_text().split()
    assert ast.literal_eval(wanted) == requirements


def test_nothing_runs_on_import_and_the_plain_network_learns():
    x, y, u, v = nn.load_data(PROJECT)
    x, y = x[:, :1000], y[:, :1000]
    parameters, cost_list = nn.model(x, y, n_h=50, learning_rate=0.5, iterations=60)
    assert len(cost_list) == 60 and cost_list[-1] < 0.5
    assert nn.accuracy(u, v, parameters) > 80
