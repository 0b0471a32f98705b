"""What names may look like: each check answers the list of complaints, empty when all is well.

Messages are those of k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content. Lengths
are counted in UTF-8 bytes, as Go counts them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_UNDERSCORE_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_UNDERSCORE_SUBDOMAIN = _UNDERSCORE_LABEL + r"(\." + _UNDERSCORE_LABEL + ")*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_WILDCARD = r"\*\." + _SUBDOMAIN
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_HEADER = "[-A-Za-z0-9]+"
_PERCENT = "[0-9]+%"
_ENV = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_CONDITION_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"

_is_label = re.compile(_LABEL).fullmatch
_is_subdomain = re.compile(_SUBDOMAIN).fullmatch
_is_underscore_subdomain = re.compile(_UNDERSCORE_SUBDOMAIN).fullmatch
_is_label_1035 = re.compile(_LABEL_1035).fullmatch
_is_wildcard = re.compile(_WILDCARD).fullmatch
_is_key = re.compile(_KEY).fullmatch
_is_config_key = re.compile(_CONFIG_KEY).fullmatch
_is_header = re.compile(_HEADER).fullmatch
_is_percent = re.compile(_PERCENT).fullmatch
_is_env = re.compile(_ENV).fullmatch
_is_c_identifier = re.compile(_C_IDENTIFIER).fullmatch
_is_http_path = re.compile(_HTTP_PATH).fullmatch
_is_condition_reason = re.compile(_CONDITION_REASON).fullmatch
_is_port_charset = re.compile("[-a-z0-9]+").fullmatch
_has_letter = re.compile("[a-z]").search

MUST_BE_NON_EMPTY = "must be non-empty"
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_KEY_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)


def size(text: str) -> int:
    """Length in UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def max_length(characters: int) -> str:
    """The complaint about a name that is too long."""
    return f"must be no more than {characters} characters"


def in_range(low: int, high: int) -> str:
    """The complaint about a number outside of [low, high]."""
    return f"must be between {low} and {high}, inclusive"


def regex_error(rule: str, regex: str, *examples: str) -> str:
    """The complaint about a name that misses `regex`, with examples (validation.RegexError)."""
    if not examples:
        return f"{rule} (regex used for validation is '{regex}')"
    shown = " or ".join(f"'{e}', " for e in examples)
    return f"{rule} (e.g. {shown}regex used for validation is '{regex}')"


def dns_label(name: str) -> list[str]:
    """IsDNS1123Label: at most 63 of [a-z0-9-]."""
    errors = [max_length(63)] if size(name) > 63 else []
    if not _is_label(name):
        if _is_subdomain(name):
            errors.append("must not contain dots")
        else:
            errors.append(regex_error(_LABEL_RULE, _LABEL, "my-name", "123-abc"))
    return errors


def dns_subdomain(name: str) -> list[str]:
    """IsDNS1123Subdomain: at most 253, labels joined by dots."""
    errors = [max_length(253)] if size(name) > 253 else []
    if not _is_subdomain(name):
        errors.append(regex_error(_SUBDOMAIN_RULE, _SUBDOMAIN, "example.com"))
    return errors


def dns_subdomain_with_underscore(name: str) -> list[str]:
    """IsDNS1123SubdomainWithUnderscore."""
    errors = [max_length(253)] if size(name) > 253 else []
    if not _is_underscore_subdomain(name):
        rule = _SUBDOMAIN_RULE.replace("characters, '-'", "characters, '_', '-'")
        errors.append(regex_error(rule, _UNDERSCORE_SUBDOMAIN, "example.com"))
    return errors


def dns_1035_label(name: str) -> list[str]:
    """IsDNS1035Label: a label that starts with a letter."""
    errors = [max_length(63)] if size(name) > 63 else []
    if not _is_label_1035(name):
        rule = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
            "start with an alphabetic character, and end with an alphanumeric character"
        )
        errors.append(regex_error(rule, _LABEL_1035, "my-name", "abc-123"))
    return errors


def wildcard_dns_subdomain(name: str) -> list[str]:
    """IsWildcardDNS1123Subdomain: `*.` and a subdomain."""
    errors = [max_length(253)] if size(name) > 253 else []
    if not _is_wildcard(name):
        rule = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
            "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
        )
        errors.append(regex_error(rule, _WILDCARD, "*.example.com"))
    return errors


def fully_qualified_domain(name: str) -> list[str]:
    """IsFullyQualifiedDomainName without its path: two labels or more, a trailing dot allowed."""
    name = name.removesuffix(".")
    if errors := dns_subdomain(name):
        return [",".join(errors)]
    labels = name.split(".")
    if len(labels) < 2:
        return ["should be a domain with at least two segments separated by dots"]
    for label in labels:
        if errors := dns_label(label):
            return [",".join(errors)]
    return []


def qualified_name(key: str) -> list[str]:
    """IsQualifiedName, which is IsLabelKey: a name of at most 63 with an optional `subdomain/` before it."""
    if _is_key(key) and len(key) <= 63:
        return []
    parts = key.split("/")
    errors: list[str] = []
    if len(parts) > 2:
        described = regex_error(_KEY_RULE, _KEY, "MyName", "my.name", "123-abc")
        return [
            f"a valid label key {described} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    name = parts[-1]
    if len(parts) == 2:
        prefix = parts[0]
        if not prefix:
            errors.append("prefix part " + MUST_BE_NON_EMPTY)
        else:
            if size(prefix) > 253:
                errors.append("prefix part must be no more than 253 bytes")
            if not _is_subdomain(prefix):
                errors.append("prefix part " + regex_error(_SUBDOMAIN_RULE, _SUBDOMAIN, "example.com"))
    if not name:
        errors.append("name part " + MUST_BE_NON_EMPTY)
    elif size(name) > 63:
        errors.append("name part must be no more than 63 bytes")
    if not _is_key(name):
        errors.append("name part " + regex_error(_KEY_RULE, _KEY, "MyName", "my.name", "123-abc"))
    return errors


def label_value(value: str) -> list[str]:
    """IsValidLabelValue: empty, or at most 63 of [A-Za-z0-9-_.]."""
    errors = ["must be no more than 63 bytes"] if size(value) > 63 else []
    if value and not _is_key(value):
        rule = "a valid label must be an empty string or consist" + _KEY_RULE.removeprefix("must consist")
        errors.append(regex_error(rule, _VALUE, "MyValue", "my_value", "12345"))
    return errors


def c_identifier(name: str) -> list[str]:
    """IsCIdentifier."""
    if _is_c_identifier(name):
        return []
    rule = (
        "a valid C identifier must start with alphabetic character or '_', "
        "followed by a string of alphanumeric characters or '_'"
    )
    return [regex_error(rule, _C_IDENTIFIER, "my_name", "MY_NAME", "MyName")]


def env_var_name(name: str) -> list[str]:
    """IsEnvVarName: the strict rule, without a leading digit."""
    errors: list[str] = []
    if not _is_env(name):
        rule = (
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', "
            "and must not start with a digit"
        )
        errors.append(regex_error(rule, _ENV, "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
    return errors + _parent_directory(name)


is_relaxed_env = re.compile(r"[ -<>-~]+").fullmatch


def relaxed_env_var_name(name: str) -> list[str]:
    """IsRelaxedEnvVarName: printable ASCII without `=`."""
    if not name:
        return ["environment variable name " + MUST_BE_NON_EMPTY]
    if not is_relaxed_env(name):
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    return []


def config_map_key(name: str) -> list[str]:
    """IsConfigMapKey: a key of a ConfigMap or Secret."""
    errors = [max_length(253)] if size(name) > 253 else []
    if not _is_config_key(name):
        rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        errors.append(regex_error(rule, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    return errors + _parent_directory(name)


def _parent_directory(name: str) -> list[str]:
    if name in (".", ".."):
        return [f"must not be '{name}'"]
    return ["must not start with '..'"] if name.startswith("..") else []


def path_segment(name: str) -> list[str]:
    """IsValidPathSegmentName: usable as one segment of a path (RBAC names, custom controllers)."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{c}'" for c in "/%" if c in name]


def path_segment_prefix(name: str) -> list[str]:
    """IsValidPathSegmentPrefix: usable as the start of a path segment."""
    return [f"may not contain '{c}'" for c in "/%" if c in name]


def condition_reason(reason: str) -> list[str]:
    """The form of a metav1.Condition's reason."""
    if _is_condition_reason(reason):
        return []
    rule = (
        "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
        "characters or '_,:', and must end with an alphanumeric character or '_'"
    )
    examples = ("my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")
    return [regex_error(rule, _CONDITION_REASON, *examples)]


def port_name(name: str) -> list[str]:
    """IsValidPortName: an IANA service name of at most 15."""
    errors = [max_length(15)] if size(name) > 15 else []
    if not _is_port_charset(name):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not _has_letter(name):
        errors.append("must contain at least one letter (a-z)")
    if "--" in name:
        errors.append("must not contain consecutive hyphens")
    if name and (name[0] == "-" or name[-1] == "-"):
        errors.append("must not begin or end with a hyphen")
    return errors


def port_number(port: int) -> list[str]:
    """IsValidPortNum: 1 to 65535."""
    return [] if 1 <= port <= 65535 else [in_range(1, 65535)]


def percent(value: str) -> list[str]:
    """IsValidPercent: digits and `%`."""
    if _is_percent(value):
        return []
    rule = "a valid percent string must be a numeric string followed by an ending '%'"
    return [regex_error(rule, _PERCENT, "1%", "93%")]


def http_header_name(name: str) -> list[str]:
    """IsHTTPHeaderName."""
    if _is_header(name):
        return []
    rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return [regex_error(rule, _HEADER, "X-Header-Name")]


def http_path(path: str) -> list[str]:
    """The path after the domain in IsDomainPrefixedPath."""
    return [] if _is_http_path(path) else [regex_error("Invalid path", _HTTP_PATH)]


def _masked(check: Callable[[str], list[str]], name: str, prefix: bool) -> list[str]:
    """NameIsDNS...: the dash that ends a generateName base does not count (maskTrailingDash)."""
    if prefix and len(name) > 1 and name.endswith("-"):
        name = name[:-2] + "a"
    return check(name)


def name_is_dns_label(name: str, prefix: bool) -> list[str]:
    """NameIsDNSLabel, for `Validation.name`."""
    return _masked(dns_label, name, prefix)


def name_is_dns_subdomain(name: str, prefix: bool) -> list[str]:
    """NameIsDNSSubdomain, for `Validation.name`."""
    return _masked(dns_subdomain, name, prefix)


def name_is_long_name(name: str, prefix: bool) -> list[str]:
    """As `name_is_dns_subdomain` where declarative validation judges it (format k8s-long-name): it counts bytes, and
    does not look at prefixes."""
    if prefix:
        return []
    return [problem.replace("253 characters", "253 bytes") for problem in name_is_dns_subdomain(name, prefix)]


def name_is_dns_1035_label(name: str, prefix: bool) -> list[str]:
    """NameIsDNS1035Label, for `Validation.name`."""
    return _masked(dns_1035_label, name, prefix)


def name_is_path_segment(name: str, prefix: bool) -> list[str]:
    """path.ValidatePathSegmentName, for `Validation.name`."""
    return path_segment_prefix(name) if prefix else path_segment(name)
