"""The map of a flow: its steps as cards in layers with real links, or the same as an outline."""

from console.map.drawing import Gone, Mark, svg
from console.map.graph import Graph, graph_of
from console.map.layout import Placed, Placer
from console.map.outline import Row, outline

__all__ = ["Gone", "Graph", "Mark", "Placed", "Placer", "Row", "graph_of", "outline", "svg"]
