"""The one module that needs scikit-learn (the extra ``learning``): imported when a model is trained, never before.

Everything is drawn from a fixed seed: the same decisions give the same model.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence

from numpy import asarray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

FOLDS = 5
SEED = 20_260_901
STRENGTH = 10.0
"""Inverse of the regularisation: large, for each term weighs little in rows of length 1."""


def fit(
    rows: Iterable[Mapping[int, float]], terms: Sequence[int], wanted: Sequence[bool]
) -> tuple[dict[int, float], float]:
    """Weights by term, and the intercept, of a logistic regression on rows of weighed terms."""
    columns = {term: column for column, term in enumerate(terms)}
    data, indices, starts = array("d"), array("i"), array("i", [0])
    for row in rows:
        data.extend(row.values())
        indices.extend(map(columns.__getitem__, row))
        starts.append(len(data))
    matrix = csr_matrix(tuple(map(asarray, (data, indices, starts))), shape=(len(starts) - 1, len(columns)))
    learner = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=SEED, max_iter=1000)
    learner.fit(matrix, list(wanted))
    return dict(zip(terms, map(float, learner.coef_[0]), strict=True)), float(learner.intercept_[0])


def folds(wanted: Sequence[bool], sources: Sequence[str]) -> Iterator[tuple[list[int], list[int]]]:
    """Numbers of what is learnt and of what is held back, both kinds in like shares, no source on both sides."""
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for learnt, unseen in splitter.split(list(wanted), list(wanted), list(sources)):
        yield list(map(int, learnt)), list(map(int, unseen))
