"""The ways out of a function with an error.

What is owned where an error is raised, is released on the way out. So a row of places in memory, one for each variable that
ever owns an array, holds what is owned at each moment: a store where that begins, and where it ends one of null. All errors
end in one block, which releases what is there (a way out of their own for each of them cost a third more of LLVM's time)::

    %slot.0 = getelementptr ptr, ptr %held, i64 0
    store ptr %a, ptr %slot.0                     ; a is made
    ...                                           ; may go to raise.0
    store ptr null, ptr %slot.0
    call void @NRT_decref(ptr %a)
    ...
    raise.0:                                      out:
      store ptr @error, ptr %exc                    call void @s2sad.release(ptr %held, i64 1)
      br label %out                                 ret i32 %out.status
"""

from __future__ import annotations

RELEASE = """
define internal void @s2sad.release(ptr captures(none) %held, i64 %n) noinline cold {
entry:
  br label %next
next:
  %k = phi i64 [0, %entry], [%k1, %next]
  %at = getelementptr ptr, ptr %held, i64 %k
  %owner = load ptr, ptr %at, align 8
  call void @NRT_decref(ptr %owner)
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %n
  br i1 %more, label %next, label %done
done:
  ret void
}
"""


class Leaving:
    """The errors of a function, and where what it owns is written down."""

    def __init__(self) -> None:
        self.slots: dict[tuple[object, int], str] = {}
        self.raised: dict[str, str] = {}  # an error: the block that raises it
        self.passed: list[tuple[str, str]] = []  # calls that may fail: what they say, from which block
        self.count = 0  # of the ways out so far

    def slot(self, v: object, k: int) -> str:
        """The place of the k-th array that this variable owns."""
        return self.slots.setdefault((v, k), f"%slot.{len(self.slots)}")

    def raises(self, constant: str) -> str:
        """The block that raises this error."""
        self.count += 1
        return self.raised.setdefault(constant, f"raise.{len(self.raised)}")

    def passes(self, status: str, label: str) -> str:
        """The block that ends the function with this number, of a callee that has said which error it is."""
        self.count += 1
        self.passed.append((status, label))
        return "out"

    def start(self) -> list[str]:
        """What stands at the start of the function."""
        n = len(self.slots)
        if not n or not (self.raised or self.passed):
            return [f"  {slot} = alloca ptr" for slot in self.slots.values()]  # of no use, and gone at once
        return [
            f"  %held = alloca [{n} x ptr], align 8",
            f"  call void @llvm.memset.p0.i64(ptr %held, i8 0, i64 {8 * n}, i1 false)",
            *(f"  {slot} = getelementptr ptr, ptr %held, i64 {k}" for k, slot in enumerate(self.slots.values())),
        ]

    def text(self) -> list[str]:
        """The blocks that leave the function with an error."""
        if not (self.raised or self.passed):
            return []
        lines: list[str] = []
        edges = [f"[{status}, %{label}]" for status, label in self.passed]
        for constant, label in self.raised.items():
            lines += [f"{label}:", f"  store ptr {constant}, ptr %exc, align 8", "  br label %out"]
            edges.append(f"[1, %{label}]")
        lines += ["out:", f"  %out.status = phi i32 {', '.join(edges)}"]
        if self.slots:
            lines.append(f"  call void @s2sad.release(ptr %held, i64 {len(self.slots)})")
        return [*lines, "  ret i32 %out.status"]


__all__ = ["RELEASE", "Leaving"]
