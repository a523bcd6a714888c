"""What a person sees: the pictures, and the pad, with a hand that moves the mouse."""

import tracemalloc
from pathlib import Path
from unittest.mock import DEFAULT, Mock, call

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageFilter

import neural_network as nn

# A network that takes each of ten pixels for how likely its digit is.
COPYING = {"w1": np.eye(10), "b1": 0, "w2": np.eye(10), "b2": 0, "activation": "relu"}
SURE = 1 + np.random.default_rng(0).permutation(50) / 50  # of each image; all differ


def shown(axes):
    """Return the image in a frame as an array."""
    return np.asarray(axes.images[0].get_array())


def colours(axes):
    """Return the colours of the image in a frame, and the values at their ends."""
    return axes.images[0].get_cmap().name, axes.images[0].get_clim()


def heights(axes):
    """Return how high the bars in a frame are."""
    return [bar.get_height() for bar in axes.patches]


def frames(name):
    """Return the frames of a figure, from the upper left to the lower right."""
    corner = {axes: axes.get_position(True).p0 for axes in plt.figure(name).axes}
    return sorted(corner, key=lambda axes: (-corner[axes][1].round(3), corner[axes][0]))


def test_a_figure_is_drawn_even_without_the_screen_asked_for(monkeypatch):
    refused_once = Mock(wraps=plt.figure, side_effect=[ImportError, DEFAULT, DEFAULT])
    monkeypatch.setattr(plt, "figure", refused_once)
    nn.new_figure("name", "title")
    assert [text.get_text() for text in plt.figure("name").texts] == ["title"]


def test_the_newest_cost_is_drawn_on_a_logarithmic_scale():
    nn.draw_cost([9.0, 9.0])
    nn.draw_cost([8.0, 4.0, 2.0])
    (axes,) = frames("cost")
    assert axes.lines[0].get_xydata().tolist() == [[0, 8], [1, 4], [2, 2]]
    assert (axes.get_xlabel(), axes.get_yscale()) == ("iterations", "log")


@pytest.mark.parametrize("costs, marker", [(19, "."), (20, "None")])
def test_the_points_of_a_short_curve_are_marked(costs, marker):
    nn.draw_cost([1.0] * costs)
    assert frames("cost")[0].lines[0].get_marker() == marker


def test_a_mistake_is_red_and_names_the_right_digit():
    image, labels = 5.67 * np.eye(10)[:, [3, 3]], np.eye(10)[:, [3, 5]]
    nn.draw_answers("images", image, labels, COPYING, 0)
    seen = [(axes.get_title(), colours(axes)[0]) for axes in frames("images")]
    assert seen == [("3, not 5 (97%)", "Reds"), ("3 (97%)", "Blues")]


def draw_answers(m, mistakes, seed=0):
    """Draw answers to m images, and return the images' numbers as they are seen."""
    right, x = np.arange(m) % 10, np.zeros((10, m))
    answers = (right + np.isin(np.arange(m), mistakes)) % 10
    x[answers, np.arange(m)] = SURE[:m]
    nn.draw_answers("images", x, np.eye(10)[:, right], COPYING, seed)
    return [SURE.tolist().index(shown(axes).max()) for axes in frames("images")]


@pytest.mark.parametrize("m, count", [(50, 12), (50, 8), (33, 3), (9, 2), (5, 0)])
def test_up_to_eight_mistakes_come_first_the_surest_in_front(m, count):
    mistakes = np.arange(m)[::4][:count]
    surest = mistakes[np.argsort(-SURE[mistakes])].tolist()
    seen = draw_answers(m, mistakes)
    assert seen[: min(count, 8)] == surest[:8]
    assert count <= 8 or seen[8] != surest[8]
    assert len(seen) == len(set(seen)) == min(m, 32)


def test_the_other_answers_are_drawn_at_random_from_the_seed():
    seen, again, other = (draw_answers(50, range(0, 48, 4), seed) for seed in (0, 0, 1))
    assert seen == again and seen[:8] == other[:8]
    assert sorted(seen[8:]) != seen[8:] != other[8:]


@pytest.fixture
def neurons():
    """Draw 40 neurons, of which number j varies by j + 1 and has j / 100 as a weight."""
    w1 = np.arange(1, 41)[:, None] * [[0.5, -1, 0, j / 100] for j in range(40)]
    w2 = np.where(np.arange(40) % 2, [[0.1], [0.2], [-4.3]], [[1], [-0.5], [0.3]])
    network = {"w1": w1, "b1": 0, "w2": w2, "b2": 0, "activation": "relu"}
    nn.draw_neurons(np.array([[0, 4], [0, 0], [0, 0], [0, 0]]), network)
    return frames("hidden_neurons")


def test_the_neurons_that_vary_and_matter_most_come_first_titled_with_why(neurons):
    most = sorted(range(40), key=lambda j: -(j + 1) * (4.3 if j % 2 else 1))[:32]
    titles = ["for 1, against 2" if j % 2 else "for 0, against 1" for j in most]
    assert [axes.get_title() for axes in neurons] == titles
    assert [round(100 * shown(axes)[1, 1]) for axes in neurons] == most


def test_a_neuron_wants_ink_where_it_is_red_and_none_where_it_is_blue(neurons):
    assert shown(neurons[0]).ravel() == pytest.approx([0.5, -1, 0, 0.39])
    assert colours(neurons[0]) == ("bwr", (-1, 1))


def show_two_digits():
    """Show the same picture of a digit under two names."""
    picture = Image.fromarray(np.uint8([[0, 255], [255, 0]])).convert("RGB")
    image = np.log([[0.5], [0.3], [0.2]] + 7 * [[1e-9]]) - np.log(1e-9)
    paths = [Path("folder", "$7$.png"), Path("c.png")]
    nn.show_own_digits(paths, 2 * [(picture, image)], COPYING)


def test_each_own_digit_is_answered_in_a_line(capsys):
    show_two_digits()
    line = "Our model says {} is : 0 (50.0 %)\n"
    assert capsys.readouterr().out == line.format("$7$.png") + line.format("c.png")


def test_an_own_digit_stands_beside_what_is_seen_and_the_probabilities():
    show_two_digits()
    given, seen, answer, *_ = frames("own_digits")
    assert (given.get_title(), given.title.get_parse_math()) == ("$7$.png", False)
    assert shown(given)[:, :, 0].tolist() == [[0, 255], [255, 0]]
    assert shown(seen).argmax(axis=1) == [0] and colours(seen) == ("gray_r", (0, 1))
    assert heights(answer) == pytest.approx([0.5, 0.3, 0.2] + 7 * [0], abs=1e-6)
    assert (answer.get_ylim(), [*answer.get_xticks()]) == ((0, 1), [*range(10)])
    assert seen.get_box_aspect() == answer.get_box_aspect() == 1


def test_figures_are_saved_under_their_names_and_no_others(tmp_path, capsys):
    plt.figure("somebody else's")
    nn.save_figures([plt.figure("cost"), plt.figure("ü")], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cost.png", "ü.png"]
    saved = [f"Picture saved: {tmp_path / name}" for name in ("cost.png", "ü.png")]
    assert capsys.readouterr().out.splitlines() == saved


def test_a_folder_that_can_not_be_written_to_is_answered_in_one_line(tmp_path, capsys):
    (tmp_path / "a").write_text("a file")
    nn.save_figures([], tmp_path / "a")
    answer = "found File exists. The pictures can't be saved there."
    assert capsys.readouterr().out == f"{tmp_path / 'a'}: {answer}\n"


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
        self.canvas.callbacks.process(what, MouseEvent(what, self.canvas, x, y, button))

    def stroke(self, *places, button=1, axes=None):
        """Draw from place to place with a button held down."""
        self.mouse("button_press_event", places[0], button, axes)
        for place in places[1:]:
            self.mouse("motion_notify_event", place, None, axes)
        self.mouse("button_release_event", places[-1], button, axes)


@pytest.fixture
def screen(monkeypatch):
    """Pretend that there is a screen, with a picture on it."""
    plt.figure("cost")
    monkeypatch.setattr(FigureCanvasAgg, "required_interactive_framework", "any")


@pytest.fixture
def pad(screen):
    """Return the open pad of an untrained network."""
    return Pad(nn.initialize_parameters(784, 20, 10))


def test_without_a_screen_no_pad_opens():
    nn.open_pad(nn.initialize_parameters(784, 20, 10))
    assert "pad" not in plt.get_figlabels()


def test_for_images_that_are_not_square_no_pad_opens(screen):
    nn.open_pad(nn.initialize_parameters(783, 20, 10))
    assert "pad" not in plt.get_figlabels()


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


@pytest.mark.parametrize("button, where", [(None, "given"), (2, "given"), (1, "seen")])
def test_only_the_left_button_draws_and_only_on_the_sheet(pad, button, where):
    pad.stroke((20, 14), (5, 5), button=button, axes=getattr(pad, where))
    assert not shown(pad.given).any()


@pytest.mark.parametrize("button, where", [(3, "given"), (3, "seen"), (1, "clear")])
def test_a_right_click_and_the_button_clear_the_pad(pad, button, where):
    pad.stroke((20, 100), (100, 100))
    pad.stroke((0.5, 0.5), button=button, axes=getattr(pad, where))
    assert not shown(pad.given).any() and not any(heights(pad.answer))


def test_the_network_sees_and_answers_each_stroke(screen):
    network = nn.initialize_parameters(64, 20, 2)
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
def test_each_event_is_put_on_the_screen_if_there_is_time(pad, monkeypatch, method):
    monkeypatch.setattr(nn.time, "monotonic", lambda: 0)
    monkeypatch.setattr(FigureCanvasAgg, method, Mock(), raising=False)
    pad.stroke((60, 40), (100, 150), (30, 170))
    assert getattr(pad.canvas, method).call_count == 4


def test_a_move_that_comes_too_soon_is_shown_with_the_next_event(pad, monkeypatch):
    seconds = [0, 10, 11, 12, 22]  # the first drawing takes 10; then it rests until 20
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
    for i in range(40):
        pad.stroke((5 * i, 100))
    growth = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert growth < 400_000  # a sheet for each stroke would take 1,600,000


def test_a_thick_dot_takes_no_filter_of_size_1_which_crashes_pillow(pad, monkeypatch):
    filters = Mock(wraps=ImageFilter.MaxFilter)
    monkeypatch.setattr(ImageFilter, "MaxFilter", filters)
    pad.stroke((100, 100))
    assert call(3) in filters.mock_calls and call(1) not in filters.mock_calls
