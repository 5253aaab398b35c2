"""Partition values: days are those of UTC, what a row lacks is unknown, and each value has a folder of its own."""

import re
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.provenance.partitions import DERIVED, can_partition, columns_read, folder_name, partition_values


def rows(**columns: pa.Array) -> pa.RecordBatch:
    return pa.record_batch(columns)


def times(*values: datetime | None) -> pa.Array:
    return pa.array(values, pa.timestamp("us", "UTC"))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (datetime(2026, 11, 27, 23, 59, 59, 999_999, UTC), ("2026", "2026-11", "2026-11-27")),
        (datetime(2026, 11, 28, tzinfo=UTC), ("2026", "2026-11", "2026-11-28")),
        (datetime(1969, 12, 31, 23, 59, tzinfo=UTC), ("1969", "1969-12", "1969-12-31")),
        (datetime(1, 1, 1, tzinfo=UTC), ("0001", "0001-01", "0001-01-01")),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), ("9999", "9999-12", "9999-12-31")),
        (None, ("unknown", "unknown", "unknown")),
    ],
)
def test_years_months_and_days_are_those_of_the_crawl_time_in_utc(
    time: datetime | None, expected: tuple[str, ...]
) -> None:
    assert partition_values(rows(crawl_time=times(time)), DERIVED) == [expected]


@given(st.lists(st.none() | st.datetimes(timezones=st.just(UTC)), min_size=1))
def test_a_day_begins_with_its_month_and_a_month_with_its_year(moments: list[datetime | None]) -> None:
    found = partition_values(rows(crawl_time=times(*moments)), ["crawl_day", "crawl_month", "crawl_year"])
    for (day, month, year), moment in zip(found, moments, strict=True):
        assert day == ("unknown" if moment is None else moment.date().isoformat())
        assert day.startswith(month)
        assert month.startswith(year)


def test_values_stand_in_the_order_of_the_recipe_and_what_a_row_lacks_is_unknown() -> None:
    batch = rows(
        language=pa.array(["khm_Khmr", None, ""]),
        judged=pa.array([True, False, None]),
        parts=pa.array([3, None, -1], pa.int32()),
        crawl_time=times(datetime(2026, 3, 1, tzinfo=UTC), None, datetime(2025, 12, 31, tzinfo=UTC)),
    )
    assert partition_values(batch, ["crawl_month", "language", "judged", "parts"]) == [
        ("2026-03", "khm_Khmr", "true", "3"),
        ("unknown", "unknown", "false", "unknown"),
        ("2025-12", "unknown", "unknown", "-1"),
    ]
    assert partition_values(batch, []) == [(), (), ()]
    assert columns_read(["crawl_year", "language", "crawl_day"]) == {"crawl_time", "language"}


def test_a_time_a_score_and_a_list_name_no_folder() -> None:
    assert [can_partition(kind) for kind in (pa.string(), pa.bool_(), pa.int32(), pa.uint64())] == [True] * 4
    others = (pa.timestamp("us", "UTC"), pa.float64(), pa.list_(pa.string()), pa.struct([("label", pa.string())]))
    assert [can_partition(kind) for kind in others] == [False] * 4


@given(st.text(min_size=1, max_size=16))
def test_each_value_has_a_folder_of_its_own_that_every_file_system_takes(value: str) -> None:
    name = folder_name(value)
    assert re.fullmatch(r"[A-Za-z0-9_.%-]+", name)
    assert name.strip(".")
    assert unquote_to_bytes(name).decode() == value


def test_values_that_look_alike_when_their_code_points_are_written_out_stay_apart() -> None:
    assert folder_name("é1") == "%C3%A91"
    assert folder_name("ຑ") == "%E0%BA%91"
    assert [folder_name(dots) for dots in (".", "..")] == ["%2E", "%2E%2E"]


@pytest.mark.parametrize("value", ["ገበያ" * 40, "a" * 201, "." * 210, "x" + "ж" * 100, "xy" + "ж" * 100])
def test_a_long_value_has_a_folder_of_a_length_that_file_systems_take(value: str) -> None:
    name, other = folder_name(value), folder_name(value + "a")
    assert len(name) < 144
    assert name != other
    assert re.fullmatch(r"(?:[A-Za-z0-9_.-]|%[0-9A-F]{2})+~[0-9a-f]{32}", name)
    assert len(folder_name("a" * 200)) == 200
