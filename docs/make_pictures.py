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

FIVE = [
    (150, 55),
    (90, 60),
    (82, 120),
    (130, 110),
    (158, 140),
    (140, 185),
    (80, 190),
]
FOUR = [
    [(105, 45), (75, 130), (170, 122)],
    [(140, 90), (128, 200)],
]


def draw_network(image):
    """Draw the two layers, with the shapes of their matrices."""
    figure, axes = plt.subplots(figsize=(10, 4.6), layout="constrained")
    axes.set(xlim=(0, 20), ylim=(-1.9, 9.6), aspect="equal")
    axes.axis("off")
    axes.imshow(image, "gray_r", extent=(0.2, 4.2, 2, 6))
    axes.add_patch(plt.Rectangle((0.2, 2), 4, 4, fill=False, color="grey"))
    axes.text(2.2, 1.5, "an image\nof 28×28 pixels", ha="center", va="top")
    heights = [7.4, 6.4, 5.4, 2.6, 1.6, 0.6]
    for left, right in ((6.5, 11.5), (11.5, 16.5)):
        for start in heights:
            for end in heights:
                axes.plot(
                    [left, right], [start, end], color="0.85", lw=0.7, zorder=0
                )
    for place, colour in ((6.5, "C7"), (11.5, "C0"), (16.5, "C1")):
        for height in heights:
            axes.add_patch(Circle((place, height), 0.34, color=colour))
        axes.text(place, 4, "⋮", ha="center", va="center", fontsize=18)
    titles = {
        6.5: "784 pixels\nX (784 × m)",
        11.5: "1,000 hidden neurons\nA₁ = tanh(Z₁) (1000 × m)",
        16.5: "10 output neurons\nA₂ = softmax(Z₂) (10 × m)",
    }
    for place, text in titles.items():
        axes.text(place, 8.2, text, ha="center", va="bottom")
    axes.text(
        9,
        -0.2,
        "weights W₁ (1000 × 784)\nbiases b₁ (1000 × 1)",
        ha="center",
        va="top",
    )
    axes.text(
        14,
        -0.2,
        "weights W₂ (10 × 1000)\nbiases b₂ (10 × 1)",
        ha="center",
        va="top",
    )
    for digit, height in zip((0, 1, 2, 7, 8, 9), heights):
        axes.text(17.3, height, f"probability of a {digit}", va="center")
    axes.annotate("", (6, 4), (4.4, 4), arrowprops={"arrowstyle": "->"})
    return figure


def draw_journey(x, parameters):
    """Draw an image, six hidden neurons with their sums, and the answer."""
    cache = nn.forward_propagation(x, parameters)
    z1, a1, a2 = (cache[name][:, 0] for name in ("z1", "a1", "a2"))
    answer = a2.argmax()
    # What each hidden neuron adds to the sum of the output neuron that wins.
    support = parameters["w2"][answer] * a1
    # A neuron with a positive output has found the ink that it looks for.
    firing = [j for j in np.argsort(-support) if a1[j] > 0][:6]
    figure = plt.figure(figsize=(10, 4), layout="constrained")
    grid = figure.add_gridspec(
        2, 8, width_ratios=[3, 0.4, 1.5, 1.5, 1.5, 0.4, 1.5, 1.5]
    )
    nn.show_image(
        figure.add_subplot(grid[:, 0]), x[:, 0], "1. The image: 784 pixels"
    )
    for place, j in enumerate(firing):
        axes = figure.add_subplot(grid[place // 3, 2 + place % 3])
        weights = parameters["w1"][j]
        title = f"{z1[j]:.1f} → {a1[j]:.2f}"
        nn.show_image(axes, weights / np.abs(weights).max(), title, "bwr", -1)
    title = "2. Six of the 1,000 hidden neurons: weights, sum → output"
    figure.text(0.53, 0.95, title, ha="center", fontsize=9)
    axes = figure.add_subplot(grid[:, 6:])
    axes.barh(
        range(10), a2, color=["C1" if k == answer else "C0" for k in range(10)]
    )
    axes.set(yticks=range(10), xlim=(0, 1), box_aspect=1)
    axes.set_title("3. The ten probabilities", fontsize=9)
    axes.invert_yaxis()
    figure.get_layout_engine().set(rect=(0, 0, 1, 0.93))
    return figure


def make_photo(path):
    """Draw a photo of a five, on ruled paper that lies half in the shadow."""
    ink = Image.new("L", (240, 240), 0)
    pen = ImageDraw.Draw(ink)
    for height in range(20, 240, 40):
        pen.line([(0, height), (240, height + 8)], fill=90, width=2)
    pen.line(FIVE, fill=220, width=9, joint="curve")
    ink = np.asarray(ink.filter(ImageFilter.GaussianBlur(1))) / 255
    row, column = np.indices(ink.shape)
    light = np.where(column + 0.4 * row > 190, 115, 215)
    light = Image.fromarray(np.uint8(light)).filter(ImageFilter.BoxBlur(4))
    paper = np.asarray(light) / 255 * (1 - row / 900)
    noise = 0.015 * np.random.default_rng(0).standard_normal(ink.shape)
    photo = paper * (1 - 0.8 * ink) + noise
    Image.fromarray(np.uint8(255 * photo.clip(0, 1))).save(path)


def make_blackboard(path):
    """Draw a photo of a four, in chalk on a blackboard."""
    picture = Image.new("RGB", (240, 240), (45, 75, 62))
    pen = ImageDraw.Draw(picture)
    for stroke in FOUR:
        pen.line(stroke, fill=(225, 228, 220), width=10, joint="curve")
    picture.filter(ImageFilter.GaussianBlur(2)).save(path)


def draw_pad(parameters):
    """Draw a three on the pad, with the mouse events that a hand would cause.

    The pad's window is a canvas without a screen here: Matplotlib's "agg".
    """
    nn.open_pad(parameters)
    figure = plt.figure("pad")
    figure.canvas.draw()
    t = np.linspace(-2.4, 1.5, 30)
    upper = np.stack([95 + 42 * np.cos(t), 62 + 34 * np.sin(t)], axis=1)
    t = np.linspace(-1.4, 2.5, 30)
    lower = np.stack([95 + 46 * np.cos(t), 136 + 40 * np.sin(t)], axis=1)
    points = figure.axes[0].transData.transform([*upper, *lower])
    names = ["motion_notify_event"] * len(points)
    names[0], names[-1] = "button_press_event", "button_release_event"
    for name, (x, y) in zip(names, points):
        event = MouseEvent(name, figure.canvas, x, y, button=1)
        figure.canvas.callbacks.process(name, event)
    return figure


def make_film(path, is_whole):
    """Run the recipe that makes a film, or only its first and last frame."""
    page = (DOCS / "recipes.md").read_text(encoding="utf-8")
    recipes = re.findall(r"(?s)```python\n(.*?)```", page)
    (recipe,) = [text for text in recipes if "learning.gif" in text]
    recipe = recipe.replace('"learning.gif"', repr(str(path)))
    if not is_whole:  # of the recipe's 40 iterations, skip those in between
        skip = "if 0 < iteration < 40:\n        return\n    figure.clear()"
        recipe = recipe.replace("figure.clear()", skip)
    subprocess.run([sys.executable, "-c", recipe], cwd=PROJECT, check=True)


def draw_pictures(folder):
    """Train the network as shipped, and save all pictures but the film."""
    plt.switch_backend("agg")
    x_train, y_train, x_test, y_test = nn.load_data(PROJECT)
    parameters, _ = nn.model(
        x_train,
        y_train,
        nn.n_h,
        nn.learning_rate,
        nn.iterations,
        nn.activation,
        nn.batch_size,
        nn.momentum,
        nn.max_shift,
        nn.max_distortion,
        nn.learning_rate_decay,
        nn.seed,
        report=nn.make_report(nn.iterations),
    )
    for part, x, y in ("Train", x_train, y_train), ("Test", x_test, y_test):
        accuracy = nn.accuracy(x, y, parameters)
        print(f"Accuracy of {part} Dataset {accuracy:.1f} %")
    # The example is the first eight of which the network is sure.
    a2 = nn.forward_propagation(x_test, parameters)["a2"]
    is_sure = (y_test[8] == 1) & (a2[8] > 0.99)
    example = x_test[:, is_sure][:, :1]
    photos = [folder / "five.jpg", folder / "four.jpg"]
    make_photo(photos[0])
    make_blackboard(photos[1])
    figures = {
        "network": draw_network(example.reshape(28, 28)),
        "journey": draw_journey(example, parameters),
        "pad": draw_pad(parameters),
        "own_digits": nn.draw_own_digits(
            photos, [nn.read_digit(photo) for photo in photos], parameters
        ),
        "hidden_neurons": nn.draw_neurons(x_test, parameters),
    }
    for photo in photos:
        photo.unlink()
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else DOCS
    draw_pictures(target)
    make_film(target.resolve() / "learning.gif", is_whole=not sys.argv[1:])
