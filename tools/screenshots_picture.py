"""Finishing a picture: no empty page below, and small enough for a repository."""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from tools.errors import ToolError

MAX_BYTES = 300_000
MARGIN = 24  # of empty page kept below the contents, in pixels


def crop(picture: Image.Image) -> Image.Image:
    """Cut off the empty page below the contents."""
    picture = picture.convert("RGB")
    bottom = picture.crop((0, picture.height - 1, picture.width, picture.height))
    empty = bottom.resize(picture.size, Image.Resampling.NEAREST)
    box = ImageChops.difference(picture, empty).getbbox()
    if box is None:
        return picture
    return picture.crop((0, 0, picture.width, min(picture.height, box[3] + MARGIN)))


def compress(picture: Image.Image) -> bytes:
    """A PNG of at most :data:`MAX_BYTES`, with as many colours as that allows."""
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        reduced = picture.quantize(colours, dither=Image.Dither.NONE)
        reduced.save(out, "PNG", optimize=True)
        if out.tell() <= MAX_BYTES:
            return out.getvalue()
    raise ToolError(f"a picture of {picture.size} does not fit {MAX_BYTES} bytes")
