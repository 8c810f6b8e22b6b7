"""Reading the two layouts of the CDNOW files."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tools.datasets import cdnow, names
from tools.errors import ToolError

# Leading blank, two blanks before small numbers, DOS line ends: as in the real files.
SAMPLE = (
    " 00004 0001 19970101  2   29.33\r\n"
    " 00004 0001 19970118  2   29.73\r\n"
    " 00004 0001 19970118  2   29.73\r\n"
    " 00021 0002 19970101 12    0.00\r\n"
)
MASTER = (
    "customer_id  date number_of_cds  dollar_value\n"
    " 00001 19970112  1   11.77\n"
    " 00002 19970101  1   12.00\n"
)


def write(folder: Path, text: str) -> Path:
    path = folder / "CDNOW.txt"
    path.write_bytes(text.encode())
    return path


def test_sample_layout(tmp_path):
    purchases = cdnow.read(write(tmp_path, SAMPLE))
    assert purchases == [
        cdnow.Purchase("00004", 1, date(1997, 1, 1), 2, Decimal("29.33")),
        cdnow.Purchase("00021", 1, date(1997, 1, 1), 12, Decimal("0.00")),
        cdnow.Purchase("00004", 2, date(1997, 1, 18), 2, Decimal("29.73")),
        cdnow.Purchase("00004", 3, date(1997, 1, 18), 2, Decimal("29.73")),
    ]


def test_two_equal_purchases_of_one_day_have_different_keys(tmp_path):
    keys = [each.key for each in cdnow.read(write(tmp_path, SAMPLE))]
    assert sorted(keys) == ["00004_001", "00004_002", "00004_003", "00021_001"]


def test_master_layout_is_sorted_by_day(tmp_path):
    purchases = cdnow.read(write(tmp_path, MASTER))
    assert [(each.customer, each.day.day) for each in purchases] == [
        ("00002", 1),
        ("00001", 12),
    ]


@pytest.mark.parametrize(
    "line",
    [
        " 00004 0001 19970101  2\n",
        " 00004 0001 19970101  2   29.3\n",
        " 00004 0001 19970101  0   29.33\n",
        " 00004 0001 19970101  2   -9.33\n",
        "<html>not found</html>\n",
        "\n",
    ],
)
def test_bad_line_is_named(tmp_path, line):
    path = write(tmp_path, SAMPLE + line)
    with pytest.raises(ToolError, match=r"^CDNOW\.txt, line 5: not 'customer day"):
        cdnow.read(path)


def test_impossible_day_is_named(tmp_path):
    path = write(tmp_path, " 00004 0001 19970230  2   29.33\n")
    with pytest.raises(ToolError, match=r"^CDNOW\.txt, line 1: 19970230 is not a day"):
        cdnow.read(path)


@pytest.mark.parametrize("text", ["", MASTER.splitlines(keepends=True)[0]])
def test_empty_file_is_refused(tmp_path, text):
    with pytest.raises(ToolError, match="holds no purchases"):
        cdnow.read(write(tmp_path, text))


def test_header_is_only_a_header_in_the_first_line(tmp_path):
    path = write(tmp_path, SAMPLE + MASTER)
    with pytest.raises(ToolError, match="line 5"):
        cdnow.read(path)


def test_unknown_dataset_lists_the_known_ones():
    with pytest.raises(ToolError, match="choose from cdnow-sample, cdnow-master"):
        cdnow.dataset_named("cdnow")


def test_every_customer_has_a_name_of_their_own():
    numbers = [f"{number:05d}" for number in range(1, 23_571)]
    people = {names.customer_name(number) for number in numbers}
    assert len(people) == len(numbers)
    assert names.customer_name("00004") == names.customer_name("00004")
    assert sum(not name.isascii() for name in people) == len(numbers) // 12
