"""Names for frames where something lies already."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farmhand.jobs.folder.frame_names import claimed_path, existing_frames, free_path, free_pattern


def lie(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("pattern", "there", "frames"),
    [
        ("shot_####.png", ("shot_0001.png", "shot_0007.png"), {1, 7}),
        ("shot_####.png", ("shot_0001_L.png", "shot_0002.right.exr"), {1, 2}),
        ("shot_####.png", ("shot_v2_0001.png", "shot_2_0001.png", "other_0001.png", "shot_1.png"), set()),
        ("shot_####.png", ("shot_-0003.png", "shot_12345.png"), {-3, 12345}),
        ("####.exr", ("0004.exr", "a0005.exr"), {4}),
        ("##_final.png", ("01_final.png", "02_finale.png", "03.png"), {1}),
        ("still.png", ("still.png",), set()),
    ],
)
def test_places_that_are_taken(tmp_path: Path, pattern: str, there: tuple[str, ...], frames: set[int]) -> None:
    lie(tmp_path, *there)
    assert existing_frames(str(tmp_path / pattern), [-3, 1, 2, 3, 4, 5, 7, 12345]) == frames


def test_frames_that_are_not_asked_for_are_in_nobodys_way(tmp_path: Path) -> None:
    lie(tmp_path, "shot_0009.png")
    pattern = str(tmp_path / "shot_####.png")
    assert free_pattern(pattern, range(1, 9)) == pattern
    assert existing_frames(str(tmp_path / "nowhere" / "shot_####.png"), [1]) == set()


@pytest.mark.parametrize(
    ("pattern", "there", "free"),
    [
        ("shot_####.png", ("shot_0001.png",), "shot_v2_####.png"),
        ("shot####.png", ("shot0001.png", "shot_v2_0002.png"), "shot_v3_####.png"),
        ("####.png", ("0002.png",), "v2_####.png"),
    ],
)
def test_all_frames_get_one_other_name(tmp_path: Path, pattern: str, there: tuple[str, ...], free: str) -> None:
    lie(tmp_path, *there)
    assert free_pattern(str(tmp_path / pattern), [1, 2]) == str(tmp_path / free)


def test_a_single_file_gets_another_name(tmp_path: Path) -> None:
    lie(tmp_path, "movie.mp4", "movie_v2.mp4")
    assert free_path(tmp_path / "movie.mp4") == tmp_path / "movie_v3.mp4"


def test_nobody_gets_a_name_that_another_has_taken_meanwhile(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(claimed_path, [tmp_path / "movie.mp4"] * 40))
    assert len(set(taken)) == 40
    assert {"movie.mp4", "movie_v2.mp4", "movie_v40.mp4"} <= {each.name for each in taken}


def folds_case(folder: Path) -> bool:
    (folder / "a").touch()
    return (folder / "A").exists()


def test_a_name_that_differs_in_case_is_taken_where_the_file_system_says_so(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    lie(tmp_path / "frames", "shot_0001.png", "Shot_0002.PNG", "ＳＨＯＴ_0003.png")
    found = existing_frames(str(tmp_path / "frames" / "SHOT_####.png"), [1, 2, 3])
    assert found == ({1, 2} if folds_case(tmp_path) else set())


def test_a_file_system_that_folds_names_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS' and Windows' do, whatever this one does; accents in two parts are those of old Macs."""
    lie(tmp_path, "Plane\u0301te_0001.png")
    real = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path.name == "planéte_0001.png" or real(path))
    assert existing_frames(str(tmp_path / "planéte_####.png"), [1]) == {1}
