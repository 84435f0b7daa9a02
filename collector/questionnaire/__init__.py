"""Questionnaires as versioned data: the document, what an answer must look like, and the default one."""

from collector.questionnaire.answers import Answers, Fault, validate
from collector.questionnaire.document import Axis, Language, Option, Question, Questionnaire, Row, Section, parse
from collector.questionnaire.library import default_questionnaire, questionnaire, read_document
from collector.questionnaire.own import NO_OWN, OwnPart, OwnQuestion, check_own, own_from, own_to, with_own

__all__ = [
    "NO_OWN",
    "Answers",
    "Axis",
    "Fault",
    "Language",
    "Option",
    "OwnPart",
    "OwnQuestion",
    "Question",
    "Questionnaire",
    "Row",
    "Section",
    "check_own",
    "default_questionnaire",
    "own_from",
    "own_to",
    "parse",
    "questionnaire",
    "read_document",
    "validate",
    "with_own",
]
