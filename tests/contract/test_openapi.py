"""The farm keeps to its own OpenAPI document, whatever it is asked."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from running_farm import API, RunningFarm

from farmhand.farm.api.auth import FARM_API

EXAMPLES = 40
SOAK_CASES = 5000
OPERATIONS = [
    "POST /uploads",
    "POST /jobs",
    "GET /jobs",
    "GET /jobs/progress",
    "GET /jobs/{job_id}",
    "POST /jobs/{job_id}/validate",
    "POST /jobs/{job_id}/render",
    "POST /jobs/{job_id}/cancel",
    "GET /jobs/{job_id}/progress",
    "GET /jobs/{job_id}/downloads",
]
OURS = [
    "GET /jobs",
    "GET /jobs/{job_id}",
    "PATCH /jobs/{job_id}",
    "POST /jobs/{job_id}/cancel",
    "POST /jobs/{job_id}/retry",
    "GET /jobs/{job_id}/frames",
    "GET /nodes",
    "POST /nodes/{node_id}/stop",
    "POST /nodes/{node_id}/use",
    "GET /workers",
    "GET /workspace",
    "GET /disk",
]
PATHS = [
    *(name.replace(" ", f" {API}", 1) for name in OPERATIONS),
    *(name.replace(" ", f" {FARM_API}", 1) for name in OURS),
]


@pytest.fixture(scope="session")
def document(farm: RunningFarm) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{farm.url}/openapi.json", headers={"Authorization": f"Bearer {farm.token}"})


@pytest.fixture(scope="session")
def real_ids(farm: RunningFarm, scene_file) -> list[str]:
    """Jobs in several states, so that not every answer is "no such job"."""
    created = farm.new_job(scene_file("animated"))
    return [created, farm.validated(scene_file("animated"))["id"], farm.rendered(scene_file("animated"))["id"]]


def test_the_document_has_every_call_of_the_contract_and_ours_beside_them(document: schemathesis.BaseSchema) -> None:
    found = {f"{operation.ok().method.upper()} {operation.ok().path}" for operation in document.get_all_operations()}
    assert found == set(PATHS)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "examples",
    [EXAMPLES, pytest.param(-(-SOAK_CASES // len(PATHS)), marks=[pytest.mark.soak, pytest.mark.timeout(3600)])],
)
def test_every_answer_is_one_that_the_document_describes(
    name: str, examples: int, document: schemathesis.BaseSchema, farm: RunningFarm
) -> None:
    method, path = name.split(" ")

    @given(case=document[path][method].as_strategy())
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        check(case, farm)

    ask()


@pytest.mark.parametrize("name", [name for name in PATHS if "{job_id}" in name])
def test_every_answer_about_a_real_job_is_one_that_the_document_describes(
    name: str, document: schemathesis.BaseSchema, farm: RunningFarm, real_ids: list[str]
) -> None:
    method, path = name.split(" ")
    for job_id in real_ids:
        check(document[path][method].Case(path_parameters={"job_id": job_id}), farm)


def check(case: schemathesis.Case, farm: RunningFarm) -> None:
    # What fits the document may still be refused: by the job's state, or because a slug was never given out.
    case.call_and_validate(
        headers={"Authorization": f"Bearer {farm.token}"},
        excluded_checks=[schemathesis.checks.positive_data_acceptance],
    )
