"""Make the pictures in docs/ anew: python docs/make_pictures.py (a minute).

It trains the network with the settings at the top of neural_network.py. Two of
the pictures are those of a run, shrunk. The others are drawn here. If a folder
is named behind the command, they are saved there.
"""

import sys
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backend_bases import MouseEvent
from PIL import Image, ImageFilter

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))
import neural_network as nn

FILMED = [*range(11), 12, 15, 20, 25, 30, 40, 50, 60, 80, 100]  # iterations
# Of each imitated photograph: the numbers of the test images in it, the
# colours of paper and ink, and how dark its ruled lines are, up to 255.
PHOTOS = {
    "paper.jpg": ([290], "linen", "midnightblue", 100),
    "blackboard.jpg": ([206], "darkslategrey", "linen", 0),
    "house.jpg": ([72, 0, 2], "midnightblue", "linen", 0),
}
# A hand that draws a 4 causes these events, at these points of the pad.
PRESS, MOVE = "button_press_event", "motion_notify_event"
FOUR = [(PRESS, 92, 38), (MOVE, 62, 112), (MOVE, 144, 102)]
FOUR += [(PRESS, 124, 40), (MOVE, 114, 174)]


def picture_of(figure):
    """Return a figure as a picture of Pillow's."""
    figure.canvas.draw()
    pixels = np.array(figure.canvas.buffer_rgba())
    return Image.fromarray(pixels).convert("RGB")


def save_film(path, x, y, kept, cost_list):
    """Save a film of the networks that were kept, {iteration: parameters}.

    Of each digit, it shows the test image that took longest to be read right,
    and the same six neurons all the time: those that matter most in the end.
    """
    last, right = max(kept), y.argmax(axis=0)
    is_wrong = {n: nn.predict(x, kept[n]) != right for n in kept}
    times_wrong = np.sum([*is_wrong.values()], axis=0) * ~is_wrong[last]
    shown = [np.argmax(times_wrong * (right == c)) for c in range(len(y))]
    neurons = nn.choose_neurons(x, kept[last], 6)
    largest = np.abs(kept[last]["w1"][neurons]).max(axis=1)
    frames = []
    for n in kept:
        share = nn.accuracy(x, y, kept[n])
        title = f"After {n} of {last} iterations: {share:.0f} % right\n"
        title += "Wrong answers are red. Weights are red above 0, blue below"
        figure = nn.draw_figure("film", title, size=(9, 5.8))
        figure.set_dpi(80)
        cost = figure.add_axes([0.07, 0.464, 0.288, 0.376])
        nn.show_cost(cost, cost_list[: n + 1], last, len(y))
        cost.set(ylim=(0.01, 4))  # the same in all frames
        answers = figure.add_axes([0.412, 0.4, 0.558, 0.48])
        nn.show_answers(answers, x[:, shown], y[:, shown], kept[n], 5)
        below = figure.add_axes([0.07, 0.04, 0.9, 0.304])
        tiles = list(map(nn.weight_tile, kept[n]["w1"][neurons], largest))
        nn.show_tiles(below, tiles, 6 * [""], 6)
        frames.append(picture_of(figure))
    # In all frames the same 64 colours, so that little changes.
    colours = frames[len(frames) // 2].quantize(64, Image.MAXCOVERAGE)
    first, *rest = [f.quantize(palette=colours, dither=0) for f in frames]
    times = [600] * len(rest) + [4000]  # milliseconds
    first.save(path, append_images=rest, save_all=True, duration=times, loop=0)


def show_journey(axes, x, parameters):
    """Draw an image, six hidden neurons, ten answers, and what joins them.

    Three neurons are for the likeliest class, three for the second. All have
    found the ink that they look for. Places are in inches.
    """
    cache = nn.forward_propagation(x, parameters)
    z1, a1, a2 = (cache[name][:, 0] for name in ("z1", "a1", "a2"))
    w1, w2 = parameters["w1"], parameters["w2"]
    second, first = np.argsort(a2)[-2:]
    support = np.where(a1 > 0, (w2[first] - w2[second]) * a1, 0)
    order = np.argsort(-support)
    outputs = np.linspace(3.5, 0, len(a2))  # their heights in the picture
    heights = 3.45, 2.85, 2.25, 1.2, 0.6, 0
    axes.imshow(nn.ink_tile(x), extent=(0, 2.2, 0.6, 2.8))
    axes.add_patch(plt.Rectangle((0, 0.6), 2.2, 2.2, fill=False, ec="0.8"))
    for j, y in zip([*order[:3], *order[-3:]], heights):
        axes.plot([2.25, 3.4], [1.7, y], color="0.8")
        tile = nn.weight_tile(w1[j], np.abs(w1[j]).max())
        axes.imshow(tile, extent=(3.5, 4.02, y - 0.26, y + 0.26))
        axes.text(4.2, y, f"{z1[j]:.1f} → {a1[j]:.2f}", va="center")
        for share, output in zip(w2[:, j] / np.abs(w2).max(), outputs):
            colour = nn.RED if share > 0 else nn.BLUE
            axes.plot([5.2, 7], [y, output], color=colour, alpha=abs(share))
    colours = [nn.BLUE if c == first else "0.7" for c in range(len(a2))]
    axes.barh(outputs, a2, 0.3, left=7.35, color=colours)
    for c, (chance, y) in enumerate(zip(a2, outputs)):
        axes.text(7.1, y, c, va="center", size=11)
        axes.text(7.4 + chance, y, f"{chance:.0%}", va="center", size=11)
    axes.text(3.5, 3.78, f"three for {first}, against {second}")
    axes.text(3.5, 1.53, f"three for {second}, against {first}")
    axes.text(3.76, 1.85, "⋮", ha="center", va="center", size=14)
    for place, text in (
        (1.1, f"{len(x)} pixels\nX ({len(x)}, m)"),
        (2.7, f"weights\nW₁ {w1.shape}"),
        (4.3, f"sums → outputs\nA₁ = tanh(W₁X + b₁)\n({len(a1)}, m)"),
        (6.1, f"weights\nW₂ {w2.shape}"),
        (8, f"probabilities\nA₂ = softmax(W₂A₁ + b₂)\n({len(a2)}, m)"),
    ):
        axes.text(place, -0.4, text, ha="center", va="top")
    axes.set(xlim=(0, 9), ylim=(-0.9, 3.9))
    axes.set_axis_off()


def imitate(x, paper, ink, lines):
    """Return test images x (784, k) as a photograph of a row of digits."""
    row = np.uint8(255 * np.hstack(x.T.reshape(-1, 28, 28)))
    row = Image.fromarray(row).resize((280 * x.shape[1], 280), Image.BICUBIC)
    # Make sharp strokes of soft pixels.
    strokes = np.clip(5.0 * np.asarray(row) - 450, 0, 255)
    down, right = np.indices(strokes.shape)
    is_line = (down - right // 30) % 44 < 2
    strokes = Image.fromarray(np.uint8(np.maximum(strokes, lines * is_line)))
    photo = Image.new("RGB", row.size, paper)
    photo.paste(ink, mask=strokes)
    photo = photo.filter(ImageFilter.BoxBlur(2))
    light = 0.9 - down / 900
    light[right + 0.4 * down > 0.8 * row.width] *= 0.6  # a shadow
    light += 0.02 * np.random.default_rng(0).standard_normal(light.shape)
    return Image.fromarray(np.uint8(light[:, :, None] * photo))


def report(iteration, cost, parameters):
    """Keep a network for the film; model calls this after each iteration."""
    if iteration in FILMED:
        kept[iteration] = deepcopy(parameters)  # which will change


plt.switch_backend("agg")  # a canvas without a screen
plt.rcParams.update(nn.STYLE)
folder = Path(sys.argv[1]) if sys.argv[1:] else DOCS
folder.mkdir(exist_ok=True)
data = nn.load_data(DOCS.parent)
x_train, y_train, x_test, y_test = data
kept = {}
parameters, cost_list = nn.train_with_settings(x_train, y_train, report)
for part, x, y in ("Train", x_train, y_train), ("Test", x_test, y_test):
    print(f"Accuracy of {part} Dataset {nn.accuracy(x, y, parameters):.1f} %")
save_film(folder / "learning.gif", x_test, y_test, kept, cost_list)

pictures = nn.list_pictures(data, cost_list, parameters, {})
title = "One image goes through the network, which is unsure\n"
title += "Weights are red above 0, and blue below"
unsure = x_test[:, [783]]  # two classes are likely, so two bars show
pictures["journey"] = title, show_journey, unsure, parameters
names = "hidden_neurons", "stamp", "journey"
figures = {name: nn.draw_figure(name, *pictures[name]) for name in names}

with TemporaryDirectory() as photos:
    files = [Path(photos, name) for name in PHOTOS]
    for file, (chosen, *look) in zip(files, PHOTOS.values()):
        imitate(x_test[:, chosen], *look).save(file)
    own_images = nn.read_own_digits(DOCS, files, len(x_test))
    title = "Imitated photographs, and to their right what the network sees"
    picture = title, nn.show_own_digits, own_images, parameters
    figures["own_digits"] = nn.draw_figure("own_digits", *picture)

nn.open_pad(parameters)
figures["pad"] = pad = plt.figure("pad")
for name, *point in FOUR:
    x, y = pad.axes[0].transData.transform(point)
    event = MouseEvent(name, pad.canvas, x, y, button=1)
    pad.canvas.callbacks.process(name, event)

for name, figure in figures.items():  # 256 colours make small files
    picture = picture_of(figure).quantize()
    picture.save(folder / f"{name}.png", optimize=True)
