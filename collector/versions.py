"""The questionnaires that may be asked: those of this release and those published here, each version for good."""

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

from collector.errors import QuestionnaireError
from collector.questionnaire import Language, Questionnaire, parse, questionnaire
from collector.questionnaire.library import DEFAULT_VERSION, default_document
from collector.store import Store


class Versions:
    """Finds questionnaires by version. A version never changes, so each is read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, Language], Questionnaire] = {}
        self._lock = threading.Lock()

    def get(self, version: str, language: Language = "fr") -> Questionnaire:
        """The questionnaire of a version; raises QuestionnaireError."""
        found = self._read.get((version, language))
        if found is None:
            found = self._find(version, language)
            with self._lock:
                self._read[version, language] = found
        return found

    def newest(self) -> Questionnaire:
        """The questionnaire that a new campaign opens with; raises QuestionnaireError when all were withdrawn."""
        for version, withdrawn in reversed(self._listed()):
            if not withdrawn:
                return self.get(version)
        raise QuestionnaireError("Tous les questionnaires ont été retirés : publiez-en un.")

    def known(self, language: Language = "fr") -> list[Questionnaire]:
        """Every questionnaire, withdrawn ones too, the newest first."""
        return [self.get(version, language) for version, _ in reversed(self._listed())]

    def is_withdrawn(self, version: str) -> bool:
        """True when a version may not open new campaigns."""
        return dict(self._listed()).get(version, False)

    def publish(self, document: Mapping[str, Any], today: date) -> Questionnaire:
        """Publish a document for good; raises QuestionnaireError when it is faulty or says otherwise than before."""
        fresh, english = parse(document), parse(document, "en")
        if fresh.version not in dict(self._listed()):
            for older in self.known():
                _refuse_other_meanings(fresh, older)
            if self._store.publish(fresh.version, document, today):
                return fresh
        if self.get(fresh.version) != fresh or self.get(fresh.version, "en") != english:
            raise QuestionnaireError(f"La version {fresh.version} est déjà publiée, et ne change plus.")
        self._store.publish(fresh.version, document, today)
        return fresh

    def withdraw(self, version: str, today: date) -> None:
        """Open no new campaign with a version; those under way go on. Raises QuestionnaireError."""
        self.get(version)
        document = self._store.published_document(version) or default_document()
        self._store.publish(version, document, today, withdrawn=True)

    def _listed(self) -> list[tuple[str, bool]]:
        """Versions, the oldest first, with whether each was withdrawn."""
        published = self._store.published_versions()
        own = (DEFAULT_VERSION, dict(published).get(DEFAULT_VERSION, False))
        return [own, *(pair for pair in published if pair[0] != DEFAULT_VERSION)]

    def _find(self, version: str, language: Language) -> Questionnaire:
        if version == DEFAULT_VERSION:
            return questionnaire(version, language)
        document = self._store.published_document(version)
        if document is None:
            raise QuestionnaireError(f"Aucun questionnaire ne porte la version {version}.")
        return parse(document, language)


def _refuse_other_meanings(fresh: Questionnaire, older: Questionnaire) -> None:
    before, now = _kinds(older), _kinds(fresh)
    for key in before.keys() & now.keys():
        if before[key] != now[key]:
            raise QuestionnaireError(
                f"{key} : cette clé était de genre « {before[key]} » dans la version {older.version} ; "
                "une clé ne change pas de sens, donnez-en une autre"
            )


def _kinds(document: Questionnaire) -> dict[str, str]:
    kinds = {question.key: question.kind for question in document.questions()}
    return {**kinds, **{row.key: "scale" for question in document.questions() for row in question.rows}}
