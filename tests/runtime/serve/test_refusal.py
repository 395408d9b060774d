from drupelet.serve.refusal import REASONS, Refusal


def test_a_refusal_says_what_is_wrong():
    refusal = Refusal(404, "not_found", "nothing is here", headers=[("Allow", "GET")])
    assert str(refusal) == refusal.message == "nothing is here"
    assert (refusal.status, refusal.code, refusal.param, refusal.headers) == (
        404,
        "not_found",
        None,
        (("Allow", "GET"),),
    )


def test_statuses_have_a_phrase():
    assert all(phrase and 200 <= status < 600 for status, phrase in REASONS.items())
