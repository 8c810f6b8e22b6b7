from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import apt
from tools.errors import ToolError, disk_hint

# An apt that "downloads" from a folder and writes down what it was asked for.
APT = """
case "$*" in
*" update "*) exit 0 ;;
*--print-uris*) # like the real one, silent about what is here already
    while read -r uri file rest; do
        [ -e "$file" ] || echo "$uri $file $rest"
    done <{source}/uris
    exit 0 ;;
esac
until [ "$1" = download ]; do shift; done
shift
for package; do
    echo "$package" >>{source}/asked
    cp "{source}/${{package%%/*}}_1_all.deb" .
done
"""


@pytest.fixture
def source(
    tmp_path: Path, program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder that the fake apt downloads the packages `one` and `two` from."""
    folder = tmp_path / "source"
    folder.mkdir()
    uris = []
    for name in ("one", "two"):
        (folder / f"{name}_1_all.deb").write_text(name)
        checksum = hashlib.sha256(name.encode()).hexdigest()
        uris.append(f"'http://x/{name}' {name}_1_all.deb 3 SHA256:{checksum}\n")
    (folder / "uris").write_text("".join(uris))
    program("apt-get", APT.format(source=folder))
    program("dpkg-deb", "exit 1")
    monkeypatch.setattr(apt, "KEYRING", folder / "uris")
    return folder


def _fetch(tmp_path: Path) -> list[Path]:
    fetcher = apt.Apt(tmp_path / "state", mirror="http://mirror.example/debian/")
    return fetcher.fetch(["one", "two/trixie"], tmp_path / "debs")


def test_all_is_fetched(source: Path, tmp_path: Path) -> None:
    files = _fetch(tmp_path)
    assert [file.read_text() for file in files] == ["one", "two"]
    assert (source / "asked").read_text().split() == ["one", "two/trixie"]


def test_an_interrupted_download_is_redone(source: Path, tmp_path: Path) -> None:
    debs = tmp_path / "debs"
    debs.mkdir()
    (debs / "one_1_all.deb").write_text("one")
    (debs / "two_1_all.deb").write_text("tw")  # cut off

    assert [file.read_text() for file in _fetch(tmp_path)] == ["one", "two"]
    assert (source / "asked").read_text().split() == ["two/trixie"]


def test_a_damaged_download_is_not_used(source: Path, tmp_path: Path) -> None:
    (source / "two_1_all.deb").write_text("bad")
    with pytest.raises(ToolError, match=r"two_1_all\.deb is damaged"):
        _fetch(tmp_path)


def test_no_apt(bare_path: None, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no apt"):
        apt.Apt(tmp_path).fetch(["one"], tmp_path)


def test_no_network(tmp_path: Path) -> None:
    """The real apt, and a mirror that does not answer."""
    if not apt.available():
        pytest.skip("needs apt")
    fetcher = apt.Apt(
        tmp_path / "state", mirror="http://127.0.0.1:9/debian/", retries=0
    )
    with pytest.raises(ToolError, match="no network"):
        fetcher.fetch(["one"], tmp_path / "debs")


def test_a_full_disk_is_named(
    source: Path, program: Callable[..., Path], tmp_path: Path
) -> None:
    words = "E: Write error - write (28: No space left on device)"
    program("apt-get", f"echo '{words}' >&2; exit 100")
    with pytest.raises(ToolError, match="No space left"):
        _fetch(tmp_path)


def test_mirror_of_the_machine(program: Callable[..., Path]) -> None:
    lines = [
        "http://security.example/debian-security/ main bookworm-security",
        "http://vendor.example/packages/ main stable",
        "http://mirror.example/debian/ main bookworm-updates",
        "http://mirror.example/debian/ main bookworm",
    ]
    program(
        "apt-get",
        f"printf '{chr(92)}n'; printf '%s{chr(92)}n' '" + "' '".join(lines) + "'",
    )
    assert apt.debian_mirror() == "http://mirror.example/debian/"


def test_no_debian_mirror(program: Callable[..., Path]) -> None:
    program("apt-get", "echo http://archive.example/ubuntu/ main noble")
    with pytest.raises(ToolError, match="ODOO_HOME"):
        apt.debian_mirror()


def test_unpack(make_package: Callable[..., Path], tmp_path: Path) -> None:
    files = {"usr/share/a": "A", "usr/lib/b": "B"}
    package = make_package("some", files, tmp_path)
    apt.unpack(package, tmp_path / "out", "./usr/share")
    assert (tmp_path / "out/usr/share/a").read_text() == "A"
    assert not (tmp_path / "out/usr/lib").exists()


def test_unpack_a_broken_package(tmp_path: Path) -> None:
    if not shutil.which("dpkg-deb"):
        pytest.skip("needs dpkg-deb")
    package = tmp_path / "broken_1_all.deb"
    package.write_bytes(b"!<arch>\n")
    with pytest.raises(ToolError, match="cannot unpack broken_1_all"):
        apt.unpack(package, tmp_path / "out", "./usr")


def test_unpack_on_a_full_disk(
    make_package: Callable[..., Path], tmp_path: Path, tiny_disk: Path
) -> None:
    package = make_package("big", {"usr/share/big": "x" * 3_000_000}, tmp_path)
    with pytest.raises(ToolError, match="cannot unpack big_1_all"):
        apt.unpack(package, tiny_disk / "out", "./usr")
    assert "disk is full" in disk_hint(tiny_disk / "out")
