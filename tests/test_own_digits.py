"""Reading the student's own digits: pictures drawn here, and what comes of them."""

from os import truncate

import numpy as np
import pytest
from benchmark import shipped
from PIL import Image, ImageDraw

import neural_network as nn

ROW, COLUMN = np.indices((200, 200))
SEVEN = [(0.2, 0.15), (0.8, 0.15), (0.45, 0.9)]


def strokes(points=SEVEN, size=200, thickness=16, start=0, share=1):
    """Draw a line through points (0-1) in a share of a square from its start, as ink."""
    picture = Image.new("L", (size, size))
    line = [tuple(size * (start + share * v) for v in point) for point in points]
    ImageDraw.Draw(picture).line(line, 1, thickness, joint="curve")
    return np.array(picture, float)


def paint(ink, light=0.0, noise=0.0, dark_on_light=True, rng=None):
    """Turn ink (0-1) into a picture (0-1) on grey paper with uneven light and noise."""
    row, column = np.indices(ink.shape) / max(ink.shape) - 0.5
    picture = 0.78 - 0.6 * ink
    picture *= 1 + light * (row + column - row**2 - column**2)
    rng = rng or np.random.default_rng(0)
    picture = (picture + noise * rng.standard_normal(picture.shape)).clip(0, 1)
    return picture if dark_on_light else 1 - picture


def colours(picture, *more):
    return np.stack([picture, picture, picture, *more], axis=2)


def stored(orientation, turn):
    """Return how a phone with this EXIF tag stores an upright picture."""
    tag = Image.Exif()
    tag[0x0112] = orientation
    return lambda grey: Image.fromarray(grey).transpose(turn), ".jpg", {"exif": tag}


# How each kind of picture is made of grey bytes; file's ending, what to save it with.
KINDS = {
    "grey": (Image.fromarray, ".png", {}),
    "16 bit": (lambda grey: Image.fromarray(grey * np.uint16(257)), ".png", {}),
    "RGB": (lambda grey: Image.fromarray(colours(grey)), ".png", {}),
    "RGBA": (lambda grey: Image.fromarray(colours(grey, 0 * grey + 255)), ".png", {}),
    "palette": (lambda grey: Image.fromarray(grey).convert("P"), ".png", {}),
    "black or white": (lambda grey: Image.fromarray(grey > 100), ".png", {}),
    "JPEG": (lambda grey: Image.fromarray(colours(grey)), ".jpg", {}),
    "JPEG in name only PNG": (Image.fromarray, ".png", {"format": "JPEG"}),
    "CMYK": (lambda grey: Image.fromarray(colours(grey)).convert("CMYK"), ".jpg", {}),
} | {end: (Image.fromarray, end, {}) for end in (".webp", ".gif", ".bmp")}
# EXIF's orientations 2 to 8, by Pillow's numbers of the transpositions that lead there
TURNS = enumerate((0, 3, 1, 5, 2, 6, 4), 2)
KINDS |= {f"EXIF {tag}": stored(tag, turn) for tag, turn in TURNS}


def save(folder, picture, kind="grey"):
    """Save a picture (0-1) as one of the kinds of files that people have."""
    make, ending, options = KINDS[kind]
    make(np.rint(255 * picture).astype(np.uint8)).save(folder / f"a{ending}", **options)
    return folder / f"a{ending}"


def read(folder, picture, kind="grey", side=28):
    """Save a picture, read it, and return what the network sees: (side, side)."""
    image = nn.read_digit(save(folder, picture, kind), side)
    assert image.shape == (side * side, 1) and image.min() == 0 and image.max() == 1
    return image.reshape(side, side)


def differ(image, other):
    """Return the mean difference of two images, as a share of their mean ink."""
    return np.abs(image - other).mean() / max(image.mean(), other.mean())


@pytest.fixture(scope="module")
def network(data):
    """A network trained with the settings as shipped, but for fewer iterations."""
    return nn.model(*data[:2], **shipped() | {"iterations": 7})[0]


def test_160_pictures_are_read_as_well_as_the_images_they_show(network, data, tmp_path):
    u, v = data[2][:, :160], data[3][:, :160]
    rng, kinds, seen = np.random.default_rng(0), [*KINDS, "clear"], []
    for i, pixels in enumerate(u.T):
        size = int(rng.integers(50, 130))
        digit = int(size * rng.uniform(0.4, 0.9))
        top, left = rng.integers(0, [size - digit + 1, size - digit + 21])
        large = Image.fromarray(pixels.reshape(28, 28)).resize((digit, digit))
        ink = np.zeros((size, size + 20))
        ink[top : top + digit, left : left + digit] = np.clip(large, 0, 1)
        kind, even = kinds[i % len(kinds)], i // len(kinds) % 2 == 0
        noise = 0 if kind in ("black or white", "palette") else 0.03
        picture = paint(ink, rng.uniform(0, 0.5), noise, even, rng)
        if kind == "clear":  # a transparent ground, with dark or light ink
            kind, picture = "grey", colours(0 * ink + 1 - even, ink)
        seen.append(read(tmp_path, picture, kind).ravel())
    assert nn.accuracy(np.transpose(seen), v, network) >= nn.accuracy(u, v, network) - 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_shows_the_same_upright_and_small(tmp_path, kind):
    grey, shown = (read(tmp_path, paint(strokes()), k) for k in ("grey", kind))
    assert differ(shown, grey) < 0.1
    light = 0 if kind == "black or white" else 0.6
    wide = paint(np.pad(strokes(), ((0, 100), (0, 200))), light)
    wide = (wide - wide.min()) / np.ptp(wide)  # from black to white
    grey, shown = (nn.open_picture(save(tmp_path, wide, k)) for k in ("grey", kind))
    assert shown.size == (200, 150)
    most = 0 if KINDS[kind][1:] == (".png", {}) else 20  # JPEG and WebP lose some
    assert np.abs(np.subtract(shown, grey, dtype=float)).max() <= most


def test_noise_that_no_more_than_its_extremes_stand_out_of_is_no_ink():
    paper = 0.7 + 0.06 * np.random.default_rng(0).standard_normal((200, 200))
    ink = nn.remove_paper(Image.fromarray(np.rint(255 * paper).astype(np.uint8)))
    assert 4 < np.count_nonzero(ink) < 60


def ruled(slant=0.0, gap=0, turn=False):
    """Draw lines across a square of 200 pixels, as ink: ruled, or dotted with gaps."""
    lines = ((ROW - 25 + slant * COLUMN) % 40 < 3) & (COLUMN % (gap + 3) < 3)
    return lines.T if turn else lines


def box(margin, thickness=6):
    hole = np.zeros((200 - 2 * margin - 2 * thickness,) * 2)
    return np.pad(np.pad(hole, thickness, constant_values=1), margin)


SMALL = strokes(thickness=8, start=0.3, share=0.4)
LARGE = np.pad(strokes(), ((550, 150), (300, 700)))
SPECKS = np.kron(np.random.default_rng(0).random((50, 50)) < 0.016, np.ones((4, 4)))
SPECKS[strokes(thickness=40, start=0.3, share=0.4) > 0] = 0
SHADOWS = [np.where(COLUMN + s * ROW > 60 + 100 * s, 0.45, 1) for s in (0, 0.5)]
AROUND = {  # what else is in the picture of a small seven, as ink; tolerance
    "a box at the edge": (box(0), 0.1),
    "a box near the edge": (box(6, 4), 0.1),
    "two edges of a box": (np.roll(box(0), -15, (0, 1)), 0.1),
    "ruled": (ruled(), 0.25),
    "ruled, aslant": (ruled(0.1), 0.25),
    "ruled upright": (ruled(-0.1, turn=True), 0.25),
    "squared": (ruled() | ruled(turn=True), 0.7),
    "dotted": (ruled(gap=3) | ruled(gap=3, turn=True), 0.7),
    "specks": (SPECKS, 0.1),
}
SHEETS = {  # pictures of the seven on other paper, or as ink on none; tolerance
    "uneven light": (paint(strokes(), 0.6), 0.2),
    "noise": (paint(strokes(), 0, 0.06), 0.2),
    "light on dark": (paint(strokes(), 0.6, 0.03, False), 0.2),
    "a shadow with a straight border": (paint(strokes()) * SHADOWS[0], 0.25),
    "a shadow aslant": (paint(strokes()) * SHADOWS[1], 0.25),
    "a small digit in a large picture": (paint(LARGE, 0.3), 0.35),
} | {f"ink {v} on none": (colours(v + 0 * ROW, strokes()), 0.1) for v in (0, 0.2, 1)}


@pytest.mark.parametrize("case", [*AROUND, *SHEETS])
def test_the_paper_and_what_else_is_on_it_make_no_difference(tmp_path, case):
    (picture, most), ink = (AROUND | SHEETS)[case], strokes()
    if case in AROUND:
        picture, ink = paint(np.maximum(SMALL, 0.8 * picture)), SMALL
    assert differ(read(tmp_path, picture), read(tmp_path, paint(ink))) < most


@pytest.mark.parametrize("side", [8, 28, 40])
def test_the_digit_is_placed_as_in_mnist(tmp_path, side):
    image = read(tmp_path, paint(strokes(size=300, thickness=30)), side=side)
    rows, columns = np.nonzero(image)
    assert np.ptp(rows) + 1 == round(side * 20 / 28) > np.ptp(columns) + 1
    for axis in (0, 1):
        centre = np.average(np.arange(side) + 0.5, weights=image.sum(axis=axis))
        assert abs(centre - side / 2) <= 0.51


def test_proportions_are_kept(tmp_path):
    ink = np.pad(np.ones((40, 100)), ((30, 80), (20, 80)))
    rows, columns = np.nonzero(read(tmp_path, paint(ink)) > 0.5)
    assert np.ptp(columns) + 1 == 20 and np.ptp(rows) + 1 == 8


@pytest.mark.parametrize("top", [True, False])
def test_a_digit_with_its_mass_at_one_end_stays_whole(tmp_path, top):
    ink = np.zeros((140, 140))
    ink[20:120, 60:68] = 1
    ink[20 : 40 if top else 22, 25:105] = 1
    ink[118 if top else 100 : 120, 25:105] = 1
    rows = np.flatnonzero(read(tmp_path, paint(ink)).max(axis=1) > 0.5)
    assert (rows[0], rows[-1]) == ((7, 26) if top else (1, 20))


EIGHT = np.full((8, 8), 0.9)
EIGHT[1, 2:6] = EIGHT[2:4, 5] = EIGHT[4:7, 4] = 0.1
SEVENS = {
    "thin": paint(strokes(size=400, thickness=1), 0.3),
    "thin and large": paint(strokes(size=1500, thickness=3), 0.3),
    "thin and larger": paint(strokes(size=2000, thickness=5), 0.3),
    "8 by 8": EIGHT,
    "very noisy and large": paint(strokes(size=700, thickness=50), noise=0.25),
}


@pytest.mark.parametrize("case", SEVENS)
def test_a_seven_that_is_hard_to_see_is_read(network, tmp_path, case):
    image = read(tmp_path, SEVENS[case]).reshape(-1, 1)
    assert nn.predict(image, network) == [7]
    assert 35 < image.sum() < 90 or "thin" not in case  # as much ink as MNIST's have


def test_any_ink_can_be_framed():
    for height, width in [(1, 1), (1, 200), (200, 1), (7, 3), (300, 300)]:
        image = nn.frame_digit(np.ones((height, width)), 28)
        assert image.shape == (784, 1) and image.min() == 0 and image.max() == 1


BLANK = {
    "white": np.ones((50, 60)),
    "black": np.zeros((50, 60)),
    "noise": 0.5 + 0.05 * np.random.default_rng(0).standard_normal((200, 200)),
    "uneven light": paint(np.zeros((90, 90)), light=0.3),
    "one pixel": np.ones((1, 1)),
    "ruled": paint(ruled(0.05)),
    "squared": paint(ruled() | ruled(turn=True)),
    "a dot": paint(strokes([(0, 0), (0.01, 0)], thickness=2, start=0.5)),
}


@pytest.mark.parametrize("case", BLANK)
def test_a_blank_picture_is_answered_in_words(tmp_path, case):
    with pytest.raises(ValueError, match="found a blank picture, expected a digit"):
        read(tmp_path, BLANK[case].clip(0, 1))


NOISE = Image.effect_noise((90, 90), 99)
UNREADABLE = {
    "missing": (lambda path: None, "No such file or directory"),
    "text": (lambda path: path.write_text("seven"), "no picture"),
    "empty": (lambda path: path.write_bytes(b""), "no picture"),
    "cut off": (lambda path: NOISE.save(path) or truncate(path, 3000), "no picture"),
    "bomb": (lambda path: Image.new("1", (15000, 15000)).save(path), "no picture"),
    "folder": (lambda path: path.mkdir(), "Is a directory"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_picture_is_answered_in_words(tmp_path, case):
    make, found = UNREADABLE[case]
    make(tmp_path / "a.png")
    line = rf"\A.*a\.png: found {found}, expected a PNG, JPEG.*\Z"
    with pytest.raises(ValueError, match=line):
        nn.read_digit(tmp_path / "a.png")
