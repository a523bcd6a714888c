"""What the pictures show, and the pad, moved by Matplotlib's own events."""

import math

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


def heights(axes):
    return [bar.get_height() for bar in axes.patches]


def size(figure):
    return figure.get_size_inches().tolist()


def test_a_picture_is_drawn_even_without_the_screen_asked_for(monkeypatch):
    backends, figure = [], plt.figure

    def refuse(*args, **options):
        if not backends:
            raise ImportError
        return figure(*args, **options)

    monkeypatch.setattr(plt, "figure", refuse)
    monkeypatch.setattr(plt, "switch_backend", backends.append)
    drawn = nn.new_picture("name", "title")
    assert backends == ["agg"] and plt.get_figlabels() == ["name"]
    assert drawn._suptitle.get_text() == "title" and size(drawn) == [10, 6.5]
    assert drawn.get_constrained_layout()


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
    assert axes.get_box_aspect() == 1
    assert len(axes.get_xticks()) == len(axes.get_yticks()) == 0


def drawn_answers(monkeypatch, m, wrong, seed=0):
    """Draw answers to images of i % 10; return which images i are seen, in order.

    The pixels are i / 100, and the network is the surer of it the larger 7 * i % m is.
    """
    right, i = np.eye(10)[:, np.arange(m) % 10], np.arange(m)
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
    seen, again = (drawn_answers(monkeypatch, 50, wrong) for _ in range(2))
    other = drawn_answers(monkeypatch, 50, wrong, seed=1)
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
    all_axes = plt.figure("hidden_neurons").axes
    assert len(all_axes) == 32
    for place, (j, axes) in enumerate(zip(chosen, all_axes)):
        assert axes.get_title() == ("for 1, against 2" if j % 2 else "for 0, against 1")
        assert colours(axes) == ("bwr", (-1, 1))
        assert axes.get_subplotspec().get_geometry()[:3] == (4, 8, place)
        assert image(axes).ravel() == pytest.approx([0.5, -1, 0, 0.25])


def test_all_pictures_are_saved_under_their_names(tmp_path, capsys):
    names, folder = ["cost", "ü"], tmp_path / "figures"
    files = [folder / f"{name}.png" for name in names]
    for name in names:
        nn.new_picture(name, "title")
    for _ in range(2):  # into a new folder and into that of the last run
        nn.save_pictures(folder)
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
        printed = [f"Picture saved: {file}" for file in files]
        assert capsys.readouterr().out.splitlines() == printed
    nn.save_pictures(files[0])
    out, error = capsys.readouterr()
    assert out == "" and str(files[0]) in error and error.count("\n") == 1


def test_own_digits_are_drawn_beside_what_the_network_sees(
    tmp_path, monkeypatch, capsys
):
    network = nn.initialize_parameters(9, 4, 3)
    network["w2"][:], network["b2"] = 0, np.log([[0.5], [0.3], [0.2]])
    paths = [tmp_path / name for name in ("$7$.png", "no.png", "c.png")]
    for path in paths[::2]:
        picture = Image.new("L", (20, 10), 255)
        picture.paste(0, (0, 0, 10, 10))
        picture.save(path)
    seen, read = np.full((9, 1), 0.5), nn.read_digit
    monkeypatch.setattr(
        nn, "read_digit", lambda path, side: seen if path in paths[::2] else read(path)
    )
    assert nn.read_own_digits(paths, network)
    out, error = capsys.readouterr()
    assert error.count("\n") == 1 and str(paths[1]) in error
    said = [f"Our model says {path.name} is : 0 (50.0 %)" for path in paths[::2]]
    assert out.splitlines() == said
    figure = plt.figure("own_digits")
    assert size(figure) == [7, 4.4] and len(figure.axes) == 6
    for path, row in zip(paths[::2], np.reshape(figure.axes, (2, 3))):
        given, seen, answer = row
        assert given.get_title() == path.name and not given.title.get_parse_math()
        assert len(given.get_xticks()) == len(given.get_yticks()) == 0
        assert image(seen).tolist() == [[0.5] * 3] * 3
        assert heights(answer) == pytest.approx([0.5, 0.3, 0.2])
        assert answer.get_xticks().tolist() == [0, 1, 2]
        assert answer.get_ylim() == (0, 1) and answer.get_box_aspect() == 1
        assert [axes.title.get_fontsize() for axes in row] == [9, 9, 9]
    shown = given.images[0].make_image(figure.canvas.get_renderer(), unsampled=True)[0]
    assert shown[5, [5, 15], 0].tolist() == [0, 255]  # dark ink on light paper


@pytest.mark.parametrize("count, height", [(0, None), (1, 3), (6, 12)])
def test_the_picture_of_own_digits_grows_with_them(monkeypatch, count, height):
    monkeypatch.setattr(nn, "read_digit", lambda path, side: np.zeros((9, 1)))
    monkeypatch.setattr(nn, "open_picture", lambda path: Image.new("RGB", (9, 9)))
    paths = [nn.Path("digit.png")] * count
    assert not nn.read_own_digits(paths, nn.initialize_parameters(9, 4, 3))
    assert [size(plt.figure(n)) for n in plt.get_figlabels()] == [[7, height]][:count]


class Pad:
    """The open pad of a network, and the mouse on it."""

    def __init__(self, *network):
        nn.draw_cost([1])
        self.network = nn.initialize_parameters(*network)
        nn.open_pad(self.network)
        if plt.get_figlabels()[1:]:
            self.figure, self.canvas = plt.figure("pad"), plt.figure("pad").canvas
            self.given, self.seen, self.answer, self.clear = self.figure.axes

    def mouse(self, what, place, button=None, axes=None):
        x, y = (axes or self.given).transData.transform(place)
        event = MouseEvent(f"{what}_event", self.canvas, x, y, button)
        self.canvas.callbacks.process(event.name, event)

    def stroke(self, *places, button=1, axes=None):
        self.mouse("button_press", places[0], button, axes)
        for place in places[1:]:
            self.mouse("motion_notify", place, None, axes)
        self.mouse("button_release", places[-1], button, axes)

    def ink(self):
        return image(self.given) > 0

    def is_blank(self):
        return not (self.ink().any() or image(self.seen).any() or any(self.heights()))

    def heights(self):
        return heights(self.answer)


def shrink(ink, side):
    """Stand in for frame_digit: the sheet at once, made small."""
    assert ink.shape == (200, 200) and ink.max() == 1
    small = Image.fromarray(np.rint(255 * ink).astype(np.uint8)).resize((side, side))
    return np.asarray(small).reshape(-1, 1) / 255


@pytest.fixture
def screen(monkeypatch):
    """Pretend that there is a screen; return the toolbars that its windows ask for."""
    toolbars, new_picture = {}, nn.new_picture

    def watch(name, title):
        toolbars[name] = plt.rcParams["toolbar"]
        return new_picture(name, title)

    framework = "required_interactive_framework"
    monkeypatch.setattr(FigureCanvasAgg, framework, "pretended", raising=False)
    monkeypatch.setattr(nn, "new_picture", watch)
    return toolbars


@pytest.fixture
def pad(screen, monkeypatch):
    monkeypatch.setattr(nn, "frame_digit", shrink)
    return Pad(784, 20, 10)


@pytest.mark.parametrize("n_x, needs", [(784, "capsys"), (783, "screen")])
def test_without_a_screen_or_square_images_there_is_no_pad(request, capsys, n_x, needs):
    request.getfixturevalue(needs)
    Pad(n_x, 20, 10)
    assert plt.get_figlabels() == ["cost"] and capsys.readouterr() == ("", "")


def test_the_pad_is_a_blank_sheet_with_a_button_and_no_toolbar(pad, screen):
    assert screen["pad"] == "None" != screen["cost"] == plt.rcParams["toolbar"]
    assert size(pad.figure) == [10, 4.5] and pad.is_blank()
    assert image(pad.given).shape == (200, 200) and image(pad.seen).shape == (28, 28)
    assert colours(pad.given) == ("gray_r", (0, 255))
    assert "Clear" in pad.clear.texts[0].get_text()
    pad.canvas.draw()
    *boxes, button = (axes.get_tightbbox() for axes in pad.figure.axes)
    assert not any(button.overlaps(box) for box in boxes)


def test_a_click_leaves_a_dot_and_a_stroke_a_line_with_round_ends(pad):
    pad.stroke((100, 50))
    rows, columns = np.nonzero(image(pad.given) == 255)
    assert np.ptp(rows) == np.ptp(columns) == 16 and 210 < len(rows) < 235
    assert abs(rows.mean() - 50) < 1.1 and abs(columns.mean() - 100) < 1.1
    assert len(rows) == pad.ink().sum()
    pad.stroke((50, 60), (150, 60), (150, 160))
    ink = pad.ink()
    assert ink[60, 43:157].all() and ink[60:167, 150].all()
    assert ink[:, 130].sum() == ink[100].sum() == 16
    assert not ink[:54, :44].any() and not ink[:, :41].any()


@pytest.mark.parametrize("outside, x", [("given", -9), ("seen", 14)])
def test_strokes_that_come_back_and_others_do_not_join_up(pad, outside, x):
    pad.mouse("button_press", (20, 100), 1)
    pad.mouse("motion_notify", (x, 14), axes=getattr(pad, outside))
    pad.mouse("motion_notify", (100, 20))
    pad.mouse("motion_notify", (160, 20))
    pad.mouse("button_release", (160, 20), 1)
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
def test_the_network_reads_while_one_draws(screen, monkeypatch, side, n_y, activation):
    monkeypatch.setattr(nn, "frame_digit", shrink)
    pad = Pad(side**2, 20, n_y, activation)
    pad.mouse("button_press", (60, 40), 1)
    for place in ((100, 150), (30, 170)):
        pad.mouse("motion_notify", place)
        seen = shrink(image(pad.given) / 255, side)
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
    learned, _ = nn.model(*data[:2], 100, 0.02, 4, "tanh", 64, 0.9, 1, 0.3)
    pad.network.update(learned)
    turn = [2 * math.pi * i / 24 for i in range(25)]
    ring = [(100 + 40 * math.sin(t), 100 - 60 * math.cos(t)) for t in turn]
    for digit, places in enumerate((ring, [(105, 40), (100, 100), (95, 160)])):
        pad.stroke(*places)
        seen = nn.frame_digit(image(pad.given) / 255, 28)
        assert (image(pad.seen).ravel() == seen[:, 0]).all() and seen.any()
        assert np.argmax(pad.heights()) == digit
        pad.stroke((100, 100), button=3)
