"""infer: from untyped IR and the types of a call to typed IR.

*before* (untyped, one for each function)            *after* (typed, one for each signature)::

    def f(x, mode):                                      def f(x, mode):          # x: float64[n], mode: 'sum'
        if mode == "sum":                                    s = np.sum(x)
            s = x.sum()                                      return s
        else:
            s = helper(x)
        return s

Callees are resolved (methods and attributes of arrays to the functions that have rules, Python functions to their own
specialisations), branches that types decide are pruned, loops over arrays, lists, ``zip`` and ``enumerate`` become index
loops over ``range``.
"""

from s2sad.analysis.infer.program import Infer, Spec
from s2sad.ir.rare import rarely

rarely(
    __name__, "carried", "composed", "defaults", "derivatives", "made_now", "mappings", "masked_reductions",
    "members", "method_calls", "mutations", "numpy_options", "objects", "optional", "passing", "random_draws",
    "recipes", "rewritten", "rewritten_arrays", "rewritten_running", "scipy_calls", "stand_ins", "standard",
    "suspended", "type_queries", "walked",
)

__all__ = ["Infer", "Spec"]
