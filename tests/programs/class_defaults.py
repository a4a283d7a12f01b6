"""Attributes to which a class gives a value: read of objects in containers, and set of objects later."""

from __future__ import annotations

from tests.programs import Suite, arr

PROGRAMS = Suite("class_defaults", issue=4)


class Cell:
    scale = 0.9
    total = 0.0
    count = 0
    cache = None
    seen = False

    def __init__(self, v):
        self.v = v

    def grow(self, w):
        self.v = self.v + w * self.scale

    def add(self, w):
        self.count += 1
        self.total = self.total + w


class Fine(Cell):
    scale = 2.0
    total = 1.0

    def add(self, w):
        super().add(w * 2.0)
        return self


def read_in_a_list(x):
    cells = [Cell(x[0]), Cell(x[1])]
    for i in range(4):
        cell = cells[i % 2]
        cell.v = cell.v * cell.scale + x[i]
    return sum(c.v * c.scale for c in cells)


def read_after_swaps(x):
    cells = [Cell(x[0]), Fine(x[1])]
    for c in cells:
        c.grow(x[2])
    return cells[0].v * cells[1].v * cells[1].scale


def alike_of_two_classes(x):
    a, b = Cell(x[0]), Fine(x[1])
    a.grow(x[2])
    b.grow(x[2])
    return a.v * b.v + x[3] * a.scale * b.v + x[3] * b.scale


def set_in_a_loop(x):
    cell = Cell(x[0])
    for i in range(3):
        cell.add(x[i] * cell.scale)
    return cell.total * cell.count


def set_in_a_branch(x):
    a, b = Cell(x[0]), Cell(x[1])
    for i in range(4):
        if x[i] > 0:
            a.total = a.total + x[i] * b.total
            b.total += x[i]
        elif a.cache is None:
            a.cache = x[i]
    return a.total * b.total * (a.cache if a.cache is not None else 1.0)


def set_in_a_list(x):
    cells = [Cell(x[0]), Cell(x[1])]
    for i in range(3):
        cell = cells[i % 2]
        cell.count = cell.count + x[i]
    return sum(c.v * c.count for c in cells)


def set_of_some(x):
    cells = [Cell(v) for v in x]
    for c in cells:
        if c.v > 0:
            c.total = c.v
    return sum(c.v * c.total for c in cells)


def made_with_and_without(x):
    cells, t = [], 0.0
    for v in x:
        cell = Cell(v)
        if v > 0:
            cell.total = v * 2
            cell.cache = v
        cells.append(cell)
    for c in cells:
        if c.cache is not None:
            t += c.cache * c.total
        else:
            t -= c.v * c.scale
    return t


def inherited(x):
    fine, cell = Fine(x[0]), Cell(x[1])
    for v in x:
        fine.add(v)
        cell.add(v * fine.total)
    return fine.total / fine.count * cell.total


def counted_in_a_dict(x):
    cells = {"a": Cell(x[0]), "b": Cell(x[1])}
    for i in range(4):
        cells["ab"[i % 2]].add(x[i])
    return sum(c.total * c.count for c in cells.values())


def flagged(x):
    cells = [Cell(x[0]), Cell(x[1])]
    for i in range(4):
        cell = cells[i % 2]
        if not cell.seen:
            cell.seen = True
        else:
            cell.v = cell.v * x[2]
    return sum(c.v for c in cells)


for _f in (
    read_in_a_list, read_after_swaps, alike_of_two_classes, set_in_a_loop, set_in_a_branch, set_in_a_list, set_of_some,
    made_with_and_without, inherited, flagged,
):  # fmt: skip
    PROGRAMS.add(_f, arr(4))
PROGRAMS.add(counted_in_a_dict, arr(4))


class Early(Cell):
    def __init__(self, v):
        super().__init__(v)
        if v > 0:
            self.total = v * v


def set_by_init(x):
    return sum(Early(v).total * v for v in x) + Early(x[0]).total


PROGRAMS.add(set_by_init, arr(4))
