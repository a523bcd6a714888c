"""Reading the student's own digits: pictures drawn here, and what comes of them."""

from itertools import pairwise
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

import neural_network as nn

PROJECT = Path(__file__).parent.parent
SEVEN = [(0.2, 0.15), (0.8, 0.15), (0.45, 0.9)]


def paint(ink, rng=None, light=0.0, noise=0.0, dark_on_light=True):
    """Turn ink (0-1) into a picture (0-1) on grey paper with uneven light and noise."""
    height, width = ink.shape
    picture = 0.78 - 0.6 * ink
    row, column = np.mgrid[0:height, 0:width] / max(height, width) - 0.5
    picture *= 1 + light * (row + column) - light * (row**2 + column**2)
    if noise:
        picture += noise * rng.standard_normal(picture.shape)
    picture = picture.clip(0, 1)
    return picture if dark_on_light else 1 - picture


def strokes(points, size, thickness):
    """Draw a line through points (0-1) on a square of so many pixels, as ink."""
    ink = np.zeros((size, size))
    for (x0, y0), (x1, y1) in pairwise(points):
        for t in np.linspace(0, 1, 2 * size):
            x, y = (np.array([x0 + t * (x1 - x0), y0 + t * (y1 - y0)]) * size).astype(
                int
            )
            ink[y : y + thickness, x : x + thickness] = 1
    return ink


def bytes_of(picture):
    return np.rint(255 * picture).astype(np.uint8)


def colours(picture, *more):
    return np.stack([picture, picture, picture, *more], axis=2)


def save(path, picture, kind="grey"):
    """Save a picture (0-1) as one of the kinds of files that people have."""
    if kind == "16 bit":
        Image.fromarray(np.rint(65535 * picture).astype(np.uint16)).save(path)
    elif kind == "RGB":
        Image.fromarray(bytes_of(colours(picture))).save(path)
    elif kind == "RGBA":
        Image.fromarray(bytes_of(colours(picture, 1 + 0 * picture))).save(path)
    elif kind == "palette":
        Image.fromarray(bytes_of(picture)).convert("P").save(path)
    elif kind == "JPEG in name only PNG":
        Image.fromarray(bytes_of(picture)).save(path, "JPEG")
    elif kind == "JPEG":
        path = path.with_suffix(".jpg")
        Image.fromarray(bytes_of(colours(picture))).save(path)
    else:
        Image.fromarray(bytes_of(picture)).save(path)
    return path


def square(column):
    side = round(len(column) ** 0.5)
    return column.reshape(side, side)


def test_resize_averages_equal_shares():
    image = np.array([[0.0, 1], [2, 3], [4, 5], [6, 7]])
    assert nn.resize(image, 2).tolist() == [[1.5], [5.5]]
    assert nn.resize(np.array([[3.0, 6, 9]]), 2).ravel() == pytest.approx([4, 8])
    assert nn.resize(np.array([[1.0, 5]]), 4).tolist() == [[1, 1, 5, 5]] * 2


def test_windows_by_hand():
    image = np.arange(1, 7).reshape(2, 3)
    windows = nn.windows(image)
    assert windows.shape == (2, 3, 3, 3)
    assert windows[0, 1].tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "size, curved, exact", [(40, 0, True), (50, 0.5, False), (51, 0.5, True)]
)
@pytest.mark.parametrize("contrast", [-0.5, 0.5])
def test_find_ink_removes_a_plane_and_from_51_pixels_on_a_curve(
    size, curved, exact, contrast
):
    row, column = np.mgrid[0:size, 0:size] / size
    paper = 0.3 * row - 0.2 * column + curved * (row**2 - 2 * row * column)
    ink = np.zeros((size, size))
    ink[10:30, 14:19] = 1
    specks = np.zeros((size, size))
    specks[2, [2, 6, 7]] = 1
    found, is_ink = nn.find_ink(paper + contrast * (ink + specks))
    error = np.abs(found - abs(contrast) * (ink + specks)).max()
    assert error < 1e-3 if exact else error > 0.02
    assert not exact or (is_ink == (ink == 1)).all()


@pytest.fixture(scope="module")
def network():
    """A network trained with the settings as shipped, but for fewer iterations."""
    x, y, _, _ = nn.load_data(PROJECT)
    few, names = 7, ("activation", "batch_size", "momentum", "max_shift")
    settings = {name: getattr(nn, name) for name in (*names, "max_distortion", "decay")}
    return nn.model(x, y, nn.n_h, nn.learning_rate, few, **settings)[0]


def test_300_pictures_are_read_as_well_as_the_images_they_show(network, tmp_path):
    u, v = (table[:, :300] for table in nn.load_data(PROJECT)[2:])
    rng, read = np.random.default_rng(0), []
    kinds = (
        "grey",
        "16 bit",
        "RGB",
        "RGBA",
        "palette",
        "JPEG",
        "JPEG in name only PNG",
        "clear",
    )
    for i, pixels in enumerate(u.T):
        size = int(rng.integers(50, 130))
        digit = int(size * rng.uniform(0.4, 0.9))
        ink = np.zeros((size, size + 20))
        top, left = (
            rng.integers(0, size - digit + 1),
            rng.integers(0, size - digit + 21),
        )
        large = Image.fromarray(pixels.reshape(28, 28)).resize((digit, digit))
        ink[top : top + digit, left : left + digit] = np.clip(large, 0, 1)
        path = tmp_path / f"{i}.png"
        if kinds[i % 8] == "clear":  # a transparent ground, with dark or light ink
            shade = np.full(ink.shape, i // 8 % 2)
            Image.fromarray(bytes_of(colours(shade, ink))).save(path)
        else:
            picture = paint(ink, rng, rng.uniform(0, 0.5), 0.03, i // 8 % 2 == 0)
            path = save(path, picture, kinds[i % 8])
        read.append(nn.read_digit(path))
    read = np.concatenate(read, axis=1)
    assert nn.accuracy(read, v, network) >= nn.accuracy(u, v, network) - 2


@pytest.mark.parametrize("side", [8, 28, 40])
def test_the_digit_is_placed_as_in_mnist(tmp_path, side):
    image = nn.read_digit(
        save(tmp_path / "a.png", paint(strokes(SEVEN, 300, 30))), side
    )
    assert image.shape == (side * side, 1)
    assert image.min() == 0 and image.max() == 1
    rows, columns = np.nonzero(square(image))
    assert np.ptp(rows) + 1 == round(side * 20 / 28) > np.ptp(columns) + 1
    for axis in (0, 1):
        mass = square(image).sum(axis=axis)
        assert abs(np.average(np.arange(side), weights=mass) - side / 2) <= 0.5


def test_proportions_are_kept(tmp_path):
    ink = np.zeros((150, 200))
    ink[30:70, 20:120] = 1
    image = square(nn.read_digit(save(tmp_path / "a.png", paint(ink))))
    rows, columns = np.nonzero(image > 0.5)
    assert np.ptp(columns) + 1 == 20 and np.ptp(rows) + 1 == 8


def test_light_noise_and_polarity_make_no_difference(tmp_path):
    ink, rng = strokes(SEVEN, 200, 20), np.random.default_rng(0)
    plain = nn.read_digit(save(tmp_path / "a.png", paint(ink)))
    for light, noise, dark in [(0.6, 0, True), (0, 0.06, True), (0.6, 0.03, False)]:
        picture = paint(ink, rng, light, noise, dark)
        other = nn.read_digit(save(tmp_path / "b.png", picture))
        assert np.abs(plain - other).mean() < 0.02


def test_a_large_picture_may_be_very_noisy(network, tmp_path):
    picture = paint(strokes(SEVEN, 700, 50), np.random.default_rng(0), noise=0.25)
    image = nn.read_digit(save(tmp_path / "a.png", picture))
    assert nn.predict(image, network) == [7]


@pytest.mark.parametrize("shade", [0, 0.2, 1])
def test_on_transparent_ground_the_opaque_is_the_ink(tmp_path, shade):
    ink = strokes(SEVEN, 90, 9)
    clear = tmp_path / "clear.png"
    Image.fromarray(bytes_of(colours(np.full(ink.shape, shade), ink))).save(clear)
    opaque = save(tmp_path / "opaque.png", paint(ink), "RGBA")
    grey = save(tmp_path / "grey.png", paint(ink))
    expected = nn.read_digit(grey)
    assert nn.read_digit(clear) == pytest.approx(expected, abs=0.02)
    assert nn.read_digit(opaque) == pytest.approx(expected, abs=0.02)


def test_a_small_digit_in_a_large_picture_is_seen_closely(tmp_path):
    small, ink = strokes(SEVEN, 120, 9), np.zeros((900, 1200))
    ink[600:720, 100:220] = small
    far = nn.read_digit(save(tmp_path / "far.png", paint(ink, light=0.3)))
    near = nn.read_digit(save(tmp_path / "near.png", paint(small)))
    assert np.abs(far - near).mean() < 0.03


@pytest.mark.parametrize("top", [True, False])
def test_a_digit_with_its_mass_at_one_end_stays_whole(tmp_path, top):
    ink = np.zeros((140, 140))
    ink[20:120, 60:68] = 1
    ink[20 : 40 if top else 22, 25:105] = 1
    ink[118 if top else 100 : 120, 25:105] = 1
    image = square(nn.read_digit(save(tmp_path / "a.png", paint(ink))))
    rows = np.flatnonzero(image.max(axis=1) > 0.5)
    assert (rows[0], rows[-1]) == ((8, 27) if top else (0, 19))


@pytest.mark.parametrize("size, thickness", [(400, 1), (1500, 3), (2000, 5)])
def test_a_thin_line_does_not_fade_away(network, tmp_path, size, thickness):
    picture = paint(strokes(SEVEN, size, thickness), light=0.3)
    image = nn.read_digit(save(tmp_path / "a.png", picture))
    assert nn.predict(image, network) == [7]
    assert 35 < image.sum() < 90  # as much ink as MNIST's sevens have


def test_a_picture_of_8_by_8(network, tmp_path):
    picture = np.full((8, 8), 0.9)
    picture[1, 2:6] = picture[2:4, 5] = picture[4:7, 4] = 0.1
    image = nn.read_digit(save(tmp_path / "a.png", picture))
    assert nn.predict(image, network) == [7]


def test_specks_of_dust_are_no_ink(tmp_path):
    ink = strokes(SEVEN, 100, 10)
    clean = nn.read_digit(save(tmp_path / "a.png", paint(ink)))
    ink[[3, 95], [5, 90]] = 1
    assert nn.read_digit(save(tmp_path / "b.png", paint(ink))) == pytest.approx(clean)


BLANK = {
    "white": np.ones((50, 60)),
    "black": np.zeros((50, 60)),
    "noise": 0.5 + 0.05 * np.random.default_rng(0).standard_normal((200, 200)),
    "uneven light": paint(np.zeros((90, 90)), light=0.6),
    "one pixel": np.ones((1, 1)),
}


@pytest.mark.parametrize("case", BLANK)
def test_a_blank_picture_is_answered_in_words(tmp_path, case):
    path = save(tmp_path / "a.png", BLANK[case].clip(0, 1))
    with pytest.raises(ValueError, match="found a blank picture, expected a digit"):
        nn.read_digit(path)


def cut(path):
    save(path, np.random.default_rng(0).random((90, 90)))
    path.write_bytes(path.read_bytes()[:3000])


UNREADABLE = {
    "missing": (lambda path: None, "found no file"),
    "text": (lambda path: path.write_text("seven"), "found no picture"),
    "empty": (lambda path: path.write_bytes(b""), "found no picture"),
    "cut off": (cut, "found no picture"),
    "folder": (Path.mkdir, "found no picture"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_picture_is_answered_in_words(tmp_path, case):
    make, found = UNREADABLE[case]
    make(tmp_path / "a.png")
    with pytest.raises(ValueError, match=f"a.png: {found}, expected"):
        nn.read_digit(tmp_path / "a.png")


def test_the_picture_of_own_digits(tmp_path):
    from matplotlib.figure import Figure

    path = save(tmp_path / "$seven.png", paint(strokes(SEVEN, 90, 9)))
    image, figure = nn.read_digit(path), Figure()
    chances = np.eye(10)[:, [7]]
    nn.draw_own_digits(figure, [(path, image, chances)] * 2)
    given, seen, bars = figure.axes[3:]
    assert given.get_title() == "$seven.png"
    assert (given.images[0].get_array() == matplotlib.image.imread(path)).all()
    assert (seen.images[0].get_array().reshape(-1, 1) == image).all()
    assert [bar.get_height() for bar in bars.patches] == chances[:, 0].tolist()
