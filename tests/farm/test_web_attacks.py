"""Attacks by way of the farm's web page: sessions of others, forms of other sites, other workspaces, many streams."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from people import Person, manage
from quick_engine import QuickFarm, package
from running_farm import API, RunningFarm
from waiting import wait_until

from farmhand.farm.api.auth import FARM_API
from farmhand.farm.state.keys import Caller, Role
from farmhand.farm.web.page_routes import MOST_STREAMS_OF_A_KEY
from farmhand.farm.web.sessions import MOST_OF_A_KEY, Sessions
from farmhand.farm.web.site import COOKIE

People = Callable[..., Person]
TURNING = "\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def shared_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickFarm]:
    """For tests that change nothing at their farm."""
    farm = QuickFarm(tmp_path_factory.mktemp("shared") / "farm")
    yield farm
    farm.stop()


def browser(clients: ExitStack, farm: RunningFarm, key: str = "") -> httpx.Client:
    """One that is signed in with a key, or is not."""
    client = clients.enter_context(
        httpx.Client(base_url=farm.url, headers={"Origin": farm.url}, trust_env=False, timeout=30)
    )
    if key:
        assert client.post("/web/sign-in", data={"key": key}).status_code == 303
    return client


@pytest.fixture
def job_of_film(quick_farm: QuickFarm, person: People, tmp_path: Path) -> str:
    """A finished job of the workspace "film"."""
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1))
    return str(person(quick_farm, "ada", "--workspace", "film").rendered(path, frameRanges=["1-2"])["id"])


def test_a_session_that_somebody_else_put_into_the_browser_is_not_taken_over(
    clients: ExitStack, quick_farm: QuickFarm
) -> None:
    chosen = "chosen-by-an-attacker"
    victim = browser(clients, quick_farm)
    victim.cookies.set(COOKIE, chosen, domain="127.0.0.1")
    victim.post("/web/sign-in", data={"key": quick_farm.token})
    attacker = browser(clients, quick_farm)
    attacker.cookies.set(COOKIE, chosen)
    assert attacker.get("/web/events").status_code == 303


def test_each_sign_in_is_a_session_of_its_own_and_signing_out_ends_it(
    clients: ExitStack, quick_farm: QuickFarm
) -> None:
    first, second = (browser(clients, quick_farm, quick_farm.token) for _ in range(2))
    kept = first.cookies[COOKIE]
    assert kept != second.cookies[COOKIE]
    assert first.post("/web/sign-out").status_code == 303
    assert 'type="password"' not in second.get("/").text
    thief = browser(clients, quick_farm)
    thief.cookies.set(COOKIE, kept)
    assert 'type="password"' in thief.get("/").text, "the old cookie opens nothing"


def test_who_signs_in_again_and_again_signs_nobody_else_out() -> None:
    now = [0.0]
    sessions = Sessions(lambda key: Caller("w", Role.SUBMIT, key.decode()), lambda: now[0])
    honest, mine = sessions.sign_in("honest"), []
    for _ in range(2000):
        now[0] += 1
        mine.append(sessions.sign_in("greedy"))
    assert honest and sessions.caller(honest) is not None
    assert sum(sessions.caller(each or "") is not None for each in mine) == MOST_OF_A_KEY


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "{url}.evil.example"},
        {"Origin": "http://evil.example/{url}"},
        {"Origin": "{url}@evil.example"},
        {"Origin": "{url}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "{url}", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Referer": "{url}/"},
    ],
)
@pytest.mark.parametrize("what", ["cancel", "retry", "pause", "resume", "priority", "sign-out", "sign-in"])
def test_no_other_site_presses_a_button(
    clients: ExitStack, shared_farm: QuickFarm, what: str, headers: dict[str, str]
) -> None:
    client = browser(clients, shared_farm, shared_farm.token)
    del client.headers["Origin"]
    sent = {name: value.format(url=shared_farm.url) for name, value in headers.items()}
    path = f"/web/{what}" if what.startswith("sign") else f"/web/jobs/no-such-job/{what}"
    answer = client.post(path, data={"priority": "1", "key": shared_farm.token}, headers=sent)
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert 'type="password"' not in client.get("/").text, "still signed in"


@pytest.mark.parametrize("what", ["cancel", "retry", "pause", "resume", "priority", "sign-out", "sign-in"])
def test_no_button_is_pressed_by_following_a_link(clients: ExitStack, shared_farm: QuickFarm, what: str) -> None:
    client = browser(clients, shared_farm, shared_farm.token)
    path = f"/web/{what}" if what.startswith("sign") else f"/web/jobs/no-such-job/{what}"
    assert client.get(path).status_code in (404, 405)


def test_nothing_of_another_workspace_is_reached_by_any_route(
    clients: ExitStack, quick_farm: QuickFarm, person: People, job_of_film: str
) -> None:
    eve = person(quick_farm, "eve", "--workspace", "games")
    client = browser(clients, quick_farm, eve.token)
    document = httpx.get(
        f"{quick_farm.url}/openapi.json", headers={"Authorization": f"Bearer {eve.token}"}, trust_env=False
    ).json()
    api = [(method, path) for path, calls in document["paths"].items() for method in calls]
    assert len(api) >= 18
    web = [("get", "/web/jobs/{job_id}"), ("get", "/web/jobs/{job_id}/log"), ("get", "/"), ("get", "/metrics")]
    web += [("post", f"/web/jobs/{{job_id}}/{what}") for what in ("cancel", "retry", "pause", "resume", "priority")]
    web += [("get", "/jobs/{job_id}"), ("get", f"/storage/jobs/{{job_id}}/frames/0001.png?expires={2**40}&signature=0")]
    body = {
        "requestedRenderConfig": {"colorManagementPreset": "default"}, "slug": job_of_film, "priority": 1,
        "fileName": "a.blend", "fileType": "blend",
    }  # fmt: skip
    for method, path in [*api, *web]:
        is_api = path.startswith((API, FARM_API))
        answer = client.request(
            method,
            path.format(job_id=job_of_film, node_id="no-such-node"),
            json=body if is_api and method != "get" else None,
            data={"priority": "1"} if not is_api and method != "get" else None,
            headers={"Authorization": f"Bearer {eve.token}"} if is_api or path == "/metrics" else {},
        )
        told = [
            each for each in ("film", "scene.blend", job_of_film) if each in answer.text and each not in answer.url.path
        ]
        assert not told, (method, path, answer.text[:300])
        if "{job_id}" in path:
            assert answer.status_code in (403, 404), (method, path, answer.status_code)


def test_one_key_leaves_streams_to_the_others(clients: ExitStack, quick_farm: QuickFarm, person: People) -> None:
    eve, ada = person(quick_farm, "eve", "--workspace", "games"), person(quick_farm, "ada", "--workspace", "film")
    greedy, honest = browser(clients, quick_farm, eve.token), browser(clients, quick_farm, ada.token)
    kept = []  # a stream that is no longer read is closed
    for _ in range(MOST_STREAMS_OF_A_KEY):
        stream = clients.enter_context(greedy.stream("GET", "/web/events"))
        kept.append(stream.iter_lines())
        assert stream.status_code == 200 and next(kept[-1])
    with greedy.stream("GET", "/web/events") as refused:
        assert refused.status_code == 429
    with honest.stream("GET", "/web/events") as stream:
        assert stream.status_code == 200


def test_a_key_that_is_revoked_ends_what_it_has_under_way_and_stops_no_render(
    clients: ExitStack, quick_farm: QuickFarm, person: People, tmp_path: Path
) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(3, seconds=0.2))
    ada = person(quick_farm, "ada", "--workspace", "film")
    client, job_id = browser(clients, quick_farm, ada.token), ada.start_render(path, frameRanges=["1-30"])
    target = ada.ask("/uploads", fileName="next.blend", fileType="blend")

    def halves() -> Iterator[bytes]:
        yield bytes(500_000)
        manage(quick_farm.data, "keys", "revoke", ada.id)
        yield bytes(500_000)

    with client.stream("GET", "/web/events") as stream:
        lines = stream.iter_lines()
        assert next(lines)
        headers = {"Content-Length": "1000000"}
        # The link is good for itself, as those to frames are; what it brought is of no use without a key.
        assert httpx.put(target["uploadUrl"], content=halves(), headers=headers, trust_env=False).status_code == 200
        for _ in lines:
            pass
    assert ada.api.post("/jobs", json={"slug": target["slug"]}).status_code == 401
    assert client.post(f"/web/jobs/{job_id}/cancel").status_code == 401
    assert quick_farm.wait_for(job_id, "completed", "failed")["status"] == "completed"


def test_streams_that_are_asked_for_all_at_once_pass_no_limit(clients: ExitStack, quick_farm: QuickFarm) -> None:
    cookie = browser(clients, quick_farm, quick_farm.token).cookies[COOKIE]
    call = f"GET /web/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {COOKIE}={cookie}\r\n\r\n".encode()
    sockets = []
    for _ in range(150):
        each = clients.enter_context(socket.create_connection(("127.0.0.1", quick_farm.port), timeout=20))
        sockets.append(each)
    for each in sockets:
        each.sendall(call)
    codes = Counter(each.recv(12)[9:] for each in sockets)
    assert codes == {b"200": MOST_STREAMS_OF_A_KEY, b"429": 150 - MOST_STREAMS_OF_A_KEY}
    for each in sockets:
        each.close()
    with ExitStack() as later:
        again = browser(later, quick_farm, quick_farm.token)

        def has_room() -> bool:
            with again.stream("GET", "/web/events") as stream:
                return stream.status_code == 200

        wait_until(has_room, "the places are free again")


@pytest.mark.parametrize(
    "name", [f"a{TURNING}gpj.blend", "a\r\nSet-Cookie: x=1.blend", 'a";b=".blend', "a\x1b[2J.blend"]
)
def test_a_name_turns_no_text_and_makes_no_header(
    clients: ExitStack, quick_farm: QuickFarm, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(2))
    job_id = str(quick_farm.ask("/jobs", slug=quick_farm.upload(path, name=name))["id"])
    quick_farm.ask(f"/jobs/{job_id}/validate")
    quick_farm.wait_for(job_id, "validated")
    config = {"colorManagementPreset": "default", "frameRanges": ["1-2"]}
    quick_farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig=config)
    quick_farm.wait_for(job_id, "completed")
    client = browser(clients, quick_farm, quick_farm.token)
    downloads = quick_farm.downloads(job_id)
    pages = [client.get("/"), client.get(f"/web/jobs/{job_id}"), client.get(f"/web/jobs/{job_id}/log")]
    pages.append(httpx.get(downloads["transforms"]["framesZip"], trust_env=False))
    pages.append(client.get("/metrics", headers={"Authorization": f"Bearer {quick_farm.token}"}))
    for page in pages:
        assert page.status_code == 200 and page.headers.get_list("set-cookie") == []
        if "zip" not in page.headers["content-type"]:
            assert not any(each in page.text for each in (TURNING, "\x1b", "\r\nSet-Cookie"))
        assert page.headers.get("content-disposition", "").count('"') in (0, 2)
