"""What a person sees: the pictures, the windows, and the pad in use."""

import itertools
import re
from unittest.mock import Mock

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import DOCS, PROJECT, untrained
from matplotlib.backend_bases import FigureManagerBase, MouseEvent, TimerBase
from matplotlib.colors import to_rgba
from PIL import Image, ImageChops

import neural_network as nn

SURE = 1 + np.random.default_rng(0).permutation(50) / 50  # no two are equal


def copying(n_x=16, n_y=10):
    """Return a network that takes pixels for how likely the classes are."""
    w1, w2 = np.eye(n_y, n_x), np.eye(n_y)
    return {"w1": w1, "b1": 0, "w2": w2, "b2": 0, "activation": "relu"}


def shown(axes):
    """Return the image in a frame as an array."""
    return np.asarray(axes.images[0].get_array())


def colours_of(axes):
    """Return the colours of the image in a frame, and their ends."""
    return axes.images[0].get_cmap().name, axes.images[0].get_clim()


def frames(figure):
    """Return a figure's frames, from the upper left to the lower right."""
    corner = {axes: axes.get_position(True).p0 for axes in figure.axes}
    place = {a: (-round(y, 3), x) for a, (x, y) in corner.items()}
    return sorted(figure.axes, key=place.get)


def ticks(axis):
    """Return the texts of the ticks that are in view."""
    low, high = sorted(axis.get_view_interval())
    labels = zip(axis.get_majorticklocs(), axis.get_majorticklabels())
    return [text for place, text in labels if low <= place <= high]


def overlaps(figure):
    """Return the pairs of texts in a figure that overlap."""
    figure.draw_without_rendering()
    texts = [*figure.texts]
    for axes in figure.axes:
        texts += [axes.title, *ticks(axes.xaxis), *ticks(axes.yaxis)]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    pairs = itertools.combinations(boxes, 2)
    return [(s, t) for (s, a), (t, b) in pairs if a.fully_overlaps(b)]


# ---------------------------------------------------------------- the pictures
def test_the_cost_is_drawn_on_a_logarithmic_scale():
    (axes,) = frames(nn.draw_cost([8.0, 4.0, 2.0]))
    assert axes.lines[0].get_xydata().tolist() == [[0, 8], [1, 4], [2, 2]]
    assert (axes.get_xlabel(), axes.get_yscale()) == ("iterations", "log")
    axes.figure.draw_without_rendering()
    assert [text.get_text() for text in ticks(axes.xaxis)] == ["0", "1", "2"]
    assert [text.get_text() for text in ticks(axes.yaxis)] == ["1", "2", "5"]
    assert not any(t.get_text() for t in axes.yaxis.get_minorticklabels())


@pytest.mark.parametrize("last, least", [(2.3, 0.2), (0.01, 0.006)])
def test_the_costs_scale_is_so_tall_that_no_noise_looks_steep(last, least):
    (axes,) = frames(nn.draw_cost([2.3, last]))
    bottom, top = axes.get_ylim()
    assert top > 9.999 * bottom and least < bottom < last < top


@pytest.mark.parametrize("costs, marker", [(19, "."), (20, "None")])
def test_the_points_of_a_short_curve_are_marked(costs, marker):
    (axes,) = frames(nn.draw_cost([1.0] * costs))
    assert axes.lines[0].get_marker() == marker


def answers(m, mistakes, seed=0):
    """Return the picture of answers to m images, some of them mistakes."""
    right, x = np.arange(m) % 10, np.zeros((16, m))
    given = (right + np.isin(np.arange(m), mistakes)) % 10
    x[given, np.arange(m)] = SURE[:m]
    return nn.draw_answers("test", x, np.eye(10)[:, right], copying(), seed)


def numbers(figure):
    """Return the numbers of the images in a picture of answers."""
    return [SURE.tolist().index(shown(axes).max()) for axes in frames(figure)]


def test_a_mistake_is_red_and_names_the_right_digit():
    first, second = frames(answers(2, [1]))
    assert first.get_title().startswith("2, not 1 (")
    assert re.fullmatch(r"0 \(\d+%\)", second.get_title())
    assert colours_of(first) == ("Reds", (0, 1))
    assert colours_of(second) == ("Blues", (0, 1))


@pytest.mark.parametrize("m, count", [(50, 12), (33, 3), (9, 2), (5, 0)])
def test_up_to_eight_mistakes_come_first_the_surest_in_front(m, count):
    mistakes = np.arange(m)[::4][:count]
    surest = mistakes[np.argsort(-SURE[mistakes])].tolist()
    figure = answers(m, mistakes)
    seen = numbers(figure)
    assert seen[: min(count, 8)] == surest[:8]
    assert count <= 8 or seen[8] != surest[8]
    assert len(seen) == len(set(seen)) == min(m, 32)
    lefts = {round(axes.get_position(True).x0, 3) for axes in figure.axes}
    assert len(lefts) == min(m, 8)  # columns
    title = f"The network misreads {count} of {m} test images"
    if count:
        title += f". Its {min(count, 8)} surest mistakes come first, in red"
    assert figure.texts[0].get_text() == title


def test_the_other_answers_are_drawn_at_random_from_the_seed():
    pictures = [answers(20, range(9), seed) for seed in (0, 0, 1)]
    seen, again, other = map(numbers, pictures)
    assert seen == again and seen[:8] == other[:8]
    assert sorted(seen[8:]) != seen[8:] != other[8:]


def test_the_neurons_that_vary_and_matter_most_come_first():
    # Number j of 40 varies by j + 1 and has the weight j / 100.
    w1 = np.arange(1, 41)[:, None] * [[0.5, -1, 0, j / 100] for j in range(40)]
    even, odd = [[1], [-0.5], [0.3]], [[0.1], [0.2], [-4.3]]
    w2 = np.where(np.arange(40) % 2, odd, even)
    network = {"w1": w1, "b1": 0, "w2": w2, "b2": 0, "activation": "relu"}
    x = np.array([[0, 4], [0, 0], [0, 0], [0, 0]])
    neurons = frames(nn.draw_neurons(x, network))
    most = sorted(range(40), key=lambda j: -(j + 1) * (4.3 if j % 2 else 1))
    titles = [f"for {j % 2}, against {1 + j % 2}" for j in most[:32]]
    assert [axes.get_title() for axes in neurons] == titles
    assert [round(100 * shown(axes)[1, 1]) for axes in neurons] == most[:32]
    assert shown(neurons[0]).ravel() == pytest.approx([0.5, -1, 0, 0.39])
    assert colours_of(neurons[0]) == ("bwr", (-1, 1))  # -1 is blue


def test_an_answer_names_the_two_most_likely_classes():
    x = np.log([[0.25], [0.7], [0.05]] + 7 * [[1e-9]]) - np.log(1e-9)
    assert nn.describe_answer(x, copying(10)) == "1 (70%), 0 (25%)"


def own_digits(folder, count):
    """Draw so many pictures, which are white above and black below."""
    picture = Image.new("L", (100, 200), "white")
    picture.paste(0, (0, 100, 100, 200))
    paths = [folder / f"$digit$ number {i}.png" for i in range(count)]
    for path in paths:
        picture.save(path)
    image = np.linspace(0, 1, 16).reshape(16, 1)
    return nn.draw_own_digits(paths, count * [image], copying())


def test_each_own_digit_stands_beside_what_the_network_sees(tmp_path):
    (axes,) = frames(own_digits(tmp_path, 1))
    pair = shown(axes)[:, :, 0]
    assert (pair[99, 100], pair[100, 100], pair[100, 10]) == (255, 0, 255)
    assert pair[0, 221] == 255 and pair[-1, -1] == 0  # background and ink
    assert pair.shape == (200, 420) and (pair[:, 200:220] == 255).all()
    assert len(set(pair[25, 220:])) == len(set(pair[:, 240])) == 4
    assert axes.get_title() == "$digit$ number…\n9 (13%), 8 (12%)"
    assert not axes.title.get_parse_math()


GRIDS = [(2, 1, 2), (7, 3, 3), (25, 5, 5)]


@pytest.mark.parametrize("count, rows, columns", GRIDS)
def test_own_digits_stand_in_a_grid(tmp_path, count, rows, columns):
    figure = own_digits(tmp_path, count)
    assert overlaps(figure) == []
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert len({round(box.x0) for box in boxes}) == columns
    assert len({round(box.y0) for box in boxes}) == rows
    assert all(box.width > 900 / columns * 0.8 for box in boxes)


def test_the_texts_of_26_classes_do_not_overlap():
    x, y = np.eye(16, 8), np.eye(26)[:, 18:26]  # a row of pictures
    network = untrained(n_x=16, n_h=40, n_y=26)
    assert overlaps(nn.draw_answers("test", x, y, network, 0)) == []
    assert overlaps(nn.draw_neurons(x, network)) == []


def test_figures_are_saved_under_their_names(tmp_path, capsys):
    figures = [nn.new_figure("cost", "title"), nn.new_figure("ü", "", (3, 2))]
    assert figures[0].texts[0].get_text() == "title"
    assert plt.get_figlabels() == []
    nn.save_figures(figures, tmp_path / "new")
    paths = [tmp_path / "new" / name for name in ("cost.png", "ü.png")]
    assert sorted((tmp_path / "new").iterdir()) == paths
    sizes = [plt.imread(path).shape for path in paths]
    assert sizes == [(650, 1000, 4), (200, 300, 4)]  # 100 pixels per inch
    said = [f"Picture saved: {path}" for path in paths]
    assert capsys.readouterr().out.splitlines() == said


def look_alike(picture, other):
    """Return whether two pictures differ in no place by a fifth or more.

    A place has 5 by 5 pixels, as one pixel is nothing that a person sees.
    """
    small = [one.convert("RGB").reduce(5) for one in (picture, other)]
    extrema = ImageChops.difference(*small).getextrema()  # of three colours
    return picture.size == other.size and max(max(extrema)) < 51


def test_the_pictures_in_docs_show_the_network_as_shipped(drawing):
    folder, process = drawing
    said, _ = process.communicate()
    assert process.returncode == 0
    line = r"(?m)^ *((?:Cost|Accuracy) .*) ([\d.]+)"
    readme = (PROJECT / "README.md").read_text("utf-8")
    promised, found = (dict(re.findall(line, text)) for text in (readme, said))
    assert len(promised) == 4
    for name, number in promised.items():
        off = 0.3 if "Accuracy" in name else 0.001  # rounding adds up
        assert float(found[name]) == pytest.approx(float(number), abs=off)
    with Image.open(DOCS / "pad.png") as pad:
        drawn_with = re.search(r"\d+\.\d+\.", pad.text["Software"])[0]
    if not matplotlib.__version__.startswith(drawn_with):
        pytest.skip(
            f"Matplotlib {drawn_with}x drew them, with letters elsewhere"
        )
    names = {"learning.gif", *(path.name for path in DOCS.glob("*.png"))}
    assert {path.name for path in folder.iterdir()} == names
    for name in names:
        with Image.open(folder / name) as new, Image.open(DOCS / name) as old:
            new.seek(new.n_frames - 1)  # a film's last frame
            old.seek(old.n_frames - 1)
            assert look_alike(new, old), name
            assert new.info.get("duration") == old.info.get("duration")


# --------------------------------------------------------- windows and the pad
def test_a_notebook_shows_the_pictures_without_a_word(monkeypatch, capsys):
    monkeypatch.setattr(plt, "get_backend", lambda: "inline")
    assert not nn.has_screen()
    assert capsys.readouterr().out == ""
    assert plt.get_figlabels() == []


class Pad:
    """The open pad of a network, and a hand that holds the mouse."""

    def __init__(self, network):
        nn.open_pad(network)
        self.canvas = plt.figure("pad").canvas
        self.given, self.seen, self.answer, self.clear = plt.figure("pad").axes
        self.canvas.draw()

    def mouse(self, what, place, button=None, where="given"):
        """Press, move or release the mouse at a place in a frame."""
        x, y = getattr(self, where).transData.transform(place)
        event = MouseEvent(what, self.canvas, x, y, button)
        self.canvas.callbacks.process(what, event)

    def stroke(self, *places, button=1, where="given"):
        """Draw from place to place with a button held down."""
        self.mouse("button_press_event", places[0], button, where)
        for place in places[1:]:
            self.mouse("motion_notify_event", place, None, where)
        self.mouse("button_release_event", places[-1], button, where)

    def heights(self):
        """Return how high the bars are: the probability of each class."""
        return [bar.get_height() for bar in self.answer.patches]

    def screenshot(self):
        """Return what is on the screen as an array."""
        return np.array(self.canvas.buffer_rgba())


@pytest.fixture
def pad():
    """Return the open pad of an untrained network."""
    return Pad(untrained(n_x=784, n_h=40, n_y=10))


@pytest.fixture
def clock(monkeypatch):
    """Let the script's time stand still; it is told by a list of one."""
    now = [100]
    monkeypatch.setattr(nn.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("end", [50, 150], ids=["a dot", "a line"])
def test_a_stroke_is_a_black_line_with_round_ends(pad, end):
    pad.stroke((50, 60), (end, 60))
    assert colours_of(pad.given) == ("gray_r", (0, 255))
    row, column = np.indices((200, 200))
    distance = np.hypot(row - 60, column - column.clip(50, end))
    assert np.all(shown(pad.given)[distance < 7] == 255)
    assert shown(pad.given).any(axis=1).sum() == 17  # so thick
    assert not shown(pad.given)[distance > 10].any()


@pytest.mark.parametrize("where, x", [("given", -9), ("seen", 14)])
def test_a_stroke_that_leaves_and_comes_back_does_not_join_up(pad, where, x):
    pad.mouse("button_press_event", (20, 100), 1)
    pad.mouse("motion_notify_event", (x, 14), where=where)
    pad.mouse("motion_notify_event", (100, 20))
    pad.mouse("button_release_event", (100, 20), 1)
    ink = shown(pad.given)
    assert ink[[100, 20], [20, 100]].all() and not ink[60].any()


OTHER_PLACES = [(None, "given"), (2, "given"), (1, "seen")]


@pytest.mark.parametrize("button, where", OTHER_PLACES)
def test_only_the_left_button_draws_and_only_on_the_sheet(pad, button, where):
    pad.stroke((20, 14), (5, 5), button=button, where=where)
    assert not shown(pad.given).any()


CLEARING = [(3, "given"), (3, "seen"), (1, "clear")]


@pytest.mark.parametrize("button, where", CLEARING)
def test_a_right_click_and_the_button_clear_the_pad(pad, button, where):
    pad.stroke((20, 100), (100, 100))
    pad.stroke((0.5, 0.5), button=button, where=where)
    assert not shown(pad.given).any() and not any(pad.heights())


def test_the_network_sees_and_answers_each_stroke(pad):
    network = untrained(n_x=64, n_h=40, n_y=2)
    pad = Pad(network)  # a second one, as in a second run
    pad.stroke((60, 40), (100, 150))
    image = nn.normalize_digit(shown(pad.given) / 255, 8)
    assert shown(pad.seen).ravel().tolist() == image[:, 0].tolist()
    chances = nn.forward_propagation(image, network)["a2"][:, 0]
    assert pad.heights() == pytest.approx(chances)
    best, other = np.argsort(-chances)
    assert pad.answer.patches[best].get_facecolor() == to_rgba("C1")
    assert pad.answer.patches[other].get_facecolor() == to_rgba("C0")


def test_gtk_is_told_to_show_what_was_drawn(pad, monkeypatch):
    queue_draw = Mock()
    monkeypatch.setattr(pad.canvas, "queue_draw", queue_draw, raising=False)
    pad.stroke((60, 40), (100, 150))
    assert queue_draw.called


def test_after_each_drawing_the_pad_rests_for_as_long(pad, clock, monkeypatch):
    def draw_slowly():
        clock[0] += 10

    monkeypatch.setattr(pad.canvas, "blit", draw_slowly)
    pad.mouse("button_press_event", (20, 20), 1)  # drawn until 110
    clock[0] = 119
    pad.mouse("motion_notify_event", (100, 20))
    assert not shown(pad.given)[20, 60]
    clock[0] = 120
    pad.mouse("motion_notify_event", (100, 100))
    assert shown(pad.given)[20, 60] and shown(pad.given)[60, 100]
    pad.mouse("motion_notify_event", (180, 100))
    assert not shown(pad.given)[100, 140]
    pad.mouse("button_release_event", (180, 100), 1)
    assert shown(pad.given)[100, 140]


@pytest.mark.parametrize("scale", [1, 1.25])  # of the system's display
def test_after_strokes_and_a_clear_the_pad_looks_as_at_first(pad, scale):
    pad.canvas._set_device_pixel_ratio(scale)
    pad.canvas.draw()
    at_first = pad.screenshot()
    for i in range(10):
        pad.stroke((20 * i, 0), (100, 199))
    assert np.mean(pad.screenshot() != at_first) > 0.01
    pad.stroke((100, 100), button=3)
    assert np.array_equal(pad.screenshot(), at_first)


@pytest.mark.parametrize("n_y", [2, 10, 11, 26])
def test_the_pads_frames_stand_side_by_side_and_no_texts_overlap(n_y):
    pad = Pad(untrained(n_x=64, n_h=40, n_y=n_y))
    boxes = [axes.get_position() for axes in (pad.given, pad.seen, pad.answer)]
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < boxes[2].x0
    assert overlaps(plt.figure("pad")) == []
    assert 2 <= len(pad.answer.get_xticks()) <= 10
    assert pad.answer.get_ylim() == (0, 1)


def test_the_pad_comes_to_the_front(monkeypatch):
    start, show = Mock(), Mock()
    monkeypatch.setattr(TimerBase, "start", start)
    monkeypatch.setattr(FigureManagerBase, "show", show)
    Pad(untrained(n_x=784, n_h=40, n_y=10))
    timer = plt.figure("pad").timer  # kept, or it would be thrown away
    assert start.called and timer.interval == 500 and timer.single_shot
    ((call, args, options),) = timer.callbacks
    call(*args, **options)
    assert show.called
