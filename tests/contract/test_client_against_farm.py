"""The client and the farm agree on the contract: every call, over a socket, with a real render behind it."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from running_farm import API, RunningFarm
from waiting import wait_until

from farmhand.client.errors import NotAllowedNow, NotFound, TooLarge, Unauthorized, Unreachable
from farmhand.client.models import Job, RenderConfig
from farmhand.client.service import Service
from farmhand.client.transfer.connections import ConnectionPool
from farmhand.client.transfer.download import fetch
from farmhand.client.transfer.upload import put_file

Scenes = Callable[..., Path]
StartFarm = Callable[..., RunningFarm]


def created(service: Service, pool: ConnectionPool, scene: Path) -> Job:
    target = service.request_upload(scene.name, "blend")
    put_file(target.upload_url, scene, pool=pool)
    return service.create_job(target.slug)


def validated(service: Service, pool: ConnectionPool, scene: Path) -> Job:
    job = created(service, pool, scene)
    service.validate(job.id)
    return wait_for(service, job.id, "validated")


def wait_for(service: Service, job_id: str, status: str) -> Job:
    wait_until(lambda: service.job(job_id).status in (status, "failed"), f"the job is {status}")
    job = service.job(job_id)
    assert job.status == status, job.failed_reason
    return job


def test_a_scene_goes_up_is_rendered_and_comes_back_as_the_bytes_that_the_farm_has(
    service: Service, pool: ConnectionPool, scene_file: Scenes, tmp_path: Path
) -> None:
    job = validated(service, pool, scene_file("animated"))
    service.render(job.id, RenderConfig(frame_ranges=["1-3"], sample_count=1))
    assert wait_for(service, job.id, "completed").is_over
    outputs = service.downloads(job.id).all_outputs()
    assert len(outputs) == 3
    for number, output in enumerate(outputs):
        partial = tmp_path / f"{number}.part"
        assert fetch(output.url, partial, pool=pool).bytes == output.bytes
        assert hashlib.sha256(partial.read_bytes()).hexdigest() == output.sha256


def test_a_partial_frame_is_gone_on_with(
    service: Service, pool: ConnectionPool, scene_file: Scenes, tmp_path: Path
) -> None:
    job = validated(service, pool, scene_file("animated"))
    service.render(job.id, RenderConfig(frame_ranges=["1"], sample_count=1))
    wait_for(service, job.id, "completed")
    (output,) = service.downloads(job.id).all_outputs()
    whole, partial = tmp_path / "whole.part", tmp_path / "half.part"
    fetch(output.url, whole, pool=pool)
    partial.write_bytes(whole.read_bytes()[:100])
    partial.with_name(f"{partial.name}.version").write_text(version_of(output.url))
    assert fetch(output.url, partial, pool=pool).resumed_at == 100
    assert partial.read_bytes() == whole.read_bytes()


def version_of(url: str) -> str:
    return httpx.head(url, trust_env=False).headers["ETag"]


def test_a_new_job_is_created_and_known_by_its_id(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    job = created(service, pool, scene_file("animated"))
    assert job.status == "created"
    # A link to the job's page is signed anew with each answer.
    assert service.job(job.id).model_copy(update={"page_url": job.page_url}) == job


def test_validation_fills_the_analysis(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    job = validated(service, pool, scene_file("animated"))
    assert job.analysis["frameStart"] == 1


def test_a_job_is_validated_once(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    job = validated(service, pool, scene_file("animated"))
    with pytest.raises(NotAllowedNow, match="just created") as caught:
        service.validate(job.id)
    assert caught.value.status == 400


def test_a_second_start_is_answered_with_the_job_as_it_is(
    service: Service, pool: ConnectionPool, scene_file: Scenes
) -> None:
    job = validated(service, pool, scene_file("steady"))
    first = service.render(job.id, RenderConfig(frame_ranges=["1-20"]))
    second = service.render(job.id, RenderConfig(frame_ranges=["5"]))
    assert second.requested_config == first.requested_config
    service.cancel(job.id)


def test_a_render_starts_only_after_validation(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    job = created(service, pool, scene_file("animated"))
    with pytest.raises(NotAllowedNow, match="validated"):
        service.render(job.id, RenderConfig())


def test_a_canceled_job_stays_canceled_and_cannot_be_canceled_again(
    service: Service, pool: ConnectionPool, scene_file: Scenes
) -> None:
    job = created(service, pool, scene_file("animated"))
    assert service.cancel(job.id).status == "canceled"
    with pytest.raises(NotAllowedNow):
        service.cancel(job.id)


def test_a_running_job_has_counters_alone_and_among_all(
    service: Service, pool: ConnectionPool, scene_file: Scenes
) -> None:
    job = validated(service, pool, scene_file("steady"))
    service.render(job.id, RenderConfig())
    (own,) = service.progress(job.id)
    assert (own.job_id, own.frames_total) == (job.id, 20)
    assert job.id in [each.job_id for each in service.all_progress()]
    service.cancel(job.id)
    assert service.progress(job.id) == []


def test_jobs_are_listed_in_pages_and_by_status(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    ids = {created(service, pool, scene_file("animated")).id for _ in range(3)}
    first = service.list_jobs(page=1, page_size=2, status="created")
    second = service.list_jobs(page=2, page_size=2, status="created")
    assert len(first.jobs) == 2
    assert first.pagination.total >= 3
    assert ids <= {job.id for page in (first, second) for job in page.jobs} | {
        job.id for job in service.list_jobs(page_size=200).jobs
    }


def test_an_upload_link_is_good_for_one_upload(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    scene = scene_file("animated")
    target = service.request_upload("scene.blend", "blend")
    put_file(target.upload_url, scene, pool=pool)
    with pytest.raises(NotAllowedNow, match="already uploaded"):
        put_file(target.upload_url, scene, pool=pool)


def test_a_changed_link_is_refused(service: Service, pool: ConnectionPool, scene_file: Scenes) -> None:
    target = service.request_upload("scene.blend", "blend")
    with pytest.raises(Unauthorized, match="invalid or has expired"):
        put_file(f"{target.upload_url}0", scene_file("animated"), pool=pool)


def test_an_expired_upload_link_asks_for_a_new_one(
    start_farm: StartFarm, pool: ConnectionPool, scene_file: Scenes
) -> None:
    farm = start_farm(settings={"upload_seconds": -1.0})
    with Service(farm.url + API, farm.token) as service:
        target = service.request_upload("scene.blend", "blend")
        with pytest.raises(Unauthorized, match="invalid or has expired"):
            put_file(target.upload_url, scene_file("animated"), pool=pool)


def test_a_file_over_the_farms_limit_is_too_large_without_sending_it_all(
    start_farm: StartFarm, pool: ConnectionPool, tmp_path: Path
) -> None:
    farm = start_farm(settings={"upload_limit": 1_000_000})
    package = tmp_path / "package.blend"
    package.touch()
    with package.open("r+b") as file:
        file.truncate(1_000_000_000)
    sent: list[int] = []
    with Service(farm.url + API, farm.token) as service:
        target = service.request_upload("package.blend", "blend")
        with pytest.raises(TooLarge, match="must be smaller"):
            put_file(target.upload_url, package, pool=pool, on_progress=sent.append)
    assert max(sent, default=0) < 1_000_000_000


def test_a_job_that_was_never_made_is_not_found(service: Service) -> None:
    with pytest.raises(NotFound):
        service.downloads("00000000-0000-0000-0000-000000000000")


def test_a_wrong_key_is_unauthorized(farm: RunningFarm, pool: ConnectionPool) -> None:
    with (
        Service(farm.url + API, "FH-wrong") as service,
        pytest.raises(Unauthorized, match="did not accept"),
    ):
        service.list_jobs()


def test_a_slug_that_was_never_given_out_makes_no_job(service: Service) -> None:
    with pytest.raises(NotAllowedNow):
        service.create_job("made-up")


def test_a_farm_that_was_killed_is_unreachable_and_the_kept_connections_do_no_harm(
    start_farm: StartFarm, pool: ConnectionPool
) -> None:
    farm = start_farm()
    with Service(farm.url + API, farm.token) as service:
        service.list_jobs()
        farm.kill()
        with pytest.raises(Unreachable):
            service.list_jobs()
