"""Run what was compiled for a card without one: its PTX, instruction by instruction, as C.

PTX names every operation with its type and rounding (*Parallel Thread Execution ISA*); each becomes a statement of
C, compiled without contraction. An instruction that is not listed here stops the translation.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

_C = {
    "pred": "uint8_t",
    "b8": "uint8_t",
    "u8": "uint8_t",
    "b16": "uint16_t",
    "u16": "uint16_t",
    "s16": "int16_t",
    "b32": "uint32_t",
    "u32": "uint32_t",
    "s32": "int32_t",
    "b64": "uint64_t",
    "u64": "uint64_t",
    "s64": "int64_t",
    "f32": "float",
    "f64": "double",
}
_HEAD = """
#include <math.h>
#include <stdint.h>
#include <string.h>
static inline float bits32(uint32_t b) { float f; memcpy(&f, &b, 4); return f; }
static inline double bits64(uint64_t b) { double d; memcpy(&d, &b, 8); return d; }
static inline uint32_t of32(float f) { uint32_t b; memcpy(&b, &f, 4); return b; }
static inline uint64_t of64(double d) { uint64_t b; memcpy(&b, &d, 8); return b; }
"""
_TAIL = """
void launch(void **given, uint32_t blocks, uint32_t threads) {
    for (uint32_t block = 0; block < blocks; block++)
        for (uint32_t thread = 0; thread < threads; thread++)
            run(given, thread, block, threads);
}
"""
_INFIX = {"add": "+", "sub": "-", "div": "/", "and": "&", "or": "|", "xor": "^"}
_ORDER = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_INSTRUCTION = re.compile(r"(?:@(!?)(%p\d+)\s+)?([a-z][a-z0-9_.]*)\s*(.*);")


def _operand(text: str) -> str:
    if text.startswith("0f"):
        return f"bits32(0x{text[2:]}u)"
    if text.startswith("0d"):
        return f"bits64(0x{text[2:]}ull)"
    special = {"%tid.x": "thread", "%ctaid.x": "block", "%ntid.x": "threads"}
    if text in special:
        return special[text]
    if re.fullmatch(r"-?\d+", text):
        return f"((int64_t){int(text)}ll)" if text != "-9223372036854775808" else "INT64_MIN"
    return text.replace("%", "r_").replace("$", "l_")


def _address(text: str) -> str:
    base, _, offset = text.strip("[]").partition("+")
    return f"({_operand(base)} + {offset or 0})"


def _comparison(order: str, a: str, b: str, real: bool) -> str:
    if real and order.endswith("u") and order[:-1] in _ORDER:
        return f"(isunordered({a}, {b}) || {a} {_ORDER[order[:-1]]} {b})"
    if real and order == "ne":
        return f"(!isunordered({a}, {b}) && {a} != {b})"
    return f"{a} {_ORDER[order]} {b}"


def _memory(operation: list[str], operands: list[str]) -> str:
    kind = _C[operation[-1]]
    loads = operation[0] == "ld"
    place, registers = (operands[-1], operands[:-1]) if loads else (operands[0], operands[1:])
    names = [each.strip("{} ") for each in registers]
    lines = []
    for k, name in enumerate(names):
        cell = f"*({kind} *)({_address(place)} + {k} * sizeof({kind}))"
        lines.append(f"{_operand(name)} = {cell};" if loads else f"{cell} = {_operand(name)};")
    return " ".join(lines)


def _conversion(operation: list[str], a: str) -> str:
    to, source = operation[-2:]
    value = f"(({_C[source]}){a})"
    rounding = operation[1] if len(operation) == 4 else ""
    if rounding == "rmi":
        return f"floor({value})"
    if rounding == "rzi":
        # Out of range the two languages differ; the kernels convert small counts only.
        return f"({_C[to]}){value}"
    if rounding not in ("", "rn"):
        raise ValueError(f"conversion {operation}")
    return f"({_C[to]}){value}"


def _value(operation: list[str], a: list[str], raw: list[str]) -> str:
    """The C expression of an instruction that sets one register."""
    name, kind = operation[0], operation[-1]
    c = _C[kind]
    real = kind in ("f32", "f64")
    if real and name in ("add", "sub", "mul", "div", "sqrt") and operation[1:-1] != ["rn"]:
        raise ValueError(f"{operation} does not say how it rounds")
    typed = [each if real else f"(({c}){each})" for each in a]
    if name == "mul" and not real:
        if operation[1] == "wide":
            wide = {"u32": "uint64_t", "s32": "int64_t"}[kind]
            return f"({wide}){typed[0]} * ({wide}){typed[1]}"
        if operation[1] == "lo":
            return f"{typed[0]} * {typed[1]}"
    if name == "mul" and real:
        return f"{typed[0]} * {typed[1]}"
    if name == "div" and not real:
        raise ValueError(f"{operation}")
    if name in _INFIX:
        return f"{typed[0]} {_INFIX[name]} {typed[1]}"
    if name in ("shl", "shr"):
        size = 8 * np.dtype(f"u{int(kind[1:]) // 8}").itemsize
        if not raw[2].isdigit() or int(raw[2]) >= size:
            raise ValueError(f"shift by {raw[2]}")
        return f"{typed[0]} {'<<' if name == 'shl' else '>>'} {raw[2]}"
    if name == "sqrt":
        return f"{'sqrtf' if kind == 'f32' else 'sqrt'}({a[0]})"
    if name in ("min", "max"):
        function = {"f32": f"f{name}f", "f64": f"f{name}"}
        order = "<" if name == "min" else ">"
        if real:
            return f"{function[kind]}({a[0]}, {a[1]})"
        return f"({typed[0]} {order} {typed[1]} ? {typed[0]} : {typed[1]})"
    if name == "neg":
        return f"-{typed[0]}"
    if name == "not":
        return f"!{a[0]}" if kind == "pred" else f"~{typed[0]}"
    if name == "selp":
        return f"{a[2]} ? {typed[0]} : {typed[1]}"
    if name == "setp":
        return _comparison(operation[1], *typed, real)
    if name == "cvta":
        return a[0]
    if name == "cvt":
        return _conversion(operation, a[0])
    if name == "mov":
        # Between registers of the same size but another kind the bits move.
        if kind in ("b32", "b64") and re.match(r"%fd?\d", raw[0]) and not re.match(r"%fd?\d", raw[1]):
            return f"bits{kind[1:]}({a[0]})"
        if kind in ("b32", "b64") and re.match(r"%fd?\d", raw[1]) and not re.match(r"%fd?\d", raw[0]):
            return f"of{kind[1:]}({a[0]})"
        return f"(uint64_t){a[0]}" if raw[1].startswith("__local_depot") else a[0]
    raise ValueError(f"instruction {'.'.join(operation)}")


def _statement(line: str) -> str:
    found = _INSTRUCTION.fullmatch(line)
    if found is None:
        raise ValueError(f"line {line}")
    negated, guard, name, rest = found.groups()
    operation = name.split(".")
    raw = [each.strip() for each in rest.split(",")] if rest else []
    if operation[0] == "bra":
        text = f"goto {_operand(raw[0])};"
    elif operation[0] == "ret":
        text = "return;"
    elif operation[:2] == ["ld", "param"]:
        number = re.fullmatch(r"\[\w+_param_(\d+)\]", raw[1])
        text = f"{_operand(raw[0])} = *({_C[operation[2]]} *)given[{number[1]}];"
    elif operation[0] in ("ld", "st"):
        text = _memory(operation, raw)
    else:
        a = [_operand(each) for each in raw[1:]]
        text = f"{_operand(raw[0])} = {_value(operation, a, raw)};"
    return f"if ({negated}{_operand(guard)}) {{ {text} }}" if guard else text


def in_c(assembly: str) -> str:
    """The kernel as a function of C, over the threads of a launch."""
    body = assembly[assembly.index("\n{") + 2 : assembly.rindex("\n}")]
    lines = []
    for line in map(str.strip, body.splitlines()):
        if not line or line.startswith(("//", ".pragma")):
            continue
        if registers := re.fullmatch(r"\.reg \.(\w+)\s+%(\w+)(?:<(\d+)>)?;", line):
            kind, name, count = registers.groups()
            names = [name] if count is None else [f"{name}{k}" for k in range(int(count))]
            lines.append(f"{_C[kind]} " + ", ".join(f"r_{each} = 0" for each in names) + ";")
        elif depot := re.fullmatch(r"\.local \.align (\d+) \.b8\s+(\w+)\[(\d+)\];", line):
            lines.append(f"uint8_t {depot[2]}[{depot[3]}] __attribute__((aligned({depot[1]})));")
        elif label := re.fullmatch(r"(\$\w+):", line):
            lines.append(f"{_operand(label[1])}: ;")
        else:
            lines.append(_statement(line))
    signature = "static void run(void **given, uint32_t thread, uint32_t block, uint32_t threads)"
    return f"{_HEAD}{signature} {{\n" + "\n".join(lines) + f"\n}}{_TAIL}"


def _flat(value: Any) -> list[Any]:
    """What the kernel takes for an argument, in the order in which numba-cuda passes it."""
    if isinstance(value, tuple):
        return [each for member in value for each in _flat(member)]
    if isinstance(value, np.ndarray):
        size = ctypes.c_int64(value.size)
        item, place = ctypes.c_int64(value.itemsize), ctypes.c_uint64(value.ctypes.data)
        return [ctypes.c_uint64(0), ctypes.c_uint64(0), size, item, place, size, item]
    if isinstance(value, bool):
        return [ctypes.c_uint8(value)]
    if isinstance(value, np.uint32):
        return [ctypes.c_uint32(int(value))]
    if isinstance(value, int | np.integer):
        return [ctypes.c_uint64(int(value) & 0xFFFFFFFFFFFFFFFF)]
    return [ctypes.c_double(value)]


class Machine:
    """The kernel of an assembly text, run by this machine's processor."""

    def __init__(self, assembly: str, folder: Path) -> None:
        source, library = folder / "kernel.c", folder / "kernel.so"
        source.write_text(in_c(assembly))
        compiler = shutil.which("cc") or shutil.which("gcc") or "cc"
        flags = ["-O0", "-ffp-contract=off", "-fno-strict-aliasing", "-fwrapv", "-shared", "-fPIC", "-w"]
        subprocess.run([compiler, *flags, str(source), "-o", str(library), "-lm"], check=True)
        self._library = ctypes.CDLL(str(library))
        self._kinds = re.findall(r"^\s*\.param \.(\w+)", assembly, re.MULTILINE)

    def launch(self, blocks: int, threads: int, *arguments: Any) -> None:
        """Run every thread of a launch, one after the other."""
        given = [each for argument in arguments for each in _flat(argument)]
        sizes = [np.dtype(f"u{int(kind[1:]) // 8}").itemsize for kind in self._kinds]
        assert [ctypes.sizeof(each) for each in given] == sizes
        pointers = (ctypes.c_void_p * len(given))(*(ctypes.addressof(each) for each in given))
        self._library.launch(pointers, ctypes.c_uint32(blocks), ctypes.c_uint32(threads))
