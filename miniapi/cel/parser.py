"""From text to a syntax tree, macros expanded; complaints as ANTLR words them for cel-go's grammar."""

from __future__ import annotations

from miniapi.cel import macros
from miniapi.cel.lexer import Token, number, text_value, tokens
from miniapi.cel.problems import NOWHERE, Problem, SyntaxProblem
from miniapi.cel.syntax import Call, ListNode, Literal, MapNode, Name, Node, Select, Struct, children

MAX_DEPTH = 250
"""Expressions within expressions."""
MAX_TREE_DEPTH = MAX_DEPTH + 1
MAX_TEXT = 100_000
_TOKENS = (
    "'['", "']'", "'{'", "'}'", "'('", "')'", "'.'", "','", "'-'", "'!'", "'?'", "'true'", "'false'", "'null'",
    "NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER",
)  # fmt: skip
"""All that can be expected, as the original orders it."""
_NO_OPERANDS = frozenset(("']'", "'}'", "')'", "','", "'?'"))
_FIELD_OR_END = "{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"
_LEVELS = {
    text: level
    for level, texts in enumerate(
        (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
    )
    for text in texts
}
"""How tightly an operator binds."""
_OPERATORS = {
    "||": "_||_", "&&": "_&&_", "==": "_==_", "!=": "_!=_", "<": "_<_", "<=": "_<=_", ">": "_>_", ">=": "_>=_",
    "in": "@in", "+": "_+_", "-": "_-_", "*": "_*_", "/": "_/_", "%": "_%_",
}  # fmt: skip
# fmt: off
_RESERVED = frozenset((
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
))
# fmt: on
_CONSTANTS = {"true": True, "false": False, "null": None}
_KEYWORDS = frozenset(("in", *_CONSTANTS))
"""Words that are no identifiers wherever they stand."""
_TOO_DEEP = Problem(NOWHERE, f"expression recursion limit exceeded: {MAX_DEPTH}")
_QUOTED = "unsupported syntax: '`'"


def _expected(*more: str) -> str:
    """What starts an operand, and what else could come."""
    return "{" + ", ".join(t for t in _TOKENS if t in more or t not in _NO_OPERANDS) + "}"


class NoExpression(Exception):
    """What is wrong with a text that cannot be read."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


def parse(text: str) -> Node:
    """The tree. NoExpression for anything else."""
    if len(text) > MAX_TEXT:
        why = f"expression code point size exceeds limit: size: {len(text)}, limit {MAX_TEXT}"
        raise NoExpression([Problem(0, why)])
    found, problems = tokens(text)
    try:
        root = _Parser(found, text).whole()
    except SyntaxProblem as problem:
        raise NoExpression([*problems, Problem(problem.at, problem.message)]) from None
    except RecursionError:
        raise NoExpression([*problems, _TOO_DEEP]) from None
    if problems:
        raise NoExpression(problems)
    if _too_deep(root):
        raise NoExpression([Problem(NOWHERE, "max recursion depth exceeded")])
    return root


def _too_deep(root: Node) -> bool:
    """Chains of && and of || count once: the original balances them."""
    level = [root]
    for _ in range(MAX_TREE_DEPTH):
        level = [below for node in level for below in _below(node)]
        if not level:
            return False
    return True


def _below(node: Node) -> list[Node]:
    if not isinstance(node, Call) or node.function not in ("_&&_", "_||_"):
        return children(node)
    found, chain = list[Node](), list(node.args)
    while chain:
        one = chain.pop()
        if isinstance(one, Call) and one.function == node.function:
            chain += one.args
        else:
            found.append(one)
    return found


class _Parser:
    def __init__(self, found: list[Token], text: str) -> None:
        self._tokens, self._text = found, text
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *texts: str) -> bool:
        token = self._next
        return token.text in texts and token.kind in ("op", "name")

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _expect(self, text: str) -> Token:
        token = self._next
        if self._is(text):
            return self._take()
        if token.kind == "end":
            raise SyntaxProblem(token.at, f"Syntax error: missing '{text}' at '<EOF>'")
        raise SyntaxProblem(token.at, f"Syntax error: mismatched input '{token.text}' expecting '{text}'")

    def whole(self) -> Node:
        """The expression and nothing after it."""
        node = self._expression()
        token = self._next
        if token.kind != "end":
            alone = self._tokens[self._at + 1].kind == "end"
            word = "extraneous" if alone else "mismatched"
            raise SyntaxProblem(token.at, f"Syntax error: {word} input '{token.text}' expecting <EOF>")
        return node

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxProblem(_TOO_DEEP.at, _TOO_DEEP.message)
        node = self._binary(0)
        if self._is("?"):
            at = self._take().at
            chosen = self._binary(0)
            self._colon()
            node = Call(at, "_?_:_", None, [node, chosen, self._expression()])
        self._depth -= 1
        return node

    def _binary(self, level: int) -> Node:
        """Operands between operators that bind at least so tightly."""
        node = self._unary()
        while True:
            token = self._next
            own = _LEVELS.get(token.text, -1) if token.kind in ("op", "name") else -1
            if own < level:
                return node
            self._take()
            node = Call(token.at, _OPERATORS[token.text], None, [node, self._binary(own + 1)])

    def _colon(self) -> Token:
        if not self._is(":"):
            raise self._unexpected(self._next, "mismatched", "':'")
        return self._take()

    def _unexpected(self, token: Token, word: str, wanted: str) -> SyntaxProblem:
        return SyntaxProblem(token.at, f"Syntax error: {word} input '{token.text}' expecting {wanted}")

    def _no_alternative(self, dot: Token) -> SyntaxProblem:
        """What follows the dot does not belong there; the text between is told as it stands."""
        token = self._next
        shown = self._text[dot.at : token.at + len(token.text)].rstrip() if token.kind != "end" else "."
        return SyntaxProblem(token.at, f"Syntax error: no viable alternative at input '{shown}'")

    def _unary(self) -> Node:
        for text, function in (("!", "!_"), ("-", "-_")):
            if not self._is(text):
                continue
            first = self._take()
            if text == "-" and self._next.kind in ("int", "float"):
                token = self._take()
                return self._members(Literal(token.at, number(token, negative=True)))
            times = 1
            while self._is(text):
                self._take()
                times += 1
            operand = self._members(self._primary())
            return Call(first.at, function, None, [operand]) if times % 2 else operand
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        while True:
            if self._is("."):
                node = self._selected(node)
            elif self._is("["):
                at = self._take().at
                optional = self._maybe("?")
                if not self._starts_operand(self._at):
                    raise self._misplaced(*(() if optional else ("'?'",)))
                index = self._expression()
                self._expect("]")
                node = Call(at, "_[?_]" if optional else "_[_]", None, [node, index])
            else:
                return node

    def _selected(self, node: Node) -> Node:
        dot = self._take()
        optional = self._maybe("?")
        token = self._next
        if token.kind == "quoted":
            raise SyntaxProblem(token.at, _QUOTED)
        if token.kind != "name" or token.text in _KEYWORDS:
            if token.text in _CONSTANTS:
                raise self._unexpected(token, "mismatched", "IDENTIFIER")
            raise self._no_alternative(dot)
        self._take()
        if not optional and self._is("("):
            at = self._take().at
            args = self._arguments(")")
            call = Call(at, token.text, node, args)
            return macros.expand(call) or call
        return Select(dot.at, node, token.text, optional=optional)

    def _maybe(self, text: str) -> bool:
        if self._is(text):
            self._take()
            return True
        return False

    def _arguments(self, end: str) -> list[Node]:
        args: list[Node] = []
        if not self._is(end):
            if not self._starts_operand(self._at):
                raise self._misplaced("')'")
            args.append(self._expression())
            while self._maybe(","):
                args.append(self._expression())
        self._expect(end)
        return args

    def _entries(self, end: str) -> bool:
        """Whether there are any; otherwise the end is taken."""
        if not self._is(end, ","):
            if not self._is("?") and not self._starts_operand(self._at):
                raise self._misplaced(f"'{end}'", "','", "'?'")
            return True
        self._maybe(",")
        if not self._is(end):
            raise self._unexpected(self._next, "extraneous", f"'{end}'")
        self._take()
        return False

    def _more(self, end: str) -> bool:
        """Whether a comma and another entry follow; otherwise the end is taken, which a comma may precede."""
        if not self._maybe(","):
            if not self._is(end):
                raise self._unexpected(self._next, "mismatched", f"{{'{end}', ','}}")
            self._take()
            return False
        if self._is("?") or self._starts_operand(self._at):
            return True
        self._expect(end)
        return False

    def _primary(self) -> Node:
        token = self._next
        if token.kind == "name" and token.text != "in":
            return self._named()
        if token.kind in ("int", "uint", "float"):
            return Literal(self._take().at, number(token, negative=False))
        if token.kind == "text":
            return Literal(self._take().at, text_value(token))
        if self._is("."):
            dot = self._take()
            if self._next.kind == "name":
                return self._named()
            raise self._no_alternative(dot)
        if self._is("("):
            self._take()
            node = self._expression()
            self._expect(")")
            return node
        if self._is("["):
            return self._list()
        if self._is("{"):
            return self._map()
        raise self._misplaced()

    def _misplaced(self, *more: str) -> SyntaxProblem:
        """Neither an operand nor one of `more`: what would do without this token is told that it is one too many."""
        ahead = self._at + 1
        fits = self._starts_operand(ahead) or (ahead < len(self._tokens) and f"'{self._tokens[ahead].text}'" in more)
        return self._unexpected(self._next, "extraneous" if fits else "mismatched", _expected(*more))

    def _starts_operand(self, at: int) -> bool:
        if at >= len(self._tokens):
            return False
        token = self._tokens[at]
        return (token.kind not in ("op", "end", "quoted") and token.text != "in") or (
            token.kind == "op" and token.text in "[{(.-!"
        )

    def _named(self) -> Node:
        token = self._take()
        if token.text in _CONSTANTS:
            return Literal(token.at, _CONSTANTS[token.text])
        if token.text in _RESERVED:
            raise SyntaxProblem(token.at, f"reserved identifier: {token.text}")
        if self._is("("):
            at = self._take().at
            call = Call(at, token.text, None, self._arguments(")"))
            return macros.expand(call) or call
        name, ahead = token.text, self._at
        while self._tokens[ahead].text == "." and self._tokens[ahead + 1].kind == "name":
            name, ahead = f"{name}.{self._tokens[ahead + 1].text}", ahead + 2
        if self._tokens[ahead].text == "{" and self._tokens[ahead].kind == "op":
            self._at = ahead
            return self._struct(name)
        return Name(token.at, token.text)

    def _list(self) -> Node:
        at = self._take().at
        elements: list[Node] = []
        optional: set[int] = set()
        going_on = self._entries("]")
        while going_on:
            if self._maybe("?"):
                optional.add(len(elements))
            elements.append(self._expression())
            going_on = self._more("]")
        return ListNode(at, elements, frozenset(optional))

    def _map(self) -> Node:
        at = self._take().at
        entries: list[tuple[Node, Node, bool]] = []
        going_on = self._entries("}")
        while going_on:
            optional = self._maybe("?")
            key = self._expression()
            self._colon()
            entries.append((key, self._expression(), optional))
            going_on = self._more("}")
        return MapNode(at, entries)

    def _struct(self, name: str) -> Node:
        at = self._take().at
        fields: list[tuple[str, Node, bool, int]] = []
        while not self._is("}"):
            optional = self._maybe("?")
            token = self._take()
            if token.kind == "quoted":
                raise SyntaxProblem(token.at, _QUOTED)
            if token.kind != "name":
                raise self._unexpected(token, "mismatched", "{IDENTIFIER, ESC_IDENTIFIER}" if fields else _FIELD_OR_END)
            colon = self._expect(":")
            fields.append((token.text, self._expression(), optional, colon.at))
            if not self._maybe(","):
                break
        self._expect("}")
        return Struct(at, name, fields)
