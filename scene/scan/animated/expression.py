"""Blender's simple driver expressions, the ones that it computes without Python. Runs no code; knows no bpy."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Unknown(Exception):
    """The value cannot be computed here."""


def evaluate(expression: str, names: Mapping[str, float]) -> float:
    """The value of a simple expression. names: variables of the driver, and `frame`. Raises Unknown."""
    try:
        return float(_value(ast.parse(expression.strip(), mode="eval").body, names))
    except (SyntaxError, ValueError, ArithmeticError, TypeError, RecursionError) as error:
        raise Unknown(expression) from error


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            return number
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id="pi"):
            return math.pi
        case ast.UnaryOp(op=operation, operand=operand) if type(operation) in _UNARY:
            return _UNARY[type(operation)](_value(operand, names))
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _BINARY:
            return _BINARY[type(operation)](_value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=operations, comparators=others):
            return _compared(left, operations, others, names)
        case ast.BoolOp(op=operation, values=values):
            return _joined(isinstance(operation, ast.And), values, names)
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, names) else otherwise, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(each, names) for each in arguments))
    raise Unknown(ast.dump(node))


def _compared(
    left: ast.expr, operations: Sequence[ast.cmpop], others: Sequence[ast.expr], names: Mapping[str, float]
) -> float:
    before = _value(left, names)
    for operation, other in zip(operations, others, strict=True):
        if type(operation) not in _COMPARE:
            raise Unknown(ast.dump(operation))
        after = _value(other, names)
        if not _COMPARE[type(operation)](before, after):
            return 0.0
        before = after
    return 1.0


def _joined(is_and: bool, values: Sequence[ast.expr], names: Mapping[str, float]) -> float:
    result = 0.0
    for each in values:
        result = _value(each, names)
        if bool(result) != is_and:
            break
    return result


def _round(value: float) -> float:
    """Half away from zero, as in C."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(value, low), high)


def _smoothstep(low: float, high: float, value: float) -> float:
    place = _clamp((value - low) / (high - low))
    return place * place * (3 - 2 * place)


_UNARY: dict[type, Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Not: operator.not_}
_BINARY: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type, Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(math, name) for name in ("radians", "degrees", "fabs", "floor", "ceil", "trunc")},
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2")},
    **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "pow", "fmod")},
    "abs": abs,
    "int": math.trunc,
    "round": _round,
    "min": min,
    "max": max,
    "lerp": lambda one, other, place: one + (other - one) * place,
    "clamp": _clamp,
    "smoothstep": _smoothstep,
}
