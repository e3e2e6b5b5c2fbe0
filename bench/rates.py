"""Pass rates over units that come in clusters. One function, shared by the summary and by robustness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bench import stats
from bench.types import Estimate

Cluster = tuple[str, str]
"""Suite and item id."""


def estimate(units: Iterable[tuple[Cluster, bool | None, str]]) -> Estimate:
    """Return a rate over (cluster, passed, why left out), clustered by item.

    With one unit a cluster it is Wilson's interval for x of n. With several (epochs, two languages) the point is
    the mean of cluster means and the interval is Wilson's over the clusters, which is conservative.
    """
    found = list(units)
    sizes = Counter([cluster for cluster, passed, _ in found if passed is not None])
    passes = Counter([cluster for cluster, passed, _ in found if passed])
    left_out = Counter([why for _, passed, why in found if passed is None])
    x, n, clusters = passes.total(), sizes.total(), len(sizes)
    out = dict(sorted(left_out.items()))
    if n == 0:
        return Estimate(x=0, n=0, clusters=0, point=None, low=None, high=None, method="none", left_out=out)
    if n == clusters:
        bounds, point, method = stats.wilson(x, n), x / n, "wilson"
    else:
        total = sum(count / sizes[cluster] for cluster, count in passes.items())
        bounds, point, method = stats.wilson(total, clusters), total / clusters, "wilson-clustered"
    low, high = (round(bound, 6) for bound in bounds)
    return Estimate(x=x, n=n, clusters=clusters, point=round(point, 6), low=low, high=high, method=method, left_out=out)
