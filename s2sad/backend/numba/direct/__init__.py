"""Functions of the IR straight to LLVM's representation.

Numba reads bytecode, finds the variables and their types again, and writes each with a place in memory that LLVM takes away
again: two thirds of the time of a compile. The IR has all that already: values in SSA form, structured loops, known ranks. What
is here walks through it once and writes LLVM's text. What it does not know (``NotDirect``) is left to Numba as a whole.

    values      what a variable is in machine code: numbers, arrays, tuples
    writer      the text of a function: instructions, blocks, errors
    numbers, functions      operations on numbers
    arrays, views, products      memory: elements, new arrays, parts of arrays, products of matrices
    ends        where each variable is read last: there its array is freed
    leaving     the ways out with an error: what is owned there is freed too
    control     branches and loops
    function    statement by statement
    module      functions that call one another
    use         Numba's side: types, wrappers, the library
"""
