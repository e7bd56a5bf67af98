"""Values that are credentials, by their form or by the name they are given."""

from __future__ import annotations

import importlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nb_to_flow.credentials.names import NameKind, name_kind

_LONGEST = 20_000  # longer texts are data: pictures, tables
_SHORTEST = 4

_USER_INFO = re.compile(r"[a-zA-Z][\w+.-]{0,30}://[^\s:/@'\"<>]*:(?P<value>[^\s/@'\"]+)@[^\s/]")
_TOKEN_AS_USER = re.compile(r"https?://(?P<value>[\w-]{16,})(?::x-oauth-basic)?@[^\s/]")
_SETTING = re.compile(
    r"(?:^|[;\s,?&])(?:password|passwd|pwd|AccountKey|SharedAccessKey|sig|api_?key|access_token|auth_token)"
    r"\s*=\s*(?P<value>[^;\s,&'\"]+)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?:Bearer|Basic|Token)\s+(?P<value>[\w.~+/=-]{8,})")
_USER_OPTION = re.compile(r"(?:^|\s)(?:-u|--user)[= ]?['\"]?[\w.@-]+:(?P<value>[^\s'\"]+)")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)
# Issuers that detect-secrets (1.5) doesn't know yet.
_ISSUERS = (
    ("GitHub Token", re.compile(r"\bgithub_pat_\w{22,}")),
    ("Google API Key", re.compile(r"\bAIza[\w-]{35}(?![\w-])")),
    ("Hugging Face Token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("API Key", re.compile(r"\bsk-(?=[\w-]{0,60}\d)(?=[\w-]{0,60}[A-Z])[\w-]{24,}")),
    ("Databricks Token", re.compile(r"\bdapi[0-9a-f]{32}")),
)
_DETECTORS = (
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "jwt.JwtTokenDetector",
    "mailchimp.MailchimpDetector",
    "npm.NpmDetector",
    "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
# Without such a run of characters none of the detectors finds anything: they needn't be loaded.
_RUN = re.compile(r"[\w-]{20,}")
_DIGIT = re.compile(r"\d")
_HEX_KEY = re.compile(r"[0-9a-f]{32,64}")

_PLACEHOLDER = re.compile(
    r"(?:your|my|the|some|insert|enter|replace|put|add|set|use|change|example|sample|dummy|fake|mock|test"
    r"|demo|foo|bar|todo|none|null|true|false|default|required|optional|hidden|undefined|placeholder|string"
    r"|text|str|x{3,}|\*{3,}|\.{3,}|-{3,}|#{3,})(?:[\W_].*)?",
    re.IGNORECASE | re.DOTALL,
)
_TEMPLATE = re.compile(r"\{.*\}|<.*>|\[.*\]|\$\w|\$\(|%\(|%s", re.DOTALL)
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\).*|.*://.*|[\w./-]*\.[a-z]{2,4}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A credential in a text.

    Attributes:
        kind: what it is, for people ("AWS Access Key", "password").
        value: the part of the text that must stay secret.
    """

    kind: str
    value: str


def find_credentials(text: str) -> tuple[Match, ...]:
    """Credentials that can be told by their form alone, wherever they stand in the text.

    Besides the patterns here, the issuers' formats that detect-secrets knows
    (https://github.com/Yelp/detect-secrets); nothing is verified over the network.
    """
    if len(text) < _SHORTEST or len(text) > _LONGEST:
        return ()
    found = {match.value: match for match in _by_form(text)}
    values = list(found)
    return tuple(m for v, m in found.items() if not any(v in other and v != other for other in values))


def named_credential(name: str, text: str) -> Match | None:
    """The credential that the whole text is, going by the name it is given."""
    kind = name_kind(name)
    if kind is NameKind.PLAIN:
        is_key = name.lower().endswith("key") and _HEX_KEY.fullmatch(text)
        return Match(kind="token", value=text) if is_key else None
    if scheme := _SCHEME.fullmatch(text):
        return Match(kind="token", value=scheme["value"]) if not _is_placeholder(scheme["value"]) else None
    looks = _may_be_password(text) if kind is NameKind.PASSWORD else _may_be_token(text)
    return Match(kind=kind.value, value=text) if looks else None


def credential_kind(name: str, value: Any) -> str | None:
    """What kind of credential a named value looks like; None if it doesn't.

    Looks into lists and dicts. `name` may be "".
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        match = named_credential(name, value) or next(iter(find_credentials(value)), None)
        return match.kind if match else None
    if isinstance(value, Mapping):
        parts = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = [(name, inner) for inner in value]
    else:
        return None
    return next((kind for key, inner in parts if (kind := credential_kind(key, inner))), None)


def _by_form(text: str) -> Iterator[Match]:
    if key := _PRIVATE_KEY.search(text):
        yield Match(kind="private key", value=key[0])
        return
    urls = (("password in a URL", _USER_INFO), ("token in a URL", _TOKEN_AS_USER)) if "://" in text else ()
    settings = (("password in a connection string", _SETTING), ("password option", _USER_OPTION))
    for kind, pattern in (*urls, *settings, ("token", _SCHEME)):
        for found in pattern.finditer(text):
            strict = pattern in (_SCHEME, _TOKEN_AS_USER)
            if not _is_placeholder(found["value"]) and (not strict or _is_random(found["value"])):
                yield Match(kind=kind, value=found["value"])
    for kind, pattern in _ISSUERS:
        yield from (Match(kind=kind, value=found[0]) for found in pattern.finditer(text))
    if any(_DIGIT.search(run) for run in _RUN.findall(text)):
        for detector in _detectors():
            for value in detector.analyze_string(text):
                yield Match(kind=detector.secret_type, value=value)


@lru_cache(maxsize=1)
def _detectors() -> tuple[Any, ...]:
    """The detectors of detect-secrets (loading them takes a tenth of a second)."""
    made = []
    for path in _DETECTORS:
        module, _, name = path.partition(".")
        made.append(getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)())
    return tuple(made)


def _is_placeholder(text: str) -> bool:
    """True for what stands in documentation in place of a credential."""
    text = text[:200]
    if len(text) < _SHORTEST or len(set(text)) < 3 or _PLACEHOLDER.fullmatch(text) or _TEMPLATE.search(text):
        return True
    return name_kind(text) is not NameKind.PLAIN and not any(c.isdigit() for c in text)


def _may_be_password(text: str) -> bool:
    if len(text) > 200 or any(c.isspace() for c in text) or _PATH.fullmatch(text):
        return False
    return not _is_placeholder(text)


def _may_be_token(text: str) -> bool:
    return _may_be_password(text) and len(text) >= 8 and _is_random(text)


def _is_random(text: str) -> bool:
    """True unless the text reads like words: digits among the letters, or letters of both cases."""
    letters = [c for c in text if c.isalpha()]
    mixed = any(c.isdigit() for c in text) and bool(letters)
    mixed = mixed or (any(c.islower() for c in letters) and any(c.isupper() for c in letters[1:]))
    return (mixed or len(text) >= 16 and text.isalnum()) and _entropy(text) >= 2.5


def _entropy(text: str) -> float:
    """Shannon's entropy in bits a character."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
