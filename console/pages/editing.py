"""The pages on which services are edited, published and taken back."""

from typing import Final

from console.page import Page
from console.pages import (
    flow,
    flow_add,
    flow_measure,
    flow_papers,
    flow_phone,
    flow_publish,
    flow_scenarios,
    flow_service,
    flow_texts,
    flows,
)

PAGES: Final[tuple[Page, ...]] = (
    *flows.PAGES,
    *flow.PAGES,
    *flow_add.PAGES,
    *flow_texts.PAGES,
    *flow_service.PAGES,
    *flow_scenarios.PAGES,
    *flow_publish.PAGES,
    *flow_papers.PAGES,
    *flow_phone.PAGES,
    *flow_measure.PAGES,
)
