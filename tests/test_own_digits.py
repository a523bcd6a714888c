"""The student's own digits: what is seen in pictures, and what is told.

Most tests draw a digit and something that is none, and compare what the
network sees with the digit alone.
"""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps
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
    image, other = np.asarray(image, float), np.asarray(other, float)
    return np.abs(image - other).sum() / (image + other).sum()


# --------------------------------------------- many digits, read by a network
def random_photograph(pixels, seed):
    """Return a photograph of an image (784,), of any size, in any light."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(25, 80))
    digit = Image.fromarray(pixels.reshape(28, 28)).resize((size, size))
    ink = np.pad(np.clip(digit, 0, 1), rng.integers(0, 25, (2, 2)))
    return photograph(ink, rng.uniform(0, 0.5), 0.03, seed)


def test_photographs_are_read_like_the_images(network, data, tmp_path):
    x, y = (table[:, ::40] for table in data[2:])
    pictures = [random_photograph(pixels, i) for i, pixels in enumerate(x.T)]
    seen = np.hstack([seen_in(picture, tmp_path) for picture in pictures])
    lost = nn.accuracy(x, y, network) - nn.accuracy(seen, y, network)
    assert lost <= 8  # two of 25


# -------------------------------------------------- a digit and something else
INK = ink_of()
ROW, COLUMN = np.indices(INK.shape)
FROM_MIDDLE = np.maximum(abs(ROW - 99.5), abs(COLUMN - 99.5))
LINES = 1.0 * ((ROW - 25) % 40 < 2)
SLANTED = 1.0 * ((ROW - 25 + 0.1 * COLUMN) % 40 < 2)
SQUARES = np.maximum(LINES, LINES.T)
SHADOW = 0.1 + 0.5 * (COLUMN + ROW > 300)


def beside(other):
    """Return a photograph of the digit and something else on its paper."""
    return photograph(np.maximum(INK, other))


SCENES = {
    "on a huge sheet": photograph(np.pad(INK, 300)),
    "on slanted lines": beside(SLANTED),
    "on dotted lines": beside(LINES * (COLUMN % 6 < 3)),
    "on squared paper": beside(SQUARES),
    "in a frame": beside(abs(FROM_MIDDLE - 90) < 3),
    "beside a dark object": beside(COLUMN > 180),
    "at a table's edge": beside(ROW > 0.1 * COLUMN + 175),
    "with a blot": beside(np.hypot(ROW - 30, COLUMN - 20) < 3),
    "in uneven light": photograph(INK, unevenness=0.4),
    "noisy": photograph(INK, noise=0.1),
    "in a corner's shadow": drawing(SHADOW + 0.7 * INK * (1 - SHADOW)),
    "faint": drawing(0.1 + 0.15 * INK),
    "blurred": photograph(INK).filter(ImageFilter.GaussianBlur(5)),
    "chalk on a board": ImageOps.invert(photograph(INK, 0.3)),
    "a thin pen": photograph(ink_of(thickness=3)),
    "a felt pen": photograph(ink_of(thickness=30)),
    "small": drawing(INK).resize((28, 28)),
    "cut to its box": drawing(INK[45:165, 50:150]),
    "thick and cut": drawing(ink_of(thickness=40)[35:165, 50:150]),
    "large": photograph(ink_of(size=1500, thickness=105)),
    "light on a dark screen": drawing(1 - INK),
    "a dark tile on a page": ImageOps.expand(drawing(1 - INK), 90, "white"),
    "a sheet on a dark table": ImageOps.expand(drawing(INK), 90, "black"),
}


@pytest.mark.parametrize("picture", SCENES.values(), ids=SCENES)
def test_only_the_digit_is_seen_and_always_the_same(tmp_path, picture):
    alone = seen_in(drawing(INK), tmp_path)
    assert difference(seen_in(picture, tmp_path), alone) < 0.25


@pytest.mark.parametrize("points", [FOUR, SPIRAL])
def test_strokes_that_cross_lines_or_enclose_each_other_stay(tmp_path, points):
    alone = seen_in(drawing(ink_of(points)), tmp_path)
    both = photograph(np.maximum(ink_of(points), LINES))
    assert difference(seen_in(both, tmp_path), alone) < 0.25


# ------------------------------------------------------------- several digits
@pytest.mark.parametrize("slant", [0, 12, -12])
def test_a_row_of_digits_is_read_from_left_to_right(tmp_path, slant):
    digits = [ink_of(points) for points in (SEVEN, FOUR, SEVEN, FOUR, FOUR)]
    alone = np.hstack([seen_in(drawing(ink), tmp_path) for ink in digits])
    downs = [slant * place for place in (-2, -1, 0, 1, 2)]
    tilted = [
        np.pad(ink[:, 30:170], [(50 + down, 50 - down), (0, 0)])
        for ink, down in zip(digits, downs)
    ]
    row = np.pad(np.hstack(tilted), 50)
    seen = seen_in(photograph(row), tmp_path)
    assert seen.shape == alone.shape
    assert all(difference(*pair) < 0.2 for pair in zip(seen.T, alone.T))


def test_several_strokes_are_one_digit(tmp_path):
    body = [(4, 3), (4, 5), (6, 5), (6.5, 6.5), (6, 8), (3.5, 8)]
    five = ink_of(body) + ink_of([(5, 2.4), (7, 2.4)])
    seen = seen_in(drawing(five), tmp_path)
    assert difference(seen, nn.normalize_digit(five, 28)) < 0.1


@pytest.mark.parametrize(
    "n_y, answers", [(10, ("902", "952")), (12, ("9 0 2", "9 5 2"))]
)
def test_an_answer_has_a_digit_for_each_image(n_y, answers):
    network = {"w1": np.eye(n_y, 16), "b1": 0, "w2": 5 * np.eye(n_y), "b2": 0}
    network["activation"] = "relu"
    x = np.zeros((16, 3))
    x[[9, 0, 2], [0, 1, 2]] = 1
    x[5, 1] = 0.9  # so the second one is a little less likely a 5
    chances = nn.probabilities(x, network)
    said = []
    for digits, answer in ([9, 0, 2], answers[0]), ([9, 5, 2], answers[1]):
        chance = chances[digits, [0, 1, 2]].prod()
        said.append(f"{answer} ({chance:.0%})")
    assert nn.describe_answer(x, network) == ", ".join(said)


# ----------------------------------------------------------------------- files
BLACK = Image.new("L", (400, 350))
FILES = {  # how a grey picture becomes another kind of file
    "16-bit PNG": lambda p: Image.fromarray(np.array(p, "u2") * 99 + 9000),
    "transparent PNG": lambda p: Image.merge(
        "LA", [BLACK, ImageOps.invert(p)]
    ),
    "palette PNG": lambda p: p.quantize(2),
    "CMYK JPEG": lambda p: p.convert("CMYK"),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_is_read_alike(tmp_path, kind):
    picture = drawing(ink_of(size=400)).crop((0, 0, 400, 350))
    FILES[kind](picture).save(tmp_path / "any.png", kind.split()[-1])
    image = nn.read_digits(tmp_path / "any.png")
    assert difference(image, seen_in(picture, tmp_path)) < 0.02


def test_a_picture_stands_upright_however_the_phone_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it right to show it
    turned = photograph(INK).transpose(Image.ROTATE_90)
    turned.save(tmp_path / "a.jpg", exif=exif)
    image = nn.read_digits(tmp_path / "a.jpg")
    assert difference(image, seen_in(photograph(INK), tmp_path)) < 0.1


NO_DIGIT = "found no digit"
BROKEN = {  # what makes the file, and what is said
    "white": (drawing(np.zeros((50, 60))).save, NO_DIGIT),
    "one pixel": (drawing(np.zeros((1, 1))).save, NO_DIGIT),
    "noise": (photograph(np.zeros((200, 200)), noise=0.05).save, NO_DIGIT),
    "squared paper": (drawing(SQUARES).save, NO_DIGIT),
    "text": (lambda path: path.write_text("hello, world"), "a.png"),
    "missing": (lambda path: (path.parent / "A.PNG.png").touch(), "A.PNG.png"),
}


@pytest.mark.parametrize("make, said", BROKEN.values(), ids=BROKEN)
def test_a_useless_picture_is_answered_in_one_line(tmp_path, make, said):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(nn.InputError) as caught:
        nn.read_digits(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and said in message
    assert len(message.splitlines()) == 1


# ------------------------------------------------------- an image like MNIST's
@pytest.mark.parametrize("side", [14, 28, 42])
def test_a_digit_is_20_28ths_long_with_its_centre_of_mass_in_the_middle(side):
    image = nn.normalize_digit(INK, side).reshape(side, side)
    moments = np.sum(np.indices((side, side)) * image, axis=(1, 2))
    centre = moments / image.sum()
    assert np.sum(image.max(axis=1) > 0.1) == approx(side * 20 / 28, abs=1)
    assert np.abs(centre - (side - 1) / 2).max() <= 0.51


@pytest.mark.parametrize("side", [1, 2, 3, 7, 40])
def test_any_ink_becomes_an_image_of_any_size(side):
    for shape in [(1, 1), (1, 200), (200, 1), (8, 8)]:
        for ink in (np.ones(shape), np.eye(*shape)):
            image = nn.normalize_digit(ink, side)
            assert image.shape == (side**2, 1) and image.max() == 1


def test_own_digits_have_as_many_pixels_as_the_training_images(tmp_path):
    drawing(INK).save(tmp_path / "a.png")
    images = nn.read_own_digits(tmp_path, ["a.png"], 64)
    assert images["a.png"].shape == (64, 1)
