from drupelet_export.model.oracle.call import Call


def test_a_layer_gets_no_mask_unless_it_is_given():
    call = Call([])
    assert (call.mask, call.zero_output, call.tokens, dict(call.weights)) == (None, False, 0, {})
