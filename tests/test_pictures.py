"""What the pictures show, and the pad, moved by Matplotlib's own events."""

from math import cos, pi, sin
from unittest.mock import DEFAULT, Mock

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color
from PIL import Image

import neural_network as nn


def image(axes):
    return np.asarray(axes.images[0].get_array())


def colours(axes):
    return axes.images[0].get_cmap().name, axes.images[0].get_clim()


def test_a_picture_is_drawn_even_without_the_screen_asked_for(monkeypatch):
    backends, refused = [], Mock(wraps=plt.figure, side_effect=[ImportError, DEFAULT])
    monkeypatch.setattr(plt, "figure", refused)
    monkeypatch.setattr(plt, "switch_backend", backends.append)
    drawn = nn.new_picture("name", "title")
    assert backends == ["agg"] and plt.get_figlabels() == ["name"]
    assert drawn._suptitle.get_text() == "title" and drawn.get_constrained_layout()
    assert drawn.get_size_inches().tolist() == [10, 6.5]


@pytest.mark.parametrize("n, marker", [(1, "."), (19, "."), (20, "None")])
def test_the_cost_is_drawn_on_a_logarithmic_scale(n, marker):
    nn.draw_cost([2.0**-i for i in range(n)])
    (axes,) = plt.figure("cost").axes
    (line,) = axes.lines
    assert line.get_ydata().tolist() == [2.0**-i for i in range(n)]
    assert (axes.get_xlabel(), axes.get_yscale()) == ("iterations", "log")
    assert "cost" in axes.get_ylabel() and line.get_marker() == marker
    grid = [t.gridline for t in axes.yaxis.get_minor_ticks() + axes.yaxis.majorTicks]
    assert all(line.get_visible() and line.get_alpha() == 0.3 for line in grid)


@pytest.mark.parametrize("n_x, shape", [(9, (3, 3)), (8, (1, 8)), (1, (1, 1))])
def test_an_image_is_ink_on_paper_in_a_square_frame(n_x, shape):
    pixels, axes = np.arange(n_x) / 9, plt.figure().add_subplot()
    assert nn.show_image(axes, pixels, "title") is axes.images[0]
    assert image(axes).tolist() == pixels.reshape(shape).tolist()
    assert colours(axes) == ("gray_r", (0, 1)) and axes.get_aspect() == "auto"
    assert axes.get_title() == "title" and axes.title.get_fontsize() == 9
    assert axes.get_box_aspect() == 1 and not [*axes.get_xticks(), *axes.get_yticks()]


def drawn_answers(monkeypatch, m, wrong, seed=0):
    """Draw answers to images of i % 10; return which images i are seen, in order."""
    right, i = np.eye(10)[:, np.arange(m) % 10], np.arange(m)
    # The pixels are i / 100; it is the surer of image i the larger 7 * i % m is.
    sure, a2 = 0.6 + 0.397 * (7 * i % m) / m, np.full((10, m), 1e-3)
    a2[(i + np.isin(i, wrong)) % 10, i] = sure
    monkeypatch.setattr(nn, "probabilities", lambda x, parameters: a2)
    plt.close("all")
    nn.draw_answers("images", np.tile(i / 100, (4, 1)), right, {}, seed)
    figure, seen = plt.figure("images"), []
    assert figure._suptitle.get_text().startswith("images: ")
    for place, axes in enumerate(figure.axes):
        assert axes.get_subplotspec().get_geometry()[:3] == (4, 8, place)
        i = round(100 * image(axes)[0, 0])
        title, colour = f"{i % 10} ({sure[i]:.0%})", "Blues"
        if i in wrong:
            title, colour = f"{(i + 1) % 10}, not {title}", "Reds"
        assert (axes.get_title(), colours(axes)) == (title, (colour, (0, 1)))
        seen.append(i)
    assert len({*seen}) == len(seen) == min(m, 32)
    return seen


def test_the_surest_mistakes_come_first_then_any_other_images(monkeypatch):
    wrong = [*range(0, 48, 4)]
    seen, again, other = (drawn_answers(monkeypatch, 50, wrong, s) for s in (0, 0, 1))
    surest = sorted(wrong, key=lambda i: -(7 * i % 50))[:8]
    assert seen[:8] == other[:8] == surest and seen == again
    assert sorted(seen[8:]) != seen[8:] != other[8:]
    for m, wrong in (33, []), (9, [7, 3]), (5, [4]), (1, []):
        assert drawn_answers(monkeypatch, m, wrong)[: len(wrong)] == wrong


def test_the_neurons_with_the_most_say_are_drawn_as_images_of_their_weights():
    k, x = np.arange(40), np.array([[0.0, 2], [0, 0], [0, 0], [0, 0]])
    w1, b1 = np.outer(k + 1, [1.0, -2, 0, 0.5]), np.zeros((40, 1))
    w1[39], b1[39] = [0.01, 0, 0, -0.02], 1000  # fires always: that says nothing
    w2 = np.where(k % 2, [[0.1], [0.2], [-4.3]], [[1.0], [-0.5], [0.3]])
    network = {"w1": w1, "b1": b1, "w2": w2, "b2": 0, "activation": "relu"}
    nn.draw_neurons(x, network)  # the output of neuron k varies by k + 1
    chosen = sorted(range(39), key=lambda j: -(j + 1) * (4.3 if j % 2 else 1))[:32]
    assert len(plt.figure("hidden_neurons").axes) == 32
    for place, (j, axes) in enumerate(zip(chosen, plt.figure("hidden_neurons").axes)):
        assert axes.get_title() == ("for 1, against 2" if j % 2 else "for 0, against 1")
        assert colours(axes) == ("bwr", (-1, 1))
        assert axes.get_subplotspec().get_geometry()[:3] == (4, 8, place)
        assert image(axes).ravel() == pytest.approx([0.5, -1, 0, 0.25])


def test_all_pictures_are_saved_under_their_names(tmp_path, capsys):
    files = [tmp_path / "figures" / name for name in ("cost.png", "ü.png")]
    for file in files:
        nn.new_picture(file.stem, "title")
    for _ in range(2):  # into a new folder and into that of the last run
        nn.save_pictures(tmp_path / "figures")
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
        printed = [f"Picture saved: {file}" for file in files]
        assert capsys.readouterr().out.splitlines() == printed
    nn.save_pictures(files[0])
    out, error = capsys.readouterr()
    assert out == "" and str(files[0]) in error and error.count("\n") == 1


def test_own_digits_are_drawn_beside_what_is_seen(tmp_path, monkeypatch, capsys):
    network, read = nn.initialize_parameters(9, 4, 3), nn.read_digit
    network["w2"][:], network["b2"] = 0, np.log([[0.5], [0.3], [0.2]])
    good, bad = [tmp_path / "$7$.png", tmp_path / "c.png"], tmp_path / "no.png"
    for path in good:
        Image.fromarray(np.repeat(np.uint8([[0, 255]] * 10), 10, axis=1)).save(path)
    grey = np.full((9, 1), 0.5)
    monkeypatch.setattr(nn, "read_digit", lambda p, n: read(p) if p == bad else grey)
    assert nn.read_own_digits([good[0], bad, good[1]], network)
    out, error = capsys.readouterr()
    assert error.count("\n") == 1 and str(bad) in error
    assert out == "".join(f"Our model says {p.name} is : 0 (50.0 %)\n" for p in good)
    figure = plt.figure("own_digits")
    assert figure.get_size_inches().tolist() == [7, 4.4] and len(figure.axes) == 6
    for path, row in zip(good, np.reshape(figure.axes, (2, 3))):
        given, seen, answer = row
        assert given.get_title() == path.name and not given.title.get_parse_math()
        assert not [*given.get_xticks(), *given.get_yticks()]
        assert image(seen).tolist() == [[0.5] * 3] * 3
        heights = [bar.get_height() for bar in answer.patches]
        assert heights == pytest.approx([0.5, 0.3, 0.2])
        assert answer.get_xticks().tolist() == [0, 1, 2]
        assert answer.get_ylim() == (0, 1) and answer.get_box_aspect() == 1
        assert [axes.title.get_fontsize() for axes in row] == [9, 9, 9]
    shown = given.images[0].make_image(figure.canvas.get_renderer(), unsampled=True)[0]
    assert shown[5, [5, 15], 0].tolist() == [0, 255]  # dark ink on light paper
    for count, sizes in (0, []), (1, [[7, 3]]), (6, [[7, 12]]):  # it grows with them
        plt.close("all")
        assert not nn.read_own_digits(good[:1] * count, network)
        drawn = map(plt.figure, plt.get_figlabels())
        assert [figure.get_size_inches().tolist() for figure in drawn] == sizes


class Pad:
    """The open pad of a network, and the mouse on it."""

    def __init__(self, *network):
        nn.draw_cost([1])
        self.network = nn.initialize_parameters(*network)
        nn.open_pad(self.network)
        if plt.get_figlabels()[1:]:
            self.figure, self.canvas = plt.figure("pad"), plt.figure("pad").canvas
            self.given, self.seen, self.answer, self.clear = self.figure.axes

    def mouse(self, what, *places, button=None, axes=None):
        for x, y in map((axes or self.given).transData.transform, places):
            event = MouseEvent(f"{what}_event", self.canvas, x, y, button)
            self.canvas.callbacks.process(event.name, event)

    def stroke(self, *places, button=1, axes=None):
        self.mouse("button_press", places[0], button=button, axes=axes)
        self.mouse("motion_notify", *places[1:], axes=axes)
        self.mouse("button_release", places[-1], button=button, axes=axes)

    def ink(self):
        return image(self.given) > 0

    def is_blank(self):
        return not (self.ink().any() or image(self.seen).any() or any(self.heights()))

    def heights(self):
        return [bar.get_height() for bar in self.answer.patches]


@pytest.fixture
def screen(monkeypatch):
    """Pretend that there is a screen; return the toolbars that its windows ask for."""
    toolbars, draw, patch, rc = [], nn.new_picture, monkeypatch.setattr, plt.rcParams
    patch(FigureCanvasAgg, "required_interactive_framework", "pretended", raising=False)
    patch(nn, "new_picture", lambda *a: toolbars.append(rc["toolbar"]) or draw(*a))
    return toolbars


@pytest.fixture
def pad(screen):
    return Pad(784, 20, 10)


@pytest.mark.parametrize("n_x, needs", [(784, "capsys"), (783, "screen")])
def test_without_a_screen_or_square_images_there_is_no_pad(request, capsys, n_x, needs):
    request.getfixturevalue(needs)
    Pad(n_x, 20, 10)
    assert plt.get_figlabels() == ["cost"] and capsys.readouterr() == ("", "")


def test_the_pad_is_a_blank_sheet_with_a_round_pen_a_button_and_no_toolbar(pad, screen):
    assert screen == [plt.rcParams["toolbar"], "None"] != ["None", "None"]
    assert pad.figure.get_size_inches().tolist() == [10, 4.5] and pad.is_blank()
    assert image(pad.given).shape == (200, 200) and image(pad.seen).shape == (28, 28)
    assert colours(pad.given) == ("gray_r", (0, 255))
    assert "Clear" in pad.clear.texts[0].get_text()
    pad.canvas.draw()
    *boxes, button = (axes.get_tightbbox() for axes in pad.figure.axes)
    assert not any(button.overlaps(box) for box in boxes)
    pad.stroke((100, 50))  # a click leaves a dot
    rows, columns = np.nonzero(image(pad.given) == 255)
    assert np.ptp(rows) == np.ptp(columns) == 16 and 210 < len(rows) < 235
    assert abs(rows.mean() - 50) < 1.1 and abs(columns.mean() - 100) < 1.1
    assert len(rows) == pad.ink().sum()
    pad.stroke((50, 60), (150, 60), (150, 160))  # and a stroke a line with round ends
    ink = pad.ink()
    assert ink[60, 43:157].all() and ink[60:167, 150].all()
    assert ink[:, 130].sum() == ink[100].sum() == 16
    assert not ink[:54, :44].any() and not ink[:, :41].any()


@pytest.mark.parametrize("outside, x", [("given", -9), ("seen", 14)])
def test_strokes_that_come_back_and_others_do_not_join_up(pad, outside, x):
    pad.mouse("button_press", (20, 100), button=1)
    pad.mouse("motion_notify", (x, 14), axes=getattr(pad, outside))
    pad.mouse("motion_notify", (100, 20), (160, 20))
    pad.mouse("button_release", (160, 20), button=1)
    pad.stroke((100, 100))
    ink = pad.ink()
    assert ink[20, 100:160].all() and not ink[60].any() and ink[100, [20, 100]].all()
    pad.mouse("motion_notify", (150, 150))  # no button is held
    pad.stroke((60, 180), (180, 180), button=2)
    pad.stroke((14, 14), (5, 5), axes=pad.seen)
    assert (pad.ink() == ink).all()


@pytest.mark.parametrize("where, button", [("given", 3), ("seen", 3), ("clear", 1)])
def test_a_right_click_and_the_button_clear_the_sheet(pad, where, button):
    pad.stroke((20, 100), (100, 100))
    assert not pad.is_blank()
    pad.stroke((0.5, 0.5), (0.6, 0.6), button=button, axes=getattr(pad, where))
    assert pad.is_blank()
    pad.stroke((150, 40))
    assert not pad.is_blank() and not pad.ink()[60:].any()


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("side, n_y", [(28, 10), (8, 2), (3, 26)])
def test_the_network_reads_while_one_draws(screen, side, n_y, activation):
    pad = Pad(side**2, 20, n_y, activation)
    pad.mouse("button_press", (60, 40), button=1)
    for place in ((100, 150), (30, 170)):
        pad.mouse("motion_notify", place)
        seen = nn.frame_digit(image(pad.given) / 255, side)
        assert image(pad.seen).tolist() == seen.reshape(side, side).tolist()
        chances = nn.probabilities(seen, pad.network)[:, 0]
        assert pad.heights() == pytest.approx(chances)
        marked = [same_color(bar.get_facecolor(), "C1") for bar in pad.answer.patches]
        assert marked == (chances == chances.max()).tolist()


def test_each_event_puts_on_the_screen_what_a_whole_drawing_would(pad, monkeypatch):
    shown, counts = [], set()
    monkeypatch.setattr(FigureCanvasAgg, "blit", lambda *_: shown.append(1), False)
    for i in range(20):  # twenty strokes leave as many artists as one
        pad.stroke((10 * i, 0), (100, 199))
        counts.add(len(pad.figure.findobj()))
    pad.canvas.draw()
    pad.stroke((100, 100), button=3)
    pad.stroke((150, 40), (150, 140))
    at_once = np.array(pad.canvas.buffer_rgba(), int)
    pad.canvas.draw()
    different = np.abs(np.array(pad.canvas.buffer_rgba()) - at_once).max(axis=2) > 100
    assert different.sum() < 50  # but for the frames' smooth edges
    assert len(shown) == 43 and len(counts) == 1


def test_a_drawn_1_and_a_drawn_0_are_read_as_such(screen, data):
    pad = Pad(784, 100, 10)
    pad.network.update(nn.model(*data[:2], 100, 0.02, 4, "tanh", 64, 0.9, 1, 0.3)[0])
    ring = [(100 + 40 * sin(t), 100 - 60 * cos(t)) for t in np.linspace(0, 2 * pi, 25)]
    for digit, places in enumerate((ring, [(105, 40), (100, 100), (95, 160)])):
        pad.stroke(*places)
        seen = nn.frame_digit(image(pad.given) / 255, 28)
        assert (image(pad.seen).ravel() == seen[:, 0]).all() and seen.any()
        assert np.argmax(pad.heights()) == digit
        pad.stroke((100, 100), button=3)
