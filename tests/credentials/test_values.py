"""What looks like a credential and what doesn't. The credentials are made up, in parts: no scanner trips."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nb_to_flow.credentials import credential_kind
from nb_to_flow.credentials.names import NameKind, block_name, name_kind, variable_name
from nb_to_flow.credentials.values import find_credentials

AWS = "AKIA" + "IOSFODNN7EXAMPL3"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
OPENAI = "sk-" + "proj-9aB8cD7eF6gH5iJ4kL3mN2oP1qR0"
SLACK = "https://hooks.slack.com/services/" + "T00000000/B00000000/aB3dE5fG7hI9jK1lM3nO5pQ7"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"

CREDENTIALS = [
    ("password", "hunter22"),
    ("db_password", "s3cr3t!"),
    ("DB_PASSWORD_PROD", "correct-horse"),
    ("passwd", b"hunter22"),
    ("secret", "blue42horse"),
    ("client_secret", "8f7a-11bc-99de"),
    ("smtp_pass", "qwertz77"),
    ("api_key", "3f9a8b7c6d5e"),
    ("apiKey", "3f9a8b7c6d5e"),
    ("X-API-Key", "3f9a8b7c6d5e"),
    ("token", "kJ8sd72Hsk29"),
    ("aws_secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYz3xYkQ2mPq"),
    ("Authorization", "Bearer 9f8e7d6c5b4a39281706"),
    ("fs.azure.account.key", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="),
    ("", AWS),
    ("note", f"use {GITHUB} for now"),
    ("", OPENAI),
    ("hook", SLACK),
    ("", JWT),
    ("", PEM),
    ("url", "postgresql://bob:hunter22@db.example.org:5432/shop"),
    ("", "mongodb+srv://bob:hunter22@cluster0.example.net/"),
    ("", "https://3f9a8b7c6d5e4f3a2b1c@github.com/a/b.git"),
    ("", "Server=db;Database=x;User Id=sa;Password=hunter22;"),
    ("", "https://api.example.org/v1?api_key=3f9a8b7c6d5e"),
    ("", "curl -u bob:hunter22 https://example.org"),
    ("headers", {"Authorization": "Token 9f8e7d6c5b4a39281706"}),
    ("settings", [{"user": "bob", "password": "hunter22"}]),
]

HARMLESS = [
    ("password", ""),
    ("password", "password"),
    ("password", "your_password"),
    ("password", "<password>"),
    ("password", "${DB_PASSWORD}"),
    ("password", "{password}"),
    ("password", "********"),
    ("password", "xxxx"),
    ("password", "Enter your password: "),
    ("password", None),
    ("password", 7),
    ("password_column", "pw_hash_2020"),
    ("password_file", "/run/secrets/db"),
    ("token", "/home/bob/token.txt"),
    ("token", "token.json"),
    ("token_url", "https://auth.example.org/oauth2/token"),
    ("pad_token", "<pad>"),
    ("eos_token", "endoftext1"),
    ("token_pattern", r"(?u)\b\w\w+\b"),
    ("tokenizer", "bert-base-uncased"),
    ("token", "running"),
    ("max_tokens", "4096"),
    ("key", "customer_id_2020"),
    ("primary_key", "order_id_2020"),
    ("public_key", "3f9a8b7c6d5e"),
    ("api_key", "YOUR_API_KEY_HERE"),
    ("api_key", "api_key"),
    ("secret_name", "prod/db/password"),
    ("url", "https://example.org:8080/data@2x.png"),
    ("url", "postgresql://localhost:5432/shop"),
    ("url", "postgresql://user:{password}@localhost/shop"),
    ("url", "postgresql://user:<password>@localhost/shop"),
    ("path", "data/2020/orders_2020_q1_v2.csv"),
    ("columns", ["customer_id", "token", "password"]),
    ("sha", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000"),
    ("title", "Basic statistics of 2020: password strength"),
    ("email", "bob@example.org"),
]


@pytest.mark.parametrize(("name", "value"), CREDENTIALS)
def test_looks_like_a_credential(name: str, value: object) -> None:
    assert credential_kind(name, value)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_looks_harmless(name: str, value: object) -> None:
    assert credential_kind(name, value) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("postgresql://bob:hunter22@db/shop", "hunter22"),
        ("Server=db;Pwd=hunter22;Timeout=3", "hunter22"),
        (f"export KEY={AWS}\n", AWS),
        (f"see {PEM}", PEM),
    ],
)
def test_only_the_secret_part_is_the_value(text: str, value: str) -> None:
    assert [m.value for m in find_credentials(text)] == [value]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dbPassword", NameKind.PASSWORD),
        ("PGPASSWORD", NameKind.PASSWORD),
        ("accessKeyId", NameKind.TOKEN),
        ("low_pass", NameKind.PLAIN),
        ("user_pass", NameKind.PASSWORD),
        ("keys", NameKind.PLAIN),
        ("", NameKind.PLAIN),
    ],
)
def test_names(name: str, kind: NameKind) -> None:
    assert name_kind(name) is kind


@pytest.mark.parametrize(
    ("name", "variable", "block"),
    [
        ("apiKey", "API_KEY", "api-key"),
        ("X-API-Key", "X_API_KEY", "x-api-key"),
        ("OPENAI_API_KEY", "OPENAI_API_KEY", "openai-api-key"),
        ("2nd token", "_2_ND_TOKEN", "2-nd-token"),
        ("é", "", ""),
    ],
)
def test_where_it_is_kept(name: str, variable: str, block: str) -> None:
    assert variable_name(name) == variable
    assert block_name(variable) == block


def test_detectors_are_loaded_only_for_what_may_be_machine_made() -> None:
    code = (
        "import sys; from nb_to_flow.credentials import credential_kind as kind\n"
        "kind('password', 'hunter22'); kind('', 'data/2020/orders.csv')\n"
        "assert not any(m.startswith(('detect_secrets', 'requests')) for m in sys.modules)\n"
        f"assert kind('', {AWS!r}) == 'AWS Access Key'"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
