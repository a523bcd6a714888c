"""The student's own digits: what is seen in pictures, and what is told.

Most tests draw a digit and something that is none, and compare what the
network sees with the digit alone.
"""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from PIL.ImageOps import expand, invert
from pytest import approx

import neural_network as nn

SEVEN = [(3, 2.5), (7, 2.5), (4.5, 8)]  # tenths, from the upper left corner
FOUR = [(7.5, 6), (2.5, 6), (6, 1.5), (6, 8.5)]
SPIRAL = [(2, 8), (2, 2), (8, 2), (8, 8), (3.5, 8), (3.5, 3.5)]


def ink_of(points=SEVEN, size=200, thickness=14):
    """Return a line through points in a square as ink: 1, and else 0."""
    sheet = Image.new("L", (size, size))
    line = [(size * x / 10, size * y / 10) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 1, thickness, joint="curve")
    return np.array(sheet, float)


def drawing(ink):
    """Return a picture of black ink on a white screen."""
    return Image.fromarray(np.uint8(np.rint(255 * np.clip(1 - ink, 0, 1))))


def photograph(ink, unevenness=0.0, noise=0.01, seed=0):
    """Return a picture of dark ink on grey paper, in uneven light, noisy."""
    row, column = np.indices(ink.shape) / max(ink.shape) - 0.5
    light = 1 + unevenness * (row + column - row**2 - column**2)
    grain = noise * np.random.default_rng(seed).standard_normal(ink.shape)
    return drawing(1 - (0.78 - 0.6 * ink) * light - grain)


def seen_in(picture, folder):
    """Save a picture, and return what the network sees in it: (784, k)."""
    picture.save(folder / "digit.png")
    return nn.read_digits(folder / "digit.png")


def difference(image, other):
    """Return how much two images differ, as a share of all that they show."""
    return np.abs(image - other).sum() / (image + other).sum()


def test_photographs_are_read_like_the_images(network, data, tmp_path):
    x, y = (table[:, ::40] for table in data[2:])
    seen = []
    for i, pixels in enumerate(x.T):  # of any size, in any light
        rng = np.random.default_rng(i)
        size = int(rng.integers(25, 80))
        digit = Image.fromarray(pixels.reshape(28, 28)).resize((size, size))
        ink = np.pad(np.clip(digit, 0, 1), rng.integers(0, 25, (2, 2)))
        picture = photograph(ink, rng.uniform(0, 0.5), 0.03, i)
        seen.append(seen_in(picture, tmp_path))
    read = nn.accuracy(np.hstack(seen), y, network)
    assert read >= nn.accuracy(x, y, network) - 8  # two of 25


# -------------------------------------------------- a digit and something else
INK = ink_of()
ROW, COLUMN = np.indices(INK.shape)
LINES = 1.0 * ((ROW - 25) % 40 < 2)
SLANTED = 1.0 * ((ROW - 25 + 0.1 * COLUMN) % 40 < 2)
SQUARES = np.maximum(LINES, LINES.T)
SHADOW = 0.1 + 0.5 * (COLUMN + ROW > 300)
WALL = drawing(np.tile(np.linspace(0.5, 0, 380), (380, 1)))
WALL.paste(drawing(1 - INK), (90, 90))


def beside(other):
    """Return a photograph of the digit and something else on its paper."""
    return photograph(np.maximum(INK, other))


SCENES = {
    "on slanted lines": beside(SLANTED),
    "on dotted lines": beside(LINES * (COLUMN % 6 < 3)),
    "on squared paper": beside(SQUARES),
    "in a frame": expand(expand(drawing(INK), 3, "black"), 10, "white"),
    "beside a dark object": beside(COLUMN > 180),
    "with a blot": beside(np.hypot(ROW - 30, COLUMN - 20) < 3),
    "in uneven light": photograph(INK, unevenness=0.4),
    "in a corner's shadow": drawing(SHADOW + 0.7 * INK * (1 - SHADOW)),
    "faint": drawing(0.1 + 0.15 * INK),
    "blurred": photograph(INK).filter(ImageFilter.GaussianBlur(5)),
    "chalk on a board": invert(photograph(INK, 0.3)),
    "a thin pen": photograph(ink_of(thickness=3)),
    "a felt pen": photograph(ink_of(thickness=30)),
    "small": drawing(INK).resize((28, 28)),
    "thick and cut": drawing(ink_of(thickness=40)[35:165, 50:150]),
    "large": photograph(ink_of(size=1500, thickness=105)),
    "light on a dark screen": drawing(1 - INK),
    "a dark tile on a page": expand(drawing(1 - INK), 90, "white"),
    "a board on a wall that is lit from one side": WALL,
    "a sheet on a dark table": expand(drawing(INK), 90, "black"),
}


@pytest.mark.parametrize("picture", SCENES.values(), ids=SCENES)
def test_only_the_digit_is_seen_and_always_the_same(tmp_path, picture):
    alone = nn.normalize_digit(INK, 28)
    assert difference(seen_in(picture, tmp_path), alone) < 0.25


BODY = [(4, 3), (4, 5), (6, 5), (6.5, 6.5), (6, 8), (3.5, 8)]
FIVE = ink_of(BODY) + ink_of([(5, 2.4), (7, 2.4)])  # two strokes


@pytest.mark.parametrize("ink", [FIVE, ink_of(FOUR), ink_of(SPIRAL)])
def test_all_strokes_of_a_digit_stay_and_the_lines_go(tmp_path, ink):
    seen = seen_in(photograph(np.maximum(ink, LINES)), tmp_path)
    assert difference(seen, nn.normalize_digit(ink, 28)) < 0.25


@pytest.mark.parametrize("slant", [0, 12, -12])
def test_a_row_of_digits_is_read_from_left_to_right(tmp_path, slant):
    row, alone = np.zeros((300, 800)), []
    for place, points in enumerate([SEVEN, FOUR, SEVEN, FOUR, FOUR]):
        left, top = 50 + 140 * place, 50 + slant * (place - 2)
        ink = ink_of(points)
        row[top : top + 200, left : left + 140] = ink[:, 30:170]
        alone.append(nn.normalize_digit(ink, 28))
    seen = seen_in(photograph(row), tmp_path)
    assert seen.shape == (784, 5)
    assert difference(seen, np.hstack(alone)) < 0.2


@pytest.mark.parametrize("n_y, gap", [(10, ""), (12, " ")])
def test_an_answer_has_a_digit_for_each_image(n_y, gap):
    w = np.eye(n_y)  # the class of the brightest pixel is the likeliest
    network = {"w1": w, "b1": 0, "w2": w, "b2": 0, "activation": "relu"}
    x = w[:, [9, 0, 2]]
    x[5, 1] = 0.9  # the second image is nearly as likely a 5
    chances = nn.probabilities(x, network)[[9, 0, 5, 2], [0, 1, 1, 2]]
    first, second = (np.delete(chances, other).prod() for other in (2, 1))
    said = f"9{gap}0{gap}2 ({first:.0%}), 9{gap}5{gap}2 ({second:.0%})"
    assert nn.describe_answer(x, network) == said


# ----------------------------------------------------------------------- files
EXIF = Image.Exif()
EXIF[0x0112] = 3  # turn it upside down to show it
BLACK = Image.new("L", (400, 350))
FILES = {  # how a grey picture becomes another kind of file
    "16-bit.png": lambda p: Image.fromarray(np.array(p, "u2") * 99 + 9000),
    "transparent.png": lambda p: Image.merge("LA", [BLACK, invert(p)]),
    "palette.png": lambda p: p.quantize(2),
    "CMYK.jpg": lambda p: p.convert("CMYK"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_alike_however_the_phone_was_held(tmp_path, name):
    picture = drawing(ink_of(size=400)).crop((0, 0, 400, 350))
    FILES[name](picture.rotate(180)).save(tmp_path / name, exif=EXIF)
    images = nn.read_own_digits(tmp_path, [name], 784)
    assert difference(images[name], seen_in(picture, tmp_path)) < 0.05


WITHOUT = {
    "white": drawing(np.zeros((50, 60))),
    "one pixel": drawing(np.zeros((1, 1))),
    "noise": photograph(np.zeros((200, 200)), noise=0.05),
    "squared paper": drawing(SQUARES),
}


@pytest.mark.parametrize("picture", WITHOUT.values(), ids=WITHOUT)
def test_a_picture_without_a_digit_is_told_in_one_line(tmp_path, picture):
    with pytest.raises(nn.InputError, match=r"\A.*\.png: found no digit.*\Z"):
        seen_in(picture, tmp_path)


# ------------------------------------------------------- an image like MNIST's
@pytest.mark.parametrize("side", [14, 28, 42])
def test_a_digit_is_20_28ths_long_with_its_centre_of_mass_in_the_middle(side):
    image = nn.normalize_digit(INK, side).reshape(side, side)
    moments = np.sum(np.indices((side, side)) * image, axis=(1, 2))
    assert np.sum(image.max(axis=1) > 0.1) == approx(side * 20 / 28, abs=1)
    assert moments / image.sum() == approx((side - 1) / 2, abs=0.51)
