"""What is settled gives the ids that the owner's own program gives; what is open is asked."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume
from hypothesis import given as cases
from hypothesis import strategies as st
from keras.utils import pad_sequences

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import Drop, Lower, Split, Substitute, TextRules
from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import OpenQuestionError
from drupelet_export.reading.owner_objects import vocabulary_of_object
from drupelet_export.reading.owner_text import vocabulary_of_text
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.settlement import Facts, Given, settle
from export.reading.owner_pipelines import TEXTS, ids_of, padded
from export.reading.owner_tokenizers import tokenizer

MODEL = Facts("m.keras", 100)
TRAINING = [*TEXTS[2:9], "good good good film film the bad <START> \x85"]


def lines(words):
    return vocabulary_of_text("".join(f"{word}\n" for word in words), "v.txt")


def listed(words):
    return vocabulary_of_object(list(words), "v.json", "JSON")


def saved(owner):
    return vocabulary_of_object(json.loads(owner.to_json()), "t.json", "JSON")


def topics(given, facts, samples=()):
    with pytest.raises(OpenQuestionError) as caught:
        settle(given, facts, samples)
    return {question.topic: question for question in caught.value.questions}


def options(question):
    return [reading.option for reading in question.readings]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"oov_token": "<OOV>"},
        {"oov_token": "oov"},
        {"oov_token": "film"},
        {"num_words": 5},
        {"num_words": 5, "oov_token": "[anything]"},
        {"num_words": 5, "oov_token": "good"},
        {"lower": False, "filters": ""},
        {"lower": False, "filters": "!,.", "split": "_"},
        {"filters": ".", "split": "--"},
        {"char_level": True},
        {"char_level": True, "lower": False, "oov_token": "UNK", "num_words": 9},
    ],
)
@pytest.mark.parametrize("spare", [0, 1, 50])
def test_a_saved_tokenizer_and_pad_sequences(settings, spare):
    owner = tokenizer(TRAINING, **settings)
    rows = settings.get("num_words") or max(owner.word_index.values()) + 1
    facts = Facts("m", rows + spare, input_length=6, masked=False, padding_counts=True)
    for padding, keep, truncating in (("pre", "tail", "pre"), ("post", "head", "post")):
        settled = settle(Given(saved(owner), padding=padding, keep=keep, start_id="none"), facts)
        assert len(settled.words) == facts.rows
        expected = pad_sequences(owner.texts_to_sequences(TEXTS), maxlen=6, padding=padding, truncating=truncating)
        for text, ids in zip(TEXTS, expected.tolist(), strict=True):
            assert padded(settled, ids_of(settled, text)) == ids, text


@cases(
    texts=st.lists(
        st.text(st.sampled_from("aAbB \x85.<>\u0130'") | st.characters(exclude_categories=("Cs",))), min_size=1
    ),
    unseen=st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("aAbB \x85.<>'")),
    num_words=st.none() | st.integers(2, 9),
    oov=st.none() | st.sampled_from(["<OOV>", "a", "whatever"]),
    char_level=st.booleans(),
    lower=st.booleans(),
    filters=st.sampled_from(["", ".", "<>.a"]),
)
def test_any_tokenizer(texts, unseen, **settings):
    texts = ["b b b b", *texts]
    settings["oov_token"] = settings.pop("oov")
    owner = tokenizer(texts, **settings)
    # An oov_token that is a word of the texts has the id of that word. Where num_words leaves no word at all, settle says so.
    assume(owner.num_words is None or any(word_id < owner.num_words for word_id in owner.word_index.values()))
    settled = settle(Given(saved(owner), start_id="none", end_id="none"), Facts("m", len(owner.word_index) + 2))
    for text in (*texts, unseen):
        assert ids_of(settled, text) == owner.texts_to_sequences([text])[0]


@pytest.mark.parametrize("oov", ["<OOV>", "OOV", "<UNKNOWN>", "[OOV]", "unk", "xxunk", "<oov_tok>", None])
def test_the_words_of_a_tokenizer_one_a_line(oov):
    owner = tokenizer(TRAINING, oov_token=oov)
    given = Given(listed(owner.word_index), rules=NAMED_RULES["tokenizer"])
    facts = Facts("m", len(owner.word_index) + 1)
    if oov in ("OOV", "unk", "xxunk", None):
        question = topics(given, facts)["unknown words"]
        right = "--unknown-id drop" if oov is None else "--unknown-id 1"
        assert right in options(question)
        given = replace(given, unknown_id="drop" if oov is None else 1)
    settled = settle(given, facts)
    for text in TEXTS:
        assert ids_of(settled, text) == owner.texts_to_sequences([text])[0], text


@pytest.mark.parametrize("oov", ["<OOV>"])
def test_more_words_than_rows_ask_for_num_words(oov):
    owner = tokenizer(TRAINING, oov_token=oov)
    given, facts = Given(listed(owner.word_index), rules=NAMED_RULES["tokenizer"]), Facts("m", 20)
    question = topics(given, facts)["more words than rows"]
    assert options(question) == ["--num-words 20", "--vocab FILE"]
    settled = settle(replace(given, num_words=20), facts)
    owner.num_words = 20
    for text in TEXTS:
        assert ids_of(settled, text) == owner.texts_to_sequences([text])[0], text


@pytest.mark.parametrize("form", ["config", "list", "list of words"])
@pytest.mark.parametrize("spare", [0, 1, 50])
def test_a_textvectorization(form, spare):
    import tensorflow as tf

    layer = tf.keras.layers.TextVectorization(ngrams=2 if form == "config" else None, output_sequence_length=6)
    layer.adapt(TRAINING)
    words = [str(word) for word in layer.get_vocabulary()]
    if form == "config":
        config = {**layer.get_config(), "vocabulary": words}
        given = Given(vocabulary_of_object(json.loads(json.dumps(config)), "t.json", "JSON"))
    elif form == "list":
        given = Given(lines(words), rules=NAMED_RULES["textvectorization"], padding="post", keep="head", max_tokens=6)
    else:
        given = Given(
            vocabulary_of_object(words, "t.json", "JSON"),
            rules=NAMED_RULES["textvectorization"],
            padding="post",
            keep="head",
        )
    settled = settle(given, Facts("m", len(words) + spare, 6, masked=False, padding_counts=True))
    for text, ids in zip(TEXTS, layer(TEXTS).numpy().tolist(), strict=True):
        assert padded(settled, ids_of(settled, text)) == ids, text


IMDB = {"the": 1, "and": 2, "a": 3, "of": 4, "film": 5, "don't": 6, "\x85": 7, "good": 8, "rare": 9}


def as_imdb(words, num_words):
    """keras.datasets.imdb.load_data with its defaults, on words instead of ranks."""
    ids = [1] + [IMDB.get(word, 10**6) + 3 for word in words]
    return [word_id if word_id < num_words else 2 for word_id in ids]


@pytest.mark.parametrize("kind", ["index of keras.datasets.imdb", "word index (JSON)", "lines", "shifted", "case"])
@pytest.mark.parametrize("num_words", [10, None])
def test_imdb(kind, num_words):
    rules = NAMED_RULES["imdb"]
    if kind == "lines":
        vocabulary = lines(IMDB)
    elif kind == "shifted":
        named = {"<PAD>": 0, "<START>": 1, "<UNK>": 2, "<UNUSED>": 3}
        vocabulary = OwnerVocabulary("word index (JSON)", ids={**named, **{w: i + 3 for w, i in IMDB.items()}})
    elif kind == "case":
        vocabulary = lines(["<PAD>", "<START>", "<UNK>", "<UNUSED>", *IMDB])
    else:
        vocabulary = OwnerVocabulary(kind, ids=dict(IMDB))
    given = Given(vocabulary, rules=rules, num_words=num_words)
    facts = Facts("m", num_words or 13)
    settled = settle(given, facts)
    assert (settled.rules.start_id, settled.rules.unknown_id) == (1, 2)
    for text in ("", "The film, don't; unheard of", "a good \x85 rare"):
        words = [word for word in "".join(" " if c in ",;" else c for c in text.lower()).split(" ") if word]
        assert ids_of(settled, text) == as_imdb(words, num_words or 10**5), text
    if num_words:
        assert "--num-words 10" in options(topics(replace(given, num_words=None), facts)["more words than rows"])


def test_the_index_of_imdb_without_its_rules_is_asked():
    given = Given(OwnerVocabulary("index of keras.datasets.imdb", ids=dict(IMDB)), rules=NAMED_RULES["tokenizer"])
    question = topics(given, Facts("m", 13))["the ids of the words"]
    assert [str(reading) for reading in question.readings] == [
        "--id-offset 3 --start-id 1 --unknown-id 2: ids are ranks + 3, 1 begins a text, 2 is the unknown word; "
        "'the and a of' -> 4 | 5 | 6 | 7",
        "--id-offset 0: ids are the ranks, looked up by the owner's own program; 'the and a of' -> 1 | 2 | 3 | 4",
    ]
    settled = settle(replace(given, id_offset=0, unknown_id="drop"), Facts("m", 13))
    assert ids_of(settled, "the good unheard") == [1, 8]
    settled = settle(replace(given, id_offset=3, start_id=1, unknown_id=2), Facts("m", 13))
    assert ids_of(settled, "the good unheard") == [1, 4, 11, 2]
    assert "--tokenizer imdb" in options(topics(replace(given, rules=None), Facts("m", 13))["the ids of the words"])


def test_a_list_with_the_start_of_imdb_but_other_rules_is_asked():
    words = ["<PAD>", "<START>", "<UNK>", "<UNUSED>", "w0", "w1"]
    given = Given(lines(words), rules=NAMED_RULES["tokenizer"])
    found = topics(given, Facts("m", 6))
    assert options(found["the start of a text"]) == ["--start-id 1", "--start-id none"]
    assert list(found) == ["the start of a text"]
    assert ids_of(settle(replace(given, start_id=1), Facts("m", 6)), "w1 x") == [1, 5, 2]
    assert ids_of(settle(replace(given, start_id="none"), Facts("m", 6)), "w1 x") == [5, 2]


def test_an_end_of_texts():
    given = Given(lines(["<pad>", "<unk>", "<s>", "</s>", "w"]), rules=NAMED_RULES["tokenizer"], start_id=2)
    assert options(topics(given, Facts("m", 5))["the end of a text"]) == ["--end-id 3", "--end-id none"]
    assert ids_of(settle(replace(given, end_id=3), Facts("m", 5)), "w x") == [2, 4, 1, 3]


def test_unk_on_the_last_line():
    words = [f"w{number}" for number in range(60)]
    settled = settle(Given(lines(["", *words, "<unk>"]), rules=NAMED_RULES["tokenizer"]), Facts("m", 62))
    assert ids_of(settled, "w0 unseen w59") == [1, 61, 60]


def test_a_vocabulary_with_words_of_white_space():
    words = ["", "[UNK]", "\x85", "it\x85", "good\u00a0place", "\u3000", " ", "bad"]
    given = Given(lines(words), rules=NAMED_RULES["textvectorization"])
    settled = settle(given, Facts("m", 8))
    assert ids_of(settled, "it\x85 \x85 good\u00a0place \u3000 x BAD") == [3, 2, 4, 5, 1, 7]
    assert settled.words == (None, None, *words[2:])


def test_few_words_for_many_rows():
    owner = tokenizer(TRAINING)
    settled = settle(Given(saved(owner)), Facts("m", 10_000))
    assert len(settled.words) == 10_000
    assert ids_of(settled, TEXTS[2]) == owner.texts_to_sequences(TEXTS[2:3])[0]
    words = ["", *(f"w{number}" for number in range(10))]
    given = Given(lines(words), rules=NAMED_RULES["tokenizer"], unknown_id="drop")
    assert ids_of(settle(given, Facts("m", 20)), "w0 x w9") == [1, 10]


def test_empty_words_belong_to_no_row():
    words = ["", "a", "", *(f"w{number}" for number in range(17))]
    given = Given(lines(words), rules=NAMED_RULES["tokenizer"], unknown_id="drop")
    settled = settle(given, Facts("m", 20))
    assert settled.words == (None, "a", None, *words[3:])


def test_characters_as_words():
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    given = Given(lines(["", *letters]), unknown_id="drop")
    found = topics(given, Facts("m", 37), ["paypal login"])
    assert list(found) == ["the words of a text"]
    readings = {reading.option: reading for reading in found["the words of a text"].readings}
    assert readings["--tokenizer characters"].meaning == "92% of its words are in the vocabulary"
    assert readings["--tokenizer alnum"].meaning == "0% of its words are in the vocabulary"
    assert readings["--tokenizer alnum"].example == "'paypal login' -> paypal | login"
    settled = settle(replace(given, rules=NAMED_RULES["characters"]), Facts("m", 37))
    assert ids_of(settled, "az 9") == [1, 26, 36]


@pytest.mark.parametrize("masked", [True, False])
def test_two_spare_rows_are_asked(masked):
    words = [f"w{number}" for number in range(8)]
    given, facts = (
        Given(lines(words), rules=NAMED_RULES["words"], padding="pre", max_tokens=9, keep="head"),
        Facts("m", 10, masked=masked, padding_counts=not masked),
    )
    question = topics(given, facts)["the ids of the words"]
    assert (
        options(question) == ["--id-offset 1", "--id-offset 2"]
        if masked
        else ["--id-offset 0", "--id-offset 1", "--id-offset 2"]
    )
    assert options(topics(replace(given, id_offset=2), facts)["unknown words"])[:2] == [
        "--unknown-id drop",
        "--unknown-id 1",
    ]
    settled = settle(replace(given, unknown_id=1, id_offset=2), facts)
    assert ids_of(settled, "w0 x w7") == [2, 1, 9]


def test_all_open_questions_come_at_once():
    given = Given(lines([f"w{number}" for number in range(9)]))
    facts = Facts("m.keras", 10, masked=False, padding_counts=True)
    with pytest.raises(OpenQuestionError) as caught:
        settle(given, facts, ["W1, w2 new"])
    message = str(caught.value)
    assert [question.topic for question in caught.value.questions] == [
        "the words of a text",
        "the length of the padded text",
        "longer texts",
        "the side of the padding",
        "unknown words",
    ]
    assert message.startswith("m.keras: 5 questions are open on how a text becomes ids; give an option for each")
    assert "\n    --unknown-id drop: they are dropped, as a Tokenizer without oov_token does; " in message
    assert "\n    --padding pre: as pad_sequences does unless told otherwise; '0 0 W1, w2 new'" in message


def test_a_masked_model_is_not_asked_for_what_changes_nothing():
    settled = settle(Given(saved(tokenizer(TRAINING))), Facts("m", 200))
    assert (settled.padding, settled.rules.max_tokens, settled.rules.keep) == (None, None, "head")


def test_rules_of_the_user_go_before_those_of_the_file_and_a_finding_says_so():
    owner = tokenizer(["it's well-made"])
    rules = TextRules("cleaned", (Lower("unicode"), Substitute("'s", ""), Drop("-", replacement=" "), Split("unicode")))
    settled = settle(Given(saved(owner), rules=rules), Facts("m", 5), ["It's  well-made"])
    assert settled.rules.steps == rules.steps
    assert settled.findings[-2:] == (
        "Words are made by the rules 'cleaned' that were given, not by the settings in the Tokenizer (JSON): "
        "\"It's well-made\" -> it | well | made, where the file makes it's | well | made.",
        "Unknown words are dropped: the Tokenizer has no oov_token.",
    )
    same = settle(Given(saved(owner), rules=NAMED_RULES["tokenizer"]), Facts("m", 5))
    assert "Words are made by the rules 'tokenizer', as the settings in the Tokenizer (JSON) say too." in same.findings


def test_ids_in_rules_of_a_file_are_kept():
    rules = TextRules("own", (Split("unicode"),), start_id=3, end_id=4, unknown_id=1, max_tokens=4, keep="ends")
    settled = settle(Given(lines(["<pad>", "<unk>", "a", "<s>", "</s>"]), rules=rules), Facts("m", 5))
    assert settled.rules == rules
    assert ids_of(settled, "a b a b a") == [3, 2, 2, 4]


def test_a_padding_name_is_a_word_only_where_texts_can_hold_it():
    vocabulary = lines(["<pad>", "<unk>", "a"])
    facts = Facts("m", 3)
    assert settle(Given(vocabulary, rules=NAMED_RULES["tokenizer"]), facts).words == (None, None, "a")
    plain = TextRules("plain", (Split("unicode"),))
    assert settle(Given(vocabulary, rules=plain), facts).words == ("<pad>", None, "a")


TOKENS = st.sampled_from(
    ["", "<pad>", "[UNK]", "<unk>", "unk", "<s>", "</s>", "<START>", "\x85", " ", "\u3000"]
) | st.text(st.characters(exclude_categories=("Cs",)), max_size=4)
VOCABULARIES = st.one_of(
    st.lists(TOKENS, min_size=1, max_size=12).map(lambda tokens: OwnerVocabulary("one token a line", tokens=tuple(tokens))),
    st.builds(
        lambda ids, **settings: OwnerVocabulary("Tokenizer (JSON)", ids=dict(ids), **settings),
        st.lists(st.tuples(TOKENS, st.integers(0, 15)), min_size=1, unique_by=(lambda pair: pair[0], lambda pair: pair[1])),
        num_words=st.none() | st.integers(1, 20),
        unknown_token=st.none() | TOKENS,
        lower=st.none() | st.booleans(),
        filters=st.none() | st.sampled_from(["", "a."]),
        split=st.none() | st.sampled_from([" ", "ab", ""]),
        char_level=st.none() | st.booleans(),
    ),
    st.builds(
        lambda words, **settings: OwnerVocabulary(
            "TextVectorization config", tokens=("", "[UNK]", *words), standardize="lower", split="whitespace",
            **{"unknown_token": "[UNK]", **settings},
        ),
        st.lists(TOKENS.filter(lambda token: token not in ("", "[UNK]")), unique=True),
        output_sequence_length=st.none() | st.integers(1, 9),
        ngrams=st.none() | st.just((1, 2)),
    ),
    st.just(OwnerVocabulary("index of keras.datasets.imdb", ids=dict(IMDB))),
)  # fmt: skip
MODELS = st.builds(
    Facts,
    where=st.just("m.keras"),
    rows=st.integers(1, 20),
    input_length=st.none() | st.integers(1, 9),
    masked=st.booleans(),
    padding_counts=st.booleans(),
)


def answered(given, options):
    """What the user gives after options that a question named."""
    for option in options.removeprefix("--").split(" --"):
        name, value = option.split(" ")
        if name == "tokenizer":
            given = replace(given, rules=NAMED_RULES[value])
        else:
            number = 5 if value == "N" else int(value) if value.isdigit() else value
            given = replace(given, **{name.replace("-", "_"): number})
    return given


@cases(vocabulary=VOCABULARIES, facts=MODELS, data=st.data())
def test_questions_end_and_what_is_settled_fits_the_model(vocabulary, facts, data):
    given, asked, settled = Given(vocabulary), set(), None
    while settled is None:
        try:
            settled = settle(given, facts, ["a text"])
        except OpenQuestionError as error:
            questions = error.questions
        except ModelError as error:
            refusal = str(error)
            break
        else:
            break
        assert asked.isdisjoint(question.topic for question in questions)
        for question in questions:
            asked.add(question.topic)
            named = [reading.option for reading in question.readings if not reading.option.endswith(" FILE")]
            given = answered(given, data.draw(st.sampled_from(named)))
    if settled is None:
        assert refusal.startswith(("m.keras: ", "the vocabulary: "))
        return
    words = [word for word in settled.words if word is not None]
    assert len(settled.words) == facts.rows
    assert len(set(words)) == len(words)
    assert "" not in words
    rules = settled.rules
    assert all(number is None or number < facts.rows for number in (rules.unknown_id, rules.start_id, rules.end_id))
    if facts.padding_counts:
        assert settled.padding in ("pre", "post")
        assert rules.max_tokens is not None
    if facts.input_length is not None:
        assert rules.max_tokens == facts.input_length


def test_questions_can_be_printed_whatever_the_texts_hold():
    given, facts = Given(lines(["a", "\u2028"])), Facts("m", 9, masked=False, padding_counts=True)
    with pytest.raises(OpenQuestionError) as caught:
        settle(given, facts, ["\ud800 \x1b[31m \u202e a"])
    assert all(line.isprintable() for line in str(caught.value).splitlines())
