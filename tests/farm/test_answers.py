"""Answers are built from the models that the client reads, so that what the document says of them is checked."""

import typing
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response

from farmhand.farm.api.app import create_app
from farmhand.farm.api.auth import API
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.storage import Storage
from farmhand.farm.parts import FarmParts
from farmhand.farm.responses import Views
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store

WRITTEN_AT_ONCE = {(Response, f"{API}/jobs"), (Response, f"{API}/jobs/{{job_id}}/downloads")}
"""These lists are long: their models are made, and written without a second check."""


@pytest.fixture
def store(tmp_path: Path) -> typing.Iterator[Store]:
    opened = Store(tmp_path / "farm.sqlite3")
    yield opened
    opened.close()


def test_every_call_returns_the_model_that_the_document_promises(tmp_path: Path, store: Store) -> None:
    settings, storage = FarmSettings(tmp_path, ("blender",)), Storage(FolderObjects(tmp_path / "objects"), b"secret")
    scheduler = typing.cast(typing.Any, SimpleNamespace(nodes=None, shortages=None))
    app = create_app(FarmParts(settings, store, storage, scheduler, typing.cast(typing.Any, None), lambda _: None), "1")
    calls = [each for each in app.routes if isinstance(each, APIRoute) and each.path.startswith(API)]
    assert len(calls) >= 10
    for call in calls:
        returned = typing.get_type_hints(call.endpoint)["return"]
        assert returned == call.response_model or (returned, call.path) in WRITTEN_AT_ONCE, call.path


def test_a_record_that_is_no_job_is_never_sent(tmp_path: Path, store: Store) -> None:
    settings, storage = FarmSettings(tmp_path, ("blender",)), Storage(FolderObjects(tmp_path / "objects"), b"secret")
    store.add_upload(Upload("slug", "shot.blend", "blend", 2e9, None, store.workspace_id))
    job = store.create_job("slug")
    views = Views(settings, store, storage, "http://127.0.0.1:1")
    assert views.job(job).id == job.id
    store.change(job.id, render_seconds=-1.0)
    with pytest.raises(ValidationError, match="normalizedSeconds"):
        views.job(store.get(job.id))
