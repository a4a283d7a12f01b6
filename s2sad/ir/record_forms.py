"""The methods of records by their number of fields. ``record`` gives them the names of a class's own fields.

Written out, so that they are compiled once and for all with this file: to exchange the names in their code takes a
twentieth of the time that compiling a text for each class does. ``init`` is for fields that are set like any attribute,
``frozen`` for slots that only these functions (their globals) set.
"""

# ruff: noqa
# mypy: ignore-errors


def init1(self, a1): self.f1 = a1
def init2(self, a1, a2): self.f1 = a1; self.f2 = a2
def init3(self, a1, a2, a3): self.f1 = a1; self.f2 = a2; self.f3 = a3
def init4(self, a1, a2, a3, a4): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4
def init5(self, a1, a2, a3, a4, a5): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5
def init6(self, a1, a2, a3, a4, a5, a6): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6
def init7(self, a1, a2, a3, a4, a5, a6, a7): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7
def init8(self, a1, a2, a3, a4, a5, a6, a7, a8): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8
def init9(self, a1, a2, a3, a4, a5, a6, a7, a8, a9): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9
def init10(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10
def init11(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11
def init12(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12
def init13(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12; self.f13 = a13
def init14(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12; self.f13 = a13; self.f14 = a14
def init15(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12; self.f13 = a13; self.f14 = a14; self.f15 = a15
def init16(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12; self.f13 = a13; self.f14 = a14; self.f15 = a15; self.f16 = a16
def init17(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12; self.f13 = a13; self.f14 = a14; self.f15 = a15; self.f16 = a16; self.f17 = a17
def init18(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18): self.f1 = a1; self.f2 = a2; self.f3 = a3; self.f4 = a4; self.f5 = a5; self.f6 = a6; self.f7 = a7; self.f8 = a8; self.f9 = a9; self.f10 = a10; self.f11 = a11; self.f12 = a12; self.f13 = a13; self.f14 = a14; self.f15 = a15; self.f16 = a16; self.f17 = a17; self.f18 = a18


def frozen1(self, a1): set1(self, a1)
def frozen2(self, a1, a2): set1(self, a1); set2(self, a2)
def frozen3(self, a1, a2, a3): set1(self, a1); set2(self, a2); set3(self, a3)
def frozen4(self, a1, a2, a3, a4): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4)
def frozen5(self, a1, a2, a3, a4, a5): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5)
def frozen6(self, a1, a2, a3, a4, a5, a6): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6)
def frozen7(self, a1, a2, a3, a4, a5, a6, a7): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7)
def frozen8(self, a1, a2, a3, a4, a5, a6, a7, a8): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8)
def frozen9(self, a1, a2, a3, a4, a5, a6, a7, a8, a9): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9)
def frozen10(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10)
def frozen11(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11)
def frozen12(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12)
def frozen13(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13)
def frozen14(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13); set14(self, a14)
def frozen15(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13); set14(self, a14); set15(self, a15)
def frozen16(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13); set14(self, a14); set15(self, a15); set16(self, a16)
def frozen17(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13); set14(self, a14); set15(self, a15); set16(self, a16); set17(self, a17)
def frozen18(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13); set14(self, a14); set15(self, a15); set16(self, a16); set17(self, a17); set18(self, a18)
def frozen19(self, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19): set1(self, a1); set2(self, a2); set3(self, a3); set4(self, a4); set5(self, a5); set6(self, a6); set7(self, a7); set8(self, a8); set9(self, a9); set10(self, a10); set11(self, a11); set12(self, a12); set13(self, a13); set14(self, a14); set15(self, a15); set16(self, a16); set17(self, a17); set18(self, a18); set19(self, a19)


def eq0(self, other): return () == () if other.__class__ is self.__class__ else NotImplemented
def eq1(self, other): return (self.f1,) == (other.f1,) if other.__class__ is self.__class__ else NotImplemented
def eq2(self, other): return (self.f1,self.f2,) == (other.f1,other.f2,) if other.__class__ is self.__class__ else NotImplemented
def eq3(self, other): return (self.f1,self.f2,self.f3,) == (other.f1,other.f2,other.f3,) if other.__class__ is self.__class__ else NotImplemented
def eq4(self, other): return (self.f1,self.f2,self.f3,self.f4,) == (other.f1,other.f2,other.f3,other.f4,) if other.__class__ is self.__class__ else NotImplemented
def eq5(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,) == (other.f1,other.f2,other.f3,other.f4,other.f5,) if other.__class__ is self.__class__ else NotImplemented
def eq6(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,) if other.__class__ is self.__class__ else NotImplemented
def eq7(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,other.f7,) if other.__class__ is self.__class__ else NotImplemented
def eq8(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,other.f7,other.f8,) if other.__class__ is self.__class__ else NotImplemented
def eq9(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,other.f7,other.f8,other.f9,) if other.__class__ is self.__class__ else NotImplemented
def eq10(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,self.f10,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,other.f7,other.f8,other.f9,other.f10,) if other.__class__ is self.__class__ else NotImplemented
def eq11(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,self.f10,self.f11,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,other.f7,other.f8,other.f9,other.f10,other.f11,) if other.__class__ is self.__class__ else NotImplemented
def eq12(self, other): return (self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,self.f10,self.f11,self.f12,) == (other.f1,other.f2,other.f3,other.f4,other.f5,other.f6,other.f7,other.f8,other.f9,other.f10,other.f11,other.f12,) if other.__class__ is self.__class__ else NotImplemented


def hash0(self): return hash(())
def hash1(self): return hash((self.f1,))
def hash2(self): return hash((self.f1,self.f2,))
def hash3(self): return hash((self.f1,self.f2,self.f3,))
def hash4(self): return hash((self.f1,self.f2,self.f3,self.f4,))
def hash5(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,))
def hash6(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,))
def hash7(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,))
def hash8(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,))
def hash9(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,))
def hash10(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,self.f10,))
def hash11(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,self.f10,self.f11,))
def hash12(self): return hash((self.f1,self.f2,self.f3,self.f4,self.f5,self.f6,self.f7,self.f8,self.f9,self.f10,self.f11,self.f12,))
