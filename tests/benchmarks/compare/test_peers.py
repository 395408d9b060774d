"""The table of peers fits the environments, the models and the code that answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.compare.environments import ENVIRONMENTS
from benchmarks.compare.models import MAKERS
from benchmarks.compare.peers import PEERS, REFERENCE, Peer, chosen_peers
from drupelet.errors import InputError

ANSWERING = Path(__file__).parents[3] / "benchmarks/compare/answering"


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_a_peer_names_what_exists(peer: Peer) -> None:
    assert (ANSWERING / f"{peer.module}.py").is_file()
    assert peer.environment in ENVIRONMENTS
    assert peer.model in MAKERS


def test_all_peers_or_the_named_ones_and_the_reference() -> None:
    assert [peer.key for peer in chosen_peers([])] == list(PEERS)
    assert [peer.key for peer in chosen_peers(["tract"])] == [REFERENCE, "tract"]


def test_an_unknown_peer_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^no peer 'trakt'; did you mean 'tract'\? \(known: drupelet-wi8, "):
        chosen_peers(["trakt"])


def test_a_family_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="x: family odd, expected one of"):
        Peer("x", "X", "odd", "peer", "", "here", "model", (), "")
