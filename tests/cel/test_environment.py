"""Expressions: what they evaluate to, what is said of those that are none, and what they cost."""

from typing import Any

import pytest

from miniapi.cel.costs import Budget
from miniapi.cel.environment import CompileError, Environment
from miniapi.cel.estimate import estimate
from miniapi.cel.problems import CostExceeded, EvaluationError
from miniapi.cel.types import DYN, INT, STRING, Field, list_of, map_of, object_of, optional_of
from miniapi.cel.values import NOTHING, Optional

SELF = object_of(
    "thing",
    {
        "a": Field(INT, "a"),
        "s": Field(STRING, "s"),
        "l": Field(list_of(STRING), "l"),
        "m": Field(map_of(STRING, INT), "m"),
        "d": Field(DYN, "d"),
        "x__dash__y": Field(INT, "x-y"),
    },
)
VALUE = {"a": 3, "s": "hello", "l": ["b", "a"], "m": {"x": 1}, "d": {"q": 1.5}, "x-y": 7}


def evaluate(text: str, **variables: Any) -> Any:
    environment = Environment({"self": SELF, "old": optional_of(SELF)})
    return environment.compile(text).evaluate({"self": VALUE, "old": NOTHING, **variables})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("self.a > 1 && self.s.startsWith('h')", True),
        ("self.x__dash__y", 7),
        ("has(self.s) && !has(self.m.y)", True),
        ("self.?d.?q.orValue(3.0)", 1.5),
        ("self.l.all(x, x.size() == 1) && self.l.exists_one(x, x == 'a')", True),
        ("self.l.map(x, x + 'z').join(',')", "bz,az"),
        ("self.m.transformMap(k, v, v + 1)", {"x": 2}),
        ("[3, 1, 2].filter(x, x > 1)", [3, 2]),
        ("[3, 1, 2].max() + [1].sum()", 4),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1 < 2.5 && dyn(1) == 1.0 && !(dyn(1) == dyn(true))", True),
        ("'%s is %d'.format(['a'] + [dyn(3)])", "a is 3"),
        (
            "'%s %%'.format([{'b': dyn(['x', 'y']), 'a': dyn(duration('1m'))}])",
            '{"a":duration("60s"), "b":["x", "y"]} %',
        ),
        ("'%.2f'.format([1234.5]) + '%e'.format([1234.5])", "1,234.501.234500\u202f×\u202f10⁰³"),
        ("'%X %x %b %o'.format([dyn(255), dyn('hi'), dyn(true), dyn(8)])", "FF 6869 1 10"),
        ("string(1e6) + string(123456.0) + string(1.5e-5)", "1e+061234561.5e-05"),
        ("duration('1.5s').getMilliseconds()", 1500),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'hello'.substring(1, 3) + 'x'.upperAscii()", "elX"),
        ("b'abc'.size() + 'é'.size()", 4),
        ("quantity('1Gi').add(quantity('1')).isGreaterThan(quantity('1Gi'))", True),
        ("cidr('10.0.0.0/8').containsIP('10.1.1.1') && ip('::1').isLoopback()", True),
        ("url('https://a.b:8443/c?q=1').getPort()", "8443"),
        ("duration('1h30m').getMinutes()", 90),
        ("timestamp('2020-02-03T04:05:06Z').getHours('+02:00')", 6),
        ("semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", True),
        ("format.dns1123Label().validate('ok').hasValue()", False),
        ("sets.contains(['a', 'b'], ['b']) && 'a42'.find('[0-9]+') == '42'", True),
        ("[optional.of(1), optional.none()].unwrapOpt() + [self.l.first().value().size()]", [1, 1]),
        ("optional.of(1).optMap(x, x + 1).value()", 2),
        ("type(self.a) == int", True),
        ("old.hasValue() ? 'old' : 'new'", "new"),
        ("has(dyn(null).a) || dyn(null).?a.hasValue() || dyn(1)[?'a'].hasValue()", False),
    ],
)
def test_expressions_have_the_values_of_cel(text: str, value: Any) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("self.b", "1:5: undefined field 'b'"),
        ("self.a == 'x'", "1:8: found no matching overload for '_==_' applied to '(int, string)'"),
        ("nosuch(1)", "1:7: undeclared reference to 'nosuch' (in container '')"),
        ("other", "1:1: undeclared reference to 'other' (in container '')"),
        ("self.s.contains(1)", "1:16: found no matching overload for 'contains' applied to 'string.(int)'"),
        ("self.a.all(x, true)", "expression of type 'int' cannot be range of a comprehension"),
        ("[1, 'a']", "1:5: expected type 'int' but found 'string'"),
        ("self.", "1:6: Syntax error: no viable alternative at input '.'"),
        ("1 2", "1:3: Syntax error: extraneous input '2' expecting <EOF>"),
        ("[1].map(x.y, 1)", "argument is not an identifier"),
        ("in", "1:1: Syntax error: mismatched input 'in' expecting {'[',"),
        ("self.in", "1:6: Syntax error: no viable alternative at input '.in'"),
        ("self.`a-b`", "1:6: unsupported syntax: '`'"),
        (
            "'%d'.format(['a'])",
            "1:14: error during formatting: decimal clause can only be used on integers, was given string",
        ),
        ("'%.2f'.format([1])", "fixed-point clause can only be used on doubles, was given int"),
        ("'%y'.format([1])", '1:12: could not parse formatting clause: unrecognized formatting clause "y"'),
        ("'%s'.format([])", "1:12: index 0 out of range"),
        ("'%s'.format([1, 2])", "1:12: too many arguments supplied to string.format (expected 1, got 2)"),
        ("'%s'.format([optional.none()])", "durations, and timestamps, was given optional_type"),
    ],
)
def test_a_text_that_is_no_expression_is_told_as_cel_go_tells_it(text: str, complaint: str) -> None:
    with pytest.raises(CompileError) as raised:
        evaluate(text)
    assert complaint in str(raised.value)


def test_a_complaint_shows_the_line_and_the_place() -> None:
    with pytest.raises(CompileError) as raised:
        evaluate("self.a > 0 &&\n  self.b")
    assert str(raised.value) == "ERROR: <input>:2:7: undefined field 'b'\n |   self.b\n | ......^"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("self.l[5]", "index out of bounds: 5"),
        ("1 / 0", "division by zero"),
        ("self.m.nope", "no such key: nope"),
        ("9223372036854775807 + 1", "integer overflow"),
        ("self.d.q.startsWith('x')", "no such overload"),
        ("old.value()", "optional.none() dereference"),
        ("dyn(null).a", "no such key: a"),
        ("dyn(null)['a']", "no such key: a"),
        ("dyn('text').a", "no such key: a"),
        ("dyn([1]).a", "unsupported index type 'string' in list"),
        ("dyn(5) * 2.0", "no such overload"),
        ("!dyn(5)", "no such overload"),
        ("dyn(null).all(x, true)", "got 'types.Null', expected iterable type"),
        ("dyn('a').exists(x, true)", "got 'types.String', expected iterable type"),
        ("[dyn(1)].join(',')", "no such overload"),
        ("semver('v1.2.3')", 'Invalid character.s. found in major number "v1"'),
        ("semver('1.2.3-01')", 'Numeric PreRelease version must not contain leading zeroes "01"'),
        ("semver('1.2.3+')", "Build meta data is empty"),
        ("semver('1-a', true)", "short version cannot contain PreRelease/Build meta data"),
        (
            "url('https://a:b/')",
            'URL parse error during conversion from string: parse "https://a:b/": invalid port ":b"',
        ),
        ("ip('01.2.3.4')", 'IP Address "01.2.3.4" parse error during conversion from string: ParseAddr'),
        ("'%d'.format([dyn('a')])", "error during formatting: decimal clause can only be used on integers"),
        ("timestamp(self.s)", "type conversion error from 'string' to 'google.protobuf.Timestamp'"),
        (
            "timestamp('2020-13-01' + 'T00:00:00Z')",
            "type conversion error from 'string' to 'google.protobuf.Timestamp'",
        ),
        ("duration(self.s)", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("int(self.s)", "type conversion error from 'string' to 'int'"),
        ("bool(self.s)", "type conversion error from 'string' to 'bool'"),
    ],
)
def test_what_has_no_value_says_why(text: str, complaint: str) -> None:
    with pytest.raises(EvaluationError, match=f"^{complaint.replace('(', '.').replace(')', '.')}"):
        evaluate(text)


def test_an_error_that_decides_nothing_is_forgiven() -> None:
    assert evaluate("1 / 0 == 1 || true") is True
    assert evaluate("self.l.exists(x, x == 'b' || 1 / 0 == 1)") is True
    assert evaluate("old.hasValue()", old=Optional(VALUE, True)) is True


def test_an_evaluation_stops_where_it_costs_too_much() -> None:
    program = Environment({"self": SELF}).compile("self.l.all(x, self.l.all(y, x == y || true))")
    with pytest.raises(CostExceeded):
        program.evaluate({"self": {"l": [str(n) for n in range(1000)]}}, Budget(10_000))


def test_sizes_that_are_declared_bound_the_estimate() -> None:
    bounded = Environment({"self": list_of(STRING, 10)}).compile("self.all(x, x != '')")
    unbounded = Environment({"self": list_of(STRING)}).compile("self.all(x, x != '')")
    assert estimate(bounded.root) < 200
    assert estimate(unbounded.root) > 10**18
