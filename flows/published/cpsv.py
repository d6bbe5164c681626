"""The catalogue of services as CPSV-AP 3 in JSON-LD (https://semiceu.github.io/CPSV-AP/releases/3.2.0/).

Everything is a node of its class, as the profile's shapes want it: languages, places and kinds of channels too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flows.fields import Text
from flows.model import Flow

CONTEXT: Final[Mapping[str, str]] = {
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dct": "http://purl.org/dc/terms/",
    "org": "http://www.w3.org/ns/org#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}


REGION: Final = "http://data.europa.eu/88u/dataset/atu-type"
"""The class of the region that an authority covers."""


def catalogue(flows: Sequence[Flow], country: str = "LA") -> dict[str, Any]:
    """The services among these flows with their authorities and channels; parts are none and are left out."""
    services = [flow for flow in flows if not flow.is_part]
    agencies = sorted({flow.agency for flow in services if flow.agency})
    graph = [_service(flow, country) for flow in services]
    graph += [channel for flow in services for channel in _channels(flow)]
    graph += [_agency(name, country) for name in agencies]
    graph += [_language(tag) for tag in dict.fromkeys(tag for flow in services for tag in flow.languages)]
    graph += [_kind(name) for name in ("ussd", "sms")]
    graph.append({"@id": _place(country), "@type": ["dct:Location", REGION], "dct:identifier": country})
    return {"@context": dict(CONTEXT), "@graph": graph}


def spoken(text: Text) -> list[dict[str, str]]:
    """A text as JSON-LD has it, one value for each language."""
    return [{"@value": text.say(tag), "@language": tag} for tag in text.languages]


def _service(flow: Flow, country: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": f"urn:sala:service:{flow.id}",
        "@type": "cpsv:PublicService",
        "dct:identifier": flow.id,
        "dct:title": spoken(flow.title),
        # The profile wants one; a service without a notice has no other words of its own.
        "dct:description": spoken(flow.notice.purpose if flow.notice is not None else flow.title),
        "dct:language": [{"@id": f"urn:sala:language:{tag}"} for tag in flow.languages],
        "dct:spatial": {"@id": _place(country)},
        "cv:hasChannel": [{"@id": channel["@id"]} for channel in _channels(flow)],
    }
    if flow.agency:
        found["cv:hasCompetentAuthority"] = {"@id": f"urn:sala:agency:{flow.agency}"}
    return found


def _channels(flow: Flow) -> list[dict[str, Any]]:
    """The ways in: each service code, and each keyword."""
    if flow.entry is None:
        return []
    ways = [("ussd", code) for code in flow.entry.ussd] + [("sms", word) for word in flow.entry.sms]
    return [
        {
            "@id": f"urn:sala:channel:{flow.id}:{number}",
            "@type": "cv:Channel",
            "dct:type": {"@id": f"urn:sala:channel-type:{kind}"},
            "dct:identifier": way,
            "cv:ownedBy": {"@id": f"urn:sala:agency:{flow.agency}"},
        }
        for number, (kind, way) in enumerate(ways, 1)
    ]


def _agency(name: str, country: str) -> dict[str, Any]:
    named = [{"@value": name, "@language": "en"}]
    return {
        "@id": f"urn:sala:agency:{name}",
        "@type": ["cv:PublicOrganisation", "org:Organization"],
        "dct:identifier": name,
        "dct:title": named,
        "skos:prefLabel": named,
        "dct:spatial": {"@id": _place(country)},
    }


def _language(tag: str) -> dict[str, Any]:
    return {"@id": f"urn:sala:language:{tag}", "@type": "dct:LinguisticSystem", "dct:identifier": tag}


def _kind(name: str) -> dict[str, Any]:
    label = [{"@value": name.upper(), "@language": "en"}]
    return {"@id": f"urn:sala:channel-type:{name}", "@type": "skos:Concept", "skos:prefLabel": label}


def _place(country: str) -> str:
    return f"urn:sala:place:{country}"
