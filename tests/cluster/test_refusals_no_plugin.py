"""Issue item 10: the leader has no plugin.

A leader index of a newer version cannot be made on real nodes of one version honestly: the creation version is stamped
by the node and is a private setting. That refusal is a unit test of the shim's checks.
"""
PAIR = {"leader_plugin": False, "name": "bare"}


def test_leader_without_the_plugin(own_pair, own_index):
    own_pair.leader.create_index(own_index)
    answer = own_pair.start_replication(own_index)
    assert answer.status == 500, answer
    assert "Replication is not enabled on the remote domain" in answer.reasons(), answer
    assert own_pair.follower.request("HEAD", f"/{own_index}").status == 404
    assert own_pair.status(own_index) == {"status": "REPLICATION NOT IN PROGRESS"}
