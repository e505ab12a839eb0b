"""Personal data at rest: AES-256-GCM under a key of the tenant's own, wrapped by the master key.

The tenant, the row and the field are authenticated with each value, so that a ciphertext moved to
another row or tenant doesn't open. Searched values (phone, ID number) have a keyed blind index.
"""

import base64
import hmac
import json
import os
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.settings import settings

NONCE = 12


class Unreadable(Exception):
    """A sealed value doesn't open: wrong key, or moved from another row."""


class Vault:
    """Seals and opens one tenant's values."""

    def __init__(self, tenant: UUID, key: bytes) -> None:
        self.tenant = tenant
        self._cipher = AESGCM(hmac.digest(key, b"seal", "sha256"))
        self._index_key = hmac.digest(key, b"index", "sha256")

    def seal(self, value: Any, row: UUID, field: str) -> bytes:
        """JSON-able `value` as nonce + ciphertext, bound to `row` and `field`."""
        nonce = os.urandom(NONCE)
        plain = json.dumps(value, ensure_ascii=False).encode()
        return nonce + self._cipher.encrypt(nonce, plain, self._bound(row, field))

    def open(self, sealed: bytes, row: UUID, field: str) -> Any:
        """The value that `seal` was given.

        Raises:
            Unreadable: another tenant's, row's or field's value, or a broken one.
        """
        try:
            plain = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], self._bound(row, field))
        except InvalidTag as error:
            raise Unreadable(f"{field} of {row}") from error
        return json.loads(plain)

    def index(self, kind: str, value: str) -> bytes:
        """Blind index (16 bytes) of a searched value; equal values of one tenant give equal indexes."""
        return hmac.digest(self._index_key, f"{kind}:{value}".encode(), "sha256")[:16]

    def _bound(self, row: UUID, field: str) -> bytes:
        return self.tenant.bytes + row.bytes + field.encode()


def _master() -> bytes:
    key = base64.b64decode(settings().master_key.get_secret_value())
    if len(key) != 32:
        raise ValueError(f"MASTER_KEY must be 32 bytes in base64, it is {len(key)}")
    return key


def wrap_new_key(tenant: UUID) -> bytes:
    """A fresh tenant key, wrapped for the row in `tenant_key`."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(_master()).encrypt(nonce, os.urandom(32), tenant.bytes)


_vaults: dict[UUID, Vault] = {}


def vault_of(session: Session, tenant: UUID) -> Vault:
    """The vault of `tenant`; its key must be visible in the session's scope (kept in memory after)."""
    vault = _vaults.get(tenant)
    if vault is None:
        wrapped = session.execute(
            text("select wrapped from tenant_key where tenant_id = :tenant order by version desc limit 1"),
            {"tenant": tenant},
        ).scalar_one()
        key = AESGCM(_master()).decrypt(wrapped[:NONCE], wrapped[NONCE:], tenant.bytes)
        vault = _vaults[tenant] = Vault(tenant, key)
    return vault


def fingerprint(purpose: str, value: str) -> bytes:
    """Keyed hash (32 bytes) of something that must not be stored as it is: a tracking code, an address."""
    return hmac.new(_master(), f"{purpose}:{value}".encode(), sha256).digest()
