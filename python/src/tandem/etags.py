"""The name of a result: the MD5 that npm's object-hash 2 gives what was asked for, as existing clients compute it."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from hashlib import md5
from typing import Any

#: What existing clients put into their ETags; another number makes other names for all results.
WORKER_VERSION = 4


def etag_of(
    *,
    experiment_id: str,
    body: Mapping[str, Any],
    request_props: Mapping[str, Any],
    data_version: str | None,
    extra_dependencies: Sequence[Any] = (),
) -> str:
    """Equal requests of equal data have equal ETags; `data_version` changes whenever the experiment's data do."""
    return object_hash(
        {
            "experimentId": experiment_id,
            "body": body,
            "qcPipelineStartDate": data_version,
            "requestProps": request_props,
            "workerVersion": WORKER_VERSION,
            "extraDependencies": extra_dependencies,
        }
    )


def object_hash(value: Any) -> str:
    """object-hash's MD5, with its default options, of what JSON can hold."""
    return md5("".join(_Walk().of(value)).encode(), usedforsecurity=False).hexdigest()


class _Walk:
    """One walk over a value. object-hash counts every object it meets and names a repeated one by its number;
    in JSON only the two that belong to JavaScript itself repeat: `Object.prototype` and `Object`."""

    def __init__(self) -> None:
        self._met = 0
        self._prototype: int | None = None
        self._constructor: int | None = None

    def of(self, value: Any) -> list[str]:
        match value:
            case None:
                return ["Null"]
            case bool():
                return [f"bool:{str(value).lower()}"]
            case str():
                return [_text(value)]
            case int() | float():
                return [f"number:{javascript_number(value)}"]
            case Mapping():
                return self._object(value)
            case Sequence():
                self._count()
                return [f"array:{len(value)}:", *(part for item in value for part in self.of(item))]
        raise TypeError(f"JSON has no {type(value).__name__}")

    def _count(self) -> int:
        self._met += 1
        return self._met - 1

    def _object(self, value: Mapping[str, Any]) -> list[str]:
        self._count()
        parts = [f"object:{len(value) + 3}:", *self._heritage(self._object_prototype)]
        for key in sorted(value, key=lambda key: key.encode("utf-16-be")):
            parts += [_text(key), ":", *self.of(value[key]), ","]
        return parts

    def _heritage(self, parent: Callable[[], str]) -> list[str]:
        """What object-hash adds to each object to tell classes apart."""
        return [
            f"{_text('prototype')}:Undefined,",
            f"{_text('__proto__')}:{parent()},",
            f"{_text('constructor')}:{self._object_constructor()},",
        ]

    def _object_prototype(self) -> str:
        if self._prototype is not None:
            return _text(f"[CIRCULAR:{self._prototype}]")
        self._prototype = self._count()
        return "".join(["object:3:", *self._heritage(lambda: "Null")])

    def _object_constructor(self) -> str:
        function = f"fn:{_text('[native]')}{_text('function-name:Object')}"
        if self._constructor is not None:
            return function + _text(f"[CIRCULAR:{self._constructor}]")
        self._constructor = self._count()
        return function + "object:0:"


def _text(value: str) -> str:
    """JavaScript counts a text in UTF-16 units."""
    return f"string:{len(value.encode('utf-16-be')) // 2}:{value}"


def javascript_number(value: float) -> str:
    """A number as JavaScript writes it: 1 for 1.0, 1e-7, 1e+21."""
    if isinstance(value, int):
        value = float(value)
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)  # where the decimal point stands, counted from the first digit
    if 0 < point <= 21:
        written = text.ljust(point, "0")[:point] + (f".{text[point:]}" if len(text) > point else "")
    elif -6 < point <= 0:
        written = f"0.{'0' * -point}{text}"
    else:
        mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
        written = f"{mantissa}e{point - 1:+d}"
    return f"-{written}" if sign else written
