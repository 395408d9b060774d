from drupelet_train.words.token_texts import number_tokens


def test_texts_lie_end_to_end():
    texts = number_tokens(["b a b", "", "c a"], str.split)
    assert texts.words == ("b", "a", "c")
    assert texts.numbers.tolist() == [0, 1, 0, 2, 1]
    assert texts.starts.tolist() == [0, 3, 3, 5]
    assert (len(texts), texts.lengths.tolist()) == (3, [3, 0, 2])
    assert texts.text_of_token.tolist() == [0, 0, 0, 2, 2]


def test_no_text_is_no_token():
    texts = number_tokens([], str.split)
    assert (len(texts), texts.numbers.tolist(), texts.words) == (0, [], ())
