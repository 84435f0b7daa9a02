"""What this service's own decisions teach: a small model that orders the queue and suggests, and never decides.

Training needs scikit-learn (the extra ``learning``), and gives nothing without it; scoring needs only Python. What is
learnt is words and parts of words that stand in several responses, so that nothing rare, such as somebody's name, is
kept; whoever trains leaves out texts that were withdrawn, and trains again after a withdrawal.
"""

from syndication.moderation.learning.model import Measure, Model, Suggestion, dumps, loads
from syndication.moderation.learning.order import AGED_DAYS, Queued, ordered
from syndication.moderation.learning.training import MINIMUM, MINIMUM_EACH, Example, obstacle, train

__all__ = [
    "AGED_DAYS", "MINIMUM", "MINIMUM_EACH", "Example", "Measure", "Model", "Queued", "Suggestion", "dumps", "loads",
    "obstacle", "ordered", "train",
]  # fmt: skip
