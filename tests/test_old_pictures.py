"""Which pictures `make release` calls older than the code that they show."""

import os
import subprocess
from pathlib import Path

import old_pictures


def commit(root: Path, second: int, *names: str) -> None:
    """Change these files in a commit of that second."""
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(second))
    date = f"{1_700_000_000 + second} +0000"
    day = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "A step"]):
        subprocess.run(["git", *author, *words], cwd=root, env={**os.environ, **day}, check=True)


def test_a_picture_is_old_until_it_is_taken_after_the_last_change_of_what_it_shows(tmp_path: Path) -> None:
    commit(tmp_path, 1, "docs/images/panel.png", "docs/images/farm-page.png", "panels/main.py", "farm/web/page.html")
    assert old_pictures.old_pictures(tmp_path) == []
    commit(tmp_path, 2, "panels/main.py")
    assert old_pictures.old_pictures(tmp_path) == ["panel.png"]
    commit(tmp_path, 3, "docs/images/panel.png", "farm/web/page.html")
    assert old_pictures.old_pictures(tmp_path) == ["farm-page.png"]


def test_without_a_clone_no_picture_is_called_old(tmp_path: Path) -> None:
    (tmp_path / "docs" / "images").mkdir(parents=True)
    (tmp_path / "docs" / "images" / "panel.png").touch()
    assert old_pictures.old_pictures(tmp_path) == []
