"""Reading the student's own digits: pictures drawn here, and what comes of them."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from benchmark import shipped
from PIL import Image, ImageDraw

import neural_network as nn

PROJECT = Path(__file__).parent.parent
SEVEN = [(0.2, 0.15), (0.8, 0.15), (0.45, 0.9)]


def strokes(points=SEVEN, size=200, thickness=16, place=(0, 0, 1)):
    """Draw a line through points (0-1) in a part of a square of so many pixels, as ink.

    The part is given by its left end, its top and its size, as shares of the square.
    """
    left, top, share = place
    picture = Image.new("L", (size, size))
    line = [(size * (left + share * x), size * (top + share * y)) for x, y in points]
    ImageDraw.Draw(picture).line(line, 1, thickness, joint="curve")
    return np.array(picture, float)


def paint(ink, rng=None, light=0.0, noise=0.0, dark_on_light=True):
    """Turn ink (0-1) into a picture (0-1) on grey paper with uneven light and noise."""
    row, column = np.indices(ink.shape) / max(ink.shape) - 0.5
    picture = 0.78 - 0.6 * ink
    picture *= 1 + light * (row + column) - light * (row**2 + column**2)
    if noise:
        picture += noise * rng.standard_normal(picture.shape)
    picture = picture.clip(0, 1)
    return picture if dark_on_light else 1 - picture


def bytes_of(picture):
    return np.rint(255 * picture).astype(np.uint8)


def colours(picture, *more):
    return np.stack([picture, picture, picture, *more], axis=2)


def upright(orientation):
    """Return how a phone with this EXIF tag has stored an upright picture."""
    turn = {3: 2, 6: 1, 8: 3}[orientation]
    tag = Image.Exif()
    tag[0x0112] = orientation
    return lambda grey: Image.fromarray(np.rot90(grey, turn)), {"exif": tag}


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
    "WebP": (Image.fromarray, ".webp", {}),
    "GIF": (Image.fromarray, ".gif", {}),
    "BMP": (Image.fromarray, ".bmp", {}),
} | {f"EXIF {n}": (upright(n)[0], ".jpg", upright(n)[1]) for n in (3, 6, 8)}


def save(path, picture, kind="grey"):
    """Save a picture (0-1) as one of the kinds of files that people have."""
    make, ending, options = KINDS[kind]
    path = path.with_suffix(ending)
    make(bytes_of(picture)).save(path, **options)
    return path


def read(folder, picture, kind="grey", side=28):
    """Save a picture, read it, and return what the network sees: (side, side)."""
    image = nn.read_digit(save(folder / "a", picture, kind), side)
    assert image.shape == (side * side, 1) and image.min() == 0 and image.max() == 1
    return image.reshape(side, side)


def differ(image, other):
    """Return the mean difference of two images, as a share of their mean ink."""
    return np.abs(image - other).mean() / max(image.mean(), other.mean())


@pytest.fixture(scope="module")
def network():
    """A network trained with the settings as shipped, but for fewer iterations."""
    x, y, _, _ = nn.load_data(PROJECT)
    return nn.model(x, y, **shipped() | {"iterations": 7})[0]


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """What the network sees of a plain seven."""
    return read(tmp_path_factory.mktemp("seven"), paint(strokes()))


def test_300_pictures_are_read_as_well_as_the_images_they_show(network, tmp_path):
    u, v = (table[:, :300] for table in nn.load_data(PROJECT)[2:])
    rng, kinds = np.random.default_rng(0), [*KINDS, "clear"]
    path, seen = tmp_path / "clear.png", []
    for i, pixels in enumerate(u.T):
        size = int(rng.integers(50, 130))
        digit = int(size * rng.uniform(0.4, 0.9))
        top, left = rng.integers(0, [size - digit + 1, size - digit + 21])
        large = Image.fromarray(pixels.reshape(28, 28)).resize((digit, digit))
        ink = np.zeros((size, size + 20))
        ink[top : top + digit, left : left + digit] = np.clip(large, 0, 1)
        kind, even = kinds[i % len(kinds)], i // len(kinds) % 2 == 0
        if kind == "clear":  # a transparent ground, with dark or light ink
            Image.fromarray(bytes_of(colours(0 * ink + 1 - even, ink))).save(path)
            seen.append(nn.read_digit(path))
        else:
            noise = 0 if kind in ("black or white", "palette") else 0.03
            picture = paint(ink, rng, rng.uniform(0, 0.5), noise, even)
            seen.append(read(tmp_path, picture, kind).reshape(-1, 1))
    seen = np.concatenate(seen, axis=1)
    assert nn.accuracy(seen, v, network) >= nn.accuracy(u, v, network) - 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_shows_the_same_seven(tmp_path, seven, kind):
    assert differ(read(tmp_path, paint(strokes()), kind), seven) < 0.1


def ruled(step=40, first=25, slant=0.0, thickness=3, gap=0, turn=False):
    """Draw lines across a square of 200 pixels, as ink: ruled, or dotted with gaps."""
    row, column = np.indices((200, 200))
    lines = (row - first + slant * column) % step < thickness
    dots = column % (gap + 3) < 3
    return (lines & dots).T if turn else lines & dots


def box(low, high, thickness=6):
    frame = np.zeros((200, 200))
    frame[low:high, low:high] = 1
    frame[low + thickness : high - thickness, low + thickness : high - thickness] = 0
    return frame


def specks():
    ink = np.zeros((200, 200))
    rows, columns = np.random.default_rng(0).integers(0, 196, (2, 40))
    for row, column in zip(rows, columns):
        ink[row : row + 3, column : column + 4] = 1
    return ink


SMALL = {"size": 200, "thickness": 8, "place": (0.3, 0.3, 0.4)}
AROUND = {  # what else is in the picture, as ink; where the seven is; tolerance
    "a box at the edge": (box(0, 200), SMALL, 0.1),
    "a box near the edge": (box(6, 194, 4), SMALL, 0.1),
    "two edges of a box": (np.roll(box(0, 200), -15, (0, 1)), SMALL, 0.1),
    "ruled": (ruled(), SMALL, 0.25),
    "ruled, aslant": (ruled(slant=0.1), SMALL, 0.25),
    "ruled upright": (ruled(turn=True, slant=-0.1), SMALL, 0.25),
    "squared": (np.maximum(ruled(), ruled(turn=True)), SMALL, 0.7),
    "dotted": (np.maximum(ruled(gap=3), ruled(gap=3, turn=True)), SMALL, 0.7),
    "specks": (specks() * (strokes(**SMALL | {"thickness": 40}) == 0), SMALL, 0.1),
}


@pytest.mark.parametrize("case", AROUND)
def test_what_is_around_the_digit_is_taken_away(tmp_path, case):
    around, seven, most = AROUND[case]
    plain = read(tmp_path, paint(strokes(**seven)))
    seen = read(tmp_path, paint(np.maximum(strokes(**seven), 0.8 * around)))
    assert differ(seen, plain) < most


SHEETS = {"light": (0.6, 0, True), "noise": (0, 0.06, True), "dark": (0.6, 0.03, False)}


@pytest.mark.parametrize("case", SHEETS)
def test_light_noise_and_polarity_make_no_difference(tmp_path, seven, case):
    picture = paint(strokes(), np.random.default_rng(0), *SHEETS[case])
    assert differ(read(tmp_path, picture), seven) < 0.2


@pytest.mark.parametrize("slant", [0.0, 0.5])
def test_a_shadow_with_a_straight_border_makes_no_difference(tmp_path, seven, slant):
    row, column = np.indices((200, 200))
    shadow = np.where(column + slant * row > 60 + 100 * slant, 0.45, 1)
    assert differ(read(tmp_path, paint(strokes()) * shadow), seven) < 0.25


@pytest.mark.parametrize("side", [8, 28, 40])
def test_the_digit_is_placed_as_in_mnist(tmp_path, side):
    image = read(tmp_path, paint(strokes(size=300, thickness=30)), side=side)
    rows, columns = np.nonzero(image)
    assert np.ptp(rows) + 1 == round(side * 20 / 28) > np.ptp(columns) + 1
    for axis in (0, 1):
        centre = np.average(np.arange(side) + 0.5, weights=image.sum(axis=axis))
        assert abs(centre - side / 2) <= 0.51


def test_proportions_are_kept(tmp_path):
    ink = np.zeros((150, 200))
    ink[30:70, 20:120] = 1
    rows, columns = np.nonzero(read(tmp_path, paint(ink)) > 0.5)
    assert np.ptp(columns) + 1 == 20 and np.ptp(rows) + 1 == 8


@pytest.mark.parametrize("kind", ["light", "dark", "opaque"])
def test_on_transparent_ground_the_opaque_is_the_ink(tmp_path, seven, kind):
    shade = np.full((200, 200), {"light": 1, "dark": 0.2, "opaque": 0}[kind])
    Image.fromarray(bytes_of(colours(shade, strokes()))).save(tmp_path / "a.png")
    image = nn.read_digit(tmp_path / "a.png").reshape(28, 28)
    assert differ(image, seven) < 0.1


def test_a_small_digit_in_a_large_picture_is_seen_closely(tmp_path, seven):
    ink = np.zeros((900, 1200))
    ink[550:750, 300:500] = strokes()
    assert differ(read(tmp_path, paint(ink, light=0.3)), seven) < 0.35


@pytest.mark.parametrize("top", [True, False])
def test_a_digit_with_its_mass_at_one_end_stays_whole(tmp_path, top):
    ink = np.zeros((140, 140))
    ink[20:120, 60:68] = 1
    ink[20 : 40 if top else 22, 25:105] = 1
    ink[118 if top else 100 : 120, 25:105] = 1
    rows = np.flatnonzero(read(tmp_path, paint(ink)).max(axis=1) > 0.5)
    assert (rows[0], rows[-1]) == ((7, 26) if top else (1, 20))


@pytest.mark.parametrize("size, thickness", [(400, 1), (1500, 3), (2000, 5)])
def test_a_thin_line_does_not_fade_away(network, tmp_path, size, thickness):
    picture = paint(strokes(size=size, thickness=thickness), light=0.3)
    image = read(tmp_path, picture).reshape(-1, 1)
    assert nn.predict(image, network) == [7]
    assert 35 < image.sum() < 90  # as much ink as MNIST's sevens have


def test_a_picture_of_8_by_8(network, tmp_path):
    picture = np.full((8, 8), 0.9)
    picture[1, 2:6] = picture[2:4, 5] = picture[4:7, 4] = 0.1
    assert nn.predict(read(tmp_path, picture).reshape(-1, 1), network) == [7]


def test_a_very_noisy_large_picture(network, tmp_path):
    rng = np.random.default_rng(0)
    picture = paint(strokes(size=700, thickness=50), rng, noise=0.25)
    assert nn.predict(read(tmp_path, picture).reshape(-1, 1), network) == [7]


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
    "ruled": paint(ruled(slant=0.05)),
    "squared": paint(np.maximum(ruled(), ruled(turn=True))),
    "a dot": paint(strokes([(0, 0), (0.01, 0)], thickness=2, place=(0.5, 0.5, 1))),
}


@pytest.mark.parametrize("case", BLANK)
def test_a_blank_picture_is_answered_in_words(tmp_path, case):
    with pytest.raises(ValueError, match="found a blank picture, expected a digit"):
        read(tmp_path, BLANK[case].clip(0, 1))


def cut(path):
    Image.effect_noise((90, 90), 99).save(path)
    path.write_bytes(path.read_bytes()[:3000])


def bomb(path):
    Image.new("1", (15000, 15000)).save(path)


UNREADABLE = {
    "missing": (lambda path: None, "found No such file or directory"),
    "text": (lambda path: path.write_text("seven"), "found no picture"),
    "empty": (lambda path: path.write_bytes(b""), "found no picture"),
    "cut off": (cut, "found no picture"),
    "bomb": (bomb, "found no picture"),
    "folder": (Path.mkdir, "found Is a directory"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_picture_is_answered_in_words(tmp_path, case):
    make, found = UNREADABLE[case]
    make(tmp_path / "a.png")
    with warnings.catch_warnings(), pytest.raises(ValueError) as caught:
        warnings.simplefilter("error")
        nn.read_digit(tmp_path / "a.png")
    assert f"a.png: {found}, expected a PNG, JPEG" in str(caught.value)
    assert "\n" not in str(caught.value)
