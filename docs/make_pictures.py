"""Make the pictures in docs/ anew: python docs/make_pictures.py (a minute).

It trains the network with the settings at the top of neural_network.py. Only
the film, learning.gif, is made by a recipe of its own, "Watch it learn" in
docs/recipes.md. If a folder is named behind the command, the pictures are
saved there, with a film of two frames: the tests compare them with docs/.
"""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backend_bases import MouseEvent
from matplotlib.patches import Circle
from PIL import Image, ImageDraw, ImageFilter

DOCS = Path(__file__).parent
PROJECT = DOCS.parent
sys.path.insert(0, str(PROJECT))
import neural_network as nn

UNSURE = 783  # number of a test image that the network hesitates about
# Test images that become photographs.
WRITTEN = {"paper": 18, "shadow": 290, "chalk": 206, "marker": 72}
FORMED = (0, 1, 2, 4, 8, 12, 20)  # iterations after which a neuron is shown
# A four that is nearly closed, in points of the pad: two strokes of a hand.
FOUR = [
    [(98, 36), (78, 66), (66, 98), (70, 106), (100, 102), (134, 96)],
    [(128, 34), (124, 80), (122, 120), (116, 172)],
]


# ---------------------------------------------------------------- the network
def draw_network(x, parameters):
    """Draw some neurons of each layer, and what an image makes them say."""
    cache = nn.forward_propagation(x, parameters)
    a1, a2 = cache["a1"][:, 0], cache["a2"][:, 0]
    title = "Each hidden neuron sees all pixels, each output all hidden ones"
    explanation = (
        "Lines are weights, red above 0 and blue below. Drawn are six pixels, "
        "six hidden neurons and all outputs"
    )
    figure = nn.draw_figure("network", title, explanation, size=(10, 6.1))
    axes = figure.add_axes([0, 0, 1, 0.87])
    axes.set_axis_off()
    image = axes.inset_axes([0.02, 0.4, 0.2, 0.4])
    image.imshow(nn.ink_tile(x))
    image.set(xticks=[], yticks=[], xlabel="an image\nof 28×28 pixels")
    image.spines[:].set(visible=True, color="0.8")
    axes.set(xlim=(0, 20), ylim=(-2.9, 7.7), aspect="equal")

    pixels = 28 * np.array([6, 10, 12, 14, 18, 26]) + 15  # of one column
    hidden = choose_neurons(a1, a2, parameters)
    heights = np.array([7, 6, 5, 2, 1, 0]) - 0.2
    outputs = np.linspace(7, 0, 10) - 0.2
    columns = (
        (6.2, heights, plt.get_cmap("Greys")(0.9 * x[pixels, 0])),
        (11, heights, plt.get_cmap("RdBu_r")(0.5 + a1[hidden] / 2.4)),
        (15.8, outputs, plt.get_cmap("Blues")(0.8 * a2)),
    )
    weights = (
        parameters["w1"][hidden][:, pixels],
        parameters["w2"][:, hidden],
    )
    for here, there, table in zip(columns, columns[1:], weights):
        largest = np.abs(table).max()
        for (j, k), weight in np.ndenumerate(table):
            colour = nn.RED if weight > 0 else nn.BLUE
            axes.plot(
                [here[0], there[0]],
                [here[1][k], there[1][j]],
                color=colour,
                alpha=0.05 + 0.6 * abs(weight) / largest,
                linewidth=0.8,
                zorder=0,
            )
    for place, ys, colours in columns:
        for y, colour in zip(ys, colours):
            circle = Circle(
                (place, y), 0.31, facecolor=colour, edgecolor="0.4"
            )
            axes.add_patch(circle)
        if len(ys) == 6:
            axes.text(place, 3.3, "⋮", ha="center", va="center", size=18)
    for c, (y, chance) in enumerate(zip(outputs, a2)):
        weight = "bold" if chance == a2.max() else "normal"
        text = f"{c}: {chance:.0%}"
        axes.text(16.4, y, text, va="center", size=12, weight=weight)
    texts = {
        6.2: "784 pixels\nX (784, m)",
        8.6: "weights W₁ (1000, 784)\nbiases b₁ (1000, 1)",
        11: "1,000 hidden neurons\nA₁ = tanh(Z₁) (1000, m)",
        13.4: "weights W₂ (10, 1000)\nbiases b₂ (10, 1)",
        15.8: "10 output neurons\nA₂ = softmax(Z₂) (10, m)",
    }
    for n, (place, text) in enumerate(texts.items()):
        low = -0.75 if n % 2 == 0 else -1.8
        axes.text(place, low, text, ha="center", va="top", size=10)
    return figure


def choose_neurons(a1, a2, parameters):
    """Return three neurons for the likeliest class, three for the second.

    They have found the ink that they look for, so their output is positive.
    """
    second, first = np.argsort(a2)[-2:]
    support = (parameters["w2"][first] - parameters["w2"][second]) * a1
    support[a1 <= 0] = 0
    order = np.argsort(-support)
    return [*order[:3], *order[-3:]]


def draw_journey(x, parameters):
    """Draw an image, six hidden neurons with their sums, and the answer."""
    cache = nn.forward_propagation(x, parameters)
    z1, a1, a2 = (cache[name][:, 0] for name in ("z1", "a1", "a2"))
    second, first = np.argsort(a2)[-2:]
    title = f"Is it a {first} or a {second}? The network is unsure"
    explanation = (
        f"Upper three neurons: for a {first} rather than a {second}. Lower "
        "three: the other way round. Above each: its sum → its output"
    )
    figure = nn.draw_figure("journey", title, explanation, size=(10, 4.5))
    axes = figure.add_axes([0.03, 0.14, 0.25, 0.58])
    axes.imshow(nn.ink_tile(x))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color="0.8")
    axes.set_title("784 pixels", size=9, loc="left")
    tiles, titles = [], []
    for j in choose_neurons(a1, a2, parameters):
        weights = parameters["w1"][j]
        tiles.append(nn.weight_tile(weights, np.abs(weights).max()))
        titles.append(f"{z1[j]:.1f} → {a1[j]:.2f}")
    nn.show_tiles(figure.add_axes([0.34, 0.04, 0.36, 0.76]), tiles, titles, 3)
    axes = figure.add_axes([0.78, 0.14, 0.2, 0.56])
    colours = [nn.BLUE if c == first else (0.7, 0.7, 0.7) for c in range(10)]
    axes.barh(range(10), a2, color=colours)
    for c in first, second:
        axes.text(a2[c] + 0.02, c, f"{a2[c]:.0%}", va="center", size=11)
    axes.set(yticks=range(10), xticks=[], xlim=(0, 1))
    axes.set_title("ten probabilities", size=9, loc="left")
    axes.invert_yaxis()
    for left in 0.31, 0.73:
        figure.text(left, 0.4, "→", size=22, color="0.4", ha="center")
    return figure


# ------------------------------------------------------------ how it learns
def train_briefly(x, y):
    """Return a small network as it was after some of its iterations."""
    networks = {}

    def report(iteration, cost, parameters):
        copies = {name: parameters[name].copy() for name in nn.LEARNED}
        networks[iteration] = parameters | copies

    settings = {"batch_size": 128, "momentum": 0.9, "max_shift": 1}
    settings |= {"max_distortion": 0.3, "learning_rate_decay": True}
    nn.model(x, y, 100, 0.2, max(FORMED), report=report, **settings)
    return networks


def draw_stamp(x, y, parameters):
    """Draw how the surest mistake of a network changes six neurons."""
    chosen, _ = nn.choose_images(x, y, parameters)
    image, label = x[:, chosen[:1]], y[:, chosen[:1]]
    right = label.argmax()
    answer = nn.predict(image, parameters)[0]
    title = f"A {right}, read as a {answer}: how it changes six hidden neurons"
    explanation = (
        "-dw1 = -dz1 xᵀ: the image x is stamped onto each neuron's weights. "
        "Red: they grow. Blue: they shrink."
    )
    panel = (nn.show_stamp, image, label, parameters)
    return nn.draw_figure("stamp", title, explanation, panel, size=(10, 5))


def draw_forms(x, networks):
    """Draw how the pictures of four neurons form, with one scale for each."""
    last = networks[max(FORMED)]
    a1 = nn.forward_propagation(x, last)["a1"]
    influence = a1.std(axis=1) * np.abs(last["w2"]).max(axis=0)
    tiles = []
    for j in np.argsort(-influence)[:4]:
        rows = [networks[iteration]["w1"][j] for iteration in FORMED]
        largest = np.abs(rows).max()
        tiles += [nn.weight_tile(weights, largest) for weights in rows]
    titles = [f"after {n}" for n in FORMED] + 3 * len(FORMED) * [""]
    title = "How the pictures of four hidden neurons form"
    explanation = (
        f"Their weights after 0 to {max(FORMED)} iterations; the same colour "
        "is the same weight along a row"
    )
    panel = (nn.show_tiles, tiles, titles, len(FORMED))
    return nn.draw_figure("forms", title, explanation, panel)


def draw_few_images():
    """Draw the accuracy over the images per digit: a table of teaching.md.

    The numbers are read from the page, as it takes half an hour to measure
    them.
    """
    page = (DOCS / "teaching.md").read_text(encoding="utf-8")
    row = r"(?m)^\| (\d+) \| .* \| ([\d.]+) ± [\d.]+ % \|$"
    points = [(int(n), float(share)) for n, share in re.findall(row, page)]
    counts, shares = zip(*points)
    title = "How many images are enough?"
    explanation = "Right answers to 10,000 new images, %"
    figure = nn.draw_figure("few", title, explanation, size=(8, 4.6))
    axes = figure.add_axes([0.08, 0.15, 0.88, 0.65])
    axes.plot(counts, shares, color=nn.BLUE, marker="o")
    axes.set(xscale="log", ylim=(50, 100))
    axes.set_xticks(counts, counts)
    axes.set_xticks([], minor=True)
    axes.set_xlabel("training images per digit, logarithmic")
    axes.grid(alpha=0.3)
    return figure


# ------------------------------------------------------------ own handwriting
def ink_of(image):
    """Return a test image (784, 1) as a grey picture of a pen's strokes."""
    tile = Image.fromarray(np.uint8(255 * image.reshape(28, 28)))
    ink = np.asarray(tile.resize((240, 240), Image.BICUBIC)) / 255
    ink = np.clip((ink - 0.35) / 0.2, 0, 1)  # sharp strokes, from soft pixels
    return Image.fromarray(np.uint8(255 * ink))


def make_photo(path, image, ink_strength, has_lines, has_shadow):
    """Make a photograph of a digit on paper, ruled and half shaded or not."""
    ink = ink_of(image)
    if has_lines:
        lines = Image.new("L", ink.size)
        pen = ImageDraw.Draw(lines)
        for height in range(20, 240, 40):
            pen.line([(0, height), (240, height + 8)], fill=90, width=2)
        ink = Image.fromarray(np.maximum(ink, lines))
    ink = np.asarray(ink.filter(ImageFilter.GaussianBlur(1))) / 255
    row, column = np.indices(ink.shape)
    is_shaded = has_shadow & (column + 0.4 * row > 190)
    light = Image.fromarray(np.uint8(np.where(is_shaded, 115, 215)))
    paper = np.asarray(light.filter(ImageFilter.BoxBlur(4))) / 255
    noise = 0.015 * np.random.default_rng(0).standard_normal(ink.shape)
    photo = paper * (1 - row / 900) * (1 - ink_strength * ink) + noise
    Image.fromarray(np.uint8(255 * photo.clip(0, 1))).save(path)


def make_blackboard(path, image):
    """Make a photograph of a digit in chalk on a blackboard."""
    board = Image.new("RGB", (240, 240), (45, 75, 62))
    board.paste((225, 228, 220), mask=ink_of(image))
    board.filter(ImageFilter.GaussianBlur(2)).save(path)


def draw_own_digits(x, parameters, folder):
    """Draw four photographs, made of test images, and how they are read."""
    names = {part: f"{part}.jpg" for part in WRITTEN}
    images = {part: x[:, [i]] for part, i in WRITTEN.items()}
    make_photo(folder / names["paper"], images["paper"], 0.7, True, False)
    make_photo(folder / names["shadow"], images["shadow"], 0.8, True, True)
    make_blackboard(folder / names["chalk"], images["chalk"])
    make_photo(folder / names["marker"], images["marker"], 0.6, False, False)
    own = {name: nn.read_digit(folder / name) for name in names.values()}
    title = "Photographs of digits, and what the network sees of them"
    explanation = "Above each: the two most likely answers"
    figure = nn.draw_figure("own_digits", title, explanation, size=(8, 5.5))
    axes = figure.add_axes([0.03, 0.01, 0.94, 0.84])
    nn.show_own_digits(axes, folder, own, parameters)
    for name in names.values():
        (folder / name).unlink()
    return figure


def smooth(points):
    """Return the points of a stroke, with its corners rounded."""
    points = np.array(points, float)
    for _ in range(3):  # cut each corner at a quarter of both its sides
        near = 0.75 * points[:-1] + 0.25 * points[1:]
        far = 0.25 * points[:-1] + 0.75 * points[1:]
        middle = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], middle, points[-1:]])
    return points


def draw_pad(parameters):
    """Draw a digit on the pad, with the mouse events that a hand would cause.

    The pad's window is a canvas without a screen here: Matplotlib's "agg".
    """
    nn.open_pad(parameters)
    figure = plt.figure("pad")
    figure.canvas.draw()
    for stroke in FOUR:
        points = figure.axes[0].transData.transform(smooth(stroke))
        names = ["motion_notify_event"] * len(points)
        names[0], names[-1] = "button_press_event", "button_release_event"
        for name, (x, y) in zip(names, points):
            event = MouseEvent(name, figure.canvas, x, y, button=1)
            figure.canvas.callbacks.process(name, event)
    return figure


# --------------------------------------------------------------- all pictures
def make_film(path, is_whole):
    """Run the recipe that makes a film, or only its first and last frame."""
    page = (DOCS / "recipes.md").read_text(encoding="utf-8")
    recipes = re.findall(r"(?s)```python\n(.*?)```", page)
    (recipe,) = [text for text in recipes if "learning.gif" in text]
    recipe = recipe.replace('"learning.gif"', repr(str(path)))
    if not is_whole:
        recipe = recipe.replace("enumerate(kept)", "[*enumerate(kept)][::20]")
    subprocess.run([sys.executable, "-c", recipe], cwd=PROJECT, check=True)


@nn.in_style
def draw_pictures(folder):
    """Train the network as shipped, and save all pictures but the film."""
    plt.switch_backend("agg")
    x_train, y_train, x_test, y_test = nn.load_data(PROJECT)
    networks = train_briefly(x_train, y_train)
    parameters, _ = nn.train_with_settings(x_train, y_train)
    for part, x, y in ("Train", x_train, y_train), ("Test", x_test, y_test):
        accuracy = nn.accuracy(x, y, parameters)
        print(f"Accuracy of {part} Dataset {accuracy:.1f} %")
    unsure = x_test[:, [UNSURE]]
    neurons = (nn.show_neurons, x_test, parameters, 32, 8)
    title = "What 32 hidden neurons look for"
    explanation = "Ink where they are red, none where they are blue"
    figures = {
        "network": draw_network(unsure, parameters),
        "journey": draw_journey(unsure, parameters),
        "stamp": draw_stamp(x_test, y_test, networks[1]),
        "forms": draw_forms(x_test, networks),
        "few_images": draw_few_images(),
        "pad": draw_pad(parameters),
        "own_digits": draw_own_digits(x_test, parameters, folder),
        "hidden_neurons": nn.draw_figure(
            "hidden_neurons", title, explanation, neurons
        ),
    }
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else DOCS
    draw_pictures(target)
    make_film(target.resolve() / "learning.gif", is_whole=not sys.argv[1:])
