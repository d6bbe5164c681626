"""The road by hand: requests and statuses in one sealed file, carried on a stick between a node and its agencies."""

from sync.bundle.container import BundleFault
from sync.bundle.node import Reading, Written, read_receipts, write_bundle

__all__ = ["BundleFault", "Reading", "Written", "read_receipts", "write_bundle"]
