"""The file of a copy: every cut is a torn end, every flipped byte a damage, and nothing can be moved."""

import io
import itertools
import random
from pathlib import Path

import pytest

from store.copying import frames
from store.copying.frames import Damaged, Frames, Head, Sealer, read_head

KEY = bytes(range(32))
HEAD = Head("LA-XK-03", "3f9c21aa", 1, 1_795_410_000, "age1x", b"sealed")
CONTENTS = [["base", 1], ["rows", "x" * 2000], ["commit", 7, b"\0\xff", None, -5, 2**62, 0.5, "ລາວ"], ["beat", 9]]


def written() -> tuple[bytes, list[int]]:
    """A file, and where each frame ends in it."""
    sealer = Sealer(HEAD, KEY)
    data, ends = sealer.opening, [len(sealer.opening)]
    for content in CONTENTS:
        data += sealer.frame(content)
        ends.append(len(data))
    return data, ends


def read(data: bytes) -> tuple[list[object], bool]:
    file = io.BytesIO(data)
    _, opening = read_head(file, "x")
    found = Frames(file, "x", opening, KEY)
    return [frame.content for frame in found], found.torn


def test_what_is_written_is_read() -> None:
    assert read(written()[0]) == (CONTENTS, False)


def test_a_cut_at_every_byte_is_a_torn_end() -> None:
    data, ends = written()
    for cut in range(ends[0], len(data)):
        contents, torn = read(data[:cut])
        whole = sum(end <= cut for end in ends[1:])
        assert contents == CONTENTS[:whole]
        assert torn == (cut not in ends)


def test_an_end_of_zeros_is_torn() -> None:
    data, ends = written()
    assert read(data + bytes(5000)) == (CONTENTS, True)
    # The length is there, the last bytes are not.
    assert read(data[: ends[-2] + 20] + bytes(ends[-1] - ends[-2] - 20)) == (CONTENTS[:-1], True)
    with pytest.raises(Damaged):
        read(data[: ends[-2]] + bytes(30) + data[ends[-2] + 30 :])


def test_every_flipped_byte_is_refused() -> None:
    data, _ = written()
    for place in range(len(data)):
        harmed = bytearray(data)
        harmed[place] ^= 1 << random.Random(place).randrange(8)
        with pytest.raises(Damaged):
            read(bytes(harmed))


def test_frames_cannot_be_left_out_moved_or_borrowed() -> None:
    data, ends = written()
    parts = [data[: ends[0]], *(data[a:b] for a, b in itertools.pairwise(ends))]
    for order in ([0, 2, 3, 4], [0, 1, 3, 2, 4], [0, 1, 2, 2], [0, 1, 2, 4]):
        with pytest.raises(Damaged):
            read(b"".join(parts[i] for i in order))
    other = Sealer(Head("LA-XK-04", "3f9c21aa", 1, 0, "age1x", b""), KEY)
    with pytest.raises(Damaged):
        read(other.opening + b"".join(parts[1:]))


def test_what_is_no_copy_is_said_to_be_none(tmp_path: Path) -> None:
    for data in (b"", b"SALA", b"SQLite format 3\0", frames.MAGIC + b"\0\0\0\2{}"):
        with pytest.raises(Damaged):
            read_head(io.BytesIO(data), "x")
    (tmp_path / "x").write_bytes(b"no")
    assert frames.peek(tmp_path / "x") is None
    (tmp_path / "y").write_bytes(written()[0])
    assert frames.peek(tmp_path / "y") == HEAD
