"""Checks a proof as `verify-offline.md` says, with Python's own library and `openssl`; it shares no line with constat.

python3 verify_proof.py proof.json [--key FINGERPRINT] [--tsa-certs FILE.pem]
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def sha256(data):
    return hashlib.sha256(data).digest()


def moment(text):
    return text.removesuffix("Z") + "+00:00" if text.endswith("Z") else text


def included(leaf, index, size, path, root):
    """RFC 9162, section 2.1.3.2."""
    node, last = sha256(b"\0" + leaf), size - 1
    if not 0 <= index < size:
        return False
    for other in map(bytes.fromhex, path):
        if last == 0:
            return False
        if index % 2 or index == last:
            node = sha256(b"\1" + other + node)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\1" + node + other)
        index, last = index // 2, last // 2
    return last == 0 and node.hex() == root


def grown(earlier, earlier_root, size, root, path):
    """RFC 9162, section 2.1.4.2."""
    if earlier == size:
        return not path and earlier_root == root
    nodes = [bytes.fromhex(each) for each in path]
    if earlier & (earlier - 1) == 0:
        nodes.insert(0, bytes.fromhex(earlier_root))
    index, last = earlier - 1, size - 1
    while index % 2:
        index, last = index // 2, last // 2
    before = after = nodes[0]
    for other in nodes[1:]:
        if last == 0:
            return False
        if index % 2 or index == last:
            before, after = sha256(b"\1" + other + before), sha256(b"\1" + other + after)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            after = sha256(b"\1" + after + other)
        index, last = index // 2, last // 2
    return last == 0 and before.hex() == earlier_root and after.hex() == root


def openssl(*arguments, **files):
    """Whether a command of openssl succeeds; `files` are written and named by their keywords in the arguments."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def signed(public, text, signature):
    pem = f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n".encode()
    files = {"key": pem, "text": text, "signature": bytes.fromhex(signature)}
    return openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "text", "-sigfile", "signature", **files
    )


def terms_of(entries, wrong):
    """Keys by id: the public key, the entries between which it was in force, and the key before it."""
    terms, now = {}, None
    for entry in entries:
        facts = json.loads(entry["body"])
        if entry["kind"] == "key_revoked":
            terms[entry["subject"]]["until"] = terms[entry["subject"]]["until"] or entry["number"]
            now = None if now == entry["subject"] else now
        if entry["kind"] in ("key_introduced", "key_rotated"):
            before, public = facts.get("predecessor"), facts["public"]
            text = canonical({"kind": "constat-key-1", "predecessor": before, "public": public})
            holds = sha256(base64.b64decode(public)).hex() == entry["subject"] and before == now
            holds = holds and signed(public, text, facts["signature"])
            if holds and before:
                holds = signed(terms[before]["public"], text, facts["predecessor_signature"])
                terms[before]["until"] = entry["number"]
            if not holds:
                wrong.append(f"entry {entry['number']}: the key is not properly brought into force")
                continue
            terms[entry["subject"]] = {"public": public, "since": entry["number"], "until": None, "before": before}
            now = entry["subject"]
    return terms


def left_out(proof):
    """What a proof must have, and nobody signs that it has."""
    for what, name in (("entries", "entry"), ("seals", "seal")):
        numbers = [each[name]["number"] for each in proof[what]]
        if numbers != sorted(set(numbers)):
            yield f"{what} out of their order"
    recorded = {each["entry"]["subject"] for each in proof["entries"] if each["entry"]["kind"] == "transfer_recorded"}
    if not proof["statements"] or not proof["pages"] or not recorded.issuperset(proof["statements"]):
        yield "a statement without the record of its transfer, or none at all"


def untimed(proof):
    """Where nobody but the archive says when."""
    stamped = max((each["seal"]["number"] for each in proof["seals"] if each["token"]), default=0)
    told = [each["seal"] for each in proof["entries"] if not each["entry"]["kind"].startswith("key_")]
    if max(told, default=1) > stamped:
        yield "no time stamp on the newest seal over the statement, nor on a later one"


def check(proof, key=None, certificates=None):
    """Everything that is wrong, as sentences; contents are compared by the reader (step 8)."""
    wrong, seals = [], {each["seal"]["number"]: each for each in proof["seals"]}
    for proven in proof["entries"]:  # 1, 2
        entry, seal = proven["entry"], seals[proven["seal"]]["seal"]
        facts = {name: entry[name] for name in ("number", "kind", "subject", "body")} | {"at": moment(entry["at"])}
        if sha256(entry["previous"].encode() + canonical(facts)).hex() != entry["hash"]:
            wrong.append(f"entry {entry['number']}: altered")
        place, size = entry["number"] - seal["first"], seal["last"] - seal["first"] + 1
        if not included(bytes.fromhex(entry["hash"]), place, size, proven["path"], seal["root"]):
            wrong.append(f"entry {entry['number']}: not in seal {seal['number']}")
    wrong += left_out(proof)  # 8
    terms = terms_of([each["entry"] for each in proof["entries"]], wrong)  # 4
    newest = proof["seals"][-1]["seal"]
    for proven in proof["seals"]:
        seal = {**proven["seal"], "made_at": moment(proven["seal"]["made_at"]), "kind": "constat-seal-1"}
        signature, own_root, its_key = seal.pop("signature"), seal.pop("log_root"), seal.pop("key")
        number = seal["number"]
        whole = newest["number"], newest["log_root"]
        if not included(canonical(seal), number - 1, whole[0], proven["inclusion"], whole[1]):  # 3
            wrong.append(f"seal {number}: not in the log")
        if not grown(number, own_root, *whole, proven["consistency"]):
            wrong.append(f"seal {number}: its log is not the beginning of the newest")
        seal |= {"log_root": own_root, "key": its_key}
        due = [each for each, term in terms.items() if term["since"] <= seal["last"] < (term["until"] or 1 << 62)]
        if due != ([its_key] if its_key else []):  # 5
            wrong.append(f"seal {number}: not by the key in force")
        elif its_key and not signed(terms[its_key]["public"], canonical(seal), signature):
            wrong.append(f"seal {number}: wrong signature")
        if proven["token"] and certificates:  # 6
            stamped = {"data": canonical(seal | {"signature": signature}), "token": base64.b64decode(proven["token"])}
            command = ("ts", "-verify", "-data", "data", "-in", "token", "-token_in", "-CAfile", str(certificates))
            if not openssl(*command, **stamped):
                wrong.append(f"seal {number}: the time stamp does not hold")
    wrong += untimed(proof) if certificates else []  # 6
    at = newest["key"]
    while key and at and at != key:  # 7
        at = terms[at]["before"] if at in terms else None
    return [*wrong, *(["the newest key does not lead back to the trusted one"] if key and not at else [])]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key")
    parser.add_argument("--tsa-certs", type=lambda text: Path(text).absolute())
    chosen = parser.parse_args()
    try:
        proof = json.loads(chosen.proof.read_text(encoding="utf-8"))
        wrong = check(proof, chosen.key, chosen.tsa_certs)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        sys.stderr.write(f"{chosen.proof} cannot be read as a proof: {type(error).__name__}: {error}\n")
        return 2
    sys.stdout.write("\n".join(wrong or ["The proof holds."]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
