"""The student's own digits: what each step does, and what comes of it."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from benchmark import shipped
from PIL import Image, ImageDraw, ImageFilter, ImageOps, features

import neural_network as nn

ROW, COLUMN = np.indices((200, 200))
EMPTY = np.zeros((200, 200))
FROM_MIDDLE = np.maximum(abs(ROW - 99.5), abs(COLUMN - 99.5))
SEVEN = [(2, 1.5), (8, 1.5), (4.5, 9)]  # tenths, from the upper left corner
FOUR = [(9, 6), (1, 6), (6, 1), (6, 9)]
SPIRAL = [(1, 9), (1, 1), (9, 1), (9, 9), (3, 9), (3, 3)]


def ink_of(points=SEVEN, size=200, thickness=16):
    """Return a line through points in a square as ink: 1, and else 0."""
    sheet = Image.new("L", (size, size))
    line = [(size * x / 10, size * y / 10) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 1, thickness, joint="curve")
    return np.array(sheet, float)


def ruled(slant=0.0, gap=0):
    """Return lines across a sheet as ink, 40 pixels apart, perhaps dotted."""
    is_line = (ROW - 25 + slant * COLUMN) % 40 < 3
    return 1.0 * (is_line & (COLUMN % (3 + gap) < 3))


def picture_of(brightness):
    """Return a grey picture with this brightness, 0-1."""
    return Image.fromarray(np.uint8(np.rint(255 * np.clip(brightness, 0, 1))))


def photograph(ink, unevenness=0.0, noise=0.0, seed=0):
    """Return a picture of dark ink on grey paper, in uneven light, noisy."""
    row, column = np.indices(ink.shape) / max(ink.shape) - 0.5
    light = 1 + unevenness * (row + column - row**2 - column**2)
    grain = noise * np.random.default_rng(seed).standard_normal(ink.shape)
    return picture_of((0.78 - 0.6 * ink) * light + grain)


def random_photograph(pixels, seed):
    """Return a photograph of an image (784,), of any size, in any light."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(25, 80))
    digit = Image.fromarray(pixels.reshape(28, 28)).resize((size, size))
    ink = np.pad(np.clip(digit, 0, 1), rng.integers(0, 25, (2, 2)))
    return photograph(ink, rng.uniform(0, 0.5), 0.03, seed)


def seen_in(picture, folder):
    """Save a picture, and return what the network sees in it: (784, 1)."""
    picture.save(folder / "digit.png")
    return nn.read_digit(folder / "digit.png")


def difference(image, other):
    """Return how much two images differ, as a share of all that they show."""
    image, other = np.asarray(image, float), np.asarray(other, float)
    return np.abs(image - other).sum() / (image + other).sum()


# ------------------------------------------------------------- a whole picture
@pytest.fixture(scope="module")
def network(data):
    """Return a network trained as shipped, but for less time."""
    return nn.model(*data[:2], **shipped(n_h=300, iterations=20))[0]


def on_screen(pixels):
    """Return an image (784,) as a drawing on a screen: white on black."""
    sheet = Image.new("L", (140, 140))
    digit = picture_of(pixels.reshape(28, 28)).resize((84, 84))
    sheet.paste(digit, (28, 28))
    return sheet


def cut(sheet):
    """Return what is in the box around a drawing's ink."""
    return sheet.crop(sheet.getbbox())


def fatten(sheet):
    """Return a drawing whose strokes are 6 pixels wider."""
    return sheet.filter(ImageFilter.MaxFilter(7))


def in_a(shape, sheet):
    """Return a drawing in a frame."""
    draw_frame = getattr(ImageDraw.Draw(sheet), shape)
    draw_frame((13, 10, 127, 130), outline=255, width=2)
    return sheet


DRAWINGS = {
    "cut": cut,
    "fat and cut": lambda sheet: ImageOps.expand(cut(fatten(sheet)), 5),
    "small": lambda sheet: sheet.resize((28, 28)),
    "in a box": lambda sheet: in_a("rectangle", sheet),
    "in a ring": lambda sheet: in_a("ellipse", sheet),
}


@pytest.mark.parametrize("kind", ["photograph", *DRAWINGS])
def test_pictures_are_read_like_the_images(network, data, tmp_path, kind):
    # A 1 that is cut fills its box: nothing tells which colour is the paper's.
    _, _, x, y = data
    others = np.flatnonzero(y[1] == 0)[:20]
    x, y = x[:, others], y[:, others]
    if kind == "photograph":
        pictures = [random_photograph(x[:, i], i) for i in range(20)]
    else:
        drawings = [DRAWINGS[kind](on_screen(pixels)) for pixels in x.T]
        pictures = [ImageOps.invert(drawing) for drawing in drawings]
    seen = np.hstack([seen_in(picture, tmp_path) for picture in pictures])
    # Two of the twenty may be lost.
    assert nn.accuracy(seen, y, network) >= nn.accuracy(x, y, network) - 10


HARD = {
    "thin, on a huge sheet": photograph(ink_of(SEVEN, 2000, 5), 0.3),
    "noisy": photograph(ink_of(SEVEN, 700, 50), noise=0.25),
    "of 8 by 8 pixels": photograph(ink_of(SEVEN, 8, 1)),
}


@pytest.mark.parametrize("picture", HARD.values(), ids=HARD)
def test_a_seven_that_is_hard_to_see_is_read(network, tmp_path, picture):
    assert nn.predict(seen_in(picture, tmp_path), network) == [7]


def test_a_blurred_photograph_shows_nearly_the_same(tmp_path):
    sharp = photograph(ink_of())
    blurred = sharp.filter(ImageFilter.GaussianBlur(6))
    images = [seen_in(picture, tmp_path) for picture in (sharp, blurred)]
    assert difference(*images) < 0.1  # 0.18 without full ink


NO_DIGIT = "found no digit. Write it larger or darker, and leave some paper "
NO_PICTURE = "found no picture, expected a PNG, JPEG, WebP, GIF or BMP file. "
NO_FILE = "No such file or directory, expected a picture."
USELESS = {
    "white": (picture_of(np.ones((50, 60))).save, NO_DIGIT),
    "one pixel": (picture_of(np.ones((1, 1))).save, NO_DIGIT),
    "noise": (photograph(EMPTY, noise=0.05).save, NO_DIGIT),
    "squared paper": (picture_of(1 - ruled() - ruled().T).save, NO_DIGIT),
    "empty": (Path.touch, NO_PICTURE),
    "cut off": (lambda path: path.write_bytes(b"P5 9 9 255 -"), NO_PICTURE),
    "huge": (lambda path: path.write_bytes(b"P4 15000 15000 "), NO_PICTURE),
    "missing": (lambda path: None, NO_FILE),
}


@pytest.mark.parametrize("make, said", USELESS.values(), ids=USELESS)
def test_a_useless_picture_is_answered_in_one_line(tmp_path, make, said):
    make(tmp_path / "a.png")
    with pytest.raises(nn.InputError) as caught:
        nn.read_digit(tmp_path / "a.png")
    assert str(caught.value).startswith(f"{tmp_path / 'a.png'}: {said}")
    assert len(str(caught.value).splitlines()) == 1


def test_an_error_in_the_script_is_shown_as_such(monkeypatch, tmp_path):
    monkeypatch.setattr(nn, "flatten", Mock(side_effect=TypeError))
    with pytest.raises(TypeError):
        seen_in(picture_of(1 - ink_of()), tmp_path)


# ------------------------------------------------------------- files and paper
def black_through(alpha):
    return Image.merge("LA", [Image.new("L", alpha.size), alpha])


FILES = {
    "16-bit PNG": lambda p: Image.fromarray(np.uint16(p) * np.uint16(257)),
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
def test_every_kind_of_file_is_shown_and_read_alike(tmp_path, kind):
    if kind == "colour WEBP" and not features.check("webp"):
        pytest.skip("this Pillow was built without WebP")
    darkness = 1 if "black" in kind else 0.8
    picture = picture_of(1 - darkness * ink_of(size=400))
    picture = picture.crop((0, 0, 400, 300))
    FILES[kind](picture).save(tmp_path / "any.png", kind.split()[-1])
    shown = nn.open_picture(tmp_path / "any.png")
    image = nn.read_digit(tmp_path / "any.png")
    shown_ink = ImageOps.invert(shown.convert("L"))
    assert difference(shown_ink, ImageOps.invert(picture.reduce(2))) < 0.02
    assert difference(image, seen_in(picture, tmp_path)) < 0.02


TURNS = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE"]
TURNS += ["ROTATE_90", "TRANSVERSE", "ROTATE_270"]


@pytest.mark.parametrize("orientation, turn", [*enumerate(TURNS, 2)])
def test_a_photograph_stands_upright(tmp_path, orientation, turn):
    upright, exif = photograph(ink_of()), Image.Exif()
    exif[0x0112] = orientation
    upright.transpose(getattr(Image, turn)).save(tmp_path / "a.jpg", exif=exif)
    shown = nn.open_picture(tmp_path / "a.jpg")
    assert difference(shown.convert("L"), upright) < 0.02


@pytest.mark.parametrize("ink, paper", [(0, 255), (90, 255), (255, 0)])
def test_transparent_paper_becomes_what_the_ink_stands_out_on(ink, paper):
    alpha, grey = picture_of(ink_of()), Image.new("L", (200, 200), ink)
    flat = nn.flatten(Image.merge("RGBA", [grey, grey, grey, alpha]))
    assert np.array_equal(flat.convert("L"), np.where(ink_of(), ink, paper))


def drawing_of(box=(5, 5, 15, 15), paper=(255, 255, 255), ink=(0, 0, 0)):
    """Return a picture (20, 20) with a box filled with ink."""
    sheet = Image.new("RGB", (20, 20), paper)
    sheet.paste(ink, box)
    return sheet


def nearly_full(paper):
    """Return a picture (20, 20) with so many pixels of paper, all around."""
    sheet = drawing_of((1, 1, 19, 17))  # this leaves 112
    sheet.paste("black", (1, 17, 113 - paper, 18))
    return sheet


RED, GREEN = (170, 0, 0), (0, 87, 0)  # which are equally bright
SCREENS = {  # a picture, and how dark its ink is; None: it is no drawing
    "dark ink": (drawing_of(), 1),
    "light ink": (drawing_of(paper=(40, 40, 40), ink=(91, 91, 91)), 0.2),
    "red on green": (drawing_of(paper=GREEN, ink=RED), 2 / 3),
    "ink that touches the border": (drawing_of((5, 0, 15, 20)), 1),
    "a quarter of paper": (nearly_full(100), 1),
    "too little paper": (nearly_full(99), None),
    "ink that differs by 50": (drawing_of(ink=(205, 205, 205)), 50 / 255),
    "ink that differs by 49": (drawing_of(ink=(206, 206, 206)), None),
    "nothing but paper": (drawing_of(ink=(253, 253, 253)), None),
}


@pytest.mark.parametrize("picture, ink", SCREENS.values(), ids=SCREENS)
def test_ink_on_a_screen_is_how_much_it_differs_from_the_paper(picture, ink):
    found = nn.find_drawing(picture)
    is_ink = np.array(picture) != picture.getpixel((0, 0))
    if ink is None:
        assert found is None
    else:
        assert found == pytest.approx(ink * is_ink.any(axis=2))


@pytest.mark.parametrize("step, is_flat", [(2, True), (3, False)])
def test_paper_is_flat_if_it_differs_by_what_jpeg_changes(step, is_flat):
    colours = np.array(drawing_of(paper=(240, 240, 240)))
    colours[1:-1:2, 1:-1] += np.uint8(step)
    colours[2:-1:2, 1:-1] -= np.uint8(step)
    colours[5:15, 5:15] = 0
    assert (nn.find_drawing(Image.fromarray(colours)) is not None) == is_flat


@pytest.mark.parametrize("brightness, is_ink", [(228, True), (231, False)])
def test_in_a_drawing_faint_colours_are_paper(brightness, is_ink):
    picture = drawing_of()
    picture.paste((brightness,) * 3, (1, 1, 3, 3))
    assert (nn.find_drawing(picture)[1, 1] > 0) == is_ink


@pytest.mark.parametrize("is_light", [False, True])
@pytest.mark.parametrize("darkness", [0.75, 0.11, 0.09])
def test_ink_is_how_much_darker_than_its_paper_a_place_is(darkness, is_light):
    brightness = 200 * (1 - darkness * ink_of())
    grey = brightness - 1  # because 0, which is black, counts as 1
    grey = 255 - grey if is_light else grey  # light ink, on the negative
    ink = nn.subtract_background(Image.fromarray(np.uint8(np.rint(grey))))
    found = darkness if darkness > 0.1 else 0
    assert ink == pytest.approx(found * ink_of())


NOISY = [(7, 15, True), (4, 15, False), (4, 26, True)]


@pytest.mark.parametrize("every, darkness, is_seen", NOISY)
def test_ink_is_seen_if_it_stands_out_of_the_noise(every, darkness, is_seen):
    paper = np.full((200, 200), 200)
    paper.flat[::every] = 216  # noise: one pixel in so many is 6 % lighter
    paper[80:120, 80:120] = 2 * (100 - darkness)
    ink = nn.subtract_background(Image.fromarray(np.uint8(paper)))
    assert ink[80:120, 80:120].any() == is_seen


SHADOW = 0.9 - 0.5 * (COLUMN > 90)
PAPERS = {
    "in uneven light": photograph(ink_of(), unevenness=0.4),
    "half in a shadow": picture_of(SHADOW * (1 - 0.7 * ink_of())),
}


@pytest.mark.parametrize("picture", PAPERS.values(), ids=PAPERS)
def test_on_any_paper_the_ink_is_found(picture):
    for paper in (picture, ImageOps.invert(picture)):
        is_ink = nn.subtract_background(paper) > 0
        assert np.mean(is_ink == (ink_of() > 0)) > 0.99


# -------------------------------------------------------- lines, boxes, specks
def test_to_dilate_is_to_take_the_brightest_pixel_so_far_around():
    picture = picture_of(np.random.default_rng(0).random((30, 40)))
    assert nn.dilate(picture, 3) == picture.filter(ImageFilter.MaxFilter(7))
    assert nn.dilate(picture, 0) == picture


def test_an_opening_keeps_what_an_upright_bar_fits_into():
    columns = ["110111", "001111", "111000", "110110", "000111"]
    opened = ["000111", "001111", "111000", "000000", "000111"]
    is_ink = np.array([[*map(int, column)] for column in columns]).T > 0
    expected = np.array([[*map(int, column)] for column in opened]).T > 0
    assert np.array_equal(nn.open_upright(is_ink, 3), expected)


BAR = ink_of([(1, 5), (9.5, 5)])
LINED = {
    "nothing between ruled lines": (EMPTY, ruled()),
    "nothing between slanted lines": (EMPTY, ruled(slant=0.11)),
    "nothing between dotted lines": (EMPTY, ruled(gap=3)),
    "a 4 with a tall stem, on ruled lines": (ink_of(FOUR), ruled()),
    "a long bar that doesn't reach the border": (BAR, 0),
    "ink on a small sheet": (ink_of(size=79), 0),
}


@pytest.mark.parametrize("digit, lines", LINED.values(), ids=LINED)
def test_only_lines_from_border_to_border_are_removed(digit, lines):
    ink = nn.remove_lines(np.maximum(digit, lines))
    assert np.mean(ink != digit) < 0.002


THIN = [(0, 0), (78, 0), (40, 79 / 8), (40, -79 / 8)]


@pytest.mark.parametrize("middle, rise", THIN)
def test_lines_at_the_edges_or_an_eighth_aslant_are_removed(middle, rise):
    row, column = np.indices((79, 79))
    line = row == np.rint(middle + rise * (column / 79 - 0.5))
    assert not nn.remove_lines(1.0 * line).any()


@pytest.mark.parametrize("height, stays", [(2, False), (3, True)])
def test_a_stroke_that_crosses_a_line_stays_if_it_is_taller(height, stays):
    ink = np.zeros((60, 60))
    ink[30] = ink[30 : 30 + height, 20] = 1  # a line is at most 2 pixels thick
    assert nn.remove_lines(ink)[30, 20] == stays


@pytest.mark.parametrize("gap, count", [(2, 1), (3, 2)])
def test_small_gaps_dont_divide_a_component(gap, count):
    ink = np.zeros((9, 20))
    ink[4, 2:5] = ink[4, 5 + gap : 8 + gap] = 0.5
    components = nn.find_components(ink)
    assert len(components) == count
    assert np.array_equal(sum(components), ink)


def test_a_spiral_is_one_component():
    spiral = ink_of(SPIRAL, thickness=8)
    (component,) = nn.find_components(spiral)
    assert np.array_equal(component, spiral)


@pytest.mark.parametrize("ink, is_component", [(0.9, False), (1, True)])
def test_a_component_has_a_4000th_of_the_pixels_or_more(ink, is_component):
    sheet = np.zeros((200, 200))
    sheet[50, 50:61] = ink  # 11 pixels, where 10 would be a 4000th
    assert len(nn.find_components(sheet)) == is_component


def test_a_frame_surrounds_what_is_a_third_as_tall():
    frames = [(3, 3, 9, 9), (3, 0, 9, 12)]  # the second is 3 times as tall
    others = [(3, 0, 9, 13)]  # taller; and boxes that share a side:
    others += [(4, 3, 9, 9), (3, 4, 9, 9), (3, 3, 8, 9), (3, 3, 9, 8)]
    inner = (4, 4, 8, 8)
    boxes = frames + others
    assert [box for box in boxes if nn.is_frame(box, [box, inner])] == frames


SMALL = np.pad(ink_of(size=80), [(70, 50), (90, 30)])


def bar(share, border=0, distance=0):
    """Return a bar near a border that has this share of the digit's ink."""
    sheet = np.zeros((200, 200))
    sheet[190:, 20:180].flat[: round(share * SMALL.sum())] = 1
    return np.rot90(np.roll(sheet, -distance, axis=0), border)


OTHERS = {
    "nothing, on a large sheet": (np.pad(SMALL, 300), 0),
    "a box around it": (SMALL, abs(FROM_MIDDLE - 85) < 5),
    "a small part": (SMALL, bar(0.095, distance=30)),
    "a large part of its own": (SMALL + bar(0.105, distance=30), 0),
    "a part next to the border": (SMALL + bar(0.5, distance=1), 0),
}
OTHERS |= {f"a bar at border {i}": (SMALL, bar(1.2, i)) for i in range(4)}


@pytest.mark.parametrize("digit, other", OTHERS.values(), ids=OTHERS)
def test_of_a_digit_and_something_else_only_the_digit_is_kept(digit, other):
    ink = nn.select_components(np.maximum(digit, other))
    assert np.array_equal(ink, digit)


@pytest.mark.parametrize("area, is_kept", [(1005, True), (995, False)])
def test_what_the_border_cuts_counts_a_hundredth(area, is_kept):
    digit, strip = 1.0 * (FROM_MIDDLE < 5), np.zeros((200, 200))
    strip.flat[:area] = 1  # 10 times as large as the digit
    ink = nn.select_components(digit + strip)
    assert np.array_equal(ink, digit + strip * is_kept)


# ------------------------------------------------------- an image like MNIST's
@pytest.mark.parametrize("side", [8, 28, 40])
def test_a_digit_is_20_28ths_long_with_its_centre_of_mass_in_the_middle(side):
    image = nn.normalize_digit(ink_of(), side).reshape(side, side)
    moments = np.sum(np.indices((side, side)) * image, axis=(1, 2))
    centre = moments / image.sum()
    assert image.any(axis=1).sum() == round(side * 20 / 28)
    assert np.abs(centre - (side - 1) / 2).max() <= 0.51


def test_a_thin_pen_writes_as_thickly_as_another():
    pens = [ink_of(thickness=width) for width in (3, 8, 30)]
    thin, usual, thick = (nn.normalize_digit(pen, 28).sum() for pen in pens)
    assert thin == pytest.approx(usual, rel=0.08)
    assert thick == pytest.approx(usual, rel=0.3)  # else 44 % more


def test_a_thin_part_of_a_thick_digit_stays():
    is_thin = (abs(ROW - 100) < 3) & (COLUMN < 150)
    image = nn.normalize_digit(1.0 * (is_thin | (COLUMN < 50)), 28)
    assert (image.reshape(28, 28).max(axis=0) > 0.2).sum() == 15  # else 5


HEAVY = 1.0 * (abs(COLUMN - 100) < np.where(ROW < 30, 90, 3))
INKS = {
    "one pixel": (np.ones((1, 1)), (20, 20)),
    "a row": (np.ones((1, 200)), (2, 20)),
    "a wide bar": (np.ones((80, 200)), (5, 20)),  # thinner: 80 - 30 pixels
    "heavy at the top": (HEAVY, (20, 18)),
    "heavy at the bottom": (HEAVY[::-1], (20, 18)),
}


@pytest.mark.parametrize("ink, size", INKS.values(), ids=INKS)
def test_any_ink_is_framed_whole_and_keeps_its_proportions(ink, size):
    is_ink = nn.normalize_digit(ink, 28).reshape(28, 28) > 0.4
    assert (is_ink.any(axis=1).sum(), is_ink.any(axis=0).sum()) == size


@pytest.mark.parametrize("side", [1, 2, 3, 7, 40])
def test_any_ink_becomes_an_image_of_any_size(side):
    for shape in [(1, 1), (1, 200), (200, 1), (8, 8)]:
        for ink in (np.ones(shape), np.eye(*shape)):
            image = nn.normalize_digit(ink, side)
            assert image.shape == (side**2, 1) and image.max() == 1
