"""How sure a number is: standard errors, intervals, paired differences, ranks, power. No Django.

Outcomes are one number a sample in document order (0 or 1 for accuracies). Standard errors are in the
unit of the value. Choices, with their sources: cluster-robust errors where samples share something
(CR1, as statsmodels; Miller 2024, arXiv 2411.00640, for evaluations), normal intervals for means of
many samples, Wilson's for proportions (it stays inside 0 and 1 and does not vanish at 0 of n), BCa for
what is skewed, McNemar's exact test for paired 0/1 outcomes, a sign-flip test for any other paired
outcomes, Holm's correction, and for ranks the count of those whose interval lies wholly above (as
LMArena does): what the eye reads off the bars.

special, never stats: the web process imports this, and scipy.stats alone costs a second and 50 MB.
"""

from evaluations.statistics.errors import clustered_error, standard_error, weighted_average
from evaluations.statistics.intervals import (
    Z95,
    bootstrap_interval,
    normal_interval,
    wilson_interval,
)
from evaluations.statistics.many import holm
from evaluations.statistics.pairs import (
    Difference,
    independent_difference,
    mcnemar,
    paired_difference,
    sign_flip,
)
from evaluations.statistics.power import (
    minimum_detectable_difference,
    required_n,
    spread_of_difference,
)
from evaluations.statistics.ranks import rank_intervals
from evaluations.statistics.replicates import Spread, spread_of

__all__ = [
    "Z95",
    "Difference",
    "Spread",
    "bootstrap_interval",
    "clustered_error",
    "holm",
    "independent_difference",
    "mcnemar",
    "minimum_detectable_difference",
    "normal_interval",
    "paired_difference",
    "rank_intervals",
    "required_n",
    "sign_flip",
    "spread_of",
    "spread_of_difference",
    "standard_error",
    "weighted_average",
    "wilson_interval",
]
