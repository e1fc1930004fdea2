"""How many jobs there are is kept, not counted: whatever happens to them, the number is right."""

import random
from collections import Counter
from pathlib import Path

from farmhand.farm.state import job_status
from farmhand.farm.state.database import STEPS, Database
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store
from farmhand.farm.state.workspaces import Workspaces


def test_the_number_of_jobs_is_right_whatever_happens_to_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.sqlite3")
    spaces = [store.workspace_id, Workspaces(store.database).find_or_create("film").id]
    chance = random.Random(1)
    jobs = []
    for number in range(300):
        slug = f"slug{number}"
        store.add_upload(Upload(slug, "a.blend", "blend", 0.0, None, chance.choice(spaces)))
        jobs.append(store.create_job(slug))
        one = chance.choice(jobs)
        store.move(one.id, chance.choice((job_status.VALIDATING, job_status.FAILED, job_status.CANCELED)))
    with store.database.write():
        store.database.execute("DELETE FROM jobs WHERE number % 7 = 0")
    left = store.database.execute("SELECT workspace_id, status FROM jobs").fetchall()
    true = Counter((row[0], row[1]) for row in left)
    assert len(true) > 4
    for workspace in spaces:
        for status in {status for _, status in true}:
            found, total = store.jobs(1, 500, status, workspace_id=workspace)
            assert total == len(found) == true[workspace, status]
    assert store.jobs(1, 500)[1] == len(left)
    store.close()


def test_the_jobs_of_an_older_farm_are_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "farm.sqlite3"
    old = STEPS.index(next(each for each in STEPS if "job_counts" in each))
    database = Database(path)
    for what, names in (("TRIGGER", ("job_added", "job_moved", "job_removed")), ("TABLE", ("job_counts",))):
        for name in names:
            database.execute(f"DROP {what} {name}")
    database.execute("DROP INDEX jobs_without_video")
    database.execute("INSERT INTO uploads (slug, file_name, file_type, expires) VALUES ('s', 'a.blend', 'blend', 0)")
    for number in range(5):
        database.execute(
            "INSERT INTO jobs (id, status, slug, workspace_id, created, updated) VALUES (?, 'created', 's', ?, 0, 0)",
            (str(number), database.workspace_id),
        )
    database.execute(f"PRAGMA user_version = {old}")
    database.close()
    assert Store(path).jobs(1, 3)[1] == 5
