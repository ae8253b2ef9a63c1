"""Classifiers and lines that are computed, not trained: Gaussians, naive Bayes, least squares, Newton's method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, lstsq
from scipy.special import expit, softmax, xlogy

from engine.data import Standardizer, check_labels, check_rows
from engine.errors import EngineError

KINDS = ("own", "shared", "diagonal", "shared-diagonal")


@dataclass(frozen=True)
class Gaussian:
    """A normal distribution in D dimensions: mean (D,), covariance (D, D)."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def fit(cls, x, ridge: float = 0.0, diagonal: bool = False) -> Gaussian:
        """Maximum likelihood from x (N, D): the mean, and the covariance divided by N.

        ridge is added to the variances; diagonal keeps nothing but them (independent features).
        """
        x = check_rows(x)
        mean = x.mean(axis=0)
        covariance = (x - mean).T @ (x - mean) / len(x)
        if diagonal:
            covariance = np.diag(np.diag(covariance))
        return cls(mean, covariance + ridge * np.eye(len(mean)))

    def log_density(self, x) -> np.ndarray:
        """(N,) ln f(x) for x (N, D). Raises singular where the covariance has no inverse."""
        away = check_rows(x, width=len(self.mean)) - self.mean
        factor = decompose(self.covariance)
        distance = np.einsum("nd,dn->n", away, cho_solve(factor, away.T))
        volume = 2 * np.log(np.diag(factor[0])).sum()
        return -0.5 * (len(self.mean) * np.log(2 * np.pi) + volume + distance)

    def density(self, x) -> np.ndarray:
        """(N,) f(x)."""
        return np.exp(self.log_density(x))

    def log_likelihood(self, x) -> float:
        """ln of the product of f over the rows of x."""
        return float(self.log_density(x).sum())


def decompose(covariance: np.ndarray) -> tuple[np.ndarray, bool]:
    """The Cholesky factor of a covariance, as scipy's cho_solve takes it; singular if it has none."""
    spread = np.sqrt(np.diag(covariance))
    # A singular matrix may pass the factorisation by rounding; of correlations the rank is told by their size.
    if not (spread > 0).all() or np.linalg.cond(covariance / np.outer(spread, spread)) > 1e13:
        raise EngineError("singular", name="covariance")
    try:
        return cho_factor(covariance, lower=True)
    except LinAlgError:
        raise EngineError("singular", name="covariance") from None


@dataclass(frozen=True)
class GaussianClassifier:
    """One Gaussian a class and the classes' priors (K,): a generative model, decided by Bayes."""

    gaussians: tuple[Gaussian, ...]
    priors: np.ndarray
    shared: bool = False

    @classmethod
    def fit(cls, x, y, kind: str = "own", ridge: float = 0.0, priors: Sequence[float] | None = None):
        """Maximum likelihood from x (N, D) and labels y (N,), every class 0 … K - 1 with an example.

        kind, one of KINDS: each class its own covariance, or all one, (N₁Σ¹ + N₂Σ² + …)/N; diagonal is naive.
        priors: the classes' shares of the data unless given.
        """
        x = check_rows(x)
        y = check_labels(y, len(x))
        if kind not in KINDS:
            raise EngineError("unknown-covariance", kind=kind, known=", ".join(KINDS))
        counts = count_classes(y)
        diagonal, shared = kind.endswith("diagonal"), kind.startswith("shared")
        each = [Gaussian.fit(x[y == k], 0.0 if shared else ridge, diagonal) for k in range(len(counts))]
        if shared:
            pooled = sum(n * g.covariance for n, g in zip(counts, each, strict=True)) / len(x)
            pooled = pooled + ridge * np.eye(x.shape[1])
            each = [Gaussian(g.mean, pooled) for g in each]
        return cls(tuple(each), np.asarray(counts / len(x) if priors is None else priors, float), shared)

    def log_joint(self, x) -> np.ndarray:
        """(N, K) ln f(x | class) + ln P(class)."""
        return np.stack([g.log_density(x) for g in self.gaussians], axis=1) + np.log(self.priors)

    def posterior(self, x) -> np.ndarray:
        """(N, K) P(class | x)."""
        return softmax(self.log_joint(x), axis=1)

    def predict(self, x) -> np.ndarray:
        """(N,) the class with the largest posterior."""
        return self.log_joint(x).argmax(axis=1)

    def discriminant(self, one: int = 0, other: int = 1) -> LogisticModel:
        """The σ(w·x + b) that is P(one | x) against the other class, for a shared covariance.

        w = Σ⁻¹(μ¹ - μ²), b = -½μ¹ᵀΣ⁻¹μ¹ + ½μ²ᵀΣ⁻¹μ² + ln(N₁/N₂) (lecture, classification).
        """
        if not self.shared:
            raise EngineError("not-shared")
        a, b = self.gaussians[one], self.gaussians[other]
        factor = decompose(a.covariance)
        first, second = cho_solve(factor, a.mean), cho_solve(factor, b.mean)
        bias = (second @ b.mean - first @ a.mean) / 2 + np.log(self.priors[one] / self.priors[other])
        return LogisticModel(first - second, float(bias))


@dataclass(frozen=True)
class BernoulliClassifier:
    """Naive Bayes for features of 0 and 1: chances (K, D) of a 1 in each class, priors (K,)."""

    chances: np.ndarray
    priors: np.ndarray

    @classmethod
    def fit(cls, x, y, smoothing: float = 0.0) -> BernoulliClassifier:
        """Maximum likelihood from x (N, D) and labels y; smoothing adds so many 0s and 1s to every class."""
        x = check_bits(x)
        y = check_labels(y, len(x))
        counts = count_classes(y)
        ones = np.stack([x[y == k].sum(axis=0) for k in range(len(counts))])
        return cls((ones + smoothing) / (counts[:, None] + 2 * smoothing), counts / len(x))

    def log_joint(self, x) -> np.ndarray:
        """(N, K) ln P(x | class) + ln P(class); -inf where a class cannot make x."""
        x = check_bits(x, len(self.chances[0]))[:, None]
        with np.errstate(divide="ignore"):
            return (xlogy(x, self.chances) + xlogy(1 - x, 1 - self.chances)).sum(axis=2) + np.log(self.priors)

    def posterior(self, x) -> np.ndarray:
        """(N, K) P(class | x); the priors for an x that no class can make."""
        joint = self.log_joint(x)
        joint = np.where(np.isfinite(joint).any(axis=1, keepdims=True), joint, np.log(self.priors))
        return softmax(joint, axis=1)

    def predict(self, x) -> np.ndarray:
        """(N,) the class with the largest posterior."""
        return self.posterior(x).argmax(axis=1)


def check_bits(x, width: int | None = None) -> np.ndarray:
    """x (N, D) float64, 0 and 1 only."""
    x = check_rows(x, width=width)
    if not np.isin(x, (0, 1)).all():
        raise EngineError("not-bits", value=float(x[~np.isin(x, (0, 1))][0]))
    return x


def count_classes(y: np.ndarray) -> np.ndarray:
    """(K,) how many examples each class has, none of them none."""
    counts = np.bincount(y)
    if not counts.all():
        raise EngineError("empty-class", label=int(np.argmin(counts)))
    return counts


@dataclass(frozen=True)
class LinearModel:
    """x·w + b: weight (D,) and a number, or (D, K) and (K,)."""

    weight: np.ndarray
    bias: np.ndarray | float

    def predict(self, x) -> np.ndarray:
        """(N,) or (N, K)."""
        return check_rows(x, width=len(self.weight)) @ self.weight + self.bias


def least_squares(x, y, ridge: float = 0.0) -> LinearModel:
    """The line with the least Σ(y - w·x - b)² + ridge·‖w‖²; x (N, D), y (N,) or (N, K).

    The bias is free. Of several best lines the one with the smallest w (dependent features, few examples).
    """
    x, y = check_rows(x), np.asarray(y, np.float64)
    flat = check_rows(y, "y")
    if len(flat) != len(x):
        raise EngineError("wrong-count", name="y", count=len(flat), expected=len(x))
    if ridge < 0:
        raise EngineError("negative", name="ridge", value=ridge)
    # With x and y centred the bias is out of the way; the ridge is D more equations, √ridge·w = 0.
    centre, level = x.mean(axis=0), flat.mean(axis=0)
    rows, wanted = x - centre, flat - level
    if ridge:
        rows = np.vstack((rows, np.sqrt(ridge) * np.eye(x.shape[1])))
        wanted = np.vstack((wanted, np.zeros((x.shape[1], flat.shape[1]))))
    weight = lstsq(rows, wanted)[0]
    bias = level - centre @ weight
    return LinearModel(weight[:, 0], float(bias[0])) if y.ndim == 1 else LinearModel(weight, bias)


@dataclass(frozen=True)
class LogisticModel:
    """P(class 1 | x) = σ(w·x + b); `steps` of Newton's method, `path` (steps + 1, D + 1) of w and b on the way."""

    weight: np.ndarray
    bias: float
    steps: int = 0
    path: np.ndarray | None = None

    def logit(self, x) -> np.ndarray:
        """(N,) w·x + b."""
        return check_rows(x, width=len(self.weight)) @ self.weight + self.bias

    def posterior(self, x) -> np.ndarray:
        """(N,) σ(w·x + b)."""
        return expit(self.logit(x))

    def predict(self, x) -> np.ndarray:
        """(N,) 1 where the posterior is above one half, else 0."""
        return (self.logit(x) > 0).astype(np.int64)


def logistic_loss(weight, bias: float, x, y, ridge: float = 0.0) -> float:
    """Σ cross-entropy of σ(w·x + b) against y of 0 and 1, plus ½·ridge·‖w‖²."""
    return _loss_of(check_rows(x) @ weight + bias, np.asarray(y)) + 0.5 * ridge * float(
        np.dot(weight, weight)
    )


def _loss_of(z: np.ndarray, y: np.ndarray) -> float:
    return float(np.logaddexp(0, np.where(y == 1, -z, z)).sum())


def logistic_regression(x, y, ridge: float = 0.0, steps: int = 100) -> LogisticModel:
    """The w, b of least `logistic_loss` by Newton's method, the step halved while the loss would rise.

    x (N, D), y (N,) of 0 and 1. Without a ridge, classes that a plane separates have no best w (it grows
    without end): raises separable. Raises no-convergence after `steps`.
    """
    x = check_rows(x)
    y = check_labels(y, len(x), classes=2)
    if ridge < 0:
        raise EngineError("negative", name="ridge", value=ridge)
    if not ridge and separable(x, y):
        raise EngineError("separable")
    # In standardised features no direction is lost by rounding, whatever the units of x.
    scale = Standardizer.fit(x)
    spread = np.where(scale.constant, 1.0, scale.deviation)
    rows = np.column_stack((scale.apply(x), np.ones(len(x))))
    penalty = np.append(ridge / spread**2, 0.0)
    v = np.zeros(rows.shape[1])
    path, now = [v], _loss_of(rows @ v, y)
    for step in range(steps):
        f = expit(rows @ v)
        slope = rows.T @ (f - y) + penalty * v
        bend = (rows.T * (f * (1 - f))) @ rows + np.diag(penalty)
        full = lstsq(bend, slope)[0]
        # Newton's decrement bounds how much lower the least loss can be (Boyd and Vandenberghe 2004, 9.5).
        if slope @ full < 1e-12 * (1 + now):
            weights = np.array(path)[:, :-1] / spread
            way = np.column_stack((weights, np.array(path)[:, -1] - weights @ scale.mean))
            return LogisticModel(way[-1, :-1], float(way[-1, -1]), step, way)
        length = 1.0
        while (
            loss := _loss_of(rows @ (v - length * full), y) + penalty @ (v - length * full) ** 2 / 2
        ) > now:
            length /= 2
            if length < 1e-10:
                break
        v, now = v - length * full, loss
        path.append(v)
    raise EngineError("no-convergence", name="logistic regression", steps=steps)


def separable(x, y) -> bool:
    """Whether some plane has all of class 1 on one side and all of class 0 on the other, points on it allowed.

    Exactly then the likelihood has no maximum (Albert and Anderson 1984). A linear program: the largest
    Σ mᵢ with 0 ≤ mᵢ = ±(w·xᵢ + b) ≤ 1 is 0 or not. One class alone is separable.
    """
    from scipy.optimize import linprog  # 0.2 s that few need

    x = check_rows(x)
    sign = 2.0 * check_labels(y, len(x), classes=2) - 1
    rows = sign[:, None] * np.column_stack((Standardizer.fit(x).apply(x), np.ones(len(x))))
    found = linprog(
        -rows.sum(axis=0),
        A_ub=np.vstack((rows, -rows)),
        b_ub=np.concatenate((np.ones(len(rows)), np.zeros(len(rows)))),
        bounds=(None, None),
    )
    return bool(-found.fun > 1e-7)


def accuracy(y, predicted) -> float:
    """The share of labels that were predicted."""
    y = check_labels(y)
    return float((y == check_labels(predicted, len(y), name="prediction")).mean())


def confusion(y, predicted, classes: int | None = None) -> np.ndarray:
    """(K, K) int64: row the label, column the prediction, how often."""
    y = check_labels(y, classes=classes)
    predicted = check_labels(predicted, len(y), classes, name="prediction")
    classes = 1 + int(max(y.max(), predicted.max())) if classes is None else classes
    return np.bincount(y * classes + predicted, minlength=classes**2).reshape(classes, classes)
