"""The pictures of the documentation: named, cropped and small."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from tools import screens, screenshots
from tools.errors import ToolError
from tools.screenshots_picture import MARGIN, MAX_BYTES, compress, crop


def page(contents_height: int) -> Image.Image:
    """A page of 300 x 400: a sidebar all the way down, contents at the top."""
    image = Image.new("RGB", (300, 400), "white")
    image.paste("grey", (0, 0, 40, 400))
    image.paste("purple", (40, 0, 300, contents_height))
    return image


def test_crop_cuts_what_is_empty_below_the_contents():
    assert crop(page(100)).size == (300, 100 + MARGIN)
    assert crop(page(100)).getpixel((200, 99)) == page(100).getpixel((200, 99))


def test_crop_keeps_a_full_page_and_an_empty_one():
    assert crop(page(395)).size == (300, 400)
    assert crop(Image.new("RGB", (300, 400), "white")).size == (300, 400)


def test_compress_keeps_the_limit_with_fewer_colours():
    noise = random.Random(1)
    blocks = Image.frombytes("RGB", (350, 500), noise.randbytes(350 * 500 * 3))
    picture = blocks.resize((700, 1000), Image.Resampling.NEAREST)
    data = compress(picture)
    result = Image.open(io.BytesIO(data))
    assert len(data) <= MAX_BYTES
    assert result.size == picture.size
    assert len(result.getcolors(256)) < 256


def test_compress_refuses_what_does_not_fit():
    noise = Image.frombytes(
        "RGB", (900, 900), random.Random(1).randbytes(900 * 900 * 3)
    )
    with pytest.raises(ToolError, match="does not fit"):
        compress(noise)


def test_compress_keeps_flat_colours_exactly():
    data = compress(page(100))
    assert Image.open(io.BytesIO(data)).convert("RGB").tobytes() == page(100).tobytes()


def test_select():
    assert screenshots.select(()) == list(screens.SCREENS)
    assert [screen.name for screen in screenshots.select(("tiers",))] == ["tiers"]
    with pytest.raises(ToolError, match="no screen moon"):
        screenshots.select(("moon", "tiers"))


def test_every_screen_has_its_own_file_in_every_language():
    files = {
        screenshots.picture(Path(), screen, language)
        for screen in screens.SCREENS
        for language in screenshots.LANGUAGES
    }
    assert len(files) == len(screens.SCREENS) * len(screenshots.LANGUAGES)
    assert Path("docs/images/tiers.png") in files
    assert Path("docs/images/tiers.zh_CN.png") in files
