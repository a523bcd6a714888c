"""The student's own digits: what each step does, and what comes of it."""

from pathlib import Path
from unittest.mock import Mock, call

import numpy as np
import pytest
from benchmark import shipped
from PIL import Image, ImageDraw, ImageFilter, ImageOps, features

import neural_network as nn

ROW, COLUMN = np.indices((200, 200))
SEVEN = [
    (0.2, 0.15),
    (0.8, 0.15),
    (0.45, 0.9),
]  # points, from the upper left corner
FOUR = [(0.9, 0.6), (0.1, 0.6), (0.6, 0.1), (0.6, 0.9)]
SPIRAL = [
    (0.1, 0.9),
    (0.1, 0.1),
    (0.9, 0.1),
    (0.9, 0.9),
    (0.3, 0.9),
    (0.3, 0.3),
]
TURNS = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE"]
TURNS += [
    "ROTATE_90",
    "TRANSVERSE",
    "ROTATE_270",
]  # EXIF's orientations 2 to 8


def draw(points=SEVEN, size=200, thickness=16):
    """Return a line through points in a square as ink: 1, and else 0."""
    sheet = Image.new("L", (size, size))
    line = [(size * x, size * y) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 1, thickness, joint="curve")
    return np.array(sheet, float)


def ruled(slant=0.0, gap=0):
    """Return lines across a sheet as ink, 40 pixels apart, perhaps dotted."""
    return (
        1.0 * ((ROW - 25 + slant * COLUMN) % 40 < 3) * (COLUMN % (3 + gap) < 3)
    )


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
    """Return a network trained as shipped, but for less time."""
    return nn.model(*data[:2], **shipped(iterations=5))[0]


def test_photographs_are_read_as_well_as_the_images(network, data, tmp_path):
    x, y = data[2][:, :50], data[3][:, :50]
    photographs = [
        random_photograph(pixels, i) for i, pixels in enumerate(x.T)
    ]
    seen = np.transpose(
        [read(tmp_path, picture).ravel() for picture in photographs]
    )
    assert nn.accuracy(seen, y, network) >= nn.accuracy(x, y, network) - 2


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
    "fat": fatten,
    "fat and cut": lambda sheet: ImageOps.expand(cut(fatten(sheet)), 5),
    "small": lambda sheet: sheet.resize((28, 28)),
    "in a box": lambda sheet: in_a("rectangle", sheet),
    "in a ring": lambda sheet: in_a("ellipse", sheet),
}


@pytest.mark.parametrize("change", DRAWINGS.values(), ids=DRAWINGS)
def test_drawings_are_read_as_well_as_the_images(
    network, data, tmp_path, change
):
    # A 1 that is cut fills its box: nothing tells which colour is the paper's.
    others = np.flatnonzero(data[3][1] == 0)[:25]
    x, y = data[2][:, others], data[3][:, others]
    drawings = [ImageOps.invert(change(on_screen(pixels))) for pixels in x.T]
    seen = [read(tmp_path, picture).ravel() for picture in drawings]
    right = nn.accuracy(np.transpose(seen), y, network)
    assert right >= nn.accuracy(x, y, network) - 4


HARD = {
    "thin, on a huge sheet": photograph(
        draw(size=2000, thickness=5), unevenness=0.3
    ),
    "noisy": photograph(draw(size=700, thickness=50), noise=0.25),
    "of 8 by 8 pixels": photograph(draw(size=8, thickness=1)),
}


@pytest.mark.parametrize("picture", HARD.values(), ids=HARD)
def test_a_seven_that_is_hard_to_see_is_read(network, tmp_path, picture):
    image = read(tmp_path, picture)
    assert nn.predict(image.reshape(784, 1), network) == [7]


FILES = {
    "16-bit PNG": (
        "PNG",
        lambda p: Image.fromarray(np.uint16(p) * np.uint16(257)),
    ),
    "transparent PNG": (
        "PNG",
        lambda p: Image.merge("LA", [p, ImageOps.invert(p)]),
    ),
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
    if kind == "WEBP" and not features.check("webp"):
        pytest.skip("this Pillow was built without WebP")
    picture = picture_of(1 - draw(size=400)).crop((0, 0, 400, 300))
    convert(picture).save(tmp_path / "any.png", kind)
    shown = nn.open_picture(tmp_path / "any.png")
    image = nn.read_digit(tmp_path / "any.png")
    assert difference(shown.convert("L"), picture.reduce(2)) < 0.002
    assert difference(image.reshape(28, 28), read(tmp_path, picture)) < 0.02


@pytest.mark.parametrize("turn", TURNS)
def test_a_photograph_stands_upright_however_it_is_stored(tmp_path, turn):
    upright, exif = photograph(draw()), Image.Exif()
    exif[0x0112] = 2 + TURNS.index(turn)
    upright.transpose(getattr(Image, turn)).save(tmp_path / "a.jpg", exif=exif)
    shown = nn.open_picture(tmp_path / "a.jpg")
    assert difference(shown.convert("L"), upright) < 0.02


@pytest.mark.parametrize("ink, paper", [(0, 255), (90, 255), (255, 0)])
def test_transparent_paper_becomes_what_the_ink_stands_out_on(ink, paper):
    alpha, grey = picture_of(draw()), Image.new("L", (200, 200), ink)
    flat = nn.flatten(Image.merge("RGBA", [grey, grey, grey, alpha]))
    assert np.array_equal(flat.convert("L"), np.where(draw() > 0, ink, paper))


def drawing(box, paper=(255, 255, 255), ink=(0, 0, 0)):
    """Return a picture (20, 20) with a box filled with ink."""
    sheet = Image.new("RGB", (20, 20), paper)
    sheet.paste(ink, box)
    return sheet


BOX = (5, 5, 15, 15)
SCREENS = {
    "dark ink": (drawing(BOX), 1),
    "light ink": (drawing(BOX, (40, 40, 40), (91, 91, 91)), 0.2),
    "red ink, as bright as its paper": (
        drawing(BOX, (0, 87, 0), (170, 0, 0)),
        2 / 3,
    ),
    "ink that touches the border": (drawing((5, 0, 15, 20)), 1),
    "little paper": (drawing((1, 1, 19, 17)), 1),  # 28 %
    "ink that differs by 50": (drawing(BOX, ink=(205,) * 3), 50 / 255),
}


@pytest.mark.parametrize("picture, ink", SCREENS.values(), ids=SCREENS)
def test_ink_on_a_screen_is_how_much_it_differs_from_the_paper(picture, ink):
    is_ink = np.array(picture) != picture.getpixel((0, 0))
    expected = ink * is_ink.any(axis=2)
    assert nn.find_drawing(picture) == pytest.approx(expected)


NO_DRAWINGS = {
    "nothing but paper": drawing(BOX, ink=(253,) * 3),
    "too little paper": drawing((1, 1, 19, 18)),  # 23.5 %
    "grey paper on a white page": drawing(BOX, ink=(206,) * 3),
}


@pytest.mark.parametrize("picture", NO_DRAWINGS.values(), ids=NO_DRAWINGS)
def test_other_pictures_are_no_drawings(picture):
    assert nn.find_drawing(picture) is None


@pytest.mark.parametrize("step, is_flat", [(2, True), (3, False)])
def test_paper_is_flat_if_it_differs_by_what_jpeg_changes(step, is_flat):
    colours = np.array(drawing(BOX, (240, 240, 240)))
    colours[1:-1:2, 1:-1] += np.uint8(step)
    colours[2:-1:2, 1:-1] -= np.uint8(step)
    colours[5:15, 5:15] = 0
    picture = Image.fromarray(colours)
    assert (nn.find_drawing(picture) is not None) == is_flat


@pytest.mark.parametrize("brightness, is_ink", [(228, True), (231, False)])
def test_in_a_drawing_faint_colours_are_paper(brightness, is_ink):
    picture = drawing(BOX)
    picture.paste((brightness,) * 3, (1, 1, 3, 3))
    assert (nn.find_drawing(picture)[1, 1] > 0) == is_ink


@pytest.mark.parametrize(
    "darkness, found", [(0.75, 0.75), (0.11, 0.11), (0.09, 0)]
)
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
    "half in a shadow": picture_of(
        (0.9 - 0.5 * (COLUMN > 90)) * (1 - 0.7 * draw())
    ),
    "dark, with light ink": ImageOps.invert(
        photograph(draw(), unevenness=0.4)
    ),
}


@pytest.mark.parametrize("picture", PAPERS.values(), ids=PAPERS)
def test_on_any_paper_the_ink_is_found(picture):
    is_ink = nn.subtract_background(picture) > 0
    assert np.mean(is_ink == (draw() > 0)) > 0.99


def test_to_dilate_is_to_take_the_brightest_pixel_so_far_around():
    picture = picture_of(np.random.default_rng(0).random((30, 40)))
    dilated = nn.dilate(picture, 3)
    assert dilated == picture.filter(ImageFilter.MaxFilter(2 * 3 + 1))


def test_a_small_picture_takes_no_filter_of_size_1_which_crashes_pillow(
    monkeypatch,
):
    filters = Mock(wraps=ImageFilter.MaxFilter)
    monkeypatch.setattr(ImageFilter, "MaxFilter", filters)
    nn.normalize_digit(nn.remove_lines(draw(size=79)), 28)
    assert call(3) in filters.mock_calls and call(1) not in filters.mock_calls


LINED = {
    "nothing between ruled lines": (0 * ROW, ruled()),
    "nothing between slanted lines": (0 * ROW, ruled(slant=0.11)),
    "nothing between dotted lines": (0 * ROW, ruled(gap=3)),
    "a 4 with a tall stem, on ruled lines": (draw(FOUR), ruled()),
    "a long bar that doesn't reach the border": (
        draw([(0.1, 0.5), (0.95, 0.5)]),
        0,
    ),
}


@pytest.mark.parametrize("digit, lines", LINED.values(), ids=LINED)
def test_only_lines_from_border_to_border_are_removed(digit, lines):
    ink = nn.remove_lines(np.maximum(digit, lines))
    assert np.mean(ink != digit) < 0.002


def test_an_opening_keeps_what_an_upright_bar_fits_into():
    columns = ["110111", "001111", "111000", "110110", "000111"]
    opened = ["000111", "001111", "111000", "000000", "000111"]
    is_ink = np.array([[*map(int, column)] for column in columns]).T > 0
    expected = np.array([[*map(int, column)] for column in opened]).T > 0
    assert np.array_equal(nn.open_upright(is_ink, 3), expected)


@pytest.mark.parametrize("gap, count", [(2, 1), (3, 2)])
def test_small_gaps_dont_divide_a_component(gap, count):
    ink = np.zeros((9, 20))
    ink[4, 2:5] = ink[4, 5 + gap : 8 + gap] = 0.5
    components = nn.find_components(ink)
    assert len(components) == count
    assert np.array_equal(sum(components), ink)


def test_a_spiral_is_one_component():
    (component,) = nn.find_components(draw(SPIRAL, thickness=8))
    assert np.array_equal(component, draw(SPIRAL, thickness=8))


@pytest.mark.parametrize("ink, is_component", [(0.9, False), (1, True)])
def test_a_component_has_a_4000th_of_the_pixels_or_more(ink, is_component):
    sheet = np.zeros((200, 200))
    sheet[50, 50:61] = ink  # 11 pixels, where 10 would be a 4000th
    assert len(nn.find_components(sheet)) == is_component


INNER = (4, 4, 8, 8)
FRAMES = {
    (3, 3, 9, 9): True,
    (3, 0, 9, 12): True,  # three times as tall
    (3, 0, 9, 13): False,
    (4, 3, 9, 9): False,  # the others share one side with it
    (3, 4, 9, 9): False,
    (3, 3, 8, 9): False,
    (3, 3, 9, 8): False,
}


@pytest.mark.parametrize("box, expected", FRAMES.items())
def test_a_frame_surrounds_what_is_a_third_as_tall(box, expected):
    assert nn.is_frame(box, [box, INNER]) == expected


SMALL = np.pad(draw(size=80), [(70, 50), (90, 30)])
FROM_MIDDLE = np.maximum(abs(ROW - 99.5), abs(COLUMN - 99.5))


def bar(share, border=0):
    """Return a bar at a border that has this share of the digit's ink."""
    sheet = np.zeros((200, 200))
    sheet[190:, 20:180].flat[: round(share * SMALL.sum())] = 1
    return np.rot90(sheet, border)


OTHERS = {
    "nothing, on a large sheet": (np.pad(SMALL, 300), 0),
    "specks": (
        SMALL,
        np.kron(np.eye(25)[::-1] * (np.arange(25) % 4 == 0), np.eye(8)),
    ),
    "a dark strip at the border": (SMALL, COLUMN > 180),
    "a box around it": (SMALL, abs(FROM_MIDDLE - 85) < 5),
    "a box at the border": (SMALL, FROM_MIDDLE > 90),
    "a small part": (SMALL, np.roll(bar(0.095), -30, axis=0)),
}
OTHERS |= {f"a bar at border {i}": (SMALL, bar(1.2, i)) for i in range(4)}


@pytest.mark.parametrize("digit, other", OTHERS.values(), ids=OTHERS)
def test_of_a_digit_and_something_else_only_the_digit_is_kept(digit, other):
    ink = nn.select_components(np.maximum(digit, other))
    assert np.array_equal(ink, digit)


PARTS = {
    "a large part": np.roll(bar(0.105), -30, axis=0),
    "a part in the second row from the border": np.roll(bar(0.5), -1, axis=0),
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_digit_may_have_several_parts(part):
    assert np.array_equal(nn.select_components(SMALL + part), SMALL + part)


def test_what_the_border_cuts_counts_a_hundredth():
    tiny, strip = 1.0 * (abs(FROM_MIDDLE) < 5), 1.0 * (ROW < 55)  # 1 : 110
    strip[0, 0] = 0
    assert nn.select_components(tiny + strip).sum() == tiny.sum() + strip.sum()
    strip[4:] = 0  # 1 : 8, which counts as little as 0.08
    assert nn.select_components(tiny + strip).sum() == tiny.sum()


@pytest.mark.parametrize("side", [8, 28, 40])
def test_a_digit_is_20_28ths_long_with_its_centre_of_mass_in_the_middle(side):
    image = nn.normalize_digit(draw(), side).reshape(side, side)
    centre = (
        np.sum(np.indices((side, side)) * image, axis=(1, 2)) / image.sum()
    )
    assert image.any(axis=1).sum() == round(side * 20 / 28)
    assert np.abs(centre - (side - 1) / 2).max() <= 0.51


def test_a_thin_pen_writes_as_thickly_as_another():
    images = [nn.normalize_digit(draw(thickness=n), 28) for n in (3, 8, 30)]
    thin, usual, thick = (image.sum() for image in images)
    assert thin == pytest.approx(usual, rel=0.08)
    assert thick == pytest.approx(usual, rel=0.3)  # else 44 % more


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
@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (8, 8)])
def test_any_ink_becomes_an_image_of_any_size(shape, side):
    for ink in (np.ones(shape), np.eye(*shape)):
        image = nn.normalize_digit(ink, side)
        assert image.shape == (side**2, 1) and image.max() == 1


BLANK = (
    "found no digit. Write it larger or darker, and leave some paper on all "
    "sides."
)
NO_PICTURE = (
    "found no picture, expected a PNG, JPEG, WebP, GIF or BMP file. "
    "Save .heic as JPEG."
)
USELESS = {
    "white": (picture_of(np.ones((50, 60))).save, BLANK),
    "one pixel": (picture_of(np.ones((1, 1))).save, BLANK),
    "noise": (photograph(0 * ROW, noise=0.05).save, BLANK),
    "squared paper": (picture_of(1 - ruled() - ruled().T).save, BLANK),
    "a dot": (picture_of(1 - np.pad(np.ones((2, 2)), 99)).save, BLANK),
    "empty": (Path.touch, NO_PICTURE),
    "cut off": (lambda path: path.write_bytes(b"P5 9 9 255 -"), NO_PICTURE),
    "huge": (
        lambda path: Image.new("1", (15000, 15000)).save(path),
        NO_PICTURE,
    ),
}


@pytest.mark.parametrize("make, answer", USELESS.values(), ids=USELESS)
def test_a_picture_that_shows_nothing_is_answered_in_one_line(
    tmp_path, make, answer
):
    make(tmp_path / "a.png")
    with pytest.raises(nn.InputError) as caught:
        nn.read_digit(tmp_path / "a.png")
    assert str(caught.value) == f"{tmp_path / 'a.png'}: {answer}"


@pytest.mark.parametrize("make", [Path.exists, Path.mkdir])
def test_no_file_is_answered_in_the_words_of_the_system(tmp_path, make):
    make(tmp_path / "a.png")
    with pytest.raises(nn.InputError) as caught:
        nn.read_digit(tmp_path / "a.png")
    found = caught.value.__context__.strerror
    said = f"{tmp_path / 'a.png'}: {found}, expected a picture."
    assert str(caught.value) == said


def test_an_error_in_the_script_isnt_taken_for_a_broken_file(
    monkeypatch, tmp_path
):
    picture_of(1 - draw()).save(tmp_path / "a.png")
    monkeypatch.setattr(nn, "flatten", Mock(side_effect=TypeError))
    with pytest.raises(TypeError):
        nn.open_picture(tmp_path / "a.png")
