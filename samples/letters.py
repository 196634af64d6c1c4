"""Words of letters that come with a return document, French and English."""

from __future__ import annotations

import numpy as np

from samples.case import Case, pick

_OPENINGS_FR = (
    "Je vous écris au sujet du constat numéro {number}, signifié le {service}.",
    "La présente concerne le constat d'infraction {number} reçu à mon domicile.",
    "J'ai reçu le constat {number} et je désire vous faire part des faits suivants.",
)
_BODY_FR = (
    "Le jour indiqué, mon véhicule se trouvait au garage pour une réparation, comme le montre la facture ci-jointe.",
    "Le panneau de signalisation était caché par la neige et il était impossible de le lire de la rue.",
    "Je n'étais pas au volant : mon fils conduisait la voiture ce soir-là et il peut le confirmer.",
    "Le parcomètre n'acceptait ni les pièces ni la carte, et j'ai laissé une note sur le tableau de bord.",
    "Je reconnais l'infraction, mais je traverse une période difficile et je demande un délai pour payer.",
    "J'habite le quartier depuis plus de vingt ans et je n'ai jamais reçu de contravention.",
    "Vous trouverez avec cette lettre deux photographies prises le lendemain matin vers huit heures.",
    "L'agent m'a dit que je pouvais stationner à cet endroit jusqu'à la fin des travaux.",
)
_CLOSINGS_FR = (
    "Je vous remercie de l'attention que vous porterez à ma demande.",
    "Dans l'attente de votre réponse, je vous prie d'agréer mes salutations distinguées.",
    "Merci de me faire savoir la date de l'audience à l'adresse indiquée plus haut.",
)
_OPENINGS_EN = (
    "I am writing about statement of offence {number}, served on {service}.",
    "This letter concerns statement number {number} which I received at my home.",
    "I have received statement {number} and wish to tell you what happened.",
)
_BODY_EN = (
    "On that day my car was at the garage for repairs, as the enclosed invoice shows.",
    "The traffic sign was covered with snow and could not be read from the street.",
    "I was not driving: my daughter had the car that evening and is ready to confirm it.",
    "The parking meter took neither coins nor cards, and I left a note on the dashboard.",
    "I admit the offence but am going through a difficult time and ask for a delay to pay.",
    "I have lived in this neighbourhood for more than twenty years without a single ticket.",
    "You will find enclosed two photographs taken the next morning at about eight o'clock.",
    "The officer told me that I could park there until the end of the road work.",
)
_CLOSINGS_EN = (
    "Thank you for your attention to my request.",
    "I look forward to your reply and remain yours truly.",
    "Please let me know the date of the hearing at the address given above.",
)


def letter(case: Case, rng: np.random.Generator) -> tuple[str, ...]:
    """Paragraphs of a letter, in its order; an empty paragraph is a blank line."""
    facts = {"number": case.number, "service": case.service_date.isoformat()}
    sender = case.defendant
    if case.french:
        opening, body, closing = pick(rng, _OPENINGS_FR), _BODY_FR, pick(rng, _CLOSINGS_FR)
        heading, greeting = f"Valmont, le {case.signature_date.isoformat()}", "Madame, Monsieur,"
    else:
        opening, body, closing = pick(rng, _OPENINGS_EN), _BODY_EN, pick(rng, _CLOSINGS_EN)
        heading, greeting = f"Valmont, {case.signature_date.isoformat()}", "Dear Sir or Madam,"
    order = rng.permutation(len(body))[: int(rng.integers(3, 7))]
    middle = [body[int(index)] for index in order]
    half = (len(middle) + 1) // 2
    return (
        sender.full, *sender.address, "", heading, "", greeting, "",
        opening.format(**facts) + " " + " ".join(middle[:half]), "", " ".join(middle[half:]), "",
        closing, "", sender.full,
    )  # fmt: skip
