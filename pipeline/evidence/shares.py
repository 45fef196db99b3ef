"""Shares of few: how sure a proportion is, and whether two of them differ. Pure numbers."""

from __future__ import annotations

from math import sqrt

Z = 1.959964  # of a 95 % interval


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Wilson's (1927) 95 % score interval of a proportion; 0 to 1 where there is nothing. ``hits`` may be halves."""
    if n == 0:
        return 0.0, 1.0
    share, spread = hits / n, Z * Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def differs(one: tuple[float, int], other: tuple[float, int]) -> bool:
    """Whether two proportions, each ``(hits, n)``, differ: Newcombe's (1998) hybrid interval leaves zero out."""
    if not one[1] or not other[1]:
        return False
    (p, n), (q, m) = sorted((one, other), key=lambda pair: -pair[0] / pair[1])
    low, high = wilson(p, n)[0], wilson(q, m)[1]
    gap = p / n - q / m
    return gap > sqrt((p / n - low) ** 2 + (high - q / m) ** 2)
