"""The student's own digits: pictures are read, and useless ones are told.

Most tests draw a digit and something that is none, and compare what the
network sees with the digit alone.
"""

from pathlib import Path

import numpy as np
import pytest
from conftest import one_line
from PIL import Image, ImageDraw, ImageFilter, ImageOps, features

import neural_network as nn

ROW, COLUMN = np.indices((200, 200))
EMPTY = np.zeros((200, 200))
FROM_MIDDLE = np.maximum(abs(ROW - 99.5), abs(COLUMN - 99.5))
SEVEN = [(3, 2.5), (7, 2.5), (4.5, 8)]  # tenths, from the upper left corner
FOUR = [(7.5, 6), (2.5, 6), (6, 1.5), (6, 8.5)]
SPIRAL = [(2, 8), (2, 2), (8, 2), (8, 8), (3.5, 8), (3.5, 3.5)]


def ink_of(points=SEVEN, size=200, thickness=14):
    """Return a line through points in a square as ink: 1, and else 0."""
    sheet = Image.new("L", (size, size))
    line = [(size * x / 10, size * y / 10) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 1, thickness, joint="curve")
    return np.array(sheet, float)


def picture_of(brightness):
    """Return a grey picture with this brightness, 0-1."""
    return Image.fromarray(np.uint8(np.rint(255 * np.clip(brightness, 0, 1))))


def photograph(ink, unevenness=0.0, noise=0.01, seed=0):
    """Return a picture of dark ink on grey paper, in uneven light, noisy."""
    row, column = np.indices(ink.shape) / max(ink.shape) - 0.5
    light = 1 + unevenness * (row + column - row**2 - column**2)
    grain = noise * np.random.default_rng(seed).standard_normal(ink.shape)
    return picture_of((0.78 - 0.6 * ink) * light + grain)


def drawing(ink):
    """Return a picture of black ink on a white screen."""
    return picture_of(1 - ink)


def seen_in(picture, folder):
    """Save a picture, and return what the network sees in it: (784, 1)."""
    picture.save(folder / "digit.png")
    return nn.read_digit(folder / "digit.png")


def bar(row, length):
    """Return a flat bar below the digit as ink."""
    return (abs(ROW - row) < 3) & (abs(COLUMN - 100) < length)


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


def on_screen(pixels, change):
    """Return an image (784,) as a drawing on a screen, black on white."""
    digit = picture_of(pixels.reshape(28, 28)).resize((84, 84))
    return ImageOps.invert(change(ImageOps.expand(digit, 28)))


def fat_and_cut(sheet):
    sheet = sheet.filter(ImageFilter.MaxFilter(7))
    return ImageOps.expand(sheet.crop(sheet.getbbox()), 5)


def in_a_ring(sheet):
    box = (13, 10, 127, 130)
    ImageDraw.Draw(sheet).ellipse(box, outline=255, width=2)
    return sheet


MANY = {  # how a picture is made of an image
    "photographs": random_photograph,
    "fat and cut": lambda pixels, _: on_screen(pixels, fat_and_cut),
    "in a ring": lambda pixels, _: on_screen(pixels, in_a_ring),
    "small": lambda p, _: on_screen(p, lambda sheet: sheet.resize((28, 28))),
}


@pytest.mark.parametrize("make", MANY.values(), ids=MANY)
def test_pictures_are_read_like_the_images(quick_run, data, tmp_path, make):
    # A 1 that is cut fills its box: nothing tells which colour is the paper's.
    others = np.flatnonzero(data[3][1] == 0)[:20]
    x, y = (table[:, others] for table in data[2:])
    pictures = [make(x[:, i], i) for i in range(20)]
    seen = np.hstack([seen_in(picture, tmp_path) for picture in pictures])
    lost = nn.accuracy(x, y, quick_run[0]) - nn.accuracy(seen, y, quick_run[0])
    assert lost <= 10  # two of the twenty


# -------------------------------------------------- a digit and something else
LINES = 1.0 * ((ROW - 25) % 40 < 2)
SLANTED = 1.0 * ((ROW - 25 + 0.1 * COLUMN) % 40 < 2)
SQUARES = np.maximum(LINES, LINES.T)
FRAME = abs(FROM_MIDDLE - 90) < 3
CORNER = np.pad(ink_of(size=80, thickness=6), [(110, 10), (110, 10)])
SMALL_FRAME = abs(np.maximum(abs(ROW - 149.5), abs(COLUMN - 149.5)) - 43) < 2
ELSE = {  # how the picture is made of the ink, what is on it, and what else
    "on a huge sheet": (photograph, np.pad(ink_of(), 300), 0),
    "on ruled paper": (photograph, ink_of(), LINES),
    "on slanted lines": (photograph, ink_of(), SLANTED),
    "on dotted lines": (photograph, ink_of(), LINES * (COLUMN % 6 < 3)),
    "on squared paper": (photograph, ink_of(), SQUARES),
    "a 4 with a tall stem, on lines": (photograph, ink_of(FOUR), LINES),
    "in a frame": (photograph, ink_of(), FRAME),
    "in a small frame": (photograph, CORNER, SMALL_FRAME),
    "in a frame on a screen": (drawing, ink_of(), FRAME),
    "beside a dark object": (photograph, ink_of(), COLUMN > 180),
    "at a table's edge": (photograph, ink_of(), ROW > 0.1 * COLUMN + 175),
    "with a blot": (photograph, ink_of(), np.hypot(ROW - 30, COLUMN - 20) < 3),
    "underlined": (photograph, ink_of(), bar(185, 60)),
    "above a home bar": (drawing, ink_of(), bar(190, 35)),
    "a spiral, which is one digit": (drawing, ink_of(SPIRAL), 0),
}


@pytest.mark.parametrize("make, digit, other", ELSE.values(), ids=ELSE)
def test_only_the_digit_is_seen(tmp_path, make, digit, other):
    alone = seen_in(drawing(digit), tmp_path)
    both = seen_in(make(np.maximum(digit, other)), tmp_path)
    assert difference(both, alone) < 0.13


SHADOW = 0.9 - 0.5 * (COLUMN + ROW > 300)
PAPERS = {
    "in uneven light": photograph(ink_of(), unevenness=0.4),
    "noisy": photograph(ink_of(), noise=0.1),
    "in a corner's shadow": picture_of(SHADOW * (1 - 0.7 * ink_of())),
    "faint": picture_of(0.9 - 0.15 * ink_of()),
    "blurred": photograph(ink_of()).filter(ImageFilter.GaussianBlur(5)),
    "chalk on a board": ImageOps.invert(photograph(ink_of(), 0.3)),
    "a thin pen": photograph(ink_of(thickness=3)),
    "a felt pen": photograph(ink_of(thickness=30)),
    "large": photograph(ink_of(size=1500, thickness=105)),
    "light on a dark screen": picture_of(ink_of()),
    "in colours": ImageOps.colorize(
        ImageOps.invert(drawing(ink_of())), (0, 87, 0), (170, 0, 0)
    ),
}


@pytest.mark.parametrize("picture", PAPERS.values(), ids=PAPERS)
def test_on_any_paper_the_same_digit_is_seen(tmp_path, picture):
    expected = seen_in(drawing(ink_of()), tmp_path)
    assert difference(seen_in(picture, tmp_path), expected) < 0.25


def test_several_digits_are_pointed_out_but_not_several_strokes(
    tmp_path, printed
):
    four = ink_of([(3, 2), (3, 6), (5.5, 6)]) + ink_of([(6.6, 3), (6.6, 8)])
    seen = seen_in(drawing(four), tmp_path)
    assert difference(seen, nn.normalize_digit(four, 28)) < 0.02
    alone = seen_in(photograph(ink_of()), tmp_path)
    assert printed() == ""
    digit = ink_of()[:, 40:150]
    both = seen_in(photograph(np.hstack([digit, digit])), tmp_path)
    (line,) = printed().splitlines()
    assert "digit.png" in line and "several" in line
    assert difference(both, alone) < 0.2


# ----------------------------------------------------------------------- files
def black_through(alpha):
    return Image.merge("LA", [Image.new("L", alpha.size), alpha])


FILES = {
    "16-bit PNG": lambda p: Image.fromarray(
        np.uint16(p) * np.uint16(99) + np.uint16(9000)
    ),
    "transparent PNG": lambda p: black_through(ImageOps.invert(p)),
    "palette PNG": lambda p: p.quantize(2),
    "black and white PNG": lambda p: p.convert("1"),
    "colour JPEG": lambda p: p.convert("RGB"),
    "CMYK JPEG": lambda p: p.convert("CMYK"),
    "colour WEBP": lambda p: p.convert("RGB"),
    "grey GIF": lambda p: p,
    "grey BMP": lambda p: p,
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_is_read_alike(tmp_path, kind):
    if kind == "colour WEBP" and not features.check("webp"):
        pytest.skip("this Pillow was built without WebP")
    picture = drawing(ink_of(size=400)).crop((0, 0, 400, 350))
    FILES[kind](picture).save(tmp_path / "any.png", kind.split()[-1])
    image = nn.read_digit(tmp_path / "any.png")
    assert difference(image, seen_in(picture, tmp_path)) < 0.02


TURNS = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE"]
TURNS += ["ROTATE_90", "TRANSVERSE", "ROTATE_270"]


@pytest.mark.parametrize("ending", ["jpg", "tif"])
def test_a_picture_stands_upright_however_the_phone_was_held(tmp_path, ending):
    upright, path = photograph(ink_of()), tmp_path / f"a.{ending}"
    for orientation, turn in enumerate(TURNS, 2):
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = upright.transpose(getattr(Image, turn))
        turned.save(path, exif=exif)
        shown = nn.open_picture(path).convert("L")
        assert difference(shown, upright) < 0.02


NO_DIGIT = "found no digit"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
BROKEN = {
    "white": (drawing(EMPTY[:50, :60]).save, NO_DIGIT),
    "one pixel": (drawing(np.zeros((1, 1))).save, NO_DIGIT),
    "noise": (photograph(EMPTY, noise=0.05).save, NO_DIGIT),
    "squared paper": (drawing(SQUARES).save, NO_DIGIT),
    "empty": (Path.touch, "b''"),
    "text": (lambda path: path.write_text("hello, world"), "hello"),
    "from an iPhone": (lambda path: path.write_bytes(HEIC), "heic"),
    "cut off": (lambda path: path.write_bytes(b"P5 9 9 255 -"), "P5 9"),
    "huge": (lambda path: path.write_bytes(b"P4 15000 15000 "), "P4 15000"),
    "missing": (lambda path: (path.parent / "A.PNG.png").touch(), "A.PNG.png"),
}


@pytest.mark.parametrize("make, said", BROKEN.values(), ids=BROKEN)
def test_a_useless_picture_is_answered_in_one_line(tmp_path, make, said):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(nn.InputError) as caught:
        nn.read_digit(path)
    message = one_line(str(caught.value))
    assert message.startswith(f"{path}: ") and said in message


# ------------------------------------------------------- an image like MNIST's
@pytest.mark.parametrize("side", [8, 28, 40])
def test_a_digit_is_20_28ths_long_with_its_centre_of_mass_in_the_middle(side):
    image = nn.normalize_digit(ink_of(), side).reshape(side, side)
    moments = np.sum(np.indices((side, side)) * image, axis=(1, 2))
    centre = moments / image.sum()
    assert image.any(axis=1).sum() == round(side * 20 / 28)
    assert np.abs(centre - (side - 1) / 2).max() <= 0.51


@pytest.mark.parametrize("side", [1, 2, 3, 7, 40])
def test_any_ink_becomes_an_image_of_any_size(side):
    for shape in [(1, 1), (1, 200), (200, 1), (8, 8)]:
        for ink in (np.ones(shape), np.eye(*shape)):
            image = nn.normalize_digit(ink, side)
            assert image.shape == (side**2, 1) and image.max() == 1


def test_the_image_has_as_many_pixels_as_the_training_images(tmp_path):
    drawing(ink_of()).save(tmp_path / "a.png")
    images = nn.read_own_digits(tmp_path, ["a.png"], 64)
    assert images["a.png"].shape == (64, 1)
