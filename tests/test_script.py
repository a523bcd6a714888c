"""The script as a user runs it, in a folder of its own with small CSV files."""

import gzip
import os
import re
import runpy
import signal
import sys
from contextlib import nullcontext, suppress
from functools import partial
from math import inf, nan
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

import numpy as np
import pytest

import neural_network as nn

PROJECT = Path(nn.__file__).parent
FILES = ["train_X.csv", "train_label.csv", "test_X.csv", "test_label.csv"]
X, LABEL, TEST_X, TEST_LABEL = FILES
QUICK = {"n_h": 3, "iterations": 12, "batch_size": 8, "learning_rate": 0.05}
read = partial(np.loadtxt, delimiter=",", ndmin=2)
write = partial(np.savetxt, fmt="%.8g", delimiter=",")


def change(folder, **settings):
    """Edit settings at the top of the script, as a student does; ... renames one."""
    script = folder / "neural_network.py"
    text = script.read_text("utf-8")
    for name, value in settings.items():
        line = f"{name} = {value!r}" if value is not ... else "renamed = 0"
        text, count = re.subn(rf"(?m)^{name} = .*$", line, text)
        assert count == 1
    script.write_text(text, "utf-8")


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


def launch(folder, stdout=PIPE, stderr=PIPE, **extra):
    """Start the script from elsewhere, in a process of its own, without a screen."""
    unset = ["DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONWARNINGS", "PYTHONPATH"]
    env = {k: v for k, v in os.environ.items() if k not in unset} | extra
    command = [sys.executable, folder / "neural_network.py"]
    return Popen(command, stdout=stdout, stderr=stderr, env=env, cwd="/", text=True)


def run(folder, **options):
    process = launch(folder, **options)
    out, error = process.communicate()
    return out.splitlines(), error, process.returncode


def start(folder, capsys, **settings):
    """Run the script within this process, which is faster; return the same as run."""
    change(folder, **settings)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(folder / "neural_network.py"), run_name="__main__")
    (out, error), status = capsys.readouterr(), ended.value.code
    if isinstance(status, str):  # then Python prints it
        error, status = f"{error}{status}\n", 1
    return out.splitlines(), error, status


def is_one_line(error, *said):
    return len(str(error).splitlines()) == 1 and all(str(w) in str(error) for w in said)


def text(change):
    return lambda path: path.write_bytes(change(path.read_bytes()))


def table(change):
    return lambda path: write(path, change(read(path)))


def put(row, columns, values):
    return table(lambda t: t[row].put(columns, values) or t)


SETTINGS = [  # right values at their limits, and wrong ones
    *[(n, [1, 10**9 - 1], [0, -1, 1.5, True, 10**9]) for n in ("n_h", "iterations")],
    ("batch_size", [None, 1, 10**9], [0, -1, 1.5, "all"]),
    ("learning_rate", [1e-9, 1, 1e300], [0, -0.1, "a", True, 10**400, 1e308, inf, nan]),
    ("activation", ["tanh", "relu"], ["sigmoid", None, ["tanh"]]),
    *[(n, [0, 0.99], [-0.1, 1, 1.5, "a"]) for n in ("momentum", "max_distortion")],
    ("max_shift", [0, 1, 27], [-1, 28, 29, 0.5, 10**9]),
    ("decay", [False, True], [0.5, 1]),
    ("seed", [0, 10**30], [-1, 0.5]),
    ("data_folder", ["mnist", Path("mnist")], [None]),
    ("own_digits", [[], ["a.png", Path("b.png")]], ["seven.png", [7], None]),
]
SWAP = [(X, "spare"), (LABEL, X), ("spare", LABEL)]
narrow = table(lambda t: t[:, :700])  # to images that are not square
WRONG = [  # a file ("" for the folder), what is done to it, and what is said
    *[("", partial(change, **{n: ...}), n) for n in ("n_h", "seed", "data_folder")],
    ("", partial(change, n_h=0), "setting n_h"),
    ("", partial(change, max_shift=28), "setting max_shift"),
    ("", partial(change, learning_rate=1e30), "learning_rate; 1e+30"),
    ("", partial(change, n_h=10**9 - 1), "n_h; batch_size"),  # more than the memory
    ("", partial(change, data_folder="nowhere"), f"{Path('nowhere', X)}"),
    ("", lambda f: [narrow(f / n) for n in (X, TEST_X)], "max_shift; 700"),
    *[(name, Path.unlink, "") for name in (X, TEST_X, TEST_LABEL)],
    (X, lambda p: [p.unlink(), p.mkdir()], ""),
    (X, lambda p: [p.unlink(), p.symlink_to(p)], ""),  # can't be read
    (LABEL, lambda p: [p.with_name(a).rename(p.with_name(b)) for a, b in SWAP], ""),
    *[(X, text(lambda _, b=b: b), "") for b in (b"", b"\n \n")],
    (X, text(lambda b: b"a,b\n" + b), "row 1; 'a'; column 1"),
    (X, text(lambda b: b"# pixels\n" + b), "row 1; '# pixels'"),
    (X, text(lambda b: b"PK\x03\x04" + b), "row 1; 'PK"),  # as Excel's files begin
    (X, text(gzip.compress), "row 1"),
    *[(X, text(partial(re.sub, b",", s)), "row 1; comma") for s in (b";", b"\t", b" ")],
    (X, text(lambda b: b.replace(b"\n0", b"\ndog", 1)), "row 2; 'dog'"),
    (X, text(lambda b: b.replace(b"\n0", b"\n", 1)), "row 2; ''"),
    (X, text(lambda b: b[: b.rindex(b",") + 1]), "row 20; ''; 784"),
    (X, text(lambda b: b.replace(b"\n0", b"\n1_0")), ""),  # no number for NumPy
    (X, text(lambda b: b[:-500] + b"7"), "row 20; columns"),  # cut off
    *[(X, put(2, 4, v), f"row 3; column 5; {v}") for v in (nan, inf, -1, 256, 255.1)],
    (X, table(lambda t: np.c_[t[:, 0], t]), "785 columns"),  # a label in front
    (X, table(lambda t: t[1:]), f"{LABEL}; 19; 20"),
    (TEST_X, table(lambda t: t[:, 1:]), "783"),
    (TEST_LABEL, table(lambda t: np.c_[0 * t[:, 0], t]), "11"),
    *[(LABEL, put(1, range(n), v), "row 2") for n, v in ((4, 1), (10, 0.1), (10, 0))],
    (LABEL, put(2, [0, 1], [0.5, 1]), "row 3"),
    (LABEL, table(lambda t: t.argmax(axis=1)), "row "),  # plain digits
    (LABEL, table(lambda t: t[:, :1] ** 0), "row 1"),  # one class
]
SAME_NUMBERS = [  # what of the text is replaced, by what
    *[(b"\n", new) for new in (b"\r\n", b"\n\n  \n")],
    *[(b",0,", new) for new in (b",0e0,", b",0E0,")],
    (b",", b" , "),
    (rb"(\d+)", rb"\1.0"),
    (rb"\A", b"\xef\xbb\xbf"),  # a byte-order mark
    (rb"\s+\Z", b""),
]
OTHER_IMAGES = [(64, 2, 9, 1), (64, 26, 1, 1), (9, 3, 4, 2), (6, 2, 5, 0)]


def test_a_run_prints_true_costs_and_accuracies_and_saves_pictures(folder):
    lines, error, status = run(folder)
    x, y, u, v = nn.load_data(folder)
    settings = {name: QUICK.get(name, getattr(nn, name)) for name, *_ in SETTINGS[:-2]}
    p, costs = nn.model(x, y, **settings)
    tenths = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]  # of the 12 iterations
    expected = [f"Cost after {i} iterations is : {costs[i]:.4f}" for i in tenths]
    for part, *pair in ("Train", x, y), ("Test", u, v):
        expected.append(f"Accuracy of {part} Dataset {nn.accuracy(*pair, p):.1f} %")
    for name in ("cost", "training_images", "test_images", "hidden_neurons"):
        path = folder / "figures" / f"{name}.png"
        expected.append(f"Picture saved: {path}")
        assert path.read_bytes().startswith(b"\x89PNG")
    assert (lines, error, status) == (expected, "", 0) and 2.2 < costs[0] < 2.4


def test_with_a_screen_all_windows_open_and_ctrl_c_closes_them(folder):
    (folder / "screen.py").write_text("""if True:
        import sys, matplotlib.pyplot as plt
        from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManager
        class FigureCanvas(FigureCanvasAgg):
            def __init__(self, *args):
                super().__init__(*args)
                self.required_interactive_framework = "pretended"
        def show(*args, **kwargs):
            print("Windows:", *plt.get_figlabels(), file=sys.stderr)
            raise KeyboardInterrupt
    """)
    lines, _, status = run(folder, stderr=STDOUT, MPLBACKEND="module://screen")
    windows = "Windows: cost training_images test_images hidden_neurons pad"
    assert lines[-2:] == [windows, "Stopped."] and status == 1
    assert lines[-3].endswith("hidden_neurons.png")  # said at once, not at the end


@pytest.mark.parametrize("backend", ["template", "module://inline"])
def test_a_backend_without_windows_saves_files(folder, capsys, monkeypatch, backend):
    (folder / "inline.py").write_text("from matplotlib.backends.backend_agg import *\n")
    monkeypatch.syspath_prepend(folder)
    nn.plt.switch_backend(backend)
    assert start(folder, capsys, iterations=1)[1:] == ("", 0)
    assert len([*(folder / "figures").iterdir()]) == 4


def test_what_must_be_installed_is_told_in_the_script_and_if_it_is_missing(folder):
    requirements = (PROJECT / "requirements.txt").read_text().split()
    line = f"# dependencies = {requirements}\n".replace("'", '"')
    assert line in (folder / "neural_network.py").read_text("utf-8")
    (folder / "numpy.py").write_text("raise ModuleNotFoundError('No NumPy')")
    lines, error, status = run(folder)
    assert is_one_line(error, "No NumPy", "pip install -r requirements")
    assert lines == [] and status == 1


def test_fewer_than_ten_iterations_print_a_cost_each(folder, capsys):
    (folder / "figures").write_text("in the way: nothing can be saved here")
    lines, error, status = start(folder, capsys, iterations=3)
    assert [line.split()[2] for line in lines[:-2]] == ["0", "1", "2"]
    assert is_one_line(error, folder / "figures") and status == 0


def test_a_terminal_shows_progress_and_ctrl_c_keeps_what_was_learned(folder):
    change(folder, n_h=300, iterations=100_000)
    ours, theirs = os.openpty()
    process, shown = launch(folder, stdout=theirs), b""
    os.close(theirs)
    while b" s left" not in shown:
        shown += os.read(ours, 1000)
    assert b"\rTraining: 1 of 100000 iterations, about " in shown
    process.send_signal(signal.SIGINT)
    with suppress(OSError):  # the terminal's other end is closed
        while chunk := os.read(ours, 1000):
            shown += chunk
    erased = b" s left\r" + b" " * 60 + b"\rAccuracy of Train Dataset"
    assert erased in shown and b"hidden_neurons.png" in shown and process.wait() == 0
    assert re.fullmatch(r"Stopped in iteration \d+\.\n", process.stderr.read())


def test_the_time_left_is_that_of_the_iterations_left(monkeypatch, capsys):
    monkeypatch.setattr(nn.time, "monotonic", iter([100, 110]).__next__)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with nn.progress(10) as report:
        report(0, 2.3)
        report(2, 1.5)
    out = "|Cost after 0 iterations is : 2.3000\n|Cost after 2 iterations is : 1.5000\n"
    out += "|Training: 2 of 10 iterations, about 40 s left|"
    assert capsys.readouterr().out == out.replace("|", "\r" + " " * 60 + "\r")


def test_ctrl_c_while_loading_leaves_no_traceback(folder):
    (folder / X).unlink()
    os.mkfifo(folder / X)
    process = launch(folder)
    with open(folder / X, "w"):  # waits until the script reads it
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "Stopped.\n") and process.returncode == 1


def test_own_digits_are_read_and_drawn(folder):
    seven = nn.Image.new("L", (60, 60), 255)
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
    assert re.fullmatch(r".*no\.png.*\n.*blank\.png.*\n", error) and status == 1


@pytest.mark.parametrize("name, right, wrong", SETTINGS)
def test_wrong_settings_are_answered_in_words(folder, name, right, wrong):
    for number, value in enumerate(right + wrong):
        with nullcontext() if number < len(right) else pytest.raises(ValueError) as e:
            nn.check_settings({"decay": True, name: value})
            nn.load_data(folder, value if name == "max_shift" else 0)
        said = f"neural_network.py, setting {name}", repr(value)
        assert e is None or is_one_line(e.value, *said)


@pytest.mark.parametrize("name, spoil, said", WRONG)
def test_what_is_wrong_ends_the_script_in_words(folder, capsys, name, spoil, said):
    spoil(folder / name)
    lines, error, status = start(folder, capsys)
    assert is_one_line(error, folder if name else "", name, *said.split("; "))
    assert status == 1 and len(lines) == ("1e+30" in said)


@pytest.mark.parametrize("old, new", SAME_NUMBERS)
def test_files_written_in_other_ways_load_the_same(folder, old, new):
    before = nn.load_data(folder)
    for name in FILES:
        text(lambda b: re.sub(old, new, b))(folder / name)
    for one, other in zip(before, nn.load_data(folder)):
        assert (one == other).all() and one.dtype == other.dtype == np.float32


@pytest.mark.parametrize("largest, scale", [(1, 1), (1.5, 255), (2, 255), (255, 255)])
def test_pixels_above_1_are_divided_by_255(folder, largest, scale):
    for name, place in (X, 0), (TEST_X, 2):
        table(lambda t: t / 255 * largest)(folder / name)
        x = nn.load_data(folder)[place]
        assert np.abs(x.T - read(folder / name) / scale).max() < 1e-6


@pytest.mark.parametrize("n_x, n_y, m, shift", OTHER_IMAGES)
def test_other_images_and_classes_work(folder, capsys, n_x, n_y, m, shift):
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        write(folder / f"{part}_X.csv", rng.integers(9, 256, (m, n_x)))
        write(folder / f"{part}_label.csv", np.eye(n_y)[np.arange(m) % 2])
    assert start(folder, capsys, max_shift=shift, iterations=2)[1:] == ("", 0)


def test_the_data_files_are_whole_and_the_plain_network_learns_from_them(data):
    for part, each, (x, y) in ("train", 400, data[:2]), ("test", 100, data[2:]):
        assert x.shape == (784, 10 * each) and (x.min(), x.max()) == (0, 1)
        assert np.abs(np.rint(255 * x) - 255 * x).max() < 1e-4
        assert y.sum(axis=1).tolist() == [each] * 10
        assert b"\r" not in (PROJECT / f"{part}_X.csv").read_bytes()
    train, test = ({image.tobytes() for image in x.T} for x in data[::2])
    assert not train & test
    x, y, u, v = data
    x, y = x[:, :1000], y[:, :1000]
    parameters, cost_list = nn.model(x, y, n_h=50, learning_rate=0.5, iterations=60)
    assert len(cost_list) == 60 and cost_list[-1] < 0.5
    assert nn.accuracy(u, v, parameters) > 80
