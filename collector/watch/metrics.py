"""Metrics of any service: their names, what they say, their labels. Names are promises to who scrapes them. Pure."""

from dataclasses import dataclass
from typing import Literal

NANO = 1_000_000_000
BUCKETS = tuple(
    int(seconds * NANO)
    for seconds in (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
)
"""Upper bounds of durations, in nanoseconds: an answer that is ready takes a tenth of a millisecond."""
WIDTH = len(BUCKETS) + 2
"""Numbers of a histogram: one for each bucket, one for what is slower, and the sum in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric. Whole numbers are kept, of which ``unit`` make one of what the name says."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: tuple[str, ...] = ()
    unit: int = 1

    @property
    def width(self) -> int:
        """How many numbers one series takes."""
        return WIDTH if self.kind == "histogram" else 1


Figures = dict[Metric, dict[tuple[str, ...], float]]
"""Values by metric, then by its labels."""

# -- counted by each process -----------------------------------------------------------------------------------------

REQUESTS = Metric(
    "sirius_http_request_duration_seconds", "histogram", "Time to answer, by route, method and class of status.",
    ("route", "method", "status"), NANO,
)  # fmt: skip
REFUSED = Metric(
    "sirius_http_refused_total", "counter",
    "Requests refused, by status, and connections closed, before the service heard of them; why is in the reason.",
    ("status", "reason"),
)  # fmt: skip
FAILURES = Metric("sirius_background_failures_total", "counter", "Steps of the background work that failed.", ("step",))
RESIDENT = Metric("sirius_process_resident_memory_bytes", "gauge", "Memory that a process holds.")
DESCRIPTORS = Metric("sirius_process_open_fds", "gauge", "Files and connections that a process holds open.")
MOST_DESCRIPTORS = Metric("sirius_process_max_fds", "gauge", "How many it may.")
PROCESSOR = Metric("sirius_process_cpu_seconds", "gauge", "Processor time that a living process has taken.", unit=NANO)
STARTED = Metric("sirius_process_start_time_seconds", "gauge", "When a process started.", unit=NANO)
COUNTED = (REQUESTS, REFUSED, FAILURES, RESIDENT, DESCRIPTORS, MOST_DESCRIPTORS, PROCESSOR, STARTED)
"""Gauges are of one living process, which the label ``process`` names."""

# -- read when they are asked for, the same from every process and host ----------------------------------------------

BUILD = Metric("sirius_build_info", "gauge", "What runs; always 1.", ("version", "python", "database"))
PROCESSES = Metric("sirius_processes", "gauge", "Living processes of this host.")
DATABASE = Metric("sirius_database_up", "gauge", "1 when a database answers.", ("database",))
FREE = Metric("sirius_data_free_bytes", "gauge", "Room left on the disk of the data folder.")
MAILS = Metric(
    "sirius_mails", "gauge",
    "Mails of an outbox: due now, put off after a failure, for later, leaving, or that may have left.",
    ("outbox", "state"),
)  # fmt: skip
MAIL_OLDEST = Metric(
    "sirius_mail_due_oldest_seconds", "gauge", "How long the oldest mail has been due; 0 when none is.", ("outbox",)
)
SUCCESS = Metric(
    "sirius_background_last_success_timestamp_seconds", "gauge",
    "When a step of the background work last succeeded, on any host, to the minute.", ("step",),
)  # fmt: skip
READ = (BUILD, PROCESSES, DATABASE, FREE, MAILS, MAIL_OLDEST, SUCCESS)
