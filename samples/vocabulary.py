"""Invented people, places, vehicles and offences in Québec's manner; any likeness to real persons is chance."""

from __future__ import annotations

from dataclasses import dataclass

GIVEN_FEMALE = (
    "Élise", "Marie-Ève", "Geneviève", "Hélène", "Chloé", "Françoise", "Josée", "Noémie", "Maïka", "Zoé", "Béatrice",
    "Fatima", "Andréanne", "Océane", "Linh", "Sarah", "Margaret", "Aïcha", "Rosalie", "Ève",
)  # fmt: skip
GIVEN_MALE = (
    "Jérôme", "François", "Benoît", "Jean-Sébastien", "Étienne", "Raphaël", "André", "Loïc", "Mathieu", "Réal",
    "Grégoire", "Karim", "William", "Théo", "Gaëtan", "Xavier", "Kevin", "Joël", "Nguyen", "Samuel",
)  # fmt: skip
SURNAMES = (
    "Tremblay", "Gagné", "Côté", "Bélanger", "Lévesque", "Fortin", "Ouellet", "Pelletier", "Bergeron", "Hébert",
    "Desjardins", "Lefrançois", "Thériault", "Beaulieu-Roy", "St-Pierre", "D'Amours", "Nadeau", "Boisvert", "Paré",
    "Labrèche", "O'Brien", "MacKenzie", "Haddad", "Tran", "Ferreira", "Kowalski", "Joseph", "Rousseau", "Grenier",
    "Dubé", "Lacroix", "Villeneuve", "Châteauneuf", "Q. Wong", "Zakari", "Jutras",
)  # fmt: skip
COMPANIES = (
    "Transport Gélinas inc.", "Les Entreprises Bérubé ltée", "9412-7736 Québec inc.", "Location Horizon inc.",
    "Déneigement Marquis inc.", "Northway Freight Ltd", "Plomberie du Lac enr.",
)  # fmt: skip
STREETS = (
    "rue Bélanger", "boul. des Érables", "av. du Parc", "rue Saint-Édouard", "ch. du Lac-Vert", "rue Principale",
    "rang Saint-Joseph", "av. Maguire", "rue de l'Église", "boul. Curé-Labelle", "place d'Youville", "rue Wolfe",
    "montée Robert", "rue Notre-Dame Est", "côte Sainte-Geneviève", "rue King Ouest", "1re Avenue", "rue Aylwin",
)  # fmt: skip
TOWNS = (
    ("Montréal", "H"), ("Québec", "G"), ("Laval", "H"), ("Longueuil", "J"), ("Trois-Rivières", "G"),
    ("Sherbrooke", "J"), ("Saint-Jérôme", "J"), ("Lévis", "G"), ("Gatineau", "J"), ("Rouyn-Noranda", "J"),
    ("Baie-Comeau", "G"), ("Salaberry", "J"), ("L'Épiphanie", "J"), ("Sept-Îles", "G"), ("Pointe-Claire", "H"),
)  # fmt: skip
DISTRICTS = ("Montréal", "Québec", "Terrebonne", "Longueuil", "Laval", "Saint-François", "Richelieu", "Trois-Rivières")
VEHICLES = (
    ("Toyota", "Corolla"), ("Honda", "Civic"), ("Ford", "F-150"), ("Mazda", "CX-5"), ("Hyundai", "Elantra"),
    ("Nissan", "Rogue"), ("Volkswagen", "Jetta"), ("Kia", "Forte"), ("Subaru", "Impreza"), ("Chevrolet", "Bolt EV"),
    ("Jeep", "Wrangler"), ("Tesla", "Model 3"), ("Dodge", "Caravan"), ("GMC", "Sierra"), ("Volvo", "XC60"),
    ("BMW", "X3"), ("Citroën", "C3"), ("Škoda", "Fabia"),
)  # fmt: skip
TRUCKS = (
    ("Freightliner", "Cascadia"),
    ("Kenworth", "T680"),
    ("Volvo", "VNL"),
    ("Peterbilt", "579"),
    ("Mack", "Anthem"),
)
QUALITIES_FR = (
    "Agent de la paix",
    "Agente de stationnement",
    "Policier",
    "Contrôleur routier",
    "Préposée au stationnement",
)
QUALITIES_EN = ("Peace officer", "Parking officer", "Police officer", "Road controller", "Parking attendant")
SIGNATORY_FR = ("Président", "Secrétaire", "Administratrice", "Directeur général")
SIGNATORY_EN = ("President", "Secretary", "Director", "General manager")
REQUESTS_FR = ("Remorquage 95,00 $", "Retrait du véhicule", "Frais de fourrière")
REQUESTS_EN = ("Towing $95.00", "Removal of vehicle", "Pound charges")
JURISDICTIONS = (
    ("CA-QC", ("Québec", "QC")), ("CA-QC", ("QC", "Québec")), ("CA-QC", ("QC",)), ("CA-ON", ("Ontario", "ON")),
    ("CA-NB", ("NB",)), ("US-NY", ("New York", "NY")), ("US-VT", ("Vermont", "VT")), ("CA-NS", ("NS",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offence:
    """An offence with its fine in cents; `measure` is what is recorded: speed, mass, size or nothing."""

    reference_fr: tuple[str, ...]
    reference_en: tuple[str, ...]
    description_fr: tuple[str, ...]
    description_en: tuple[str, ...]
    fine_cents: int
    points: int | None = None
    measure: str = ""


HIGHWAY = (
    Offence(
        ("art. 328 C.S.R.",), ("H.S.C., s. 328",),
        ("A conduit un véhicule routier à une vitesse supérieure à la limite indiquée sur la signalisation",
         "A excédé la limite de vitesse", "Vitesse excessive"),
        ("Drove a road vehicle at a speed exceeding the limit shown on the road sign", "Exceeded the speed limit",
         "Speeding"),
        12500, 3, "speed",
    ),
    Offence(
        ("art. 299, 303.2 C.S.R.",), ("H.S.C., ss. 299, 303.2",),
        ("A excédé la vitesse permise dans une zone scolaire", "Vitesse en zone scolaire"),
        ("Exceeded the speed limit in a school zone", "Speed, school zone"), 23500, 4, "speed",
    ),
    Offence(
        ("art. 359 C.S.R.",), ("H.S.C., s. 359",),
        ("Conducteur n'ayant pas immobilisé son véhicule à un feu rouge", "Feu rouge non respecté"),
        ("Driver failed to stop at a red light", "Red light"), 15000, 3,
    ),
    Offence(
        ("art. 368 C.S.R.",), ("H.S.C., s. 368",),
        ("N'a pas immobilisé son véhicule à un panneau d'arrêt", "Arrêt obligatoire"),
        ("Failed to stop the vehicle at a stop sign", "Stop sign"), 10000, 3,
    ),
    Offence(
        ("art. 443.1 C.S.R.",), ("H.S.C., s. 443.1",),
        ("A fait usage d'un téléphone cellulaire en conduisant", "Cellulaire au volant"),
        ("Used a cellular telephone while driving", "Cellphone"), 30000, 5,
    ),
    Offence(
        ("art. 396 C.S.R.",), ("H.S.C., s. 396",),
        ("N'a pas porté correctement la ceinture de sécurité", "Ceinture de sécurité"),
        ("Did not wear the seat belt properly", "Seat belt"), 20000, 3,
    ),
    Offence(
        ("art. 463, 513 C.S.R.",), ("H.S.C., ss. 463, 513",),
        ("A circulé avec un véhicule dont la masse totale en charge excède la limite", "Surcharge, masse totale"),
        ("Operated a vehicle whose total loaded mass exceeds the limit", "Overload, total mass"), 42500, None, "mass",
    ),
    Offence(
        ("art. 463 C.S.R.",), ("H.S.C., s. 463",),
        ("A circulé avec un ensemble de véhicules dont la longueur excède la limite", "Longueur excédentaire"),
        ("Operated a combination of vehicles that exceeds the length limit", "Excess length"), 17500, None, "size",
    ),
)  # fmt: skip
PARKING = (
    Offence(
        ("art. 386 C.S.R.", "art. 386"), ("H.S.C., s. 386", "s. 386"),
        ("Stationné à moins de 3 mètres d'une borne d'incendie", "Borne d'incendie"),
        ("Parked less than 3 metres from a fire hydrant", "Fire hydrant"), 9900,
    ),
    Offence(
        ("art. 388 C.S.R.", "art. 388"), ("H.S.C., s. 388", "s. 388"),
        ("Stationné dans un espace réservé aux personnes handicapées", "Espace réservé"),
        ("Parked in a space reserved for handicapped persons", "Reserved space"), 30000,
    ),
    Offence(
        ("R.V.M. c. C-4.1, art. 61", "c. C-4.1, art. 61"), ("R.V.M. c. C-4.1, s. 61", "c. C-4.1, s. 61"),
        ("Stationné sans avoir acquitté le tarif fixé", "Parcomètre expiré"),
        ("Parked without having paid the prescribed fee", "Expired meter"), 4300,
    ),
    Offence(
        ("règl. 2008-14, art. 20", "r. 2008-14, art. 20"), ("By-law 2008-14, s. 20", "r. 2008-14, s. 20"),
        ("Stationné en contravention de la signalisation", "Stationnement interdit"),
        ("Parked contrary to a traffic sign", "No parking"), 6200,
    ),
    Offence(
        ("règl. 1171, art. 8.1", "r. 1171, art. 8.1"), ("By-law 1171, s. 8.1", "r. 1171, s. 8.1"),
        ("Stationné plus de 24 heures consécutives au même endroit", "Plus de 24 heures"),
        ("Parked for more than 24 consecutive hours at the same place", "Over 24 hours"), 5700,
    ),
)  # fmt: skip
GENERAL = (
    Offence(
        ("Loi sur la conservation de la faune (chapitre C-61.1), art. 38", "chapitre C-61.1, art. 38"),
        ("Act respecting the conservation of wildlife (chapter C-61.1), s. 38", "chapter C-61.1, s. 38"),
        ("A chassé sans être titulaire du permis prescrit pour l'espèce et la zone de chasse", "Chasse sans permis"),
        ("Hunted without holding the licence prescribed for the species and the zone", "Hunting without a licence"),
        50000,
    ),
    Offence(
        ("Loi sur les normes du travail (chapitre N-1.1), art. 140", "chapitre N-1.1, art. 140"),
        ("Act respecting labour standards (chapter N-1.1), s. 140", "chapter N-1.1, s. 140"),
        ("A omis de fournir dans le délai fixé les renseignements exigés en application de la loi",
         "Renseignements non fournis"),
        ("Failed to provide within the time fixed the information required under the Act", "Information not provided"),
        60000,
    ),
    Offence(
        ("Loi sur le bâtiment (chapitre B-1.1), art. 46", "chapitre B-1.1, art. 46"),
        ("Building Act (chapter B-1.1), s. 46", "chapter B-1.1, s. 46"),
        ("A agi à titre d'entrepreneur sans être titulaire d'une licence en vigueur", "Entrepreneur sans licence"),
        ("Acted as a contractor without holding a licence in force", "Contractor without a licence"), 120000,
    ),
    Offence(
        ("Loi concernant la lutte contre le tabagisme (chapitre L-6.2), art. 2", "chapitre L-6.2, art. 2"),
        ("Tobacco Control Act (chapter L-6.2), s. 2", "chapter L-6.2, s. 2"),
        ("A fumé dans un lieu où il est interdit de le faire", "Usage du tabac interdit"),
        ("Smoked in a place where smoking is prohibited", "Smoking prohibited"), 25000,
    ),
    Offence(
        ("Loi sur les produits alimentaires (chapitre P-29), art. 9", "chapitre P-29, art. 9"),
        ("Food Products Act (chapter P-29), s. 9", "chapter P-29, s. 9"),
        ("A exploité un lieu de préparation d'aliments sans être titulaire du permis requis", "Aliments, sans permis"),
        ("Operated a place of food preparation without holding the required permit", "Food, without a permit"), 45000,
    ),
)  # fmt: skip
"""What is prosecuted with a general statement (Schedules I and II): anything but highway safety and parking."""
QUALITIES_GENERAL_FR = ("Inspecteur", "Inspectrice", "Agent de protection de la faune", "Enquêteur")
QUALITIES_GENERAL_EN = ("Inspector", "Wildlife protection officer", "Investigator")
