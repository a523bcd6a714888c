"""What a person sees: the pictures, the windows, and the pad in use."""

import tracemalloc
from unittest.mock import DEFAULT, Mock, call

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import FigureManagerBase, MouseEvent, TimerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageFilter

import neural_network as nn

# A network that takes each of ten pixels for how likely its digit is.
COPYING = {
    "w1": np.eye(10),
    "b1": 0,
    "w2": np.eye(10),
    "b2": 0,
    "activation": "relu",
}
SURE = (
    1 + np.random.default_rng(0).permutation(50) / 50
)  # of each image; all differ


def shown(axes):
    """Return the image in a frame as an array."""
    return np.asarray(axes.images[0].get_array())


def colours(axes):
    """Return the colours of the image in a frame, and their ends."""
    return axes.images[0].get_cmap().name, axes.images[0].get_clim()


def heights(axes):
    """Return how high the bars in a frame are."""
    return [bar.get_height() for bar in axes.patches]


def frames(figure):
    """Return a figure's frames, from the upper left to the lower right."""
    corner = {axes: axes.get_position(True).p0 for axes in figure.axes}
    return sorted(
        corner, key=lambda axes: (-corner[axes][1].round(3), corner[axes][0])
    )


def test_a_figure_has_a_name_and_a_title_and_needs_no_window():
    figure = nn.new_figure("name", "title")
    assert figure.get_label() == "name"
    assert figure.texts[0].get_text() == "title"
    assert plt.get_figlabels() == []


def ticks(axis):
    """Return the texts of the ticks that are in view."""
    low, high = sorted(axis.get_view_interval())
    axis.figure.canvas.draw()
    labels = zip(axis.get_majorticklocs(), axis.get_majorticklabels())
    return [text.get_text() for at, text in labels if low <= at <= high]


def test_the_cost_is_drawn_on_a_logarithmic_scale():
    (axes,) = frames(nn.draw_cost([8.0, 4.0, 2.0]))
    assert axes.lines[0].get_xydata().tolist() == [[0, 8], [1, 4], [2, 2]]
    assert (axes.get_xlabel(), axes.get_yscale()) == ("iterations", "log")
    assert ticks(axes.xaxis) == ["0", "1", "2"]
    assert ticks(axes.yaxis) == ["1", "2", "5"]


@pytest.mark.parametrize(
    "last, least", [(2.3, 0.2), (2.2, 0.2), (0.01, 0.006)]
)
def test_the_costs_scale_is_so_tall_that_no_noise_looks_steep(last, least):
    (axes,) = frames(nn.draw_cost([2.3, last]))
    bottom, top = axes.get_ylim()
    assert top > 9.999 * bottom and least < bottom < last < top


@pytest.mark.parametrize("costs, marker", [(19, "."), (20, "None")])
def test_the_points_of_a_short_curve_are_marked(costs, marker):
    (axes,) = frames(nn.draw_cost([1.0] * costs))
    assert axes.lines[0].get_marker() == marker


def test_a_mistake_is_red_and_names_the_right_digit():
    image, labels = 5.67 * np.eye(10)[:, [3, 3]], np.eye(10)[:, [3, 5]]
    image = np.pad(image, [(0, 6), (0, 0)])  # of 4 by 4 pixels
    copying = COPYING | {"w1": np.eye(10, 16)}
    figure = nn.draw_answers("test", image, labels, copying, 0)
    seen = [(axes.get_title(), colours(axes)[0]) for axes in frames(figure)]
    assert seen == [("3, not 5 (97%)", "Reds"), ("3 (97%)", "Blues")]


def answers(m, mistakes, seed=0):
    """Return the picture of answers to m images, some of them mistakes."""
    right, x = np.arange(m) % 10, np.zeros((16, m))
    given = (right + np.isin(np.arange(m), mistakes)) % 10
    x[given, np.arange(m)] = SURE[:m]
    copying = COPYING | {"w1": np.eye(10, 16)}
    return nn.draw_answers("test", x, np.eye(10)[:, right], copying, seed)


def numbers(figure):
    """Return the numbers of the images in a picture of answers."""
    return [SURE.tolist().index(shown(axes).max()) for axes in frames(figure)]


@pytest.mark.parametrize(
    "m, count", [(50, 12), (50, 8), (33, 3), (9, 2), (5, 0)]
)
def test_up_to_eight_mistakes_come_first_the_surest_in_front(m, count):
    mistakes = np.arange(m)[::4][:count]
    surest = mistakes[np.argsort(-SURE[mistakes])].tolist()
    figure = answers(m, mistakes)
    seen = numbers(figure)
    assert seen[: min(count, 8)] == surest[:8]
    assert count <= 8 or seen[8] != surest[8]
    assert len(seen) == len(set(seen)) == min(m, 32)
    title = f"The network misreads {count} of {m} test images"
    if count:
        title += f". Its {min(count, 8)} surest mistakes come first, in red"
    assert figure.texts[0].get_text() == title


def test_the_other_answers_are_drawn_at_random_from_the_seed():
    seen, again, other = (
        numbers(answers(50, range(0, 48, 4), seed)) for seed in (0, 0, 1)
    )
    assert seen == again and seen[:8] == other[:8]
    assert sorted(seen[8:]) != seen[8:] != other[8:]


@pytest.fixture
def neurons():
    """Draw 40 neurons: number j varies by j + 1 and has the weight j / 100."""
    w1 = np.arange(1, 41)[:, None] * [[0.5, -1, 0, j / 100] for j in range(40)]
    w2 = np.where(
        np.arange(40) % 2, [[0.1], [0.2], [-4.3]], [[1], [-0.5], [0.3]]
    )
    network = {"w1": w1, "b1": 0, "w2": w2, "b2": 0, "activation": "relu"}
    x = np.array([[0, 4], [0, 0], [0, 0], [0, 0]])
    return frames(nn.draw_neurons(x, network))


def test_the_neurons_that_vary_and_matter_most_come_first(neurons):
    most = sorted(range(40), key=lambda j: -(j + 1) * (4.3 if j % 2 else 1))
    titles = [f"for {j % 2}, against {1 + j % 2}" for j in most[:32]]
    assert [axes.get_title() for axes in neurons] == titles
    assert [round(100 * shown(axes)[1, 1]) for axes in neurons] == most[:32]


def test_a_neuron_wants_ink_where_it_is_red_and_none_where_it_is_blue(neurons):
    assert shown(neurons[0]).ravel() == pytest.approx([0.5, -1, 0, 0.39])
    assert colours(neurons[0]) == ("bwr", (-1, 1))


def test_an_answer_names_the_two_most_likely_classes():
    x = np.log([[0.25], [0.7], [0.05]] + 7 * [[1e-9]]) - np.log(1e-9)
    assert nn.describe_answer(x, COPYING) == "1 (70%), 0 (25%)"


def own_digits(folder, count, name="$digit$ number {}.png"):
    """Draw so many pictures, which are white above and black below."""
    picture = Image.new("L", (100, 200), "white")
    picture.paste(0, (0, 100, 100, 200))
    paths = [folder / name.format(i) for i in range(count)]
    for path in paths:
        picture.save(path)
    image = np.linspace(0, 1, 16).reshape(16, 1)
    copying = COPYING | {"w1": np.eye(10, 16)}
    return nn.draw_own_digits(paths, count * [image], copying)


def test_each_own_digit_stands_beside_what_the_network_sees(tmp_path):
    (axes,) = frames(own_digits(tmp_path, 1))
    pair = shown(axes)[:, :, 0]
    assert (pair[50, 100], pair[150, 100], pair[100, 10]) == (255, 0, 255)
    assert pair[0, 221] == 255 and pair[-1, -1] == 0  # background and ink
    assert pair.shape == (200, 420) and (pair[:, 200:220] == 255).all()
    assert len(set(pair[25, 220:])) == len(set(pair[:, 240])) == 4
    assert axes.get_title() == "$digit$ number…\n9 (13%), 8 (12%)"
    assert not axes.title.get_parse_math()


@pytest.mark.parametrize("count, rows, columns", [(2, 1, 2), (7, 3, 3)])
def test_own_digits_stand_in_a_grid_with_room_for_each(
    tmp_path, count, rows, columns
):
    figure = own_digits(tmp_path, count)
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    assert len({round(box.x0) for box in boxes}) == columns
    assert len({round(box.y0) for box in boxes}) == rows
    for i, box in enumerate(boxes):
        assert box.width > 900 / columns * 0.8
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_figures_are_saved_under_their_names_and_no_others(tmp_path, capsys):
    plt.figure("somebody else's")
    figures = [nn.new_figure("cost", ""), nn.new_figure("ü", "")]
    nn.save_figures(figures, tmp_path / "new")
    paths = [tmp_path / "new" / name for name in ("cost.png", "ü.png")]
    assert sorted((tmp_path / "new").iterdir()) == paths
    saved = [f"Picture saved: {path}" for path in paths]
    assert capsys.readouterr().out.splitlines() == saved


# --------------------------------------------------------- windows and the pad
@pytest.fixture
def screen(monkeypatch):
    """Pretend that there is a screen."""
    monkeypatch.setattr(
        FigureCanvasAgg, "required_interactive_framework", "any"
    )


def test_without_a_screen_there_is_no_window(capsys):
    assert not nn.has_screen()
    reason = "there is no screen, or no window toolkit"
    assert capsys.readouterr().out == f"No window could open: {reason}.\n"
    assert plt.get_figlabels() == []


def test_with_a_screen_there_is_one(screen, monkeypatch, capsys):
    monkeypatch.setattr(plt, "get_backend", lambda: "any")
    assert nn.has_screen()
    assert capsys.readouterr().out == ""


def test_a_notebook_shows_the_pictures_without_a_word(monkeypatch, capsys):
    monkeypatch.setattr(plt, "get_backend", lambda: "inline")
    assert not nn.has_screen()
    assert capsys.readouterr().out == ""


def test_a_failing_window_toolkit_is_told(monkeypatch, capsys):
    failing = Mock(side_effect=[RuntimeError("no Tcl"), DEFAULT])
    monkeypatch.setattr(plt, "figure", failing)
    assert not nn.has_screen()
    assert capsys.readouterr().out == "No window could open: no Tcl.\n"


def test_windows_show_the_figures_as_they_were_drawn(monkeypatch):
    plt.figure("cost")  # of an earlier run
    figures = [nn.new_figure("cost", ""), nn.new_figure("test", "")]
    windows = Mock(side_effect=lambda: [*map(plt.figure, ("cost", "test"))])
    monkeypatch.setattr(plt, "show", windows)
    nn.show_windows(figures)
    assert windows.call_count == 1
    assert [plt.figure("cost"), plt.figure("test")] == figures


def untrained(n_x, n_h, n_y):
    rng = np.random.default_rng(0)
    return nn.initialize_parameters(n_x, n_h, n_y, "tanh", rng)


class Pad:
    """The open pad of a network, and a hand that holds the mouse."""

    def __init__(self, network):
        nn.open_pad(network)
        self.canvas = plt.figure("pad").canvas
        self.given, self.seen, self.answer, self.clear = plt.figure("pad").axes
        self.canvas.draw()

    def mouse(self, what, place, button=None, axes=None):
        """Press, move or release the mouse at a place in a frame."""
        x, y = (axes or self.given).transData.transform(place)
        self.canvas.callbacks.process(
            what, MouseEvent(what, self.canvas, x, y, button)
        )

    def stroke(self, *places, button=1, axes=None):
        """Draw from place to place with a button held down."""
        self.mouse("button_press_event", places[0], button, axes)
        for place in places[1:]:
            self.mouse("motion_notify_event", place, None, axes)
        self.mouse("button_release_event", places[-1], button, axes)


@pytest.fixture
def pad(screen):
    """Return the open pad of an untrained network."""
    return Pad(untrained(784, 20, 10))


def test_the_sheet_what_is_seen_and_the_answer_stand_side_by_side(pad):
    boxes = [axes.get_position() for axes in (pad.given, pad.seen, pad.answer)]
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < boxes[2].x0


@pytest.mark.parametrize("end", [50, 150], ids=["a dot", "a line"])
def test_a_stroke_is_a_black_line_with_round_ends(pad, end):
    pad.stroke((50, 60), (end, 60))
    assert colours(pad.given) == ("gray_r", (0, 255))
    row, column = np.indices((200, 200))
    distance = np.hypot(row - 60, column - column.clip(50, end))
    assert np.all(shown(pad.given)[distance < 7] == 255)
    assert not shown(pad.given)[distance > 10].any()


@pytest.mark.parametrize("where, x", [("given", -9), ("seen", 14)])
def test_a_stroke_that_leaves_and_comes_back_does_not_join_up(pad, where, x):
    pad.mouse("button_press_event", (20, 100), 1)
    pad.mouse("motion_notify_event", (x, 14), axes=getattr(pad, where))
    pad.mouse("motion_notify_event", (100, 20))
    pad.mouse("button_release_event", (100, 20), 1)
    ink = shown(pad.given)
    assert ink[[100, 20], [20, 100]].all() and not ink[60].any()


@pytest.mark.parametrize(
    "button, where", [(None, "given"), (2, "given"), (1, "seen")]
)
def test_only_the_left_button_draws_and_only_on_the_sheet(pad, button, where):
    pad.stroke((20, 14), (5, 5), button=button, axes=getattr(pad, where))
    assert not shown(pad.given).any()


@pytest.mark.parametrize(
    "button, where", [(3, "given"), (3, "seen"), (1, "clear")]
)
def test_a_right_click_and_the_button_clear_the_pad(pad, button, where):
    pad.stroke((20, 100), (100, 100))
    pad.stroke((0.5, 0.5), button=button, axes=getattr(pad, where))
    assert not shown(pad.given).any() and not any(heights(pad.answer))


def test_the_network_sees_and_answers_each_stroke(screen):
    network = untrained(64, 20, 2)
    pad = Pad(network)
    pad.stroke((60, 40), (100, 150))
    image = nn.normalize_digit(shown(pad.given) / 255, 8)
    assert shown(pad.seen).ravel().tolist() == image[:, 0].tolist()
    chances = nn.forward_propagation(image, network)["a2"][:, 0]
    assert heights(pad.answer) == pytest.approx(chances)


def test_the_highest_bar_has_another_colour(pad):
    pad.stroke((60, 40), (100, 150))
    faces = [bar.get_facecolor() for bar in pad.answer.patches]
    assert faces.count(faces[np.argmax(heights(pad.answer))]) == 1


@pytest.mark.parametrize("method", ["blit", "queue_draw"])
def test_each_event_is_put_on_the_screen_if_there_is_time(
    pad, monkeypatch, method
):
    monkeypatch.setattr(nn.time, "monotonic", lambda: 0)
    monkeypatch.setattr(FigureCanvasAgg, method, Mock(), raising=False)
    pad.stroke((60, 40), (100, 150), (30, 170))
    assert getattr(pad.canvas, method).call_count == 4


def test_a_move_that_comes_too_soon_is_shown_with_the_next_event(
    pad, monkeypatch
):
    seconds = [
        0,
        10,
        11,
        12,
        22,
    ]  # the first drawing takes 10; then it rests until 20
    monkeypatch.setattr(nn.time, "monotonic", Mock(side_effect=seconds))
    pad.mouse("button_press_event", (20, 20), 1)
    pad.mouse("motion_notify_event", (100, 20))
    assert not shown(pad.given)[20, 60]
    pad.mouse("button_release_event", (100, 20), 1)
    assert shown(pad.given)[20, 60]


def test_after_twenty_strokes_and_a_clear_the_screen_looks_as_at_first(pad):
    at_first = np.array(pad.canvas.buffer_rgba(), int)
    for i in range(20):
        pad.stroke((10 * i, 0), (100, 199))
    pad.stroke((100, 100), button=3)
    changed = np.abs(np.array(pad.canvas.buffer_rgba()) - at_first) > 100
    assert changed.sum() < 50


def test_strokes_do_not_use_up_memory(pad):
    tracemalloc.start()
    for i in range(20):
        pad.stroke((5 * i, 100))
    growth = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert growth < 400_000  # a sheet for each stroke would take 800,000


def test_a_thick_dot_takes_no_filter_of_size_1_which_crashes_pillow(
    pad, monkeypatch
):
    filters = Mock(wraps=ImageFilter.MaxFilter)
    monkeypatch.setattr(ImageFilter, "MaxFilter", filters)
    pad.stroke((100, 100))
    assert call(3) in filters.mock_calls and call(1) not in filters.mock_calls


@pytest.mark.parametrize("n_y, step", [(2, 1), (10, 1), (11, 2), (26, 3)])
def test_the_classes_on_the_pad_are_numbered_without_overlapping(
    screen, n_y, step
):
    pad = Pad(untrained(64, 20, n_y))
    assert [*pad.answer.get_xticks()] == [*range(0, n_y, step)]
    assert pad.answer.get_ylim() == (0, 1)


def test_the_pad_comes_to_the_front(screen, monkeypatch):
    timers = []

    class Timer(TimerBase):
        def _timer_start(self):
            timers.append(self)

    monkeypatch.setattr(FigureCanvasAgg, "_timer_cls", Timer)
    shown = Mock()
    monkeypatch.setattr(FigureManagerBase, "show", shown)
    Pad(untrained(64, 20, 2))
    (timer,) = timers
    assert timer.interval == 500 and timer.single_shot
    assert plt.figure("pad").timer is timer  # or it would be thrown away
    timer._on_timer()
    assert shown.call_count == 1
