"""Every documented answer is read, whatever stands in the place of a member that the reference does not require."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from documented import (
    ABSENT,
    SAMPLES_OF_CALLS,
    WEBHOOK,
    Member,
    Sample,
    at,
    optional_members,
    replaced,
    required_members,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticUndefined
from told_server import KEY, Server, listening, reply

from cache import ROOT
from farmhand.client import models, tolerant, webhooks
from farmhand.client.errors import FarmhandError, Malformed
from farmhand.client.models import RenderConfig
from farmhand.client.service import Service
from farmhand.client.tolerant import Answer
from farmhand.client.webhooks import sign, verify

Read = Callable[[Sample, Any], Any]
ALL = (*SAMPLES_OF_CALLS, WEBHOOK)
MEMBERS = [member for sample in ALL for member in optional_members(sample)]
WHOLE = [member for member in MEMBERS if not member.entry_of]
ENTRIES = [member for member in MEMBERS if member.entry_of]
FAILURES = (AssertionError, TypeError, FarmhandError)
ARGUMENTS = {"request_upload": ("a.blend", "blend"), "list_jobs": (), "render": ("1", RenderConfig())}


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    """Call with a sample and JSON: what our client makes of it when a real server answers so."""
    told = Server()
    with listening(told, None), Service(told.url, KEY) as service:

        def read(sample: Sample, content: Any) -> Any:
            body = json.dumps(content).encode()
            if sample is WEBHOOK:
                headers = {"X-Renderjuice-Timestamp": "1", "X-Renderjuice-Signature": sign("secret", 1, body)}
                return verify("secret", headers, body, now=1)
            told.answer = lambda handler, asked: reply(handler, 200, body, Content_Type="application/json")
            return getattr(service, sample.call)(*ARGUMENTS.get(sample.call, ("1",)))

        yield read


def meaning(answer: Answer, path: tuple[str | int, ...]) -> Any:
    """What was read, without what stands at a path; of a list, without that entry."""
    everything = answer.model_dump(mode="json", by_alias=True)
    try:
        return replaced(everything, path, ABSENT)
    except (KeyError, IndexError, TypeError):
        return everything


def check_member(read: Read, member: Member) -> None:
    """Whatever stands in the member's place, the call returns, and everything else is read as before."""
    below = member.path[len(member.sample.inside) :]
    whole = read(member.sample, member.sample.content())
    for change in member.changes():
        if member.entry_of and change is ABSENT:
            continue
        answer = read(member.sample, member.in_place(change))
        if member.entry_of:
            names = at(answer.model_dump(by_alias=True), below[:-1])
            assert names == at(whole.model_dump(by_alias=True), below[:-1])[1:], change
        assert meaning(answer, below[: len(below) - member.entry_of]) == meaning(
            whole, below[: len(below) - member.entry_of]
        ), change


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_a_sample_is_read_with_all_its_members(read: Read, sample: Sample) -> None:
    answer = read(sample, sample.content())
    sent = at(sample.content(), sample.inside)
    understood = answer.model_dump(mode="json", by_alias=True)
    for name, value in sent.items():
        assert understood[name] is not None, name
        if isinstance(value, list):
            assert len(understood[name]) == len(value), name


@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_a_member_may_be_absent_null_or_of_any_type_and_costs_nothing_else(read: Read, member: Member) -> None:
    check_member(read, member)


@pytest.mark.parametrize(
    ("sample", "path"),
    [(sample, path) for sample in ALL for path in required_members(sample)],
    ids=lambda value: value.name if isinstance(value, Sample) else ".".join(map(str, value)),
)
@pytest.mark.parametrize("change", [ABSENT, None, [], {}, False], ids=["absent", "null", "list", "object", "false"])
def test_a_required_member_stays_required(read: Read, sample: Sample, path: tuple[str | int, ...], change: Any) -> None:
    with pytest.raises(FarmhandError, match="understood"):
        read(sample, replaced(sample.content(), path, change))


@pytest.mark.parametrize("answer", [{}, {"transforms": {}}, [], "soon"], ids=str)
def test_downloads_without_any_of_their_lists_are_no_downloads(read: Read, answer: Any) -> None:
    (sample,) = (one for one in SAMPLES_OF_CALLS if one.call == "downloads")
    with pytest.raises(Malformed):
        read(sample, answer)


def test_what_is_ignored_is_logged_once_and_without_its_value(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    tolerant._logged.clear()
    (sample,) = (one for one in SAMPLES_OF_CALLS if one.call == "downloads")
    secret = "https://files.example/secret?token=abc"
    for _ in range(3):
        read(sample, replaced(sample.content(), ("frameOutputs", 0, "view"), [secret]))
    assert [record.getMessage() for record in caplog.records] == [
        "FrameOutput.view: what the service sends cannot be read and is ignored (a JSON list)"
    ]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("sample", [one for one in ALL if optional_members(one)], ids=lambda sample: sample.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_combination_of_odd_members_is_read(read: Read, sample: Sample, data: st.DataObject) -> None:
    members = [one for one in optional_members(sample) if not one.entry_of]
    content = sample.content()
    for member in data.draw(st.lists(st.sampled_from(members), unique_by=str, max_size=len(members))):
        value = data.draw(st.just(ABSENT) | ANY_JSON)
        try:
            content = replaced(content, member.path, value)
        except (KeyError, IndexError, TypeError):
            continue  # what it stood in was replaced before
    if sample.call == "downloads" and isinstance(content, dict):
        content.setdefault("frames", [])
    answer = read(sample, content)
    assert json.dumps(answer.model_dump(mode="json")).encode("utf-8")


# Without its tolerance, each member makes these tests fail.


def answer_models() -> list[type[Answer]]:
    """Every model of an answer, inner ones first."""
    known = [each for module in (models, webhooks) for each in vars(module).values()]
    return [each for each in known if isinstance(each, type) and issubclass(each, Answer) and each is not Answer]


def rebuild() -> None:
    for model in answer_models():
        model.model_rebuild(force=True)


def insist(monkeypatch: pytest.MonkeyPatch, member: Member, refuses: Callable[[Any], bool]) -> None:
    """Take the tolerance from one member: what is refused now makes its answer unreadable."""
    tolerant_reading = tolerant.read_member

    def strict(model: type[Answer], name: str, value: Any, read: Any) -> Any:
        if (model.__name__, name) == (member.model, member.field):
            if refuses(value):
                raise ValueError("not as documented")
            return read(value) if member.entry_of else tolerant_reading(model, name, value, read)
        return tolerant_reading(model, name, value, read)

    monkeypatch.setattr(tolerant, "read_member", strict)


@pytest.mark.parametrize("member", WHOLE, ids=str)
@pytest.mark.parametrize("lost", ["null", "other types"])
def test_without_tolerance_for_its_value_the_test_of_the_member_fails(
    read: Read, member: Member, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(value: Any) -> bool:
        return value is None if lost == "null" else value is not None and not member.is_typed_alike(value)

    insist(monkeypatch, member, refuses)
    with pytest.raises(FAILURES):
        check_member(read, member)


@pytest.mark.parametrize("member", WHOLE, ids=str)
def test_if_it_had_to_be_there_the_test_of_the_member_would_fail(read: Read, member: Member) -> None:
    (model,) = (one for one in answer_models() if one.__name__ == member.model)
    field = model.model_fields[member.field]
    before = field.default, field.default_factory
    field.default, field.default_factory = PydanticUndefined, None
    rebuild()
    try:
        with pytest.raises(FAILURES):
            check_member(read, member)
    finally:
        field.default, field.default_factory = before
        rebuild()


@pytest.mark.parametrize("member", ENTRIES, ids=str)
def test_if_a_bad_entry_cost_its_list_the_test_of_the_list_would_fail(
    read: Read, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    insist(monkeypatch, member, lambda value: False)
    with pytest.raises(FAILURES):
        check_member(read, member)


def test_the_page_of_the_contract_says_how_many_tolerances_were_tried() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    count = 3 * len(WHOLE) + len(ENTRIES)
    assert f"{count} tolerances taken away, {count} noticed: {len(WHOLE)} members" in page
    assert f"and {len(ENTRIES)} lists" in page
