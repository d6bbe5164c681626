"""The pure engine: one session in one flow, `(revision, state, input, world) -> (state, screen, effects)`."""

from flows.session import Case, Left, Run, Step, World, decode, encode

__all__ = ["Case", "Left", "Run", "Step", "World", "decode", "encode"]
