from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from drupelet_train.teaching.ngram_features import LONGEST, NEVER, ngram_features
from drupelet_train.words.token_texts import number_tokens


@given(st.lists(st.text("abc ", max_size=12), min_size=1, max_size=6), st.integers(1, 3))
def test_features_are_what_counting_gives(lines, min_texts):
    texts = number_tokens(lines, str.split)
    features = ngram_features(texts, min_texts)
    words = [line.split() for line in lines]
    grams = {
        (text, start, n): tuple(line[start : start + n])
        for text, line in enumerate(words)
        for n in range(1, LONGEST + 1)
        for start in range(len(line) - n + 1)
    }
    texts_with = Counter(gram for text, gram in {(text, gram) for (text, _, _), gram in grams.items()})
    number_of = {}
    for n in range(1, LONGEST + 1):
        for text, line in enumerate(words):
            last = {}
            for start in range(len(line)):
                token = int(texts.starts[text]) + start
                feature, previous = features.features[n - 1, token], features.previous[n - 1, token]
                gram = grams.get((text, start, n))
                assert previous == last.get(gram, NEVER)
                if gram is None or texts_with[gram] < min_texts:
                    assert feature == NEVER
                else:
                    assert number_of.setdefault(gram, feature) == feature
                if gram is not None:
                    last[gram] = token
    assert sorted(number_of.values()) == list(range(features.count))
