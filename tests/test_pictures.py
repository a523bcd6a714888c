"""What a person sees: the pictures, the window, and the pad in use."""

import sys
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import MouseEvent
from matplotlib.transforms import Bbox
from PIL import Image
from pytest import approx

import neural_network as nn

PICTURES = {"cost", "training_images", "test_images", "hidden_neurons"}
PICTURES |= {"stamp", "summary"}
# A network that takes the first ten of 16 pixels for how likely each digit is.
COPYING = {"w1": np.eye(10, 16), "b1": 0, "w2": np.eye(10), "b2": 0}
COPYING["activation"] = "relu"


def drawn(show, *arguments):
    """Return axes on which something is drawn."""
    axes = plt.figure().add_subplot()
    show(axes, *arguments)
    return axes


def texts(axes):
    return [text.get_text() for text in axes.texts]


def saved(folder):
    """Return the names of the pictures that were saved."""
    return {path.stem for path in (folder / "figures").glob("*.png")}


# ---------------------------------------------------------------- the pictures
def test_the_cost_is_drawn_on_a_logarithmic_scale_beside_pure_guessing():
    axes = drawn(nn.show_cost, [8.0, 4.0, 2.0], 4, 10)
    assert axes.lines[1].get_xydata().tolist() == [[0, 8], [1, 4], [2, 2]]
    assert axes.lines[0].get_ydata()[0] == approx(np.log(10))
    assert axes.get_yscale() == "log" and axes.get_xlim() == (0, 4)


def test_right_is_blue_and_a_mistake_is_red_and_names_the_right_digit():
    x, y = np.eye(16, 3), np.eye(10)[:, [0, 1, 7]]  # the last is misread
    axes = drawn(nn.show_answers, x, y, COPYING, 8)
    assert texts(axes) == ["0 (23%)", "1 (23%)", "2, not 7 (23%)"]
    red, _, blue = np.asarray(axes.images[0].get_array()).T
    ink = np.argwhere(red != blue)
    assert [red[i, j] > blue[i, j] for i, j in ink] == [False, False, True]


def test_the_stamp_is_red_where_an_update_makes_weights_grow():
    x, y = np.ones((16, 1)), np.eye(10)[:, [3]]
    network = nn.initialize_parameters(16, 20, 10)
    cache = nn.forward_propagation(x, network)
    dw1 = nn.backward_prop(x, y, network, cache)["dw1"]
    _, bars, axes = drawn(nn.show_stamp, x, y, network).child_axes
    widths = [bar.get_width() for bar in bars.patches]
    assert widths == approx((cache["a2"] - y)[:, 0], abs=1e-6)
    picture = np.asarray(axes.images[0].get_array())
    for name, stamp in zip(axes.texts[:6], axes.texts[6:12]):
        step = -dw1[int(name.get_text().split()[-1]), 0]
        assert stamp.get_text() == f"{step:+.2f} x"
        column, row = map(int, stamp.get_position())
        red, _, blue = picture[row + 2, column + 1]
        assert (red > blue) == (step > 0)


def test_an_own_digit_is_drawn_and_beside_it_what_the_network_sees(folder):
    picture = Image.new("L", (60, 60), 255)
    picture.paste(0, (28, 10, 33, 50))
    picture.save(folder / "one.png")
    x = nn.read_digits(folder / "one.png", 4)
    axes = drawn(nn.show_own_digits, {"one.png": x}, COPYING)
    dark = np.asarray(axes.images[0].get_array()).mean(axis=2) < 0.5
    begins = np.diff(dark.any(axis=0).astype(int)) == 1
    assert begins.sum() == 2 and dark.mean() < 0.1  # two strokes on white
    assert texts(axes) == [f"one.png\n{nn.describe_answer(x, COPYING)}"]


def test_the_neurons_that_matter_most_are_drawn():
    w1, network = np.diag([1, 1, 0.1, 1]), {"b1": 0, "activation": "tanh"}
    network |= {"w1": w1, "w2": np.array([[1, 0, 9, -7], [0, 3, 0, 0]])}
    network["b2"] = 0
    axes = drawn(nn.show_neurons, np.eye(4), network, 2, 2)
    assert texts(axes) == ["for 1, against 0", "for 1, against 0"]


def test_a_run_saves_pictures_and_the_network(folder, capsys):
    parameters = nn.main()
    said = capsys.readouterr().out
    percent = said.split("Test Dataset ")[1].split(" %")[0]
    assert saved(folder) == PICTURES
    for name in PICTURES:
        assert f"Picture saved: {folder / 'figures' / name}.png\n" in said
    for name in "test_images", "summary":
        title = plt.figure(name).texts[0].get_text()
        assert title.startswith(f"{percent} % of the test images are read")
    for name in PICTURES - {"cost"}:  # all that have colours to explain
        assert "red" in plt.figure(name).texts[0].get_text().lower()
    assert plt.figure("cost").axes[0].get_xlim() == (0, 3)
    x, kept = np.eye(784), nn.load_network()
    assert (nn.predict(x, kept) == nn.predict(x, parameters)).all()
    plt.close("pad")
    nn.open_pad()  # with the network that was kept
    assert "pad" in plt.get_figlabels()
    x, y = nn.load_data(folder)[2:]
    worst = np.sum(y * nn.probabilities(x, parameters), axis=0).argmin()
    answer, right = nn.predict(x, parameters)[worst], y[:, worst].argmax()
    first = texts(plt.figure("test_images").axes[0])[0]
    assert first.startswith(f"{answer}, not {right} ")


def test_the_panels_of_a_picture_lie_within_it_side_by_side(folder):
    nn.main()
    for figure in map(plt.figure, plt.get_figlabels()):
        figure.canvas.draw()
        panels = figure.axes[0].child_axes or figure.axes
        boxes = [panel.get_window_extent() for panel in panels]
        assert Bbox.union([figure.bbox, *boxes]).bounds == figure.bbox.bounds
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_what_can_not_be_drawn_or_saved_costs_only_itself(
    folder, monkeypatch, capsys
):
    monkeypatch.setattr(nn, "show_neurons", {}.__getitem__)  # as if edited
    (folder / "figures" / "cost.png").mkdir(parents=True)
    nn.main()
    assert saved(folder) == PICTURES - {"hidden_neurons", "summary"}
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if ".png: not done." in line]) == 3


def test_a_run_leaves_the_readers_figures_and_style_alone(folder):
    plt.figure("own")
    plt.figure("cost").text(0, 0, "of an earlier run")
    with plt.rc_context({"text.color": "red"}):
        before = plt.rcParams.copy()
        nn.main()
        assert plt.rcParams == before and "own" in plt.get_figlabels()
    assert len(plt.figure("cost").texts) == 1  # its title


# --------------------------------------------------------- windows and the pad
SCREEN = """
from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManager
import matplotlib.pyplot as plt
shown = []
class FigureCanvas(FigureCanvasAgg):
    def __init__(self, *args):
        super().__init__(*args)
        self.required_interactive_framework = __name__ == "screen" or None
    def draw(self):
        shown.append(self.figure.texts[0].get_text())
        super().draw()
def show(block=None):
    shown.append((block, sorted(plt.get_figlabels())))
"""


@pytest.fixture
def shown(request, tmp_path, monkeypatch):
    """Draw on a screen or inline; return what is drawn and shown there."""
    (tmp_path / f"{request.param}.py").write_text(SCREEN)
    monkeypatch.syspath_prepend(tmp_path)
    plt.switch_backend(f"module://{request.param}")
    yield sys.modules.pop(request.param).shown
    plt.switch_backend("agg")


on_a_screen = pytest.mark.parametrize("shown", ["screen"], indirect=True)
in_a_notebook = pytest.mark.parametrize("shown", ["inline"], indirect=True)


@on_a_screen
def test_the_window_lives_and_then_waits_with_the_pad(folder, shown, capsys):
    nn.main()
    assert shown[0] == (False, ["summary"])
    titles = [words.split("\n")[0] for words in shown if words[:5] == "After"]
    assert titles[0] == "After 0 of 3 iterations"
    assert titles[-1] == "After 3 of 3 iterations"
    assert shown[-1] == (None, ["pad", "summary"])  # None: block, if it can
    assert "not done" not in capsys.readouterr().out


@on_a_screen
def test_the_window_shows_the_costs_so_far_until_it_is_closed(shown):
    x, costs = np.eye(16, 10), [3.0, 2.5, 2.0, 1.5]
    report = nn.open_window(x, np.eye(10), 3)
    for iteration, cost in enumerate(costs):
        report(iteration, cost, COPYING)
    cost, answers, neurons = plt.figure("summary").axes[0].child_axes
    assert cost.lines[1].get_ydata().tolist() == costs
    assert texts(answers)[:2] == ["0 (23%)", "1 (23%)"]
    assert len(texts(neurons)) == 8
    plt.close("summary")
    report(0, 3.0, COPYING)
    assert not plt.get_figlabels()


@in_a_notebook
def test_in_a_notebook_each_picture_is_shown_and_no_pad(folder, shown, capsys):
    nn.main()
    assert {name for _, names in shown[1::2] for name in names} == PICTURES
    assert "%matplotlib widget" in capsys.readouterr().out


class Pad:
    """The open pad of a network, and a hand that holds the mouse."""

    def __init__(self, network):
        nn.open_pad(network)
        self.canvas = plt.figure("pad").canvas
        self.given, self.seen, self.answer = plt.figure("pad").axes
        self.canvas.draw()

    def stroke(self, *places, button=1):
        """Press a button at the first place and drag it to the others."""
        what = "button_press_event"
        for place in places:
            x, y = self.given.transData.transform(place)
            event = MouseEvent(what, self.canvas, x, y, button)
            self.canvas.callbacks.process(what, event)
            what = "motion_notify_event"

    def ink(self):
        return np.asarray(self.given.images[0].get_array())

    def heights(self):
        return [bar.get_height() for bar in self.answer.patches]


@pytest.mark.parametrize("backend", ["agg", "tkagg"])  # which draws by blits
def test_the_pad_shows_the_stroke_and_reads_it_as_a_file(backend, monkeypatch):
    monkeypatch.setattr(plt, "get_backend", lambda: backend)
    network = nn.initialize_parameters(64, 40, 10)
    pad = Pad(network)
    before = np.array(pad.canvas.buffer_rgba())
    pad.stroke((60, 40), (100, 40), (100, 150))
    pad.stroke((20, 180))  # a dot, not joined to the stroke
    ink = pad.ink()
    assert ink[[40, 95, 180], [80, 100, 20]].all()
    assert not ink[[80, 165, 80], [60, 60, 150]].any()
    image = nn.normalize_digit(ink / 255, 8)
    seen = 1 - np.asarray(pad.seen.images[0].get_array())[:, :, 0]
    assert seen.ravel() == approx(image[:, 0])
    chances = nn.forward_propagation(image, network)["a2"][:, 0]
    assert pad.heights() == approx(chances)
    assert texts(pad.answer) == [f"{chances.argmax()}, {chances.max():.0%}"]
    after = np.array(pad.canvas.buffer_rgba())
    for part in np.array_split(after != before, 3, axis=1):
        assert part.any()  # in each of the three frames


def test_only_the_left_button_draws_and_the_right_one_clears_all():
    pad = Pad(nn.initialize_parameters(784, 40, 10))
    for button in (None, 2, 3):
        pad.stroke((50, 50), (150, 150), button=button)
        assert not pad.ink().any() and not any(pad.heights())
    blank = np.array(pad.canvas.buffer_rgba())
    pad.stroke((50, 50), (150, 150))
    assert np.mean(np.array(pad.canvas.buffer_rgba()) != blank) > 0.01
    pad.stroke((9, 9), button=3)
    assert not pad.ink().any() and not any(pad.heights())
    assert (np.array(pad.canvas.buffer_rgba()) == blank).all()
