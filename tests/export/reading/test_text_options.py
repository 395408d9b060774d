from drupelet_export.reading.text_options import TextOptions


def test_a_model_with_a_textvectorization_needs_labels_only():
    assert TextOptions(("bad", "good")).text is None
