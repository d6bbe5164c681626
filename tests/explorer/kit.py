"""Flows to explore: the six services, and small ones in Lao and English with a mistake planted on a known line."""

from datetime import date
from typing import Any

from flows.explorer import Report, Settings, explore
from flows.findings import Finding
from flows.loader import load
from flows.phrases import load as load_phrases
from flows.revision import Revision, revise
from tests.flows.engine_kit import SERVICES, TABLES

__all__ = ["SERVICES", "explored", "found", "planted", "settings"]

HEAD = """
sala: 1
id: sample
agency: office
title: {lo: ທົດລອງ, en: Sample}
languages: [lo, en]
notice: {purpose: {lo: ທົດລອງ, en: A test}, controller: office, basis: legal_task, keep: 30d, contact: "1503"}
entry: {menu: 1, ussd: ["*999*1#"], sms: [SAMPLE]}
messages: {receipt: {lo: "ໄດ້ຮັບ {ref}", en: "Received {ref}"}}
"""


def planted(body: str, *parts: str) -> tuple[Revision, int]:
    """A service with these `fields` and `steps`, and the line of the one that is marked `# HERE` (0: none)."""
    text = HEAD + body
    line = next((number for number, one in enumerate(text.splitlines(), 1) if "# HERE" in one), 0)
    others = [load("sala: 1\ntitle: {en: Part}\nlanguages: [lo, en]\n" + one, "part.yaml") for one in parts]
    return revise(load(text, "sample.yaml"), {flow.id: flow for flow in others}), line


def settings(**changes: Any) -> Settings:
    return Settings(TABLES, load_phrases(), date(2026, 11, 5), district="LA0901", **changes)


def explored(revision: Revision, **changes: Any) -> Report:
    return explore(revision, settings(**changes))


def found(revision: Revision, code: str, **changes: Any) -> list[Finding]:
    return [one for one in explored(revision, **changes).findings if one.code == code]
