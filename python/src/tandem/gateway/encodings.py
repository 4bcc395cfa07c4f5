"""Which encodings a client understands (RFC 9110, section 12.5.3)."""

#: What stands for every encoding that is not named.
ANY = "*"


def accepts(accept_encoding: str, encoding: str) -> bool:
    """Whether a client that sent this Accept-Encoding understands an encoding. One that says nothing does not: such
    clients seldom decompress."""
    weights = dict(_weight(part) for part in accept_encoding.lower().split(",") if part.strip())
    return weights.get(encoding, weights.get(ANY, 0.0)) > 0


def _weight(part: str) -> tuple[str, float]:
    name, _, parameters = part.partition(";")
    key, _, value = parameters.replace(" ", "").partition("=")
    try:
        return name.strip(), float(value) if key == "q" else 1.0
    except ValueError:
        return name.strip(), 0.0
