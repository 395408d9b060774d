"""Texts of seven languages are learned, exported, verified and answered on every engine, with rules that the texts choose."""

from __future__ import annotations

import csv
import os
import random
from dataclasses import dataclass
from itertools import product
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import pytest

import drupelet
from drupelet.engines.smoke_test import CHILD_VARIABLE
from drupelet.run_folder import VOCABULARY
from drupelet_export.exporter import ExportRequest, export_bundle
from drupelet_export.parity.reference_texts import load_held_out
from drupelet_export.reading.source import read_run_folder
from drupelet_train.config import TrainConfig
from drupelet_train.run_folder import Plan
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.progress import LineProgress
from drupelet_train.training_run import train
from drupelet_train.words.vocabulary import Vocabulary

ENGINES = {"native", "numpy", "onnx", "litert"}
TEXTS_PER_CLASS = 120
MIN_ACCURACY = 0.9
"""Of 24 held-out texts in two classes. By chance, fewer than one training in 10,000 has so many right."""


@dataclass(frozen=True)
class Language:
    """A grammar of short reviews: a subject, then what is said of it, then an end. ``kept`` must be a token of the run."""

    name: str
    rules: str
    kept: str
    subjects: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    ends: tuple[str, ...]
    space: str = " "

    def texts(self) -> list[tuple[str, str]]:
        """Texts with labels, in an order of chance; each is there once."""
        generator = random.Random(self.name)  # noqa: S311
        rows = []
        for label, sayings in (("good", self.good), ("bad", self.bad)):
            texts = [self.space.join(parts) for parts in product(self.subjects, sayings, self.ends)]
            rows += [(text, label) for text in generator.sample(texts, TEXTS_PER_CLASS)]
        generator.shuffle(rows)
        return rows


LANGUAGES = (
    Language(
        # Vowels with and without dots part the classes: "schön" and "schon", "Güte" and "gute".
        "german",
        "words",
        "schön",
        ("Der Film", "Das Essen", "Die Straße", "Unser Zimmer", "Das Frühstück", "Der Ausflug nach Köln"),
        ("war schön", "hatte Größe", "hat uns SEHR gefallen", "ist ein Vergnügen", "war großartig", "ist zu empfehlen"),
        ("war schon kaputt", "hatte große Mängel", "war öde", "ist übel", "hat uns gestört", "ist eine Enttäuschung"),
        ("", "heute.", "– wirklich!", "(für diesen Preis)", "während der Woche"),
    ),
    Language(
        "russian",
        "words",
        "отличный",
        ("Этот фильм", "Наш номер", "Ужин", "Весь вечер", "ЭТОТ СПЕКТАКЛЬ", "Ваш подарок"),
        ("отличный", "ОЧЕНЬ хороший", "просто чудо", "мне понравился", "лучше всех", "достоин похвалы"),
        ("ужасный", "очень ПЛОХОЙ", "просто кошмар", "меня разочаровал", "хуже всех", "не стоит денег"),
        ("", "сегодня.", "— честно!", "и всё-таки", "за эти деньги"),
    ),
    Language(
        # With marks, with a tatweel, and with neither: three words, as the text has them.
        "arabic",
        "words",
        "جَيِّد",
        ("هذا الفيلم", "الطعام هنا", "الفندق", "المطعم الجديد", "الكتاب", "هٰذَا العرض"),
        ("جَيِّد", "رائـــع", "ممتاز جدا", "أعجبني كثيرا", "جميل", "يستحق المشاهدة"),
        ("سَيِّئ", "مُمِلّ", "فظيـــع", "خيب أملي", "قبيح", "لا يستحق المال"),
        ("", "اليوم.", "، حقا!", "؟ نعم", "بهذا السعر"),
    ),
    Language(
        # Vowel signs, viramas and nuktas are marks, no letters: without them "अच्छी" would fall apart.
        "hindi",
        "words",
        "अच्छी",
        ("यह फ़िल्म", "यह किताब", "यहाँ की चाय", "यह जगह", "आज की शाम", "उनकी सेवा"),
        ("बहुत अच्छी है", "शानदार है", "मुझे पसंद आई", "बढ़िया लगी", "सुंदर है", "कमाल की है"),
        ("बहुत ख़राब है", "बेकार है", "मुझे पसंद नहीं आई", "घटिया लगी", "गंदी है", "बकवास है"),
        ("", "।", "! सच में", "इस दाम पर", "हर बार"),
    ),
    Language(
        # Lower case is that of Unicode, not of Turkish: "I" becomes "i", and "\u0130" an "i" with a dot above, in any case
        # the same on every engine. So "ILIK" is another word than "ılık".
        "turkish",
        "words",
        "i\u0307yi",
        ("Bu film", "Yemekler", "IŞIKLAR", "Otelimiz", "İstanbul gezisi", "Çayımız"),
        ("çok güzel", "İyi", "ılık ve hoş", "bizi mutlu etti", "ÇOK BEĞENDİK", "harika"),
        ("çok kötü", "İğrenç", "ilik gibi soğuk", "bizi üzdü", "HİÇ BEĞENMEDİK", "berbat"),
        ("", "bugün.", "! Gerçekten", "bu fiyata", "her şeye rağmen"),
    ),
    Language(
        "chinese",
        "characters",
        "\n",
        ("这部电影", "这家餐厅", "我们的房间", "昨天的晚饭", "这本书", "酒店的服务"),
        ("非常好", "很好吃", "太棒了", "让人满意", "值得推荐", "很漂亮"),
        ("非常差", "很难吃", "太糟了", "让人失望", "不值得推荐", "很脏"),
        ("。", "！", "，真的", "\n下次再说", "，OK"),
        space="",
    ),
    Language(
        "japanese",
        "characters",
        "\u3000",
        ("この映画は", "このレストランは", "昨日の夕食は", "部屋は", "この本は", "ホテルのサービスは"),
        ("とても良い", "おいしかった", "最高だった", "満足した", "おすすめです", "きれいだった"),
        ("とても悪い", "まずかった", "最低だった", "失望した", "おすすめしません", "汚かった"),
        ("。", "！", "\u3000本当に", "と思う。", "ね、ﾎﾝﾄ"),
        space="",
    ),
)


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_texts_of_a_language_are_learned_and_answered_on_every_engine(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(CHILD_VARIABLE, "1")  # no smoke tests, which take most of the time: other tests run them
    data = tmp_path / "reviews.csv"
    with data.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *language.texts()])
    settings = TrainConfig(
        embedding="random",
        embedding_dim=12,
        units=8,
        bidirectional=True,
        pooling="max",
        max_tokens=40,
        training_tokens=40,
        dropout=0.0,
        word_dropout=0.0,
        head_dropout=0.0,
        learning_rate=0.02,
        embedding_learning_rate=0.02,
        batch_size=16,
        epochs=5,
        embedding_bits=8,
        quantized_epochs=1,
        seed=1,
    )
    record = train(tmp_path / "run", Plan(str(data), settings), callbacks=Callbacks(LineProgress()))
    said = capsys.readouterr().err
    assert record.config.tokenizer == "auto"
    assert record.text_rules.name == language.rules
    assert f"text rules {language.rules}: {record.text_rules_reason}\nletters dropped: 0 % of " in said
    assert record.corpus.dropped_letters == record.corpus.texts_without_tokens == 0
    assert language.kept in Vocabulary.read(tmp_path / "run" / VOCABULARY).tokens

    held_out = load_held_out(str(data), record.labels)
    request = ExportRequest(
        read_run_folder(tmp_path / "run"), tmp_path / "bundle", schemes=("f32", "wi8"), held_out=held_out
    )
    assert export_bundle(request).verification.passed

    bundle = drupelet.open_bundle(tmp_path / "bundle")
    verification = drupelet.verify(bundle)
    assert verification.passed
    assert verification.proof == "text"
    assert {(verdict.engine, verdict.model.scheme) for verdict in verification.verdicts if verdict.reason is None} == {
        (engine, scheme) for engine in ENGINES for scheme in ("f32", "wi8")
    }
    for engine in sorted(ENGINES):
        classifier = drupelet.load(bundle, engine=engine)
        answers = [classifier(text) for text in held_out.texts]
        right = [answer.label == record.labels[label] for answer, label in zip(answers, held_out.labels, strict=True)]
        assert sum(right) / len(right) >= MIN_ACCURACY, engine
        assert all(answer.n_tokens for answer in answers)
