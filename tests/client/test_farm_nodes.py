"""What is told of a farm's nodes."""

from farmhand.client import farm_nodes


def test_slots_of_nodes_that_get_no_frames_do_not_count() -> None:
    states = ("ready", "short", "silent", "stopped", "set_aside", "leaving")
    nodes = [{"id": state, "name": state, "slots": 2, "state": state} for state in states]
    told = farm_nodes.described(farm_nodes._Nodes.model_validate({"has_nodes": True, "nodes": nodes}))
    assert told["slots"] == 6
    assert [each["state"] for each in told["nodes"]] == list(states)
