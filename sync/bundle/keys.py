"""The two keys of a bundle, both drawn from the secret that a node and its agency share: one signs, one seals.

Sealing is age (https://age-encryption.org/v1) to an X25519 identity derived from the secret, so that a lost stick is
unreadable and enrolment stays the one thing to exchange.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import pyrage

_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


@dataclass(frozen=True, slots=True)
class BundleKeys:
    """What both ends derive from the shared secret."""

    mac: bytes
    seal: bytes

    def sign(self, text: bytes) -> str:
        """Return the signature over a part's header, in hexadecimal."""
        return hmac.new(self.mac, text, hashlib.sha256).hexdigest()

    def signed(self, text: bytes, signature: str) -> bool:
        """Say whether this signature is right."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode("utf-8", "replace"))

    def close(self, plain: bytes) -> bytes:
        """Seal bytes for the other end."""
        sealed: bytes = pyrage.encrypt(plain, [self._identity().to_public()])
        return sealed

    def open(self, sealed: bytes) -> bytes:
        """Open what the other end has sealed; raises ValueError when it was sealed for somebody else, or harmed."""
        try:
            plain: bytes = pyrage.decrypt(sealed, [self._identity()])
        except pyrage.DecryptError as fault:
            raise ValueError("it does not open with this key") from fault
        return plain

    def _identity(self) -> pyrage.x25519.Identity:
        return pyrage.x25519.Identity.from_str(bech32("age-secret-key-", self.seal).upper())


def keys_of(secret: bytes) -> BundleKeys:
    """Derive the keys from a shared secret."""
    mac, seal = (hmac.digest(secret, label, hashlib.sha256) for label in (b"sala bundle 1 mac", b"sala bundle 1 seal"))
    return BundleKeys(mac, seal)


def bech32(prefix: str, data: bytes) -> str:
    """Write bytes as Bech32 (BIP 173), which is how age writes its keys."""
    bits = int.from_bytes(data, "big") << (-len(data) * 8) % 5
    count = -(-len(data) * 8 // 5)
    values = [bits >> 5 * (count - 1 - place) & 31 for place in range(count)]
    spread = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = _polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in values)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check
