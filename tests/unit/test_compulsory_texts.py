"""The texts that the Regulation prescribes for its Schedules stand on the shipped forms as prescribed."""

from __future__ import annotations

import re
from itertools import product

import pytest

from pipeline.geometry import BoxMm
from pipeline.model import FontFace, Heading, Layout, Paragraph
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.typesetting import typeset

BOLD = (FontFace.BOLD, FontFace.NARROW_BOLD)
WARNING_PT = 9.0
ISSUER_BLANK = "<issuer>"
"""Where the Schedules leave the issuer a blank: `..........` and `(indicate method of payment)`."""

# ss. 34(8.1) and 38(6.1); the box is U+20DE, as in the official text
FRONT_WARNING = (
    "IMPORTANT PLEASE READ WARNING NO. 1 ON THE BACK. HOWEVER, IF YOU ARE UNDER 18 YEARS OF AGE OR IF THIS BOX IS "
    "CHECKED \u20de PLEASE READ WARNING NO. 2 ON THE BACK."
)
# s. 35(6), for Schedule IV by s. 39
WARNING_1 = (
    "WARNING NO. 1 IF YOU DO NOT ENTER A PLEA OR DO NOT PAY THE TOTAL AMOUNT OR A PART OF THE FINE AND COSTS WITHIN 30 "
    "DAYS AFTER THE DATE OF SERVICE INDICATED IN THE “SERVICE” SECTION OF THE STATEMENT OF OFFENCE, YOU WILL BE DEEMED "
    "NOT TO CONTEST THE PROCEEDINGS AND MAY BE CONVICTED BY DEFAULT (IN YOUR ABSENCE) WITHOUT AN OPPORTUNITY TO BE "
    "HEARD."
)
WARNING_2 = (
    "WARNING NO. 2 IF YOU DO NOT ENTER A PLEA OR DO NOT PAY THE TOTAL AMOUNT OF THE FINE AND COSTS WITHIN 30 DAYS "
    "AFTER THE DATE OF SERVICE INDICATED IN THE “SERVICE” SECTION OF THE STATEMENT OF OFFENCE OR IN THE DOCUMENT "
    "REFERRED TO, YOU WILL BE DEEMED TO HAVE ENTERED A PLEA OF NOT GUILTY. PROCEEDINGS WILL THEN BE TRIED IN YOUR "
    "ABSENCE AND JUDGMENT WILL BE RENDERED WITHOUT FURTHER NOTICE."
)
WARNINGS = (
    ("iii.statement.front", "warning_notice", FRONT_WARNING),
    ("iv.statement.front", "warning_notice", FRONT_WARNING),
    ("iii.statement.back", "warning_1", WARNING_1),
    ("iii.statement.back", "warning_2", WARNING_2),
    ("iv.statement.back", "warning_1", WARNING_1),
    ("iv.statement.back", "warning_2", WARNING_2),
)
CONTRIBUTION = (
    "In accordance with section 8.1 of the Code of Penal Procedure (chapter C-25.1), from each contribution collected, "
    "the first $10 shall be credited to the fund dedicated to assistance for persons who are victims of criminal "
    "offences established under the Act to assist persons who are victims of criminal offences and to facilitate their "
    "recovery (chapter P-9.2.1), and the following $8 shall be credited to the Access to Justice Fund established "
    "under the Act respecting the Ministère de la Justice (chapter M-19)."
)
LEGAL_PERSON = (
    "If the defendant is a legal person, one of its directors or officers is required to sign. Director means the "
    "president, chief executive officer, chief operating officer, chief financial officer or secretary of the legal "
    "person or a person holding a similar position {at}that legal person. The signatory must indicate his quality."
)
GENERAL = (
    "STATEMENT OF OFFENCE",
    "Penal proceedings are instituted by means of a statement of offence and commence on the date of service of the "
    "statement of offence.",
    "PLEA",
    "You are required to enter a plea of guilty or not guilty within 30 days after the date of service indicated in "
    "the “SERVICE” section of the statement of offence.",
)
GUILTY_CONSEQUENCES = (
    "A defendant who enters a plea of guilty is deemed to have been convicted of the offence.",
    "Additional costs may be imposed if the total amount of the fine, costs and contribution is not transmitted with "
    "the plea of guilty.",
    "A defendant who transmits the total amount of the fine and costs requested after having entered a plea of not "
    "guilty and before the trial is deemed to have transmitted a plea of guilty.",
)
DEFAULT = (
    "You will be notified by the clerk of the competent court of the place, date and time set for the trial.",
    "PRELIMINARY APPLICATIONS",
    "To prepare your defence, you may file a preliminary application as provided in articles 168 to 186 of the Code of "
    "Penal Procedure.",
    "FAILURE TO ENTER A PLEA AND PAY THE TOTAL AMOUNT OF THE FINE AND COSTS",
    WARNING_1,
    WARNING_2,
)
COUNSEL = (
    "RIGHT TO LEGAL COUNSEL",
    "You have the right to seek legal counsel before entering a plea or making a preliminary application.",
)
SCHEDULE_III = (
    *GENERAL,
    LEGAL_PERSON.format(at="at "),
    "PLEA OF GUILTY AND PAYMENT",
    "If you plead guilty to the offence, please use the attached plea form to:",
    "- enter your plea; and",
    "- pay (in Canadian funds) the total amount of the fine, costs and contribution indicated on the statement of "
    "offence.",
    CONTRIBUTION,
    "The plea and the payment may be sent to the address indicated on the plea form or <issuer>",
    "Payment may be made <issuer>.",
    *GUILTY_CONSEQUENCES,
    "PLEA OF NOT GUILTY",
    "If you plead not guilty to the offence, please enter your plea on the attached plea form. Your plea must be sent "
    "to the address indicated on the plea form.",
    *DEFAULT,
    "IF YOU ARE CONVICTED BY DEFAULT, ADDITIONAL COSTS MAY BE IMPOSED.",
    "DEMERIT POINTS",
    "The demerit points entered on the statement of offence serve only as a guideline. The Société de l’assurance "
    "automobile du Québec is responsible for registering demerit points in a defendant’s record.",
    *COUNSEL,
)
# The official text of Schedule IV has slips of the pen ("may be send", "address indicate", two full stops, a missing
# "at"). A compulsory text is printed as it was enacted.
SCHEDULE_IV = (
    *GENERAL,
    LEGAL_PERSON.format(at=""),
    "PLEA OF GUILTY AND PAYMENT",
    "If you plead guilty to the offence charged, please use the attached plea form to:",
    "- enter your plea, and",
    "- pay (in Canadian funds) the total amount of the fine, costs and contribution indicated on the statement of "
    "offence.",
    CONTRIBUTION,
    "The plea and the payment may be send to the address indicated on the plea form or <issuer>",
    "Payment may be made <issuer>.",
    *GUILTY_CONSEQUENCES,
    "A defendant who transmits the whole amount of the fine and costs requested without entering a plea is deemed to "
    "have transmitted a plea of guilty.",
    "PLEA OF NOT GUILTY",
    "If you plead not guilty to the offence, please enter your plea on the back of the attached plea form. Your plea "
    "must be sent to the address indicate on the plea form.",
    *DEFAULT,
    "IF YOU ARE CONVICTED BY DEFAULT, ADDITIONAL COSTS MAY BE IMPOSED..",
    *COUNSEL,
)
SCHEDULE_HEADINGS = ("INFORMATION", "PROSECUTOR’S ADDRESS (IF APPLICABLE)", "DEFENDANT")


def face(name: str, language: str) -> Layout:
    return next(layout for layout in load_layouts() if layout.id == f"{name}.{language}@generic-1")


def paragraphs(layout: Layout) -> list[Paragraph]:
    return [item for item in layout.artwork if isinstance(item, Paragraph)]


def paragraph(layout: Layout, name: str) -> Paragraph:
    (found,) = (item for item in paragraphs(layout) if item.name == name)
    return found


def words(text: str) -> str:
    """The text with each run of spaces and line breaks, which belong to the setting and not to the wording, as one."""
    return " ".join(text.split())


def prescribed(lines: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\s".join(re.escape(line).replace(re.escape(ISSUER_BLANK), r"\S.{3,160}?") for line in lines))


@pytest.mark.parametrize(("name", "text_name", "official"), WARNINGS)
def test_an_english_warning_stands_word_for_word(name: str, text_name: str, official: str) -> None:
    warning = paragraph(face(name, "en"), text_name)

    assert words(warning.text) == official
    assert not warning.translation


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("name", "text_name", "official"), WARNINGS)
def test_a_warning_is_boxed_bold_capitals_of_9_point_or_more(
    name: str, text_name: str, official: str, language: str
) -> None:
    warning = paragraph(face(name, language), text_name)

    assert warning.boxed
    assert warning.face in BOLD
    assert warning.text == warning.text.upper()
    assert warning.size_pt >= WARNING_PT


@pytest.mark.parametrize(("name", "text_name", "official"), WARNINGS)
def test_a_french_warning_says_that_it_is_a_translation(name: str, text_name: str, official: str) -> None:
    assert paragraph(face(name, "fr"), text_name).translation


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["iii.statement.front", "iv.statement.front"])
def test_the_check_box_of_warning_2_stands_where_the_text_speaks_of_it(name: str, language: str) -> None:
    layout = face(name, language)
    (gap,) = typeset(paragraph(layout, "warning_notice"), load_fonts()).gaps
    (mark,) = layout.zone("warning_2_applies").marks

    assert gap.x <= mark.box_mm.x
    assert mark.box_mm.right <= gap.right
    assert abs(centre_y(mark.box_mm) - centre_y(gap)) < 0.3


def centre_y(area: BoxMm) -> float:
    return area.y + area.height / 2


@pytest.mark.parametrize(
    ("name", "lines"), [("iii.statement.back", SCHEDULE_III), ("iv.statement.back", SCHEDULE_IV)], ids=["iii", "iv"]
)
def test_the_english_back_carries_the_text_of_its_schedule_word_for_word_and_in_order(
    name: str, lines: tuple[str, ...]
) -> None:
    printed = words(" ".join(item.text for item in paragraphs(face(name, "en"))))

    assert prescribed(lines).search(printed)


@pytest.mark.parametrize("name", ["iii.statement.back", "iv.statement.back"])
def test_the_english_back_has_the_headings_that_its_schedule_ends_with(name: str) -> None:
    printed = {getattr(item, "text", "") for item in face(name, "en").artwork}

    assert printed.issuperset(SCHEDULE_HEADINGS)


@pytest.mark.parametrize("name", ["iii.statement.back", "iv.statement.back"])
def test_every_compulsory_text_of_a_french_back_is_marked_as_a_translation(name: str) -> None:
    english = {item.name for item in paragraphs(face(name, "en")) if item.name} - {"code_explanations"}
    marked = {item.name for item in paragraphs(face(name, "fr")) if item.translation}

    assert english <= marked


@pytest.mark.parametrize("schedule", ["i", "ii", "iii", "iv"])
def test_no_english_text_is_marked_as_a_translation(schedule: str) -> None:
    layouts = [layout for layout in load_layouts() if layout.schedule == schedule and layout.language == "en"]

    assert layouts
    assert not [item.name for layout in layouts for item in paragraphs(layout) if item.translation]


# Schedule II. Its text too is printed as it was enacted, slips of the pen included ("enter you plea").
SCHEDULE_II = (
    "STATEMENT OF OFFENCE",
    "Penal proceedings are instituted by means of a statement of offence and commence at the time statement is served.",
    "TRANSMISSION OF PLEA",
    "You are required to enter a plea of guilty or not guilty within 30 days following the date of service indicated "
    "in the part entitled SERVICE in section E of the statement of offence or in the reference document identified in "
    "that same part of Section E.",
    LEGAL_PERSON.format(at="at "),
    "PLEA OF GUILTY AND PAYMENT",
    "If you plead guilty to the offence alleged, use the return form attached hereto in order to:",
    "· enter you plea, and",
    "· pay (in Canadian funds) the total amount of the fine, the costs and the contribution.",
    CONTRIBUTION,
    "The plea and the payment may be transmitted to the address indicated on the return form or to <issuer>",
    "Payment may be made by cheque or postal order made out to <issuer>",
    "Unless the total amount of the fine, the costs and the contribution is transmitted together with this plea, "
    "additional costs may be imposed.",
    "A defendant who transmits the whole amount of the fine and costs requested without entering a plea is deemed to "
    "have transmitted a plea of guilty.",
    "A defendant who transmits the total amount of the fine and costs requested after having entered a plea of not "
    "guilty and before the trial is deemed to have transmitted a plea of guilty.",
    "If the defendant transmits a plea of guilty, he is deemed to have been convicted of the offence.",
    "PLEA OF NOT GUILTY",
    "If you plead not guilty to the offence, enter your plea on the return form attached hereto. Your plea must be "
    "transmitted to the address indicated on the return form.",
    "You will be notified by the clerk of the court of competent jurisdiction of the place, date and time fixed for "
    "trial of the proceeding.",
    "FAILURE TO TRANSMIT A PLEA AND THE AMOUNT OF THE FINE AND COSTS",
    "A defendant who does not transmit a plea or the whole amount of the fine and costs requested is deemed to have "
    "transmitted a plea of not guilty. In such a case, the proceeding will be tried and judgment rendered without "
    "further notice.",
    "PRELIMINARY APPLICATIONS",
    "To provide for your defence, you may make the preliminary applications provided for in articles 168 to 186 of the "
    "Code of Penal Procedure.",
    "RIGHT TO COUNSEL",
    "You have a right to counsel before transmitting a plea or making a preliminary application.",
)
SCHEDULE_II_HEADINGS = ("Information", "DEFENDANT", "CASHIER’S STAMP")


def test_the_english_back_of_schedule_ii_carries_its_text_word_for_word_and_in_order() -> None:
    printed = words(" ".join(item.text for item in paragraphs(face("ii.statement.back", "en"))))

    assert prescribed(SCHEDULE_II).search(printed)


def test_the_english_back_of_schedule_ii_has_the_headings_that_it_ends_with() -> None:
    printed = {getattr(item, "text", "") for item in face("ii.statement.back", "en").artwork}

    assert printed.issuperset(SCHEDULE_II_HEADINGS)


def test_every_prescribed_text_of_the_french_back_of_schedule_ii_is_marked_as_a_translation() -> None:
    french = face("ii.statement.back", "fr")

    unmarked = [item.text for item in paragraphs(french) if not item.translation and item.name != "code_explanations"]

    assert sorted(unmarked) == sorted(zone.printed_value for zone in french.zones if zone.printed_value)


def test_the_part_that_schedule_ii_speaks_of_stands_in_section_e_of_its_front() -> None:
    for language, title in (("en", "SERVICE"), ("fr", "SIGNIFICATION")):
        front = face("ii.statement.front", language)
        headings = {item.text: item.y for item in front.artwork if isinstance(item, Heading)}

        assert headings["E"] < headings[title] < front.zone("service_date").box_mm.y
        assert front.zone("service_date").section == "E"


def test_the_return_documents_of_schedules_ii_and_iii_are_pages_of_their_own_with_backs() -> None:
    for schedule, language in product(("ii", "iii"), ("fr", "en")):
        front, back = (face(f"{schedule}.return.{side}", language) for side in ("front", "back"))

        assert front.size_mm == back.size_mm
        assert {zone.name for zone in back.zones} == {
            "cashier_stamp",
            "payment_receipt",
            "transaction_record",
            "payment_reference",
        }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_return_form_of_schedule_ii_prints_the_place_and_the_deadline(language: str) -> None:
    front = face("ii.return.front", language)

    assert front.zone("plea_return_address").printed_value
    assert "30" in (front.zone("plea_deadline").printed_value or "")
