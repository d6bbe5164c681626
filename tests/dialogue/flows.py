"""Small services of every manner that the channel treats differently, and the office that offers them."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from flows.dialogue import Node, Office
from flows.loader import load
from flows.phrases import load as load_phrases
from flows.revision import Revision, revise
from flows.tables import Table, Tables

BIRTH: Final = """
sala: 1
id: birth
agency: civil-registry
title: {lo: ແຈ້ງເກີດ, en: Register a birth, lo-Latn: Cheng koet}
languages: [lo, en, lo-Latn]
notice:
  purpose: {lo: ໃຊ້ເພື່ອແຈ້ງເກີດເທົ່ານັ້ນ., en: Used only to record this birth., lo-Latn: Sai pheua cheng koet thao nan.}
  controller: civil-registry
  basis: legal_task
  keep: 30d
  contact: "1503"
entry:
  menu: 1
  ussd: ["*999*1#"]
  sms: [BIRTH, ເກີດ]
  form: [child_sex, birth_date, mother_name]
fields:
  mother_name: {type: name, profile: true, label: {lo: ແມ່, en: Mother, lo-Latn: Me}, why: who}
  child_sex:
    type: choice
    label: {lo: ເພດ, en: Sex, lo-Latn: Phet}
    choices: {f: {lo: ຍິງ, en: Girl, lo-Latn: Nying}, m: {lo: ຊາຍ, en: Boy, lo-Latn: Sai}}
    why: record
  birth_date:
    {type: date, min: today - 18y, max: today, label: {lo: ວັນເກີດ, en: Born, lo-Latn: Van koet}, why: record}
steps:
  - ask: mother_name
    text: {lo: ຊື່ແມ່?, en: Mother's full name?, lo-Latn: Sue me?}
  - ask: child_sex
    text: {lo: ເພດ?, en: Girl or boy?, lo-Latn: Phet?}
  - ask: birth_date
    text: {lo: ວັນເກີດ?, en: Date of birth?, lo-Latn: Van koet?}
  - confirm: [mother_name, child_sex, birth_date]
  - submit: birth
    once: [mother_name, birth_date, child_sex]
    receipt: receipt
  - end: {lo: "ໄດ້ຮັບແລ້ວ. ເລກທີ {ref}.", en: "Received. Reference {ref}.", lo-Latn: "Dai hap leo {ref}."}
messages:
  receipt: {lo: "ໄດ້ຮັບ {ref}. {dial}", en: "Received {ref}. Ask: {dial}.", lo-Latn: "Dai hap {ref}. {dial}"}
  dropped: {lo: "ຍັງບໍ່ແລ້ວ. {dial}", en: "Not finished. Dial {dial}.", lo-Latn: "Yang bo leo. {dial}"}
  status:
    ready: {lo: "{ref} ພ້ອມ: {office}", en: "{ref} is ready at {office}.", lo-Latn: "{ref} phom: {office}"}
"""

HEALTH: Final = """
sala: 1
id: health
agency: health
title: {lo: ສຸຂະພາບ, en: See a doctor}
languages: [lo, en]
notice:
  purpose: {lo: ໃຊ້ເພື່ອນັດໝໍເທົ່ານັ້ນ., en: Used only to find you a doctor.}
  controller: health
  basis: consent
  keep: 7d
  contact: "166"
entry:
  menu: 4
  ussd: ["*999*4#"]
  sms: [HEALTH, ໝໍ]
  form: [need]
  urgent: {lo: ໂທ 1195 ດຽວນີ້., en: Call 1195 now.}
fields:
  need: {type: text, sensitivity: sensitive, label: {lo: ອາການ, en: Problem}, why: which doctor}
steps:
  - ask: need
    text: {lo: ເຈັບຫຍັງ?, en: What is wrong?}
  - confirm: [need]
  - submit: health
    receipt: receipt
  - end: {lo: "ໄດ້ຮັບ {ref}.", en: "Received {ref}."}
messages:
  receipt: {lo: "ໄດ້ຮັບຄຳຮ້ອງ {ref}.", en: "Request {ref} received."}
  dropped: {lo: "ຍັງບໍ່ແລ້ວ", en: "Not finished."}
"""

SAY: Final = """
sala: 1
id: say
agency: inspection
title: {lo: ຄຳຄິດເຫັນ, en: Say it}
languages: [en, lo]
anonymous: "True"
notice:
  purpose: {lo: ໃຊ້ເພື່ອແກ້ໄຂ., en: Used to put things right.}
  controller: inspection
  basis: consent
  keep: 30d
  contact: "1510"
entry: {menu: 3, ussd: ["*999*3#"], sms: [SAY]}
fields:
  words: {type: text, label: {lo: ຄຳ, en: Words}, why: the matter}
steps:
  - say: {lo: ບໍ່ມີໃຜຮູ້ຊື່ທ່ານ., en: "Nobody will know your name. This is a long text that needs a page of its own because it
      says so much that no question fits beside it on one small screen."}
  - ask: words
    text: {lo: ມີຫຍັງ?, en: What happened?}
  - submit: say
  - end: {lo: "ຂອບໃຈ {ref}.", en: "Thank you. {ref}."}
"""

TODAY: Final = date(2026, 11, 23)
OFFICES: Final = Table(
    "offices",
    ("key", "office", "hours", "papers"),
    {
        "LA0901/civil-registry": ("LA0901/civil-registry", "Khoun", "8-16", "family book"),
        "LA0901/civil-registry/lo": ("LA0901/civil-registry/lo", "ຄູນ", "8-16", "ປຶ້ມ"),
    },
)


def revision(text: str) -> Revision:
    return revise(load(text, "flow.yaml"), {})


def office(*texts: str, **changes: Any) -> Office:
    revisions = [revision(text) for text in texts or (BIRTH, HEALTH, SAY)]
    plain = Office(
        live={one.flow.id: one for one in revisions},
        known={one.digest: one for one in revisions},
        tables=Tables({"offices": OFFICES}),
        phrases=load_phrases(),
        languages=("lo", "lo-Latn", "en"),
        node=Node(short="1999", contact="1500", district="LA0901"),
    )
    return replace(plain, **changes)
