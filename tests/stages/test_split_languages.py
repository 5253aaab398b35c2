"""The step `split_languages`: a page in several languages becomes a document in each that the recipe wants."""

import numpy as np
import pyarrow as pa
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.models import MODELS_FILE
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.run.apply import append_rows
from glotmill.stages.split_languages import SplitLanguages, SplitLanguagesSpec
from glotmill.text.identification.base import Guesses

BASQUE = [
    "Herriko azokan goizean goiz hasten dira baserritarrak barazkiak eta gaztak saltzen.",
    "Amonak beti erosten dio gazta artzain berari, eta elkarrekin hitz egiten dute luzaro.",
    "Umeek gaztainak jaten dituzte neguan, plazako eserlekuetan eserita.",
]
SPANISH = [
    "En el mercado del pueblo los campesinos empiezan a vender verduras y quesos muy temprano.",
    "La abuela siempre le compra el queso al mismo pastor y charlan un buen rato.",
    "En invierno los niños comen castañas sentados en los bancos de la plaza.",
]
THAI = [
    "ที่ตลาดในหมู่บ้าน ชาวนาเริ่มขายผักและผลไม้กันตั้งแต่เช้าตรู่",
    "คุณยายซื้อปลาจากคนเดิมเสมอ แล้วทั้งสองก็คุยกันอยู่นาน",
    "หน้าหนาวเด็กๆ นั่งกินมันเผาอยู่บนม้านั่งข้างวัด",
]


def split(texts: list[str], languages: tuple[str, ...], **changes: object) -> list[dict[str, object]]:
    spec = SplitLanguagesSpec.model_validate(
        {"name": "parts", "kind": "split_languages", "identifier": ["words", "ngrams"], "min_letters": 60, **changes}
    )
    batch = rows(texts)
    derived = spec.build(Resources(Scope(languages, ("web",))))(batch)
    assert len(append_rows(batch, derived)) == len(batch) + len(derived)
    return derived.to_pylist()


def rows(texts: list[str]) -> Batch:
    count = len(texts)
    return Batch(
        pa.RecordBatch.from_arrays(
            [
                pa.array([f"{row:032x}" for row in range(count)]),
                pa.array(texts, pa.string()),
                pa.array(["<p>"] * count, pa.large_string()),
                pa.array(["https://adibidea.example/"] * count),
                pa.array(["old"] * count),
                pa.array([{"shelf": 3}] * count, pa.struct([("shelf", pa.int16())])),
            ],
            schema=pa.schema(
                [
                    *fields("doc_id", "text", "html", "url", "content_hash"),
                    pa.field("own", pa.struct([("shelf", pa.int16())])),
                ]
            ),
        )
    )


def interleaved(*languages: list[str]) -> str:
    return "\n".join(line for lines in zip(*languages, strict=True) for line in lines)


def test_each_language_that_is_wanted_becomes_a_document_with_its_lines_in_order():
    found = split([interleaved(BASQUE, SPANISH, THAI), "\n".join(BASQUE)], ("eus_Latn", "tha_Thai"))
    assert [(one["language"], one["text"]) for one in found] == [
        ("eus_Latn", "\n".join(BASQUE)),
        ("tha_Thai", "\n".join(THAI)),
    ]
    for one in found:
        assert one["parent_ids"] == ["0" * 32]
        assert one["content_hash"] == content_hash(str(one["text"]))
        assert (one["url"], one["own"]) == ("https://adibidea.example/", {"shelf": 3})
        assert one["html"] is None  # the page's, not the part's
    assert len({"0" * 32, *(str(one["doc_id"]) for one in found)}) == 3
    assert found == split([interleaved(BASQUE, SPANISH, THAI)], ("tha_Thai", "eus_Latn"))


def test_paragraphs_are_put_together_with_blank_lines():
    text = "\n\n".join(["\n".join(BASQUE[:2]), "\n".join(SPANISH), BASQUE[2]])
    [found] = split([text], ("eus_Latn",), level="paragraph")
    assert found["text"] == "\n".join(BASQUE[:2]) + "\n\n" + BASQUE[2]


def test_little_of_a_language_makes_no_document_and_one_foreign_line_no_split():
    text = "\n".join([*BASQUE, SPANISH[0]])
    assert split([text], ("eus_Latn", "spa_Latn"), above=0.5) == []
    assert [one["language"] for one in split([text], ("eus_Latn", "spa_Latn"), min_letters=100)] == ["eus_Latn"]
    assert split(["", "12", "\n".join(SPANISH)], ("eus_Latn", "spa_Latn")) == []


class Kin:
    """Names a line by the tag that it begins with, surely."""

    labels = ("swh_Latn", "swc_Latn", "eng_Latn")

    def identify(self, texts):
        labels = np.array([[self.labels.index(text.partition(" ")[0])] for text in texts], np.int32)
        return Guesses(labels, np.ones((len(texts), 1)))


def test_kin_of_a_target_goes_with_it_unless_it_is_a_target_itself():
    lines = [f"{tag} kuku jogoo mbuzi ngombe punda" for tag in ("swh_Latn", "swc_Latn", "eng_Latn")]
    spec = SplitLanguagesSpec.model_validate(
        {"name": "parts", "kind": "split_languages", "identifier": "words", "min_letters": 5}
    )

    def texts(*targets: str) -> dict[str, str]:
        derived = SplitLanguages(spec, Kin(), frozenset(targets))(rows(["\n".join(lines)])).to_pylist()
        return {one["language"]: one["text"] for one in derived}

    assert texts("swh_Latn") == {"swh_Latn": "\n".join(lines[:2])}
    assert texts("swh_Latn", "swc_Latn") == {"swh_Latn": lines[0], "swc_Latn": lines[1]}
    assert SplitLanguages(spec, Kin(), frozenset(["swh_Latn"]))(rows(["\n".join(lines[:2])])).num_rows == 0


def test_an_unknown_identifier_is_refused():
    spec = SplitLanguagesSpec.model_validate({"name": "x", "kind": "split_languages", "identifier": "wrods"})
    with pytest.raises(RecipeError, match="wrods") as caught:
        spec.contract(Resources(Scope(("eus_Latn",), ()), {MODELS_FILE: "models: {}\n"}))
    assert "words, ngrams, cld2" in str(caught.value.remedy)
