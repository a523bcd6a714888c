"""What a person sees: the pictures, the window, and the pad in use."""

from itertools import combinations
from unittest.mock import Mock, call

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox
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


def pixels(axes):
    """Return the image on the axes."""
    return np.asarray(axes.images[0].get_array())


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
    red, _, blue = pixels(axes).T
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
    assert bars.get_title("left").startswith("dz2")
    greens = []
    for name, stamp in zip(axes.texts[:6], axes.texts[6:12]):
        step = -dw1[int(name.get_text().split()[-1]), 0]
        assert stamp.get_text() == f"{step:+.2f} x"
        column, row = map(int, stamp.get_position())
        red, green, blue = pixels(axes)[row + 2, column + 1]
        assert (red > blue) == (step > 0)
        greens.append(green)
    assert greens[0] < 0.3 < greens[-1]  # the largest step is the fullest


def test_own_digits_are_drawn_and_beside_them_what_the_network_sees(folder):
    x = nn.read_digits(folder / "$11 ü.png", 4)
    axes = drawn(nn.show_own_digits, {"$11 ü.png": x}, COPYING)
    dark = pixels(axes).mean(axis=2) < 0.5
    begins = np.diff(dark.any(axis=0).astype(int)) == 1
    assert begins.sum() == 4 and dark.mean() < 0.1  # strokes on white
    assert texts(axes) == [f"$11 ü.png\n{nn.describe_answer(x, COPYING)}"]


def test_the_neurons_that_matter_most_are_drawn():
    w1, w2 = np.diag([1, 1, 0.1, 1]), np.array([[1, 0, 9, -7], [0, 3, 0, 0]])
    network = {"w1": w1, "b1": 0, "w2": w2, "b2": 0, "activation": "tanh"}
    axes = drawn(nn.show_neurons, np.eye(4), network, 2, 2)
    assert texts(axes) == ["for 1, against 0", "for 1, against 0"]


def test_a_run_saves_pictures_whose_panels_lie_side_by_side(folder, capsys):
    nn.main()
    said = capsys.readouterr().out
    percent = said.split("Test Dataset ")[1].split(" %")[0]
    for name in PICTURES:
        path = folder / "figures" / f"{name}.png"
        assert path.is_file() and f"Picture saved: {path}\n" in said
        title = plt.figure(name).texts[0].get_text()
        if name in ("test_images", "summary"):
            assert title.startswith(f"{percent} % of the test images are read")
        if name != "cost":  # all that have colours to explain
            assert "red" in title.lower()
    assert plt.figure("cost").axes[0].get_xlim() == (0, 3)
    for figure in map(plt.figure, plt.get_figlabels()):  # the pad, too
        figure.canvas.draw()
        panels = figure.axes[0].child_axes or figure.axes
        boxes = [panel.get_window_extent() for panel in panels]
        assert Bbox.union([figure.bbox, *boxes]).bounds == figure.bbox.bounds
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_the_worst_answer_comes_first_and_the_network_is_kept(folder):
    parameters = nn.main()
    x, y = nn.load_data(folder)[2:]
    worst = np.sum(y * nn.probabilities(x, parameters), axis=0).argmin()
    first = texts(plt.figure("test_images").axes[0])[0]
    answer = nn.predict(x, nn.load_network())[worst]
    assert first.startswith(f"{answer}, not {y[:, worst].argmax()} ")
    plt.close("pad")
    nn.open_pad()  # with the network that was kept
    assert "pad" in plt.get_figlabels()


def test_a_failing_picture_costs_only_itself(folder, monkeypatch, capsys):
    monkeypatch.setattr(nn, "show_neurons", {}.__getitem__)  # as if edited
    (folder / "figures" / "cost.png").mkdir(parents=True)
    nn.main()
    said = capsys.readouterr().out
    assert said.count("Picture saved: ") == said.count("not done. ") == 3


def test_a_run_leaves_the_readers_figures_and_style_alone(folder):
    plt.figure("own")
    plt.figure("cost").text(0, 0, "of an earlier run")
    with plt.rc_context({"text.color": "red"}):
        before = plt.rcParams.copy()
        nn.main()
        assert plt.rcParams == before and "own" in plt.get_figlabels()
    assert len(plt.figure("cost").texts) == 1  # its title


# --------------------------------------------------------- windows and the pad
@pytest.fixture
def screen(monkeypatch):
    """Draw as if figures were in windows on a screen."""
    name = "required_interactive_framework"
    monkeypatch.setattr(FigureCanvasAgg, name, "any")


def test_the_window_waits_beside_the_pad(folder, screen, monkeypatch, capsys):
    monkeypatch.setattr(plt, "show", show := Mock())
    nn.main()
    assert show.mock_calls == [call(block=False), call()]  # it blocks, then
    assert plt.get_figlabels() == ["summary", "pad"]
    assert "not done" not in capsys.readouterr().out


def test_the_window_follows_the_training_until_it_is_closed(screen):
    digits, costs = [1, 1, 0, 1], [4, 3, 2, 1]
    report = nn.open_window(np.eye(16)[:, digits], np.eye(10)[:, digits], 3)
    for iteration, cost in enumerate(costs):
        report(iteration, cost, COPYING)
    window = plt.figure("summary")
    title = window.texts[0].get_text()
    assert title.startswith("After 3 of 3 iterations\n") and not window.stale
    cost, answers, _ = window.axes[0].child_axes
    assert cost.lines[1].get_ydata().tolist() == costs
    assert texts(answers) == ["0 (23%)", "1 (23%)"]  # one of each class
    plt.close("summary")
    report(0, 3.0, COPYING)
    assert not plt.get_figlabels()


def test_a_notebook_shows_all_pictures(folder, monkeypatch, capsys):
    monkeypatch.setattr(plt, "get_backend", lambda: "module://inline")
    monkeypatch.setattr(plt, "show", show := Mock())
    nn.main()
    assert show.call_count == 6 and {*plt.get_figlabels()} == PICTURES
    assert "%matplotlib widget" in capsys.readouterr().out  # for the pad


def stroke(*places, button=1):
    """Draw on the pad with a button of the mouse; return the pad's pixels."""
    canvas, what = plt.figure("pad").canvas, "button_press_event"
    for place in places:
        x, y = canvas.figure.axes[0].transData.transform(place)
        event = MouseEvent(what, canvas, x, y, button)
        canvas.callbacks.process(what, event)
        what = "motion_notify_event"
    return np.array(canvas.buffer_rgba())


@pytest.mark.parametrize("backend", ["agg", "tkagg"])  # which draws by blits
def test_the_pad_shows_the_stroke_and_reads_it_as_a_file(backend, monkeypatch):
    monkeypatch.setattr(plt, "get_backend", lambda: backend)
    network = nn.initialize_parameters(64, 40, 10)
    nn.open_pad(network)
    plt.figure("pad").canvas.draw()
    blank = stroke()
    stroke((60, 40), (100, 40), (100, 150))
    after = stroke((20, 180))  # a dot, not joined to the stroke
    given, seen, answer = plt.figure("pad").axes
    ink = pixels(given)
    assert ink[[40, 95, 180], [80, 100, 20]].all()
    assert not ink[[80, 165, 80], [60, 60, 150]].any()
    image = nn.normalize_digit(ink / 255, 8)
    assert 1 - pixels(seen)[:, :, 0].ravel() == approx(image[:, 0])
    chances = nn.probabilities(image, network)[:, 0]
    assert [bar.get_height() for bar in answer.patches] == approx(chances)
    assert texts(answer) == [f"{chances.argmax()}, {chances.max():.0%}"]
    for part in np.array_split(after != blank, 3, axis=1):
        assert part.any()  # in each of the three frames


def test_only_the_left_button_draws_and_the_right_one_clears_all():
    nn.open_pad(nn.initialize_parameters(784, 40, 10))
    plt.figure("pad").canvas.draw()
    blank, line = stroke(), [(50, 50), (150, 150)]
    for button in (None, 2, 3):
        assert (stroke(*line, button=button) == blank).all()
    assert np.mean(stroke(*line) != blank) > 0.01
    assert (stroke((9, 9), button=3) == blank).all()
