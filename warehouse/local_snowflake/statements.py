"""Read a statement's head with the tokenizer: verb, kind of object, name, options. Never a full parse:
half of Snowflake's DDL has no grammar in sqlglot."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlglot
from sqlglot import Token, TokenType

_KINDS = (
    "STORAGE INTEGRATION", "NOTIFICATION INTEGRATION", "CATALOG INTEGRATION", "INTEGRATION", "EXTERNAL VOLUME",
    "RESOURCE MONITOR", "MASKING POLICY", "DATABASE ROLE", "ICEBERG TABLE", "DYNAMIC TABLE", "EXTERNAL TABLE",
    "FILE FORMAT", "ROLE", "WAREHOUSE", "USER", "TAG", "STAGE", "PIPE", "STREAM", "TASK", "DATABASE", "SCHEMA",
    "TABLE", "VIEW", "SESSION",
)  # fmt: skip
_PLURALS = {"MASKING POLICIES": "MASKING POLICY", "GRANTS": "GRANTS"} | {f"{kind}S": kind for kind in _KINDS}
_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_NAME = rf"{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER}){{0,2}}"
_HEAD = re.compile(
    r"(?P<verb>CREATE|ALTER|DROP|DESCRIBE|DESC|EXECUTE)\s+(?P<replace>OR\s+REPLACE\s+)?"
    r"(?:(?:SECURE|TEMPORARY|TEMP|TRANSIENT)\s+)*"
    rf"(?P<kind>{'|'.join(_KINDS)})\s+"
    rf"(?P<exists>IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<name>{_NAME})(?!\w)",
    re.IGNORECASE,
)
_FIRST_WORDS = re.compile(r"[A-Za-z]+(?:\s+[A-Za-z]+){0,2}")
_SHOW = re.compile(r"SHOW\s+(?:TERSE\s+)?(?P<kind>[A-Za-z]+(?:\s+(?:POLICIES|TABLES|MONITORS|INTEGRATIONS|FORMATS|"
                   r"ROLES|VOLUMES))?)\b", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A statement without comments: ``text`` whole, ``rest`` what follows the name.

    ``name`` is as written; ``exists`` stands for IF EXISTS and IF NOT EXISTS alike.
    """

    text: str
    verb: str
    kind: str = ""
    name: str = ""
    replace: bool = False
    exists: bool = False
    rest: str = ""

    @property
    def title(self) -> str:
        """Verb and kind as an error names them."""
        return f"{self.verb} {self.kind}".strip()


def read_statement(sql: str) -> Statement:
    """The head of one statement. What has no kind of ours is told by its verb alone."""
    text = without_comments(sql)
    if head := _HEAD.match(text):
        return Statement(
            text,
            head["verb"].upper().replace("DESCRIBE", "DESC"),
            _upper_words(head["kind"]),
            head["name"],
            bool(head["replace"]),
            bool(head["exists"]),
            text[head.end() :].strip(),
        )
    if show := _SHOW.match(text):
        words = _upper_words(show["kind"])
        return Statement(text, "SHOW", _PLURALS.get(words, words), rest=text[show.end() :].strip())
    first = _FIRST_WORDS.match(text)
    verb, _, rest = _upper_words(first[0] if first else "").partition(" ")
    return Statement(text, verb, rest if verb in ("CREATE", "ALTER", "DROP", "DESC", "EXECUTE") else "")


def without_comments(sql: str) -> str:
    """The statement on one line, without comments and closing semicolon; literals stay as they are."""
    if re.match(r"\s*EXECUTE\b", sql, re.IGNORECASE):  # the tokenizer takes all after it as one string
        return " ".join(sql.split()).rstrip("; ")
    pieces: list[str] = []
    last_end = -1
    for token in _tokens(sql):
        raw = sql[token.start : token.end + 1]
        pieces += [" " if pieces and token.start > last_end + 1 else "", raw]
        last_end = token.end
    return "".join(pieces).rstrip("; ")


def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a name: quoted ones as they are, others in upper case, as Snowflake resolves them."""
    return tuple(
        part[1:-1].replace('""', '"') if part.startswith('"') else part.upper()
        for part in re.findall(_IDENTIFIER, name)
    )


def options(text: str) -> dict[str, str]:
    """``NAME = value`` pairs outside parentheses: strings without quotes, a group as the text inside it."""
    found, depth, tokens = {}, 0, _tokens(text)
    for at, token in enumerate(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0 and token.token_type == TokenType.EQ and 0 < at < len(tokens) - 1:
            found[tokens[at - 1].text.upper()] = _value(text, tokens, at + 1)
    return found


def group(text: str) -> tuple[str, str]:
    """``(inside) rest`` as its two parts; no group at the start gives an empty one."""
    depth, tokens = 0, _tokens(text)
    if not tokens or tokens[0].token_type != TokenType.L_PAREN:
        return "", text
    for token in tokens:
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0:
            return text[tokens[0].end + 1 : token.start].strip(), text[token.end + 1 :].strip()
    return text[tokens[0].end + 1 :], ""


def listed(text: str) -> list[str]:
    """The members of a list, split at the commas outside parentheses."""
    depth, begin, members = 0, 0, []
    for token in _tokens(text):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0 and token.token_type == TokenType.COMMA:
            members.append(text[begin : token.start])
            begin = token.end + 1
    return [member.strip() for member in (*members, text[begin:]) if member.strip()]


def _value(text: str, tokens: list[Token], at: int) -> str:
    if tokens[at].token_type == TokenType.L_PAREN:
        return group(text[tokens[at].start :])[0]
    if tokens[at].token_type == TokenType.PARAMETER:  # @stage/path, up to the next blank
        return re.split(r"\s", text[tokens[at].start :], maxsplit=1)[0]
    return tokens[at].text


def _upper_words(text: str) -> str:
    return " ".join(text.upper().split())


def _tokens(sql: str) -> list[Token]:
    return list(sqlglot.tokenize(sql, read="snowflake"))
