"""Webhooks: who may be told, of what, how messages are signed, what is in the ledger."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.events import EventKind
from pipeline.custody.hooks import DeliveryState, HookSecret
from pipeline.errors import OperatorError
from pipeline.evidence.webhook import signature_of
from pipeline.usecases.hook_entries import compare_hooks
from pipeline.usecases.hooks import (
    rotate_hook,
)
from pipeline.web.api.app import create_api, document_of
from pipeline.web.api.webhooks import Message
from tests.unit.browsing import Pages
from tests.unit.gate import OPERATOR
from tests.unit.hook_office import DOWN, KEY, URL, Office


@pytest.fixture
def office() -> Office:
    return Office.make()


def test_a_signature_is_that_of_the_scheme() -> None:
    secret = HookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    found = signature_of(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    # The example of the scheme's own libraries.
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_names_the_event_and_is_signed_with_the_secret_that_was_handed_over(office: Office) -> None:
    handed = office.add()
    office.happens("7")

    office.work()

    ((url, headers, body),) = office.receiver.sent
    key = base64.b64decode(handed.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert url == URL
    assert headers["webhook-id"] == "7-e0001"
    assert headers["webhook-timestamp"] == str(int(office.house.clock.now().timestamp()))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"


def test_a_message_says_where_to_ask_and_no_value(office: Office) -> None:
    office.add()
    office.happens("7")

    office.work()

    told = json.loads(office.receiver.sent[0][2])
    assert told["kind"] == "published"
    assert told["number"] == "7"
    assert told["data"] == {"field": "plate"}
    assert told["href"] == "/api/v1/statements/7?issuer=valmont"
    assert b"ABC123" not in office.receiver.sent[0][2]


def test_a_secret_is_kept_nowhere(office: Office) -> None:
    handed = office.add()

    bits = handed.secret.removeprefix("whsec_")
    assert bits not in repr(office.house.records.tables) + repr(handed) + repr(office.desk)
    assert KEY.hex() not in repr(office.desk)


def test_while_a_secret_is_replaced_either_signature_is_there_and_then_the_new_one_alone(office: Office) -> None:
    old = office.add().secret
    new = rotate_hook("court", overlap_hours=1, by=OPERATOR, desk=office.desk).secret

    office.happens("7")
    office.work()
    office.house.clock.go(3600)
    office.happens("8")
    office.work()

    during, after = (headers["webhook-signature"].split() for _, headers, _ in office.receiver.sent)
    (_, headers, body) = office.receiver.sent[0]
    stamp = int(headers["webhook-timestamp"])
    assert during == [signature_of(its, "7-e0001", stamp, body) for its in (new, old)]
    assert len(after) == 1
    assert new != old


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "Court!"}, "bad_hook_name"),
        ({"url": "https://10.0.0.1/"}, "obstacle.address_private"),
        ({"url": "https://x/" + "y" * 2000}, "obstacle.address_malformed"),
    ],
)
def test_what_can_be_no_hook_is_refused_and_leaves_nothing(office: Office, changes: dict[str, str], code: str) -> None:
    office.receiver.refused = frozenset({"https://10.0.0.1/"})

    with pytest.raises(OperatorError) as refused:
        office.add(**changes)

    assert refused.value.code == code
    assert office.house.records.hooks.all() == ()


def test_without_the_sites_key_nothing_is_promised_nor_sent(office: Office) -> None:
    office.add()
    office.happens("7")
    office.desk = replace(office.desk, key=None)

    with pytest.raises(OperatorError, match="hooks_key_not_given"):
        office.round()
    with pytest.raises(OperatorError, match="hooks_key_not_given"):
        office.add(name="other")

    assert office.receiver.sent == []


def test_a_hook_is_told_of_what_happens_from_now_on_or_from_where_it_was_asked_for(office: Office) -> None:
    office.happens("1", "2", "3")
    office.add(name="new")
    office.add(name="all", since=0)

    assert office.work() == ["1-e0001", "2-e0001", "3-e0001"]


def test_a_hook_is_told_of_its_kinds_and_issuer_alone(office: Office) -> None:
    office.add(kinds=frozenset({EventKind.RETURNED}), issuer="lac")
    office.happens("1", issuer="lac")
    office.happens("2", kind=EventKind.RETURNED)
    office.happens("3", kind=EventKind.RETURNED, issuer="lac")

    assert office.work() == ["3-e0001"]


def test_a_file_that_was_restricted_meanwhile_is_told_no_more(office: Office) -> None:
    office.add()
    office.happens("1", "2")
    hidden: set[str] = set()
    office.desk = replace(office.desk, may_be_told=lambda event, _: event.statement not in hidden)
    office.receiver.answers = [DOWN, DOWN]
    office.work()
    hidden.add("1")
    office.house.clock.go(5)

    assert office.work() == ["2-e0001"]
    assert office.states()[1] is DeliveryState.SKIPPED


def test_a_hook_that_was_led_elsewhere_without_the_program_is_named(office: Office) -> None:
    office.add()
    office.add(name="city")
    hooks, entries = office.house.records.hooks.attested()
    assert list(compare_hooks(hooks, entries)) == []

    elsewhere = replace(hooks[0], url="https://other.example/")
    altered = list(compare_hooks((elsewhere,), entries))

    assert [(its.code, its.subject) for its in altered] == [
        ("hook_altered", "hook:city"),
        ("record_missing", "hook:court"),
    ]
    added = list(compare_hooks((*hooks, replace(hooks[0], name="own")), entries))
    assert [(its.code, its.subject) for its in added] == [("record_unknown_to_ledger", "hook:own")]


def test_a_message_is_one_that_the_document_of_the_api_describes(office: Office, tmp_path: Path) -> None:
    office.add()
    office.happens("7")
    office.work()
    sent = office.receiver.sent[0][2]
    document = json.dumps(document_of(create_api(Pages.make(tmp_path).parts)))

    described = json.loads(document)["webhooks"]["event"]["post"]
    assert Message.model_validate_json(sent).model_dump(mode="json").keys() == json.loads(sent).keys()
    assert {its["name"] for its in described["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
    assert described["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Message")
    assert "HTTPValidationError" not in document
