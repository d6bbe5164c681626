"""What the world may read of services by machine: a catalogue, the channel's messages, a record of processing."""

from flows.published.asyncapi import asyncapi
from flows.published.cpsv import catalogue
from flows.published.processing import processing

__all__ = ["asyncapi", "catalogue", "processing"]
