"""The student's own digits: what each step does to a picture, and what comes of it."""

from pathlib import Path
from unittest.mock import Mock, call

import numpy as np
import pytest
from benchmark import shipped
from PIL import Image, ImageDraw, ImageFilter, ImageOps

import neural_network as nn

ROW, COLUMN = np.indices((200, 200))
SEVEN = [(0.2, 0.15), (0.8, 0.15), (0.45, 0.9)]  # points, from the upper left corner
FOUR = [(0.9, 0.6), (0.1, 0.6), (0.6, 0.1), (0.6, 0.9)]
SPIRAL = [(0.1, 0.9), (0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.3, 0.9), (0.3, 0.3)]
TURNS = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE"]
TURNS += ["ROTATE_90", "TRANSVERSE", "ROTATE_270"]  # EXIF's orientations 2 to 8


def draw(points=SEVEN, size=200, thickness=16):
    """Return a line through points in a square as ink: 1 on the line, else 0."""
    sheet = Image.new("L", (size, size))
    line = [(size * x, size * y) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 1, thickness, joint="curve")
    return np.array(sheet, float)


def ruled(slant=0.0, gap=0):
    """Return lines across a sheet as ink, 40 pixels apart, perhaps dotted."""
    return 1.0 * ((ROW - 25 + slant * COLUMN) % 40 < 3) * (COLUMN % (3 + gap) < 3)


def picture_of(brightness):
    """Return a grey picture with this brightness, 0-1."""
    return Image.fromarray(np.uint8(np.rint(255 * np.clip(brightness, 0, 1))))


def photograph(ink, unevenness=0.0, noise=0.0, seed=0):
    """Return a picture of dark ink on grey paper, in uneven light and with noise."""
    row, column = np.indices(ink.shape) / max(ink.shape) - 0.5
    light = 1 + unevenness * (row + column - row**2 - column**2)
    grain = noise * np.random.default_rng(seed).standard_normal(ink.shape)
    return picture_of((0.78 - 0.6 * ink) * light + grain)


def random_photograph(pixels, seed):
    """Return a photograph of an image (784,) of any size, anywhere, in any light."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(25, 80))
    digit = Image.fromarray(pixels.reshape(28, 28)).resize((size, size))
    ink = np.pad(np.clip(digit, 0, 1), rng.integers(0, 25, (2, 2)))
    return photograph(ink, rng.uniform(0, 0.5), 0.03, seed)


def read(folder, picture):
    """Save a picture, and return what the network sees in it: (28, 28)."""
    picture.save(folder / "digit.png")
    return nn.read_digit(folder / "digit.png").reshape(28, 28)


def difference(image, other):
    """Return how much two images differ, as a share of all that they show."""
    image, other = np.asarray(image, float), np.asarray(other, float)
    return np.abs(image - other).sum() / (image + other).sum()


@pytest.fixture(scope="module")
def network(data):
    """Return a network trained with the settings as shipped, but for less time."""
    return nn.model(*data[:2], **shipped(iterations=7))[0]


def test_photographs_are_read_as_well_as_the_images(network, data, tmp_path):
    x, y = data[2][:, :100], data[3][:, :100]
    photographs = [random_photograph(pixels, i) for i, pixels in enumerate(x.T)]
    seen = np.transpose([read(tmp_path, picture).ravel() for picture in photographs])
    assert nn.accuracy(seen, y, network) >= nn.accuracy(x, y, network) - 2


HARD = {
    "thin, on a huge sheet": photograph(draw(size=2000, thickness=5), unevenness=0.3),
    "noisy": photograph(draw(size=700, thickness=50), noise=0.25),
    "of 8 by 8 pixels": photograph(draw(size=8, thickness=1)),
}


@pytest.mark.parametrize("picture", HARD.values(), ids=HARD)
def test_a_seven_that_is_hard_to_see_is_read(network, tmp_path, picture):
    image = read(tmp_path, picture)
    assert nn.predict(image.reshape(784, 1), network) == [7]


FILES = {
    "16-bit PNG": ("PNG", lambda p: Image.fromarray(np.uint16(p) * np.uint16(257))),
    "transparent PNG": ("PNG", lambda p: Image.merge("LA", [p, ImageOps.invert(p)])),
    "PNG with a palette": ("PNG", lambda p: p.quantize(2)),
    "black and white PNG": ("PNG", lambda p: p.convert("1")),
    "JPEG": ("JPEG", lambda p: p.convert("RGB")),
    "CMYK JPEG": ("JPEG", lambda p: p.convert("CMYK")),
    "WebP": ("WEBP", lambda p: p.convert("RGB")),
    "GIF": ("GIF", lambda p: p),
    "BMP": ("BMP", lambda p: p),
}


@pytest.mark.parametrize("kind, convert", FILES.values(), ids=FILES)
def test_every_kind_of_file_is_shown_and_read_alike(tmp_path, kind, convert):
    picture = picture_of(1 - draw(size=400)).crop((0, 0, 400, 300))
    convert(picture).save(tmp_path / "any.png", kind)
    shown, image = nn.read_picture(tmp_path / "any.png", 28)
    assert difference(shown.convert("L"), picture.reduce(2)) < 0.002
    assert difference(image.reshape(28, 28), read(tmp_path, picture)) < 0.02


@pytest.mark.parametrize("turn", TURNS)
def test_a_photograph_stands_upright_however_it_is_stored(tmp_path, turn):
    upright, exif = photograph(draw()), Image.Exif()
    exif[0x0112] = 2 + TURNS.index(turn)
    upright.transpose(Image.Transpose[turn]).save(tmp_path / "a.jpg", exif=exif)
    shown = nn.open_picture(tmp_path / "a.jpg")
    assert difference(shown.convert("L"), upright) < 0.02


@pytest.mark.parametrize("ink, paper", [(0, 255), (90, 255), (255, 0)])
def test_transparent_paper_becomes_what_the_ink_stands_out_on(ink, paper):
    alpha, grey = picture_of(draw()), Image.new("L", (200, 200), ink)
    flat = nn.flatten(Image.merge("RGBA", [grey, grey, grey, alpha]))
    assert np.array_equal(flat.convert("L"), np.where(draw() > 0, ink, paper))


@pytest.mark.parametrize("darkness, found", [(0.75, 0.75), (0.11, 0.11), (0.09, 0)])
def test_ink_is_how_much_darker_than_its_paper_a_place_is(darkness, found):
    grey = 200 * (1 - darkness * draw()) - 1  # 0, which is black, counts as 1
    ink = nn.subtract_background(Image.fromarray(np.uint8(np.rint(grey))))
    assert ink == pytest.approx(found * draw())


def test_light_ink_is_measured_on_the_negative():
    grey = 256 - 200 * (1 - 0.75 * draw())
    ink = nn.subtract_background(Image.fromarray(np.uint8(np.rint(grey))))
    assert ink == pytest.approx(0.75 * draw())


@pytest.mark.parametrize(
    "every, darkness, is_seen", [(7, 15, 1), (4, 15, 0), (4, 26, 1)]
)
def test_ink_is_seen_if_it_stands_out_of_the_noise(every, darkness, is_seen):
    paper = np.full((200, 200), 200)
    paper.flat[::every] = 216  # noise: one pixel in so many is 6 % lighter
    paper[80:120, 80:120] = 2 * (100 - darkness)
    ink = nn.subtract_background(Image.fromarray(np.uint8(paper)))
    assert ink[80:120, 80:120].any() == is_seen


PAPERS = {
    "in uneven light": photograph(draw(), unevenness=0.4),
    "half in a shadow": picture_of((0.9 - 0.5 * (COLUMN > 90)) * (1 - 0.7 * draw())),
    "dark, with light ink": ImageOps.invert(photograph(draw(), unevenness=0.4)),
}


@pytest.mark.parametrize("picture", PAPERS.values(), ids=PAPERS)
def test_on_any_paper_the_ink_is_found(picture):
    is_ink = nn.subtract_background(picture) > 0
    assert np.mean(is_ink == (draw() > 0)) > 0.99


def test_to_dilate_is_to_take_the_brightest_pixel_so_far_around():
    picture = picture_of(np.random.default_rng(0).random((30, 40)))
    dilated = nn.dilate(picture, 3)
    assert dilated == picture.filter(ImageFilter.MaxFilter(2 * 3 + 1))


def test_a_small_picture_takes_no_filter_of_size_1_which_crashes_pillow(monkeypatch):
    filters = Mock(wraps=ImageFilter.MaxFilter)
    monkeypatch.setattr(ImageFilter, "MaxFilter", filters)
    nn.normalize_digit(nn.remove_lines(draw(size=79)), 28)
    assert call(3) in filters.mock_calls and call(1) not in filters.mock_calls


LINED = {
    "nothing between ruled lines": (0 * ROW, ruled()),
    "nothing between slanted lines": (0 * ROW, ruled(slant=0.11)),
    "nothing between dotted lines": (0 * ROW, ruled(gap=3)),
    "a 4 with a tall stem, on ruled lines": (draw(FOUR), ruled()),
    "a long bar that doesn't reach the border": (draw([(0.1, 0.5), (0.95, 0.5)]), 0),
}


@pytest.mark.parametrize("digit, lines", LINED.values(), ids=LINED)
def test_only_lines_from_border_to_border_are_removed(digit, lines):
    ink = nn.remove_lines(np.maximum(digit, lines))
    assert np.mean(ink != digit) < 0.002


def test_two_parts_get_different_labels():
    labels = nn.connected_components(np.array([[2, 0, 0, 5], [0, 2, 0, 3]]) / 5)
    assert labels[0, 0] == labels[1, 1] != labels[0, 3] == labels[1, 3]


def test_a_spiral_gets_one_label():
    labels = nn.connected_components(draw(SPIRAL, thickness=8))
    assert np.unique(labels).size == 2  # 0 is for no ink


SMALL = np.pad(draw(size=80), [(70, 50), (90, 30)])
OTHERS = {
    "nothing, on a large sheet": (np.pad(SMALL, 300), 0),
    "specks": (SMALL, np.kron(np.eye(25)[::-1] * (np.arange(25) % 4 == 0), np.eye(8))),
    "a dark strip at the border": (SMALL, COLUMN > 180),
    "a box around it": (SMALL, (abs(ROW - 99.5) > 90) | (abs(COLUMN - 99.5) > 90)),
}


@pytest.mark.parametrize("digit, other", OTHERS.values(), ids=OTHERS)
def test_of_a_digit_and_something_else_only_the_digit_is_kept(digit, other):
    ink = nn.select_components(np.maximum(digit, other))
    assert np.array_equal(ink, digit)


@pytest.mark.parametrize("side", [8, 28, 40])
def test_a_digit_is_20_28ths_long_with_its_centre_of_mass_in_the_middle(side):
    image = nn.normalize_digit(draw(), side).reshape(side, side)
    centre = np.sum(np.indices((side, side)) * image, axis=(1, 2)) / image.sum()
    assert image.any(axis=1).sum() == round(side * 20 / 28)
    assert np.abs(centre - (side - 1) / 2).max() <= 0.51


def test_a_thin_pen_writes_as_thickly_as_another():
    thin, thick = (nn.normalize_digit(draw(thickness=n), 28) for n in (3, 8))
    assert thin.sum() == pytest.approx(thick.sum(), rel=0.05)


HEAVY = 1.0 * (abs(COLUMN - 100) < np.where(ROW < 30, 90, 3))
INKS = {
    "one pixel": (np.ones((1, 1)), (20, 20)),
    "a row": (np.ones((1, 200)), (2, 20)),
    "a wide bar": (np.ones((80, 200)), (8, 20)),
    "heavy at the top": (HEAVY, (20, 18)),
    "heavy at the bottom": (HEAVY[::-1], (20, 18)),
}


@pytest.mark.parametrize("ink, size", INKS.values(), ids=INKS)
def test_any_ink_is_framed_whole_and_keeps_its_proportions(ink, size):
    is_ink = nn.normalize_digit(ink, 28).reshape(28, 28) > 0.5
    assert (is_ink.any(axis=1).sum(), is_ink.any(axis=0).sum()) == size


BLANK = "found a blank picture, expected a digit. Write it larger or darker."
KINDS = "expected a PNG, JPEG, WebP, GIF or BMP file (save .heic as JPEG)."
NO_PICTURE = f"found no picture, {KINDS}"
USELESS = {
    "white": (picture_of(np.ones((50, 60))).save, BLANK),
    "one pixel": (picture_of(np.ones((1, 1))).save, BLANK),
    "noise": (photograph(0 * ROW, noise=0.05).save, BLANK),
    "squared paper": (picture_of(1 - ruled() - ruled().T).save, BLANK),
    "a dot": (picture_of(1 - np.pad(np.ones((2, 2)), 99)).save, BLANK),
    "missing": (Path.exists, f"found No such file or directory, {KINDS}"),
    "a folder": (Path.mkdir, f"found Is a directory, {KINDS}"),
    "empty": (Path.touch, NO_PICTURE),
    "cut off": (lambda path: path.write_bytes(b"P5 9 9 255 -"), NO_PICTURE),
    "huge": (lambda path: Image.new("1", (15000, 15000)).save(path), NO_PICTURE),
}


@pytest.mark.parametrize("make, answer", USELESS.values(), ids=USELESS)
def test_a_picture_that_shows_nothing_is_answered_in_one_line(tmp_path, make, answer):
    make(tmp_path / "a.png")
    with pytest.raises(ValueError) as caught:
        nn.read_digit(tmp_path / "a.png")
    assert str(caught.value) == f"{tmp_path / 'a.png'}: {answer}"
