"""The link in `transforms.video`, an object whose members nobody has written down."""

from typing import Any

import pytest

from farmhand.client.models import Downloads
from farmhand.client.video import file_of

LINK = "https://storage.example/job/preview.mp4?signature=abc"


@pytest.mark.parametrize(
    "told",
    [
        {"url": LINK},
        {"downloadUrl": LINK, "status": "ready"},
        {"preview": LINK},
        {"mp4": {"href": LINK}},
        {"status": "https", "video": {"file": {"src": LINK}}},
    ],
)
def test_whatever_member_is_a_link_is_the_file(told: dict[str, Any]) -> None:
    found = file_of(told)
    assert found is not None
    assert found.url == LINK


@pytest.mark.parametrize(
    "told", [None, {}, {"url": ""}, {"url": 7}, {"url": "ftp://x/y"}, {"a": {"b": {"c": {"d": LINK}}}}]
)
def test_an_object_without_a_link_is_no_file(told: dict[str, Any] | None) -> None:
    assert file_of(told) is None


def test_name_size_and_checksum_are_taken_where_they_can_be_read() -> None:
    found = file_of({"url": LINK, "fileName": "shot.mp4", "bytes": 12, "sha256": "aa"})
    assert found is not None
    assert (found.file_name, found.bytes, found.sha256) == ("shot.mp4", 12, "aa")
    odd = file_of({"url": LINK, "fileName": 7, "bytes": "many", "sha256": []})
    assert odd is not None
    assert (odd.file_name, odd.bytes, odd.sha256) == (None, None, None)


def test_the_documented_empty_object_is_read_and_has_no_file() -> None:
    answer = {"frames": [], "compositeNodes": [], "transforms": {"video": {}}}
    transforms = Downloads.read(answer).transforms
    assert transforms is not None
    assert transforms.video == {}
    assert file_of(transforms.video) is None
