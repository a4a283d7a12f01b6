"""Bad input: each program is right, fails as its plain call does, or is refused at a line of its own. Nothing else."""

from __future__ import annotations

import contextlib
import inspect
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import s2sad
from tests.refused.nasty import PROGRAMS
from tests.test_refused import ARGS, check_derivative, differentiate, load, seconds

HEAD = "import numpy as np\n"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["grad", "jvp"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_right_or_refused(name: str, mode: str, tmp_path: Path) -> None:
    module = load(HEAD + PROGRAMS[name], tmp_path, "nasty")
    with contextlib.redirect_stdout(io.StringIO()), seconds(20):
        outcome = judge(mode, module)
    assert outcome in ("right", "raised", "refused")


def judge(mode: str, module: ModuleType) -> str:
    try:
        result = differentiate(mode, module.f)
    except s2sad.UnsupportedError as error:
        check_places(error, module)
        return "refused"
    except s2sad.S2sadError:
        return "refused"
    except BaseException as error:
        if is_plain_type_error(error, module):
            return "refused"
        check_raised(error, module)
        return "raised"
    check_derivative(mode, result, module.f)
    return "right"


def check_raised(error: BaseException, module: ModuleType) -> None:
    """The exception is that of the plain call. (Where the stack ends, Python words it by what it was doing there.)"""
    with pytest.raises(type(error)) as plain:
        module.f(ARGS[0], ARGS[1].copy())
    assert isinstance(error, RecursionError) or str(plain.value) == str(error)


def check_places(error: Any, module: ModuleType) -> None:
    """Findings lie in the program's file, each with its line, a caret and help, none of them twice."""
    lines = Path(str(module.__file__)).read_text(encoding="utf-8").splitlines()
    for f in error.findings:
        assert f.loc.file == module.__file__, f.show()
        assert f.line == lines[f.loc.line - 1] and f.line.strip(), f.show()
        assert f.help and f.message and "^" in f.show()
    assert len({f.show() for f in error.findings}) == len(error.findings)


def is_plain_type_error(error: BaseException, module: ModuleType) -> bool:
    """What is no function of numbers is told in one line, as the interface does."""
    message = str(error)
    ours = isinstance(error, TypeError) and ("a gradient needs" in message or "derivative" in message or "s2sad." in message)
    return ours and "\n" not in message.partition("\nin the derivative")[0] and (inspect.isfunction(module.f))
