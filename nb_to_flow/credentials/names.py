"""Names that are given credentials: variables, keyword arguments, keys of dicts, environment variables."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSWORDS = _words_of("password passwd passwort pwd pw passphrase passcode secret secrets")
_TOKENS = _words_of("token bearer authorization apikey accesskey secretkey authtoken accesstoken")
_PASS_OWNERS = _words_of("user db database smtp mail email mysql pg admin root ftp ssh login my")
# `key` alone names many things: what stands before it decides.
_KEY_KINDS = _words_of(
    "access account api app application auth consumer encryption master private secret shared signing"
    " storage subscription"
)
_QUALIFIERS = _words_of(
    "default dev live local new old prod production raw sandbox staging str string text value"
)
# Tokens of text, not of access.
_TEXT_TOKENS = _words_of("bos cls end eos first last mask next oov pad sep sos special start stop unk word")


class NameKind(str, Enum):
    """What a name says about its value."""

    PLAIN = "plain"
    PASSWORD = "password"  # any text may be one
    TOKEN = "token"  # made by a machine, so it looks random


@lru_cache(maxsize=4096)
def name_kind(name: str) -> NameKind:
    """What a name such as `db_password`, `X-API-Key` or `awsSecretAccessKey` says about its value."""
    words = _words(name)
    while len(words) > 1 and (words[-1] in _QUALIFIERS or words[-1].isdigit()):
        words.pop()
    if len(words) > 1 and words[-1] == "id" and words[-2] == "key":
        words.pop()
    if not words:
        return NameKind.PLAIN
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if (
        last in _PASSWORDS
        or last.endswith("password")
        or last == "pass"
        and (not before or before in _PASS_OWNERS)
    ):
        return NameKind.PASSWORD
    if last == "key" and before in _KEY_KINDS or last in _TOKENS and before not in _TEXT_TOKENS:
        return NameKind.TOKEN
    return NameKind.PLAIN


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name[:200])]


def variable_name(name: str) -> str:
    """The name as an environment variable: `X-API-Key` gives `X_API_KEY`; "" if nothing is left of it."""
    text = "_".join(_words(name)).upper() if not name.isupper() else re.sub(r"\W+", "_", name).strip("_")
    text = re.sub(r"[^A-Z0-9_]", "", text)
    return f"_{text}" if text[:1].isdigit() else text


def block_name(variable: str) -> str:
    """The name of the Prefect block for an environment variable's value: lower case, with dashes."""
    return variable.lower().strip("_").replace("_", "-")
