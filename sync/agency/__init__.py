"""The reference agency: what an agency without a system of its own can use as it is, and a model for one that has."""

from sync.agency.app import enrol, make_agency_app, public_key, serve_agency
from sync.agency.settings import AgencySettings

__all__ = ["AgencySettings", "enrol", "make_agency_app", "public_key", "serve_agency"]
