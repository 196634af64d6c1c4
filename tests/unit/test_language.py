"""Which language a text is in, told by its small words; both where that is not sure."""

from __future__ import annotations

import pytest

from pipeline.model import Language
from pipeline.ocr.language import languages_of

BOTH = (Language.FR, Language.EN)


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Je vous remercie de l'attention que vous porterez à ma demande.", (Language.FR,)),
        ("Le panneau etait cache par la neige", (Language.FR,)),
        ("I was not driving: my daughter had the car that evening", (Language.EN,)),
        ("Payable sur réception. Merci de votre confiance.", (Language.FR,)),
        ("This letter concerns statement number 704100 which I received at my home", (Language.EN,)),
        ("I received at my home in Lévis the", BOTH),
        ("NOTICE TO APPEAR", BOTH),
        ("Main-d'oeuvre 2 162.00", BOTH),
        ("", BOTH),
        ("Je vous prie de répondre. I look forward to your reply and the date of the hearing.", BOTH),
    ],
)
def test_small_words_tell_the_language(text: str, languages: tuple[Language, ...]) -> None:
    assert languages_of(text) == languages
