"""The zip that is never on disk: exact size, same bytes, and no word is lost when a file changes under it."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from farmhand.client.errors import LocalProblem
from farmhand.jobs.folder.manifest import Entry
from farmhand.jobs.folder.zip_stream import ZipStream, check, size_of


def entry(file: Path, path: str) -> Entry:
    status = file.stat()
    return Entry(path, str(file), status.st_size, status.st_mtime_ns, "image", "somebody", "a test")


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    made = []
    for number, size in enumerate((0, 1, 70_000, 3 * 1024 * 1024 + 5)):
        file = tmp_path / f"{number}.bin"
        file.write_bytes(os.urandom(size))
        made.append(entry(file, f"files/größe {number}/テクスチャ.png"))
    return made


def sent(entries: list[Entry]) -> bytes:
    return b"".join(ZipStream("x.zip", Path(), entries).chunks())


def test_the_size_is_known_exactly_before_the_first_byte(entries: list[Entry]) -> None:
    assert len(sent(entries)) == size_of(entries)


def test_an_ordinary_zip_reader_gets_every_file_back(entries: list[Entry]) -> None:
    with zipfile.ZipFile(io.BytesIO(sent(entries))) as package:
        assert {name: package.read(name) for name in package.namelist()} == {
            one.path: Path(one.source).read_bytes() for one in entries
        }


def test_the_same_files_give_the_same_bytes(entries: list[Entry]) -> None:
    assert sent(entries) == sent(entries)


def test_the_checksums_are_known_once_all_is_sent(entries: list[Entry]) -> None:
    stream = ZipStream("x.zip", Path(), entries)
    for _ in stream.chunks():
        pass
    assert [one.sha256 for one in stream.entries] == [
        hashlib.sha256(Path(one.source).read_bytes()).hexdigest() for one in entries
    ]


def test_more_files_than_an_old_zip_could_list_are_all_there(tmp_path: Path) -> None:
    file = tmp_path / "small"
    file.write_bytes(b"x")
    many = [entry(file, f"files/{number}") for number in range(66_000)]
    data = sent(many)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert (len(data), len(package.namelist())) == (size_of(many), 66_000)


@pytest.mark.soak
def test_a_file_of_more_than_four_gigabytes_comes_through(tmp_path: Path) -> None:
    large, small = tmp_path / "large", tmp_path / "small"
    with large.open("wb") as file:
        file.truncate(4 * 1024**3 + 7)
    small.write_bytes(b"after it")
    both = [entry(large, "files/large"), entry(small, "files/small")]
    target = tmp_path / "x.zip"
    with target.open("wb") as file:
        for chunk in ZipStream("x.zip", Path(), both).chunks():
            file.write(chunk)
    assert target.stat().st_size == size_of(both)
    with zipfile.ZipFile(target) as package:
        assert (package.getinfo("files/large").file_size, package.read("files/small")) == (4 * 1024**3 + 7, b"after it")


def test_a_file_that_changed_since_it_was_packed_is_not_sent(entries: list[Entry]) -> None:
    Path(entries[2].source).write_bytes(b"something else")
    with pytest.raises(LocalProblem, match="has changed since the scene was packed"):
        sent(entries)


def test_a_file_that_changes_while_it_is_sent_without_another_length_is_not_sent(entries: list[Entry]) -> None:
    large = Path(entries[3].source)
    os.utime(large, (1, 1))
    chunks = ZipStream("x.zip", Path(), [entry(large, "large")]).chunks()
    assert next(chunks).startswith(b"PK") and len(next(chunks)) > 1000
    with large.open("r+b") as file:
        file.write(b"other bytes")
    with pytest.raises(LocalProblem, match="has changed since the scene was packed"):
        list(chunks)


def test_a_file_that_vanished_ends_the_upload_with_its_name(entries: list[Entry]) -> None:
    Path(entries[1].source).unlink()
    with pytest.raises(LocalProblem, match=r"1\.bin can no longer be read"):
        sent(entries)


def test_a_change_is_noticed_before_anything_is_sent(entries: list[Entry]) -> None:
    Path(entries[0].source).write_bytes(b"no longer empty")
    with pytest.raises(LocalProblem, match="has changed"):
        check(Path(), entries)
