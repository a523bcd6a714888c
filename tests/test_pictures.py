"""What a person sees: the pictures, the windows, and the pad in use."""

import itertools
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import LEARNED
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import MouseEvent
from PIL import Image
from pytest import approx

import neural_network as nn

RUN = "n_h=9, iterations=3"  # what isn't as shipped in conftest's folder
PICTURES = {"cost", "training_images", "test_images", "hidden_neurons"}
PICTURES |= {"stamp", RUN}


def copying(n_x=16, n_y=10):
    """Return a network that takes pixels for how likely the classes are."""
    w1, w2, b1 = np.eye(n_y, n_x), np.eye(n_y), np.zeros((n_y, 1))
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b1, "activation": "relu"}


def drawn(show, *arguments):
    """Return axes on which something is drawn."""
    axes = plt.figure().add_axes([0.1, 0.1, 0.8, 0.8])
    show(axes, *arguments)
    return axes


def texts(axes):
    return [text.get_text() for text in axes.texts]


def image_in(axes):
    return np.asarray(axes.images[0].get_array())


def tile(axes, number, side, columns):
    """Return an image among others in axes, with colours (side, side, 3)."""
    gap = side // 3
    row, column = divmod(number, columns)
    top, left = row * (side + gap) + gap, column * (side + gap)
    return image_in(axes)[top : top + side, left : left + side]


def is_red(colour):
    assert abs(colour[0] - colour[2]) > 0.1  # red and blue
    return colour[0] > colour[2]


# ---------------------------------------------------------------- the pictures
def test_the_cost_is_drawn_on_a_logarithmic_scale_beside_pure_guessing():
    axes = drawn(nn.show_cost, [8.0, 4.0, 2.0], 4, 10)
    assert axes.lines[1].get_xydata().tolist() == [[0, 8], [1, 4], [2, 2]]
    assert axes.get_yscale() == "log" and axes.get_xlim() == (0, 4)
    assert axes.lines[0].get_ydata()[0] == approx(np.log(10))
    assert texts(axes) == ["pure guessing"]
    axes.figure.draw_without_rendering()
    low, high = axes.get_ylim()
    numbers = [float(text.get_text()) for text in axes.get_yticklabels()]
    assert {0.5, 1, 2, 5} <= {n for n in numbers if low <= n <= high}
    assert low < 0.3 and high > 8


def test_right_is_blue_and_a_mistake_is_red_and_names_the_right_digit():
    x = np.zeros((16, 2))
    x[[0, 2], [0, 1]] = 1
    axes = drawn(nn.show_answers, x, np.eye(10)[:, :2], copying(), 8)
    assert texts(axes) == ["0 (23%)", "2, not 1 (23%)"]
    right, wrong = tile(axes, 0, 4, 8), tile(axes, 1, 4, 8)
    assert not is_red(right[0, 0]) and is_red(wrong[0, 2])
    assert (right[1:] == 1).all() and (wrong[1:] == 1).all()


@pytest.mark.parametrize("m, count", [(50, 18), (40, 3), (5, 0)])
def test_the_surest_mistakes_come_first(m, count):
    sure = 1 + np.random.default_rng(0).permutation(m) / m
    right, x = np.arange(m) % 10, np.zeros((16, m))
    x[(right + (np.arange(m) < count)) % 10, np.arange(m)] = sure
    chosen, misread = nn.choose_images(x, np.eye(10)[:, right], copying())
    assert misread == count and len({*chosen}) == len(chosen) == min(m, 32)
    first = min(count, 16)
    assert chosen[:first] == [*np.argsort(-sure[:count])[:first]]
    assert min(chosen[first:]) >= count  # the others are right, in any order
    assert sorted(chosen[first:]) != chosen[first:]


def test_the_neurons_that_vary_and_matter_most_come_first():
    # Number j of 40 varies by j + 1 and has the weight j / 100.
    w1 = np.arange(1, 41)[:, None] * [[0.5, -1, 0, j / 100] for j in range(40)]
    even, odd = [[1], [-0.5], [0.3]], [[0.1], [0.2], [-4.3]]
    w2 = np.where(np.arange(40) % 2, odd, even)
    network = {"w1": w1, "b1": 0, "w2": w2, "b2": 0, "activation": "relu"}
    x = np.array([[0, 1], [0, 0], [0, 0], [0, 0]])
    axes = drawn(nn.show_neurons, x, network, 32, 8)
    most = sorted(range(40), key=lambda j: -(j + 1) * (4.3 if j % 2 else 1))
    said = [f"for {j % 2}, against {1 + j % 2}" for j in most[:32]]
    assert texts(axes) == said
    first = tile(axes, 0, 2, 8)
    assert is_red(first[0, 0]) and not is_red(first[0, 1])  # 0.5 and -1
    assert first[1, 0].min() > 0.9  # 0 is white


def test_the_stamp_shows_what_one_image_changes():
    x, y = np.linspace(0, 1, 16)[:, None], np.eye(10)[:, [3]]
    network = nn.initialize_parameters(16, 20, 10, rng=0)
    cache = nn.forward_propagation(x, network)
    slopes = nn.backward_prop(x, y, network, cache)
    _, bars, neurons = drawn(nn.show_stamp, x, y, network).child_axes
    widths = [bar.get_width() for bar in bars.patches]
    assert widths == approx(slopes["db2"][:, 0])
    less, more = (bars.patches[c].get_facecolor() for c in (0, 3))
    assert is_red(less) and not is_red(more)
    (j, *_) = order = np.argsort(-np.abs(slopes["db1"][:, 0]))[:6]
    assert texts(neurons)[:6] == [f"w1, neuron {j}" for j in order]
    assert f"{-slopes['db1'][j, 0]:+.2f} x" in texts(neurons)[6]
    stamp, after = tile(neurons, 6, 4, 6), tile(neurons, 12, 4, 6)
    assert stamp[0, 0].min() > 0.9  # no ink changes nothing
    assert is_red(stamp[-1, -1]) == (slopes["db1"][j, 0] < 0)
    w1 = network["w1"][j] - slopes["dw1"][j]
    p = np.abs(w1).argmax()
    assert is_red(after.reshape(16, 3)[p]) == (w1[p] > 0)


def test_an_answer_names_the_two_most_likely_classes():
    x = np.log([[0.25], [0.7], [0.05]] + 7 * [[1e-9]]) - np.log(1e-9)
    network = copying(10) | {"w2": 100 * np.eye(10)}
    assert nn.describe_answer(x / 100, network) == "1 (70%), 0 (25%)"


def test_each_own_digit_stands_beside_what_the_network_sees(tmp_path):
    picture = Image.new("L", (100, 200), "white")
    picture.paste(0, (0, 100, 100, 200))  # black below
    name = "$one$ with a name that is long.png"
    picture.save(tmp_path / name)
    image = np.linspace(0, 1, 16).reshape(16, 1)
    axes = drawn(nn.show_own_digits, tmp_path, {name: image}, copying())
    (title,) = texts(axes)
    assert title.startswith("$one$") and "9 (" in title
    pair = image_in(axes)[-140:]
    assert pair[[20, 120], 70, 0].tolist() == [1, 0]
    assert pair[0, 141].min() == 1 and pair[-1, 279].max() == 0  # black ink
    assert len({*pair[20, 140:280, 0]}) == 4  # pixels, not blurred
    assert not axes.texts[0].get_parse_math()  # $ is only a letter


def faults_of(figure):
    """Return which texts or panels overlap, or are cut off by the edge."""
    figure.draw_without_rendering()
    hidden = set()  # ticks that aren't in view
    for axis in figure.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        out = [tick for tick in ticks if not low <= tick.get_loc() <= high]
        hidden.update(*(tick.findobj(plt.Text) for tick in out))
    texts = [t for t in figure.findobj(plt.Text) if t.get_text()]
    texts = [t for t in texts if t.get_visible() and t not in hidden]
    panels = [axes for axes in figure.findobj(Axes) if not axes.child_axes]
    faults = []
    for group in texts, panels:
        boxes = [(one, one.get_window_extent()) for one in group]
        corners = [(one, p) for one, box in boxes for p in box.get_points()]
        faults += [one for one, p in corners if not figure.bbox.contains(*p)]
        boxes = [(one, box.shrunk(0.9, 0.9)) for one, box in boxes]
        pairs = itertools.combinations(boxes, 2)
        faults += [(s, t) for (s, a), (t, b) in pairs if a.fully_overlaps(b)]
    return faults


@pytest.mark.parametrize("n_y", [10, 26])
def test_in_no_picture_anything_overlaps_or_is_cut_off(n_y, tmp_path):
    Image.new("L", (90, 90), 255).save(tmp_path / "my_first_digit.png")
    x = np.random.default_rng(0).random((784, 40))
    y = np.eye(n_y)[:, np.arange(40) % n_y]
    network = nn.initialize_parameters(784, 40, n_y, rng=0)
    results = (
        (x, y, x, y),
        [3, 1, 0.1],
        network,
        {"my_first_digit.png": x[:, :1]},
    )
    pictures = nn.list_pictures(tmp_path, *results)
    title, _, (_, image, label, _) = pictures["stamp"]
    answer = nn.predict(image, network)[0]
    assert title.startswith(f"A {label.argmax()}, read as a {answer}")
    for name, picture in pictures.items():
        figure = nn.in_style(nn.draw_figure)(name, *picture)
        assert faults_of(figure) == [], name
    nn.open_pad(network)
    assert faults_of(plt.figure("pad")) == []


# --------------------------------------------------------------- what is saved
def saved(folder):
    """Return the names of the pictures that were saved."""
    return {path.stem for path in (folder / "figures").glob("*.png")}


def test_a_run_saves_pictures_with_captions_and_the_network(folder, printed):
    parameters = nn.main()
    assert saved(folder) == PICTURES
    out = printed()
    percent = out.split("Test Dataset ")[1].split(" %")[0]
    for name in PICTURES:
        assert f"Picture saved: {folder / 'figures' / name}.png\n" in out
        figure = plt.figure("window" if name == RUN else name)
        caption = figure.texts[-1].get_text()
        assert caption.startswith(f"{RUN}: {percent} % of the test images")
    misread = round(12 - 12 * float(percent) / 100)
    title = plt.figure("test_images").texts[0].get_text()
    assert title == f"The network misreads {misread} of 12 test images"
    kept = nn.load_network(folder)
    assert kept["activation"] == "tanh"
    assert all(np.array_equal(kept[n], parameters[n]) for n in LEARNED)


def test_what_can_not_be_drawn_or_saved_costs_only_itself(
    folder, patch, printed
):
    patch(nn, "show_neurons", {}.__getitem__)  # a KeyError
    (folder / "figures" / "cost.png").mkdir(parents=True)
    nn.main()
    assert saved(folder) == PICTURES - {"hidden_neurons", RUN}
    out = printed()
    lines = [line for line in out.splitlines() if "not done" in line]
    for line, name in zip(lines, ("cost", "hidden_neurons", RUN)):
        assert f"{name}.png: " in line
    assert len(lines) == 3


def test_a_second_run_draws_anew_and_leaves_the_session_as_it_was(folder):
    own = {"image.origin": "lower", "text.usetex": True, "font.size": 99}
    plt.figure("the student's own")
    with plt.rc_context(own):
        before, figures = plt.rcParams.copy(), []
        for _ in range(2):
            nn.main()
            figures.append(plt.figure("test_images"))
        assert plt.rcParams == before
    assert figures[0] is not figures[1]
    assert "the student's own" in plt.get_figlabels()
    title = figures[1].texts[0]  # not in the student's own style
    assert not title.get_usetex() and title.get_size() < 20


# --------------------------------------------------------- windows and the pad
SCREEN = """
from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManager
import matplotlib.pyplot as plt
shown = []
class FigureCanvas(FigureCanvasAgg):
    def __init__(self, *args):
        super().__init__(*args)
        self.required_interactive_framework = "pretended"
    def draw(self):
        shown.append(self.figure.texts[0].get_text())
        super().draw()
    def flush_events(self):
        shown.append("reacts")
def show(block=None):
    shown.append((block, sorted(plt.get_figlabels())))
"""


@pytest.fixture
def screen(tmp_path, monkeypatch):
    """Pretend that there is a screen; return the list of what it shows."""
    (tmp_path / "screen.py").write_text(SCREEN)
    monkeypatch.syspath_prepend(tmp_path)
    plt.switch_backend("module://screen")
    yield sys.modules["screen"].shown
    del sys.modules["screen"]


def test_a_window_shows_the_learning_and_then_waits_with_the_pad(
    folder, screen, printed
):
    nn.main()
    first = "After 0 of 3 iterations"
    assert screen[:3] == [(False, ["window"]), first, "reacts"]
    assert screen[-1] == (True, ["pad", "window"])
    said = printed()
    assert "Close all windows" in said and "not done" not in said
    assert saved(folder) == PICTURES
    title = plt.figure("window").texts[0].get_text()
    assert title.endswith("% of the test images are read correctly")


def test_the_window_is_drawn_more_and_more_rarely(screen, data):
    network = nn.initialize_parameters(784, 10, 10, rng=0)
    report = nn.open_window(*data[2:], 60)
    for iteration in range(10):
        report(iteration, 2.3, network)
    drawn = [words.split()[1] for words in screen if "After" in words]
    gaps = np.diff([int(iteration) for iteration in drawn])
    assert drawn[0] == "0" and len(drawn) > 2
    assert np.all(np.diff(gaps) > 0)
    assert screen.count("reacts") == 10  # to clicks, after each iteration
    plt.close("window")
    report(27, 2.3, network)
    assert not plt.get_figlabels()


def test_if_no_window_can_open_the_reason_is_told(
    folder, screen, patch, printed
):
    patch(sys.modules["screen"].FigureCanvas, "__init__", {}.pop)  # it fails
    nn.main()
    assert "No window can open: " in printed().split("Cost after 0")[0]
    assert saved(folder) == PICTURES


class Pad:
    """The open pad of a network, and a hand that holds the mouse."""

    def __init__(self, network):
        nn.open_pad(network)
        self.canvas = plt.figure("pad").canvas
        self.given, self.seen, self.answer = plt.figure("pad").axes
        self.canvas.draw()

    def mouse(self, what, place, button, where="given"):
        """Press or move the mouse at a place in a frame."""
        x, y = getattr(self, where).transData.transform(place)
        event = MouseEvent(f"{what}_event", self.canvas, x, y, button)
        self.canvas.callbacks.process(event.name, event)

    def stroke(self, start, end, button=1, where="given"):
        """Draw from place to place with a button held down."""
        self.mouse("button_press", start, button, where)
        self.mouse("motion_notify", end, button, where)

    def ink(self):
        return image_in(self.given)

    def heights(self):
        """Return how high the bars are: the probability of each class."""
        return [bar.get_height() for bar in self.answer.patches]

    def screenshot(self):
        """Return what is on the screen as an array."""
        return np.array(self.canvas.buffer_rgba())


@pytest.fixture
def pad():
    """Return the open pad of an untrained network."""
    return Pad(nn.initialize_parameters(784, 40, 10, rng=0))


@pytest.mark.parametrize("end", [50, 150], ids=["a dot", "a line"])
def test_a_stroke_is_a_black_line_with_round_ends(pad, end):
    pad.stroke((50, 60), (end, 60))
    row, column = np.indices((200, 200))
    distance = np.hypot(row - 60, column - column.clip(50, end))
    assert np.all(pad.ink()[distance < 7] == 255)
    assert not pad.ink()[distance > 10].any()
    given = pad.given.images[0]
    assert (given.get_cmap().name, given.get_clim()) == ("gray_r", (0, 255))


@pytest.mark.parametrize("where, x", [("given", -9), ("seen", 14)])
def test_strokes_do_not_join_up(pad, where, x):
    pad.stroke((20, 180), (60, 180))
    pad.mouse("button_press", (20, 100), 1)
    pad.mouse("motion_notify", (x, 14), 1, where)  # it leaves and comes back
    pad.mouse("motion_notify", (100, 20), 1)
    ink = pad.ink()
    assert ink[[100, 20], [20, 100]].all()
    assert not ink[60].any() and not ink[140].any()


@pytest.mark.parametrize(
    "button, where", [(None, "given"), (2, "given"), (1, "seen")]
)
def test_only_the_left_button_draws_and_only_on_the_sheet(pad, button, where):
    pad.stroke((20, 14), (5, 5), button, where)
    assert not pad.ink().any()


def test_a_right_click_clears_all_that_one_sees(printed, pad):
    assert "needs a window" in printed()  # which isn't here
    pad.stroke((100, 100), (100, 100), 3)
    at_first = pad.screenshot()
    for i in range(10):
        pad.stroke((20 * i, 0), (100, 199))
    assert np.mean(pad.screenshot() != at_first) > 0.01
    pad.stroke((100, 100), (100, 100), 3)
    assert not pad.ink().any() and not any(pad.heights())
    assert np.array_equal(pad.screenshot(), at_first)


def test_the_network_sees_and_answers_each_stroke(pad):
    network = nn.initialize_parameters(64, 40, 2, rng=0)
    pad = Pad(network)  # a second one, as in a second run
    before = pad.screenshot()
    pad.stroke((60, 40), (100, 150))
    image = nn.normalize_digit(pad.ink() / 255, 8)
    assert 1 - image_in(pad.seen)[:, :, 0].ravel() == approx(image[:, 0])
    chances = nn.probabilities(image, network)[:, 0]
    assert pad.heights() == approx(chances)
    best, other = np.argsort(-chances)
    assert texts(pad.answer) == [f"{best}, {chances[best]:.0%}"]
    assert pad.answer.texts[0].get_position()[0] == 0.5  # in the middle
    colours = [bar.get_facecolor() for bar in pad.answer.patches]
    assert not is_red(colours[best]) and len({*colours[other][:3]}) == 1
    changed = (pad.screenshot() != before).any(axis=(0, 2))  # in each frame
    assert all(part.any() for part in np.array_split(changed, 3))
