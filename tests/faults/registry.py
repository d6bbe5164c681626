"""Every row of the table, by name; `python -m tests.faults NAME` runs one."""

from typing import Final

from tests.faults import disks, kills, lines, machine, power, times
from tests.faults.rows import Fault

_ALL: Final = (
    Fault(
        "kill-single",
        "`kill -9` at every commit, before and after, at the first byte of every message, and around the reading of "
        "every answer, in the node and in the agency",
        kills.single,
        48,
        0,
    ),
    Fault("kill-pair", "a point of the node and a point of the agency during one request", kills.pairs, 12, 400),
    Fault("kill-first-start", "each commit of a node's very first start", kills.first_start, 6, 0),
    Fault(
        "control-early",
        "control: a node that answers a phone before its commit, killed in between",
        kills.early,
        2,
        10,
        control=True,
    ),
    Fault(
        "control-careless",
        "control: an agency whose inbox is a second transaction, killed between the two",
        kills.careless,
        2,
        10,
        control=True,
    ),
    Fault(
        "power-cut",
        "power cut at any write or sync: each unsynced 512-byte sector is there or not, in any order "
        "(the shipped SQLCipher, watched by an LD_PRELOAD shim)",
        power.cuts,
        200,
        1000,
    ),
    Fault("control-normal", "control: the same with `synchronous=NORMAL`", power.normal, 40, 300, control=True),
    Fault("control-liar", "control: the same on a disk that lies about syncs", power.liar, 10, 300, control=True),
    Fault(
        "line-every-byte",
        "the line is cut after each byte of the request and of the answer",
        lines.every_byte,
        150,
        0,
    ),
    Fault("line-flap", "a line that is up for one part of the time and down for three", lines.flap, 300, 3000),
    Fault(
        "line-manners",
        "refused, black hole, half open, hotspot, each request twice, each request an hour late",
        lines.manners,
        1,
        20,
    ),
    Fault("line-9600", "9,600 bit/s: the requests take at most twice the time of their bytes", lines.slow, 30, 1000),
    Fault("control-no-inbox", "control: an agency that forgets its inbox", lines.no_inbox, 20, 200, control=True),
    Fault("disk-full-each", "no room (ENOSPC) at each write, and room again four writes later", disks.full_each, 12, 0),
    Fault("disk-sync-each", "an input/output error (EIO) at each sync: nothing more is said", disks.sync_each, 12, 0),
    Fault("disk-read-only", "the file system becomes read-only at each write", disks.read_only, 6, 0),
    Fault("disk-small", "a disk of 3 MB fills up, and gets more room (a tmpfs; needs root)", disks.full_disk, 1, 10),
    Fault(
        "disk-bad-page",
        "one bit turned in a page of the file: found, the node stops with the reason, a backup brings it back",
        disks.bad_page,
        25,
        0,
    ),
    Fault(
        "control-bad-page",
        "control: the same, and nobody looks and nothing is restored",
        disks.bad_page_unseen,
        10,
        0,
        control=True,
    ),
    Fault("agency-restored", "the agency is put back to yesterday's backup", times.agency_restored, 8, 300),
    Fault(
        "control-unasked",
        "control: the same, and the node never asks the agency how far it is",
        times.agency_restored_unasked,
        2,
        20,
        control=True,
    ),
    Fault("node-restored", "the node is put back to a backup, and goes on", times.node_restored, 8, 300),
    Fault("disk-cloned", "the node's disk is copied onto a second machine, and both go on", times.cloned, 8, 300),
    Fault(
        "control-one-epoch",
        "control: the same, and every start uses one and the same epoch",
        times.one_epoch,
        2,
        20,
        control=True,
    ),
    Fault("clock-jumps", "the wall clock jumps ten years either way, or to 1970", times.clocks, 12, 500),
    Fault(
        "control-wall-clock",
        "control: the same, and the road goes by the wall clock",
        times.clocks_by_wall,
        4,
        20,
        control=True,
    ),
    Fault(
        "dead-agency",
        "an agency is away for thirty days, beside a healthy one; both get every request",
        times.dead_for_a_month,
        900,
        100_000,
    ),
    Fault(
        "machine",
        "two nodes, two agencies, three requests: every order of leaving, arriving, hearing, losing, starting anew and "
        "going back that Hypothesis finds",
        machine.machine,
        25,
        1500,
    ),
    Fault(
        "control-machine",
        "control: the same, and the agencies forget their inbox",
        machine.careless_machine,
        20,
        50,
        control=True,
    ),
)

FAULTS: Final[dict[str, Fault]] = {fault.name: fault for fault in _ALL}
