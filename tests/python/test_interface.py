"""The package declares what cyclone/c.h says: every function, every member of every struct, in the same order."""

import ctypes
import pathlib
import re

import pytest

import cyclone
from cyclone import _library

HEADER = (pathlib.Path(__file__).parents[2] / "include/cyclone/c.h").read_text()
CODE = re.sub(r"//.*", "", HEADER)
C_TYPES = {
    "size_t": ctypes.c_size_t, "int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
    "double": ctypes.c_double, "const char*": ctypes.c_char_p, "const void*": ctypes.c_void_p,
}
STRUCTS = {
    "images": _library.Images, "classifier_info": _library.ClassifierInfo, "schedule_context": _library.ScheduleContext,
    "update": _library.Update, "epoch": _library.Epoch, "rates": _library.Rates, "progress": _library.ProgressOfComparison,
    "interval": _library.Interval,
}


def members_in_header(name):
    body = re.search(r"typedef struct cyclone_%s \{(.*?)\}" % name, CODE, re.S).group(1)
    for type_, member, count in re.findall(r"([^;]+?[ *])(\w+)(?:\[(\d+)\])?;", re.sub(r"\s+", " ", body)):
        c_type = C_TYPES[type_.strip().replace(" *", "*")]
        yield member, (c_type * int(count) if count else c_type)


@pytest.mark.parametrize("name", STRUCTS)
def test_a_struct_has_the_members_of_the_header(name):
    ours = [(member, type_) for member, type_ in STRUCTS[name]._fields_]
    theirs = list(members_in_header(name))
    assert [member for member, _ in ours] == [member for member, _ in theirs]
    assert [ctypes.sizeof(type_) for _, type_ in ours] == [ctypes.sizeof(type_) for _, type_ in theirs]


def test_every_struct_of_the_header_is_known():
    assert set(re.findall(r"typedef struct cyclone_(\w+) \{", CODE)) == set(STRUCTS)


def test_every_function_of_the_header_is_declared_with_as_many_arguments():
    functions = dict(re.findall(r"CYCLONE_API [^;(]*?cyclone_(\w+)\(([^;]*?)\);", CODE, re.S))
    assert set(functions) == set(_library.SIGNATURES) | set(_library._PLAIN)
    for name, takes in _library.SIGNATURES.items():
        assert len(takes) == functions[name].count(",") + 1, name


def test_the_library_names_itself():
    assert cyclone.__version__ == re.search(r'#define CYCLONE_VERSION "(.*)"', (
        pathlib.Path(__file__).parents[2] / "include/cyclone/base/version.h").read_text()).group(1)
    assert cyclone.backend()
    assert "triangular" in cyclone.names("schedules")
    assert "max-lr" in cyclone.names("options")


def test_threads_are_set_and_checked():
    before = cyclone.threads()
    cyclone.set_threads(1)
    assert cyclone.threads() == 1
    with pytest.raises(cyclone.UsageError, match="1"):
        cyclone.set_threads(0)
    cyclone.set_threads(before)
